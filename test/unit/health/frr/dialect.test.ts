/**
 * The vty answer parser: any split of the stream gives the same answers, and no input makes it grow
 * without end.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { MAX_ANSWER_BYTES, VTY } from '../../../../src/health/frr/dialect.js';
import type { Answer } from '../../../../src/health/session/dialect.js';

function wire(answer: Answer): Buffer {
  return Buffer.concat([Buffer.from(answer.text, 'utf8'), Buffer.from([0, 0, 0, answer.status])]);
}

t.test('golden bytes', async (t) => {
  t.equal(VTY.encode('echo ok'), 'echo ok\0');
  t.same(VTY.reader().push(Buffer.from('6f6b0a00000000', 'hex')), {
    answers: [{ text: 'ok\n', status: 0 }],
    fault: undefined,
  });
  t.same(VTY.reader().push(Buffer.from('7b7d0a00000001', 'hex')), {
    answers: [{ text: '{}\n', status: 1 }],
    fault: undefined,
  });
  t.same(VTY.reader().push(Buffer.from('00000000', 'hex')).answers, [{ text: '', status: 0 }], 'an empty answer');
});

t.test('every split of a stream of answers reads the same', async (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((anything) => anything.replaceAll('\0', ''));
  const answer = fc.record({ text, status: fc.integer({ min: 0, max: 255 }) }, { noNullPrototype: true });
  const property = fc.property(
    fc.array(answer, { maxLength: 5 }),
    fc.array(fc.nat({ max: 300 }), { maxLength: 12 }),
    (answers, cuts) => {
      const bytes = Buffer.concat(answers.map(wire));
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const reader = VTY.reader();
      const read = edges.slice(1).flatMap((end, i) => reader.push(bytes.subarray(edges[i], end)).answers);
      assert.deepEqual(read, answers);
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

t.test('arbitrary bytes never throw', async (t) => {
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
    const reader = VTY.reader();
    for (const chunk of chunks) if (reader.push(chunk).fault !== undefined) return;
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('faults', async (t) => {
  t.match(VTY.reader().push(Buffer.from('a\0b\0\0\0\0', 'latin1')).fault, 'NUL inside');
  t.equal(VTY.reader().push(Buffer.alloc(MAX_ANSWER_BYTES, 'x')).fault, undefined, 'the largest answer allowed');
  t.match(VTY.reader().push(Buffer.alloc(MAX_ANSWER_BYTES + 1, 'x')).fault, 'more than');
  const reader = VTY.reader();
  const drop = Buffer.from('x');
  let fault: string | undefined;
  let count = 0;
  while (fault === undefined && count <= MAX_ANSWER_BYTES) {
    fault = reader.push(drop).fault;
    count++;
  }
  t.equal(count, MAX_ANSWER_BYTES + 1, 'and byte by byte');
});

t.test('what proves life', async (t) => {
  t.ok(VTY.proves({ text: 'ok\n', status: 0 }));
  t.ok(VTY.proves({ text: '% Unknown command: echo ok\n', status: 2 }), 'a daemon without echo answers too');
  t.notOk(VTY.proves({ text: 'FRRouting 8.4.4\n', status: 0 }), 'the answer to something else');
});
