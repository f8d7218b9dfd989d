/**
 * Whatever others write, its readers survive it: the corpus of test/fuzz, and inputs made of it from a seed. `scripts/fuzz` tries as many
 * as one likes; what a reader fails on belongs into the corpus.
 */

import t from 'tap';
import { corpusOf, faultOf, fuzz } from '../fuzz/run.js';
import { TARGETS } from '../fuzz/targets.js';
import { runs } from './runs.js';

for (const target of TARGETS)
  t.test(target.name, async (t) => {
    const corpus = corpusOf(target);
    t.ok(corpus.length >= 4, `${corpus.length} inputs of the corpus`);
    for (const { file, bytes } of corpus) {
      const fault = faultOf(target, bytes);
      if (fault !== undefined) t.fail(`${file}: ${fault.message}`);
    }
    const faults = fuzz(target, 1, runs(6_000));
    for (const { input, message } of faults) t.fail(message, { input: input.toString('base64') });
    t.equal(faults.length, 0);
  });

t.test('a reader that fails is told, with its input', async (t) => {
  const run = (bytes: Buffer): void => {
    if (bytes.includes(0xff)) throw new RangeError('cannot');
  };
  const faults = fuzz({ ...TARGETS[2]!, run }, 1, 500);
  t.match(faults, [{ message: /RangeError: cannot/ }]);
  t.ok(faults[0]!.input.includes(0xff));
});
