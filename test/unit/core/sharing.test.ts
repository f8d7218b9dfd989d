/** When two looks have found the same: as their texts say, without the texts. */

import fc from 'fast-check';
import t from 'tap';
import { sameValue } from '../../../src/core/sharing.js';

t.test('as JSON says', async (t) => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(0, 1, 'a', '', true, false, null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.record({ a: tie('any'), b: tie('any'), c: tie('any') }, { requiredKeys: ['a'] }),
    ),
  })).any;
  fc.assert(
    fc.property(value, value, (a, b) => {
      // Objects here have their keys in one order.
      const same = JSON.stringify(a) === JSON.stringify(b);
      return sameValue(a, b) === same && sameValue(a, structuredClone(a));
    }),
    { numRuns: 2_000 },
  );
  t.ok(sameValue({ a: 1, b: undefined }, { a: 1 }));
  t.ok(sameValue({ a: 1 }, { a: 1, b: undefined }));
  t.notOk(sameValue({ a: 1 }, { a: 1, b: null }));
  t.notOk(sameValue([1], [1, 2]));
  t.notOk(sameValue([], {}));
  t.notOk(sameValue(Buffer.from([1]), Buffer.from([2])));
});
