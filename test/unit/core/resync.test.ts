/** When everything is looked at again although nothing has happened. */

import t from 'tap';
import { nextDeadline } from '../../../src/core/machine.js';
import { DOWN, Life } from './life.js';

/** A life with its routes in and nothing else to wait for, whose last look ended at `lastRound`. */
function settled(lastRound: number, more = ''): Life {
  const life = new Life(more);
  life.run(life.give({ kind: 'tick' }));
  life.run(life.give(DOWN));
  life.now = lastRound - 20;
  life.state = { ...life.state, agenda: { ...life.state.agenda, lastRound: 0, probeAt: Number.POSITIVE_INFINITY } };
  life.run(life.give({ kind: 'tick' }, 0));
  return life;
}

t.test('with a heartbeat, at most 30 s after the last time', (t) => {
  for (const lastRound of [40_000, 40_001, 40_500, 40_999.75]) {
    const life = settled(lastRound);
    t.equal(life.state.agenda.lastRound, lastRound);
    const due = nextDeadline(life.state, life.now);
    t.equal(due, 70_000, `after ${lastRound}`);
    life.now = due;
    t.same(life.give({ kind: 'tick' }, -1), [], 'not before');
    t.match(life.give({ kind: 'tick' }, 1), [{ kind: 'observe' }]);
  }
  t.end();
});

t.test('heartbeats that are rarer than that have no say', (t) => {
  const life = settled(40_500, 'detect: {probe-interval: 15s, probe-timeout: 20s}\n');
  t.equal(nextDeadline(life.state, life.now), 70_500);
  t.end();
});
