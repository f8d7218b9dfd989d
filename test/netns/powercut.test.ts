/**
 * The agent is killed at a few of its system calls and starts again. Nothing that was taken over
 * is lost, and nothing is left behind. `scripts/powercut` does this at every system call.
 */

import t from 'tap';
import { after, CUTS, pointsIn } from '../powercut/cuts.js';
import { routerLab } from '../powercut/lab.js';

t.setTimeout(400_000);

/** The others take over in another way, or change less. */
const HERE = ['adopt', 'give back', 'reload --confirm', 'records'];
/** Of each action: about a third and about two thirds through. */
const PLACES = [0.35, 0.7] as const;

t.test('killed in the middle of', async (t) => {
  const world = routerLab();
  t.teardown(() => world.lab.close());
  for (const cut of CUTS.filter(({ name }) => HERE.includes(name)))
    await t.test(cut.name, async (t) => {
      const { points } = await pointsIn(world, cut);
      t.ok(points.length >= 4, `${points.length} system calls that change something`);
      let killed = 0;
      for (const place of PLACES) {
        const point = points[Math.floor(place * points.length)]!;
        const { reached, faults } = await after(world, cut, point);
        if (reached) killed++;
        t.same(faults, [], `${point.call} number ${point.nth}`);
      }
      t.ok(killed > 0, 'it was killed');
    });
});
