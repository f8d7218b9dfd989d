/** Many inputs: main.js [--inputs N] [--seed N] [TARGET...]. Inputs that a reader fails on are put into the corpus. */

import { parseArgs } from 'node:util';
import { fuzz, keep } from './run.js';
import { TARGETS } from './targets.js';

const { values, positionals } = parseArgs({
  options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const BATCH = 20_000;
const wanted = Number(values.inputs);
let failed = 0;
for (const target of TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const from = process.cpuUsage();
  let faults = 0;
  for (let done = 0; done < wanted; done += BATCH) {
    for (const fault of fuzz(target, Number(values.seed) + done, Math.min(BATCH, wanted - done))) {
      console.log(keep(target, fault));
      faults++;
    }
    if (faults > 5) break;
  }
  failed += faults;
  const { user, system } = process.cpuUsage(from);
  console.log(
    `${target.name}: ${wanted} inputs from seed ${values.seed}, ${faults} failed, ${((user + system) / 1e6).toFixed(1)} s of the processor`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
