/**
 * Kills the agent at each of its system calls that changes something, while it starts, takes over default routes, gives them back,
 * reloads on approval and writes its records, and starts it again: main.js [--every N] [--from N] [CUT...]. Needs root and strace.
 */

import { parseArgs } from 'node:util';
import { after, CUTS, pointsIn } from './cuts.js';
import { routerLab } from './lab.js';

const { values, positionals } = parseArgs({
  options: { every: { type: 'string', default: '1' }, from: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const [every, from] = [Number(values.every), Number(values.from)];
let [failed, killed] = [0, 0];
const world = routerLab();
try {
  for (const cut of CUTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const { calls, points } = await pointsIn(world, cut);
    const chosen = points.filter((_, i) => i % every === from % every);
    let reached = 0;
    for (const point of chosen) {
      const found = await after(world, cut, point).catch((error: unknown) => ({
        reached: false,
        faults: [error instanceof Error ? error.message : String(error)],
      }));
      if (found.reached) reached++;
      if (found.faults.length === 0) continue;
      failed++;
      console.log(`${cut.name}, at ${point.call} number ${point.nth}: ${found.faults.join('; ')}`);
    }
    killed += reached;
    console.log(
      `${cut.name}: ${calls} system calls, ${points.length} of them change something, ${chosen.length} tried, killed at ${reached}`,
    );
  }
} finally {
  await world.lab.close();
}
console.log(`killed ${killed} times, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
