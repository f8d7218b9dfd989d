/** A deadline that passes while the outputs are carried out is still met: the log may take longer than a wait of ten milliseconds. */

import t from 'tap';
import { startDriver } from '../../../src/runtime/driver.js';
import { VirtualClock } from '../../scenario/clock.js';
import { config, onePort } from './fixture.js';

t.test('a slow journal loses no deadline', async (t) => {
  const clock = new VirtualClock();
  const kernel = onePort();
  let skewMs = 0;
  const driver = startDriver({
    kernel,
    health: { watched: [], start: () => undefined, holds: async () => [], close: () => undefined },
    // Each input takes 20 ms between its decision and the arming of the timer.
    clock: { now: () => clock.now() + skewMs, at: (time, callback) => clock.at(time, callback) },
    journal: (_before, input) => void (skewMs += input.kind === 'hint' ? 20 : 0),
    beginning: {
      config: config({}),
      former: undefined,
      resyncMs: 30_000,
      role: { role: 'standby', reason: '' },
      roleOverride: undefined,
      pin: undefined,
    },
    onSettled: () => undefined,
    onExit: () => undefined,
  });
  await clock.advanceTo(1_000);
  const before = kernel.observations;
  // The first one is looked at once, the second one ten milliseconds later.
  driver.dispatch({ kind: 'hint', hint: { kind: 'link', text: '', ownDeleted: false, sender: 0 } });
  await clock.advanceTo(1_001);
  driver.dispatch({ kind: 'hint', hint: { kind: 'link', text: '', ownDeleted: false, sender: 0 } });
  await clock.advanceTo(1_200);
  t.equal(kernel.observations - before, 2);
  driver.close();
});
