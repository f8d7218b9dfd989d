/** The driver's one timer: no deadline may fall between settling and setting it. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import type { DaemonId, Verdict } from '../../../src/model/daemon.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { startDriver } from '../../../src/runtime/driver.js';

const CONFIG =
  'management-interface: m\nbackup-router: {address: 10.0.0.1}\nwithdraw: {hold-time: 1s, convergence-timeout: 0}\n';

t.test('a deadline that passes while a transition is carried out is kept', async (t) => {
  // Every look at the clock takes 0.1 ms, every transition 0.5 ms, and the timer fires 0.3 ms early.
  let now = 0;
  const timers: { time: number; callback: () => void; live: boolean }[] = [];
  const clock = {
    now: () => (now += 0.1),
    at(time: number, callback: () => void) {
      const entry = { time: Math.max(time - 0.3, now), callback, live: true };
      timers.push(entry);
      return { cancel: () => void (entry.live = false) };
    },
  };
  const config = parseConfig(CONFIG, 'c').config!;
  const kernel = {
    observe: async () => EMPTY_SNAPSHOT,
    apply: async (steps: readonly unknown[]) => steps.map(() => ({ ok: true as const })),
    probe: () => undefined,
    subscribe: () => undefined,
    close: () => undefined,
  };
  let tell: ((id: DaemonId, verdict: Verdict) => void) | undefined;
  const health = {
    watched: [{ id: 'z', protocols: [11] }],
    start: (listener: typeof tell) => void (tell = listener),
    holds: async () => [],
    close: () => undefined,
  };
  const driver = startDriver({
    kernel,
    health,
    clock,
    journal: () => void (now += 0.5),
    beginning: {
      config,
      former: undefined,
      resyncMs: 30_000,
      role: { role: 'primary', reason: 'configured' },
      roleOverride: undefined,
      pin: undefined,
    },
    onSettled: () => undefined,
    onExit: () => undefined,
  });
  await new Promise(setImmediate);
  tell!('z', { kind: 'responsive', reason: '', ageMs: 0 });
  const since = now;
  for (let turns = 0; turns < 200 && driver.state().phase.kind !== 'out'; turns++) {
    await new Promise(setImmediate);
    const next = timers.filter((entry) => entry.live).sort((a, b) => a.time - b.time)[0];
    if (next === undefined) continue;
    next.live = false;
    now = Math.max(now, next.time);
    next.callback();
  }
  t.equal(driver.state().phase.kind, 'out');
  t.ok(now - since < 1_010, `out ${(now - since).toFixed(1)} ms after the first answer, hold-time 1000 ms`);
});
