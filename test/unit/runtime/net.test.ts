/** What is not the core may throw: told once of each kind, counted, and ended only by a storm of it. */

import t from 'tap';
import { spreadNet } from '../../../src/runtime/net.js';

t.test('a fault is told, the same one once a minute, a storm ends it', async (t) => {
  let now = 0;
  const told: string[] = [];
  const ends: unknown[] = [];
  const net = spreadNet({
    tell: (error, count) => void told.push(`${count} ${(error as Error).message}`),
    giveUp: (error) => void ends.push(error),
    now: () => now,
  });
  t.teardown(() => net.close());
  const fail = (message: string) => (): void => {
    throw new Error(message);
  };
  net.aside(() => undefined);
  t.equal(net.count(), 0);
  net.aside(fail('a'));
  net.aside(fail('a'));
  net.aside(fail('b'));
  now = 60_000;
  net.aside(fail('b'));
  t.same(told, ['1 a', '3 b', '4 b']);
  for (let i = 0; i < 2_000 && ends.length === 0; i++) net.aside(fail('c'));
  t.equal(ends.length, 1);
});

t.test('what tells may have a fault itself', async (t) => {
  const net = spreadNet({
    tell: () => {
      throw new Error('no log');
    },
    giveUp: () => t.fail('too soon'),
  });
  t.teardown(() => net.close());
  net.aside(() => {
    throw new Error('x');
  });
  t.equal(net.count(), 2);
});
