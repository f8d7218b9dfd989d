/** The contract of what makes a gateway a neighbour (fact K6), and of routes that say more of it than its address. */

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
}
