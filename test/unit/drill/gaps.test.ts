/** The arithmetic of outages: what counts as a gap, and where it is cut. */

import t from 'tap';
import { eventually } from '../../../src/drill/lab/wait.js';
import { gapsOf } from '../../lab/ping.js';

t.test('steady replies have no gap', async (t) => {
  t.same(gapsOf([10, 20, 30, 40], 0, 50, 20), []);
});

t.test('a hole between replies, before the first and after the last', async (t) => {
  t.same(gapsOf([10, 20, 120, 130], 0, 140, 20), [{ fromMs: 20, toMs: 120, lengthMs: 100 }]);
  t.same(gapsOf([50, 60], 0, 70, 20), [{ fromMs: 0, toMs: 50, lengthMs: 50 }]);
  t.same(gapsOf([10], 0, 500, 20), [{ fromMs: 10, toMs: 500, lengthMs: 490 }]);
  t.same(gapsOf([], 0, 500, 20), [{ fromMs: 0, toMs: 500, lengthMs: 500 }]);
});

t.test('replies outside the time asked for do not count', async (t) => {
  t.same(gapsOf([10, 20, 200, 210], 100, 150, 20), [{ fromMs: 100, toMs: 150, lengthMs: 50 }]);
  t.same(gapsOf([10, 20, 200, 210], 195, 215, 20), []);
});

t.test('eventually returns the first truthy value and counts a throw as not yet', async (t) => {
  let calls = 0;
  const value = await eventually(
    () => {
      calls++;
      if (calls === 1) throw new Error('too early');
      return calls === 3 ? 'there' : '';
    },
    { intervalMs: 1 },
  );
  t.equal(value, 'there');
  t.equal(calls, 3);
});

t.test('eventually says what it waited for and what it saw', async (t) => {
  await t.rejects(
    eventually(() => false, { timeoutMs: 5, intervalMs: 1, what: 'a miracle' }),
    { message: /not within 5 ms: a miracle; last seen: false/ },
  );
  await t.rejects(
    eventually(() => Promise.reject(new Error('refused')), {
      timeoutMs: 5,
      intervalMs: 1,
      what: 'an answer',
    }),
    { message: /an answer; last error: refused/ },
  );
});
