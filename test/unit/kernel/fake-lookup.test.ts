/** The fake kernel's lookup against fact K11, and its printed form. What it shares with the real one is in test/contract/. */

import t from 'tap';
import { linkOf } from '../../../src/core/management.js';
import { defaultPrefix, type Prefix, parsePrefix } from '../../../src/model/prefix.js';
import type { Route, Rule } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { FakeKernel } from '../../fake/kernel.js';

const p = (text: string): Prefix => parsePrefix(text)!;

/** A router with a stale default and a stale /16 through data0, and backup routes for 0/0 and 10/8 through mgmt0. */
async function router(ties: 'lose' | 'win'): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  const mgmt = kernel.linkAdd('mgmt0', { up: true, altNames: ['management'] });
  kernel.linkAdd('data0', { up: true });
  kernel.addressAdd('mgmt0', '198.51.100.2/24');
  kernel.addressAdd('data0', '203.0.113.2/24');
  kernel.foreignRouteAdd({
    destination: defaultPrefix('inet'),
    via: '203.0.113.1',
    protocol: 186,
    metric: 20,
  });
  kernel.foreignRouteAdd({ destination: p('10.1.0.0/16'), via: '203.0.113.1', protocol: 186, metric: 20 });
  const route = (destination: Prefix): Route => ({
    family: 'inet',
    table: 25500 + destination.length,
    destination,
    metric: 1,
    tos: 0,
    protocol: 157,
    type: 'unicast',
    nexthops: [{ gateway: '198.51.100.1', interfaceIndex: mgmt, dead: false }],
  });
  const rule = (priority: number, change: Partial<Rule>): Rule => ({
    family: 'inet',
    priority,
    table: 254,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 157,
    foreign: false,
    ...change,
  });
  const suppress = (length: number): Partial<Rule> =>
    ties === 'win' ? { suppressPrefixLength: length } : length === 0 ? {} : { suppressPrefixLength: length - 1 };
  const results = await kernel.apply([
    { kind: 'add-route', route: route(p('10.0.0.0/8')) },
    { kind: 'add-route', route: route(defaultPrefix('inet')) },
    { kind: 'add-rule', rule: rule(31000, suppress(8)) },
    { kind: 'add-rule', rule: rule(31001, { table: 25508, inputInterface: 'lo' }) },
    { kind: 'add-rule', rule: rule(31002, suppress(0)) },
    { kind: 'add-rule', rule: rule(31003, { table: 25500, inputInterface: 'lo' }) },
  ]);
  t.ok(results.every((result) => result.ok));
  return kernel;
}

function leaves(kernel: FakeKernel, address: string, originated = true): string | undefined {
  const index = kernel.lookup(address, { originated })?.route.nexthops[0]?.interfaceIndex;
  return index === undefined ? undefined : kernel.links.get(index)?.name;
}

t.test('K11: more specific main routes win, ties as told, transit never sees a backup route', async (t) => {
  const losing = await router('lose');
  t.equal(leaves(losing, '10.1.2.3'), 'data0', 'main has a longer prefix');
  t.equal(leaves(losing, '10.2.2.3'), 'mgmt0', 'main has only a shorter one');
  t.equal(leaves(losing, '192.88.99.1'), 'data0', 'the tie on 0/0 goes to main');
  t.equal(leaves(losing, '10.2.2.3', false), 'data0', 'transit');
  t.equal(leaves(losing, '198.51.100.77'), 'mgmt0', 'connected');
  const winning = await router('win');
  t.equal(leaves(winning, '192.88.99.1'), 'mgmt0', 'preempting');
  t.equal(leaves(winning, '192.88.99.1', false), 'data0', 'transit still not');
  t.equal(leaves(winning, '10.1.2.3'), 'data0');
});

t.test('a route that is gone is not found, and the lookup goes on to main', async (t) => {
  const kernel = await router('win');
  kernel.flushTable(25500);
  t.equal(leaves(kernel, '192.88.99.1'), 'data0');
  kernel.linkDown('data0');
  t.equal(leaves(kernel, '192.88.99.1'), undefined);
});

t.test('K7: a foreign append merges into our route', async (t) => {
  const kernel = await router('lose');
  const own = kernel.fib.routes.find((route) => route.table === 25500)!;
  kernel.foreignNexthopAppend(own, {
    gateway: '203.0.113.9',
    interfaceIndex: kernel.link('data0').index,
    dead: false,
  });
  t.equal(kernel.fib.routes.find((route) => route.table === 25500)?.nexthops.length, 2);
});

t.test('a VRF has its own subnets, and its own answers', async (t) => {
  const kernel = await router('lose');
  kernel.linkAdd('red', { up: true, kind: 'vrf', vrfTable: 10 });
  kernel.linkMaster('data0', 'red');
  t.same(
    kernel.routeLines(10),
    ['203.0.113.0/24 dev data0 table 10 proto 2', 'local 203.0.113.2/32 dev data0 table 10 proto 2'],
    'what it brings by itself moves; what went through it is gone (K1)',
  );
  t.equal(leaves(kernel, '203.0.113.77'), 'mgmt0');
  kernel.linkMaster('data0', undefined);
  t.same(kernel.routeLines(10), []);
  t.equal(leaves(kernel, '203.0.113.77'), 'data0');
});

t.test('it prints itself as ip does', async (t) => {
  const kernel = await router('win');
  t.same(kernel.routeLines(25508), ['10.0.0.0/8 via 198.51.100.1 dev mgmt0 table 25508 proto 157 metric 1']);
  t.same(kernel.ruleLines('inet').slice(1, 3), [
    '31000: from all lookup 254 suppress_prefixlength 8 proto 157',
    '31001: from all iif lo lookup 25508 proto 157',
  ]);
});

t.test('a link is found by its alternative name', async (t) => {
  const kernel = await router('lose');
  const snapshot = { ...EMPTY_SNAPSHOT, links: [...kernel.links.values()] };
  const named = (name: string): string | undefined => linkOf({ kind: 'name', name }, snapshot)?.name;
  t.equal(named('management'), 'mgmt0');
  t.equal(named('data0'), 'data0');
  t.equal(named('nonesuch'), undefined);
});
