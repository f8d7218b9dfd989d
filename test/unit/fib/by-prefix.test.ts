/** Which routes contain a prefix, which have the same one, and which tables refuse anything; in both families. */

import t from 'tap';
import { byPrefix } from '../../../src/fib/by-prefix.js';
import type { Family } from '../../../src/model/address.js';
import { defaultPrefix, type Prefix, parsePrefix, prefixText } from '../../../src/model/prefix.js';
import type { Route, RouteType } from '../../../src/model/route.js';

const p = (text: string): Prefix => parsePrefix(text)!;

function route(destination: string, metric = 0, table = 254, type: RouteType = 'unicast'): Route {
  const prefix = p(destination);
  return {
    family: prefix.family,
    table,
    destination: prefix,
    metric,
    tos: 0,
    protocol: 186,
    type,
    nexthops: [],
  };
}

const names = (routes: readonly Route[]): readonly string[] =>
  routes.map(({ destination, metric }) => `${prefixText(destination)} ${metric}`);

/** Prefixes that contain one another, from the longest to the shortest, and one beside them. */
const NESTED: Readonly<Record<Family, readonly [string, string, string, string, string]>> = {
  inet: ['10.1.0.0/24', '10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0', '10.2.0.0/16'],
  inet6: ['2001:db8::/64', '2001:db8::/48', '2001:db8::/32', '::/0', '2001:db8:1::/48'],
};
const HOST: Readonly<Record<Family, string>> = { inet: '10.1.0.7/32', inet6: '2001:db8::7/128' };

for (const family of ['inet', 'inet6'] as const) {
  const [longest, long, short, all, beside] = NESTED[family];
  // Not in the order of their lengths, as the kernel gives them.
  const found = byPrefix([route(long, 1), route(longest, 2), route(all, 3), route(beside, 4), route(short, 5)]);

  t.test(`${family}: the routes that contain a prefix, shortest first`, async (t) => {
    t.same(names(found.covers(254, p(HOST[family]))), [`${all} 3`, `${short} 5`, `${long} 1`, `${longest} 2`]);
    t.same(
      names(found.covers(254, p(long))),
      [`${all} 3`, `${short} 5`, `${long} 1`],
      'itself, and not the longer one with the same address',
    );
    t.same(names(found.covers(254, p(beside))), [`${all} 3`, `${short} 5`, `${beside} 4`]);
    t.same(names(found.covers(254, defaultPrefix(family))), [`${all} 3`]);
  });

  t.test(`${family}: the routes of exactly one prefix`, async (t) => {
    t.same(names(found.at(254, p(short))), [`${short} 5`]);
    t.same(found.at(254, p(HOST[family])), [], 'a longer one');
    t.same(byPrefix([route(longest)]).at(254, p(long)), [], 'a shorter one with the same address');
  });

  t.test(`${family}: several routes of one prefix stay in their order`, async (t) => {
    const several = byPrefix([route(long, 3), route(short, 9), route(long, 1), route(long, 2)]);
    t.same(names(several.at(254, p(long))), [`${long} 3`, `${long} 1`, `${long} 2`]);
    t.same(names(several.covers(254, p(longest))), [`${short} 9`, `${long} 3`, `${long} 1`, `${long} 2`]);
  });

  t.test(`${family}: tables and families are apart`, async (t) => {
    const other = family === 'inet' ? 'inet6' : 'inet';
    const tables = byPrefix([route(all, 1, 254), route(all, 2, 100)]);
    t.same(names(tables.covers(100, p(HOST[family]))), [`${all} 2`]);
    t.same(names(tables.at(100, p(all))), [`${all} 2`]);
    for (const [table, prefix] of [
      [7, p(HOST[family])],
      [254, p(HOST[other])],
      [254, defaultPrefix(other)],
    ] as const) {
      t.same(tables.covers(table, prefix), []);
      t.same(tables.at(table, prefix), []);
    }
  });

  t.test(`${family}: a table that refuses something`, async (t) => {
    for (const type of ['blackhole', 'unreachable', 'prohibit'] as const) {
      t.equal(byPrefix([route(all), route(long, 0, 254, type)]).refusing(254), true, `${type}, after another route`);
      t.equal(byPrefix([route(long, 0, 254, type), route(all)]).refusing(254), true, `${type}, before another route`);
      t.equal(byPrefix([route(long, 0, 100, type), route(all)]).refusing(254), false, `${type}, in another table`);
    }
    for (const type of ['unicast', 'throw', 'local'] as const)
      t.equal(byPrefix([route(long, 0, 254, type)]).refusing(254), false, type);
  });
}

t.test('no routes at all', async (t) => {
  const none = byPrefix([]);
  t.same(none.covers(254, p('10.0.0.0/8')), []);
  t.same(none.at(254, p('10.0.0.0/8')), []);
  t.equal(none.refusing(254), false);
});
