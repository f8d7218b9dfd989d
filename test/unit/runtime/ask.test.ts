/** Many prefixes are asked in parts, one after the other; what was answered before a failure counts. */

import t from 'tap';
import { questionKey } from '../../../src/core/coverage.js';
import { type Prefix, prefix, prefixText } from '../../../src/model/prefix.js';
import { ask } from '../../../src/runtime/ask.js';

const questions = Array.from({ length: 1200 }, (_, i) => ({
  prefix: prefix(`16.${i >> 8}.${i & 255}.0`, 24),
  vrf: undefined,
}));

/** A daemon that holds every prefix but those that end in 7.0/24, and falls silent after so many parts. */
function daemon(partsAnswered: number) {
  const parts: number[] = [];
  let busy = 0;
  let busiest = 0;
  return {
    parts,
    busiest: () => busiest,
    async holds(prefixes: readonly Prefix[]): Promise<readonly boolean[]> {
      busiest = Math.max(busiest, ++busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      if (parts.push(prefixes.length) > partsAnswered) throw new Error('no answer');
      return prefixes.map((p) => !prefixText(p).endsWith('7.0/24'));
    },
  };
}

t.test('in parts, one after the other', async (t) => {
  const zebra = daemon(Infinity);
  const answers = await ask(zebra, questions);
  t.same(zebra.parts, [500, 500, 200]);
  t.equal(zebra.busiest(), 1);
  t.same([...answers.keys()], questions.map(questionKey));
  t.same([answers.get('16.0.6.0/24'), answers.get('16.0.7.0/24')], [true, false]);
});

t.test('a daemon that falls silent is asked no further', async (t) => {
  const zebra = daemon(1);
  const answers = await ask(zebra, questions);
  t.same(zebra.parts, [500, 500]);
  t.equal(answers.size, 500, 'what it answered before counts');
});

t.test('each VRF by itself', async (t) => {
  const asked: (string | undefined)[] = [];
  const holds = async (prefixes: readonly Prefix[], vrf?: string): Promise<readonly boolean[]> => {
    asked.push(vrf);
    if (vrf === 'blue') throw new Error('no such VRF');
    return prefixes.map(() => true);
  };
  const one = questions[0]!;
  const answers = await ask({ holds }, [one, { ...one, vrf: 'blue' }, { ...one, vrf: 'red' }]);
  t.same(asked, [undefined, 'blue', 'red']);
  t.same(
    [...answers],
    [
      ['16.0.0.0/24', true],
      ['red 16.0.0.0/24', true],
    ],
  );
});
