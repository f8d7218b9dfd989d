/** The parts of the storm that only compute: what a seed means, what excuses a cut, how a failing list of actions is made short. */

import t from 'tap';
import { countOf, planIn, planOf, textOf } from '../../chaos/plan.js';
import { shortest } from '../../chaos/shrink.js';
import { setsOf, VARIANTS } from '../../chaos/variants.js';
import { countedOf } from '../../chaos/ways.js';

t.test('a seed is the same storm each time, and text', async (t) => {
  for (let seed = 1; seed < 200; seed++) {
    const plan = planOf(seed, undefined, 12);
    t.same(planOf(seed, undefined, 12), plan);
    t.same(planIn(textOf(plan)), plan);
    t.ok(countOf(plan.actions) > 50);
    t.equal(plan.actions.at(-1), '0 check out');
  }
  t.not(textOf(planOf(1, 'frr', 3)), textOf(planOf(2, 'frr', 3)));
  t.throws(() => planIn('# seed 1 daemon frr process-events no\nrm -rf\n'), /not a plan/);
  t.throws(() => planIn('0 check\n'), /not a plan/);
});

t.test('the shortest form that fails', async (t) => {
  const lines = Array.from({ length: 100 }, (_, i) => `${i}`);
  const needs =
    (...wanted: readonly string[]) =>
    async (kept: readonly string[]): Promise<boolean> =>
      wanted.every((one) => kept.includes(one));
  t.same(await shortest(lines, needs('41'), 1_000), ['41']);
  t.same(await shortest(lines, needs('3', '57', '99'), 1_000), ['3', '57', '99']);
  t.same(await shortest(lines, async () => false, 1_000), lines, 'what cannot be made shorter');
  let tries = 0;
  await shortest(
    lines,
    async () => {
      tries++;
      return false;
    },
    7,
  );
  t.equal(tries, 7, 'bounded');
});

t.test('what of a cut is not excused', async (t) => {
  const gap = { fromMs: 1_000, toMs: 2_000 };
  const excuse = (from: number, to: number): { from: number; to: number; why: string } => ({ from, to, why: 'x' });
  t.equal(countedOf(gap, []), 1_000);
  t.equal(countedOf(gap, [excuse(0, 5_000)]), 0);
  t.equal(countedOf(gap, [excuse(500, 1_200)]), 800);
  t.equal(countedOf(gap, [excuse(1_900, 3_000), excuse(0, 1_100)]), 800);
  t.equal(countedOf(gap, [excuse(1_400, 1_500)]), 500);
  t.equal(countedOf(gap, [excuse(1_400, 1_500), excuse(1_450, Number.POSITIVE_INFINITY)]), 400);
});

t.test('the sets of each configuration', async (t) => {
  for (const name of Object.keys(VARIANTS))
    for (const family of ['inet', 'inet6'] as const) {
      const sets = setsOf(name, family).map((set) => set.join());
      t.equal(new Set(sets).size, sets.length, `${name} ${family}: each is another one`);
      t.notOk(sets.includes(''), 'and none is empty');
    }
});
