/**
 * Short storms for the test suite (`scripts/chaos` has long ones), and three artificial faults
 * that the judge must find: a test that cannot fail shows nothing.
 */

import t from 'tap';
import { type Plan, planOf } from '../chaos/plan.js';
import { play } from '../chaos/storm.js';

t.jobs = 2;

for (const { seed, daemon } of [
  { seed: 7, daemon: 'frr' },
  { seed: 8, daemon: 'bird' },
  { seed: 9, daemon: 'frr' },
] as const)
  t.test(
    `a storm beside ${daemon}, seed ${seed}: foreign state, routes, lookups, packets and status are as they must be`,
    async (t) => {
      const { violation, events, checks, worstCutMs, lives } = await play(planOf(seed, daemon, 5));
      t.comment(
        `MEASURED ${events} events, ${checks} judgements, ${lives} lives, longest unexcused cut ${worstCutMs.toFixed(0)} ms`,
      );
      t.same(violation, undefined);
      t.ok(events > 25);
    },
  );

const BESIDE: Omit<Plan, 'actions'> = { seed: 1, daemon: 'frr', processEvents: false, lease: false };
for (const [what, actions, problem] of [
  ['a foreign route more', ['sabotage foreign'], /foreign: should not be: .*203\.0\.113\.64/],
  ['a rule twice', ['agent pause', 'sabotage duplicate'], /neither all nor nothing of default/],
  ['a route without a configuration', ['sabotage leak'], /neither all nor nothing of default/],
] as const)
  t.test(`the judge finds ${what}`, async (t) => {
    const plan = { ...BESIDE, actions: [...actions.map((line) => `0 ${line}`), '0 check now'] };
    const { violation } = await play(plan);
    t.match(violation?.problems.join('\n'), problem);
  });
