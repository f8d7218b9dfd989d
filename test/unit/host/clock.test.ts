/** The process' clock: never early, late by no more than a timer is, and silent once cancelled. */

import t from 'tap';
import { systemClock } from '../../../src/host/clock.js';

t.test('never early, whatever part of a millisecond is left', async (t) => {
  const early: number[] = [];
  await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const due = systemClock.now() + i * 0.137;
      await new Promise<void>((resolve) => systemClock.at(due, resolve));
      if (systemClock.now() < due) early.push(due - systemClock.now());
    }),
  );
  t.same(early, []);
});

t.test('what is past is called, but never inside the call that asks', async (t) => {
  let called = 0;
  systemClock.at(systemClock.now() - 5, () => called++);
  t.equal(called, 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(called, 1);
});

t.test('cancelled before the timer is made, while it runs, and in its last part of a millisecond', async (t) => {
  let called = 0;
  const call = (): void => void called++;
  systemClock.at(systemClock.now() + 5, call).cancel();
  const second = systemClock.at(systemClock.now() + 150, call);
  setTimeout(() => second.cancel(), 5);
  let late = 0;
  for (let i = 0; i < 50; i++) {
    const due = systemClock.now() + 3 + i / 50;
    const timer = systemClock.at(due, call);
    // Busy until right before it: the timer has run out, the time has not come.
    setTimeout(() => {
      while (systemClock.now() < due - 0.1);
      // On a busy machine it may come before its end is asked for.
      if (systemClock.now() >= due) late++;
      timer.cancel();
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 6));
  }
  t.ok(called <= late, `${called} calls, ${late} cancelled late`);
});
