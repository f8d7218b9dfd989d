/**
 * The contract of what makes a gateway a neighbour (fact K6), and of routes with more next-hop
 * attributes than the gateway's address.
 */

import type { Test } from 'tap';
import type { ObserveRequest } from '../../src/core/ports.js';
import { routeText } from '../../src/model/route-text.js';
import { LINK, OWN, route, route6, scenes } from './kernel-contract.js';
import { settle, type World } from './world.js';

const GATEWAYS = { inet: '203.0.113.1', inet6: '2001:db8:9::1' };
const REQUEST: ObserveRequest = {
  protocol: OWN,
  maxLength: { inet: 0, inet6: 0 },
  gateways: Object.values(GATEWAYS),
};

export function gatewayContract(t: Test, make: () => World): void {
  const scene = scenes(t, make);

  scene(
    'an address without a prefix route makes nobody a neighbour; a route does',
    async (t, { world, index, apply }) => {
      world.addressAdd(LINK, '203.0.113.2/24', { prefixRoute: false });
      world.addressAdd(LINK, '2001:db8:9::2/64', { prefixRoute: false });
      const routes = [
        route(index, { gateway: GATEWAYS.inet }),
        route6(index, { gateway: GATEWAYS.inet6, table: 25500 }),
      ] as const;
      t.same(await apply('add-route', ...routes), ['ENETUNREACH', 'EHOSTUNREACH']);
      world.routeAdd({ destination: '203.0.113.1/32', dev: LINK, metric: 7 });
      world.routeAdd({ destination: '2001:db8:9::/64', dev: LINK, metric: 7 });
      t.same(await apply('add-route', ...routes), ['ok', 'ok']);
      world.routeDelete({ destination: '203.0.113.1/32', dev: LINK, metric: 7 });
      world.routeDelete({ destination: '2001:db8:9::/64', dev: LINK, metric: 7 });
      const { ownRoutes } = await world.kernel.observe(REQUEST);
      t.equal(ownRoutes.length, 2, 'what is installed stays when that route goes');
    },
  );

  scene('routes that contain a gateway are seen and hinted, whatever their length', async (t, { world }) => {
    const heard: string[] = [];
    world.kernel.subscribe(REQUEST, ({ kind, text }) => heard.push(`${kind} ${text}`));
    await settle();
    heard.length = 0;
    world.routeAdd({ destination: '203.0.113.0/24', dev: LINK, metric: 7 });
    world.routeAdd({ destination: '203.0.114.0/24', dev: LINK, metric: 7 });
    world.routeAdd({ destination: '2001:db8:9::/64', dev: LINK, metric: 7 });
    world.routeAdd({ destination: '2001:db8:9:1::/64', dev: LINK, metric: 7 });
    await settle();
    t.equal(heard.length, 2, heard.join('; '));
    t.match(heard, [/^route route 203\.0\.113\.0\/24 /, /^route route 2001:db8:9::\/64 /]);
    const { foreignRoutes } = await world.kernel.observe(REQUEST);
    t.same(foreignRoutes.map((r) => routeText(r, () => LINK)).sort(), [
      '2001:db8:9::/64 dev mgmt0 proto 4 metric 7',
      '203.0.113.0/24 dev mgmt0 proto 4 metric 7',
    ]);
    heard.length = 0;
    world.routeDelete({ destination: '203.0.113.0/24', dev: LINK, metric: 7 });
    await settle();
    t.match(heard, [/^route deleted route 203\.0\.113\.0\/24 /]);
  });

  scene(
    'routes by an interface alone are ours alone: a foreign one beside them is never part of them',
    async (t, { world, index, apply, own }) => {
      const routes = [
        route(index, { gateway: null, table: 254 }),
        route6(index, { gateway: null, table: 254 }),
      ] as const;
      t.same(await apply('add-route', ...routes), ['ok', 'ok']);
      t.same(await own(), ['default dev mgmt0 proto 157 metric 1', 'default dev mgmt0 proto 157 metric 1']);
      world.routeAppend({ destination: '::/0', via: '2001:db8:1::9', dev: LINK, table: 254, metric: 1 });
      t.same(await own(), ['default dev mgmt0 proto 157 metric 1', 'default dev mgmt0 proto 157 metric 1']);
      t.same(await apply('delete-route', ...routes), ['ok', 'ok']);
      const { foreignRoutes } = await world.kernel.observe(REQUEST);
      t.same(
        foreignRoutes.filter((r) => r.family === 'inet6').map((r) => routeText(r, () => LINK)),
        ['default via 2001:db8:1::9 dev mgmt0 proto 4 metric 1'],
        'the foreign one is still there',
      );
    },
  );

  scene('onlink makes a neighbour of any gateway, but of no address of this host', async (t, { index, apply, own }) => {
    const onlink = (gateway: string) => ({
      gateway,
      nexthops: [{ gateway, interfaceIndex: index, dead: false, onlink: true as const }],
    });
    t.same(await apply('add-route', route(index, onlink(GATEWAYS.inet)), route6(index, onlink(GATEWAYS.inet6))), [
      'ok',
      'ok',
    ]);
    t.match(await own(), [/ via 203\.0\.113\.1 dev mgmt0 .* onlink$/, / via 2001:db8:9::1 dev mgmt0 .* onlink$/]);
    t.same(
      await apply(
        'add-route',
        route(index, { ...onlink('198.51.100.2'), metric: 2 }),
        route6(index, { ...onlink('2001:db8:1::2'), metric: 2 }),
      ),
      ['EINVAL', 'EINVAL'],
      'itself',
    );
    t.same(await apply('delete-route', route(index, onlink(GATEWAYS.inet)), route6(index, onlink(GATEWAYS.inet6))), [
      'ok',
      'ok',
    ]);
  });
}
