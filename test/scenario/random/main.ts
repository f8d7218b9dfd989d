/**
 * Random lives of the agent in virtual time: main.js [--steps N] [--seed N] [--acts N]. A step is an input of the machine.
 *
 * Lives of one seed after the other are played until the machine has had so many inputs. Each failing seed is told with the shortest
 * life that fails in the same way, as a scenario. The exit status is 1 when there is one.
 */

import { parseArgs } from 'node:util';
import { lifeOf } from './lives.js';
import { play } from './play.js';
import { scenarioText, shrunk } from './shrink.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    acts: { type: 'string', default: '40' },
    lives: { type: 'string', default: 'Infinity' },
  },
});
const wanted = Number(values.steps);
const first = Number(values.seed);
const from = process.cpuUsage();
let [steps, acts, lives, failed] = [0, 0, 0, 0];
for (let seed = first; steps < wanted && lives < Number(values.lives); seed++) {
  const played = await play(lifeOf(seed, Number(values.acts)));
  steps += played.inputs;
  acts += played.acts;
  lives++;
  if (played.failure === undefined) continue;
  failed++;
  const short = await shrunk(played.life, played.failure);
  const again = await play(short);
  console.log(`seed ${seed}: ${played.failure}\n`);
  console.log(scenarioText(again.life, `Seed ${seed}: ${(again.failure ?? '').split('\n')[0]}`));
  console.log(`${again.scene}\n`);
  if (failed === 5) break;
}
const { user, system } = process.cpuUsage(from);
console.log(
  `${steps} steps in ${lives} lives from seed ${first}, ${acts} things that happened; ${((user + system) / 1e6).toFixed(1)} s of the processor; ${failed} failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
