/**
 * What is told to be hidden is what the kernel hides: against the walk of the strict fake kernel, whose rules are held to the real one's by the
 * contract suite (fact K18) and by test/netns/placement-kernel.test.ts.
 */

import fc from 'fast-check';
import t from 'tap';
import { hiddenBy, hiddenDestinations, hiddenWaits, refusalText } from '../../../src/core/hidden.js';
import { localRules } from '../../../src/core/local-rules.js';
import { containsPrefix, type Prefix, parsePrefix, prefixText } from '../../../src/model/prefix.js';
import { type Route, type RouteType, refuses, TABLE_MAIN } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { lookup } from '../../fake/fib.js';
import { config, families, prefixes } from './fixture.js';

function route(destination: Prefix, type: RouteType, table = TABLE_MAIN, metric = 20): Route {
  return {
    family: destination.family,
    table,
    destination,
    metric,
    tos: 0,
    protocol: table === TABLE_MAIN ? 186 : 157,
    type,
    nexthops: type === 'unicast' ? [{ gateway: undefined, interfaceIndex: 1, dead: false }] : [],
  };
}

t.test('hidden is what a packet to the destination is refused for', async (t) => {
  const types = fc.constantFrom<RouteType>('unicast', 'unicast', 'blackhole', 'unreachable', 'prohibit', 'throw');
  let hidden = 0;
  fc.assert(
    fc.property(
      families.chain((family) =>
        fc.record({
          destination: prefixes(family),
          main: fc.uniqueArray(fc.record({ p: prefixes(family), type: types }), {
            maxLength: 6,
            selector: ({ p }) => prefixText(p),
          }),
          preempt: fc.boolean(),
        }),
      ),
      ({ destination, main, preempt }) => {
        const foreign = main.filter(({ p }) => containsPrefix(p, destination)).map(({ p, type }) => route(p, type));
        const rules = localRules(
          config(),
          destination.family,
          { kind: 'fixed', base: 31_000 },
          new Set([destination.length]),
          new Set(preempt ? [destination.length] : []),
        );
        const ours = route(destination, 'unicast', config().tableBase + destination.length);
        const found = lookup({ routes: [...foreign, ours], rules: [...rules] }, destination.address, {
          originated: true,
        })?.route;
        const by = hiddenBy(foreign, destination, preempt);
        if (by !== undefined) hidden++;
        const refused =
          found !== undefined && refuses(found) && (found.destination.length < destination.length || preempt);
        return refused ? by === found : by === undefined;
      },
    ),
    { numRuns: 3000 },
  );
  t.ok(hidden > 100, `${hidden} of them hidden`);
});

t.test('a hundred thousand hidden destinations are told in a few lines', async (t) => {
  const by = route(parsePrefix('10.0.0.0/8')!, 'blackhole');
  const many = Array.from({ length: 100_000 }, (_, i) => ({
    destination: parsePrefix(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`)!,
    by,
  }));
  const waits = hiddenWaits(many);
  t.equal(waits.length, 21);
  t.match(waits.at(-1), { subject: '99980 more destinations' });
  t.equal(refusalText(by), 'blackhole 10.0.0.0/8 (proto 186)');
  t.same(
    hiddenDestinations(config({ placement: 'main' }), { ...EMPTY_SNAPSHOT, foreignRoutes: [by] }, true),
    [],
    'placement main hides nothing',
  );
});
