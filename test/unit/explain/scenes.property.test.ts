/**
 * The imagined states against the strict fake kernel: for any destinations and foreign routes the kernel of the state takes every route and rule that is
 * imagined in it, and its own lookup ends where `explain` says. Never is a foreign route lost or one of ours left in `converged`.
 */

import fc from 'fast-check';
import t from 'tap';
import { explain } from '../../../src/core/explain/explain.js';
import { isDaemons, SCENES, type SceneName, sceneOf } from '../../../src/core/explain/scenes.js';
import { routeKey } from '../../../src/core/keys.js';
import { ownership } from '../../../src/core/ownership.js';
import { plan } from '../../../src/core/plan.js';
import { prefixText } from '../../../src/model/prefix.js';
import type { FakeKernel } from '../../fake/kernel.js';
import { config, edges, families, management, prefixes, router, STRANGERS, twoInterfaces } from '../core/fixture.js';
import { runs } from '../runs.js';
import { DAEMON, factsOf, waysOf } from './support.js';

const cases = families.chain((family) =>
  fc.record({
    family: fc.constant(family),
    placement: fc.constantFrom('local' as const, 'main' as const),
    destinations: fc.uniqueArray(prefixes(family), { minLength: 1, maxLength: 5, selector: prefixText }),
    foreign: fc.uniqueArray(
      fc.record({
        destination: prefixes(family),
        metric: fc.constantFrom(1, 20, 0xff001000),
        protocol: fc.constantFrom(4, DAEMON),
      }),
      { maxLength: 7, selector: ({ destination, metric }) => `${prefixText(destination)} ${metric}` },
    ),
    scene: fc.constantFrom(...SCENES),
  }),
);

/** The kernel that the scene speaks of, made anew. */
function world(
  c: {
    readonly foreign: readonly {
      readonly destination: Parameters<typeof prefixText>[0];
      readonly metric: number;
      readonly protocol: number;
    }[];
    readonly family: 'inet' | 'inet6';
  },
  without: boolean,
): FakeKernel {
  const kernel = twoInterfaces();
  for (const route of c.foreign) {
    if (!(without && route.protocol === DAEMON))
      kernel.foreignRouteAdd({ ...route, via: STRANGERS[c.family].data0, dev: 'data0' });
  }
  return kernel;
}

const gone = (scene: SceneName): boolean => scene === 'booting' || scene === 'clean-stop';

t.test('the kernel of a state agrees with what is told of it', async (t) => {
  let [checked, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(cases, async (c) => {
      const cfg = config({
        placement: c.placement,
        preemptAfterMs: 10_000,
        managementInterfaces: [management('mgmt0', router(c.family, c.destinations))],
      });
      const [now, then] = [world(c, false), world(c, gone(c.scene))];
      const facts = await factsOf(now, cfg);
      const [first] = edges(c.destinations);
      const { want } = sceneOf(c.scene, facts, waysOf(now, first!));
      const before = (await factsOf(then, cfg)).snapshot;
      const results = await then.apply(plan(ownership(cfg), want, before));
      if (results.some((result) => !result.ok)) throw new Error(`refused: ${JSON.stringify(results)}`);
      if (c.scene === 'converged' && (want.routes.length > 0 || want.rules.length > 0))
        throw new Error('converged, and ours are in');
      for (const address of edges([...c.destinations, ...c.foreign.map(({ destination }) => destination)])) {
        const told = explain(facts, waysOf(now, address), undefined).states.find(({ state }) => state === c.scene)!;
        const found = then.lookup(address, { originated: true })?.route;
        const [is, wanted] = [
          told.route === undefined ? 'nothing' : routeKey(told.route),
          found === undefined ? 'nothing' : routeKey(found),
        ];
        checked++;
        if (is !== wanted) throw new Error(`${address} in ${c.scene}: told ${is}, the kernel ${wanted}`);
        if (told.carrier === 'daemon' && (gone(c.scene) || !isDaemons(facts, told.route!)))
          throw new Error(`${address}: not the daemon's`);
        if (told.carrier === 'none') refused++;
      }
    }),
    { numRuns: runs(150) },
  );
  t.ok(checked > runs(1_500) && refused > runs(20), `${checked} lookups, ${refused} of them without a route`);
});
