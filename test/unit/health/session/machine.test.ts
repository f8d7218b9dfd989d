/**
 * The machine of a session without any socket: its whole life in a list of events with their times.
 */

import t from 'tap';
import { LASTING_MS } from '../../../../src/health/session/backoff.js';
import { transition } from '../../../../src/health/session/machine.js';
import {
  NEW_SESSION,
  nextDeadline,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  type SessionTraits,
} from '../../../../src/health/session/state.js';

const TRAITS: SessionTraits = {
  endpoint: { kind: 'unix', path: '/run/x.sock' },
  heartbeat: true,
  permissionHint: 'join the group',
  probeIntervalMs: 1000,
  probeTimeoutMs: 10_000,
};
const READY: SessionEvent = { kind: 'answer', readiness: { kind: 'ready' }, outstanding: false };

class Life {
  state: SessionState = NEW_SESSION;
  now = 0;
  readonly told: string[] = [];
  connects = 0;

  constructor(readonly traits: SessionTraits = TRAITS) {}

  hear(event: SessionEvent): readonly SessionEffect[] {
    const { state, effects } = transition(this.state, event, this.now, this.traits);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'tell') this.told.push(`${effect.report.kind}: ${effect.report.reason}`);
      if (effect.kind === 'connect') this.connects++;
    }
    return effects;
  }

  /** Moves on to the next deadline and ticks; returns what had to be waited for it. */
  wait(): number {
    const at = nextDeadline(this.state, this.traits);
    const waitedMs = at - this.now;
    this.now = at;
    this.hear({ kind: 'tick' });
    return waitedMs;
  }

  /** A connection that stands and is answered, `stoodMs` long. */
  connection(stoodMs: number): void {
    this.hear({ kind: 'accepted', dying: false });
    this.hear(READY);
    for (const endAt = this.now + stoodMs; this.now < endAt; ) {
      const next = Math.min(endAt, nextDeadline(this.state, this.traits));
      this.now = next;
      if (this.hear({ kind: 'tick' }).some(({ kind }) => kind === 'probe')) this.hear(READY);
    }
  }
}

t.test('down, appears, answers, dies, is called again after a millisecond', async (t) => {
  const life = new Life();
  life.hear({ kind: 'start' });
  life.hear({ kind: 'refused', code: 'ENOENT' });
  life.hear({ kind: 'hint' });
  t.equal(life.connects, 2);
  life.hear({ kind: 'accepted', dying: false });
  t.equal(life.state.phase.kind, 'accepted');
  life.connection(60_000);
  const effects = life.hear({ kind: 'ended', reason: 'end of file' });
  t.same(
    effects.map(({ kind }) => kind),
    ['tell', 'disconnect'],
    'the death comes first',
  );
  t.equal(life.wait(), 1);
  t.equal(life.connects, 3);
  t.same(life.told, [
    'down: no socket /run/x.sock',
    'appeared: /run/x.sock accepts',
    'responsive: /run/x.sock answers',
    'down: end of file',
  ]);
});

t.test(
  'refused again and again: 1, 2, 4 ... 512 ms, then once a second with a new look at the directory',
  async (t) => {
    const life = new Life();
    life.hear({ kind: 'start' });
    const waits: number[] = [];
    for (let i = 0; i < 14; i++) {
      life.hear({ kind: 'refused', code: 'ECONNREFUSED' });
      waits.push(life.wait());
    }
    t.same(waits.slice(0, 10), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    t.ok(
      waits.slice(10).every((ms) => ms > 0 && ms <= 1000),
      `${waits}`,
    );
    t.same(waits.slice(-2), [1000, 1000]);
    life.hear({ kind: 'refused', code: 'ECONNREFUSED' });
    life.now = nextDeadline(life.state, TRAITS);
    t.same(life.hear({ kind: 'tick' }), [{ kind: 'rearm' }, { kind: 'connect' }]);
    t.same(life.told, ['down: nobody listens on /run/x.sock']);
  },
);

t.test('a daemon that answers and hangs up: a connection a second, and one event for the series', async (t) => {
  const life = new Life();
  life.hear({ kind: 'start' });
  life.connection(60_000);
  life.hear({ kind: 'ended', reason: 'end of file' });
  const startedMs = life.now;
  for (life.wait(); life.now < startedMs + 600_000; ) {
    life.connection(3);
    life.hear({ kind: 'ended', reason: 'end of file' });
    // As a restart by its supervisor would look like, too.
    life.hear({ kind: 'hint' });
    if (life.state.phase.kind === 'waiting') life.wait();
  }
  t.ok(life.connects < 625, `${life.connects} connections in ten minutes`);
  t.same(
    life.told.map((one) => one.split(':')[0]),
    ['responsive', 'down', 'responsive', 'down', 'responsive', 'down', 'responsive', 'down'],
  );
  t.match(life.told.at(-1), /^down: end of file, as on each recent connection/);
  life.connection(LASTING_MS - 1);
  t.equal(life.told.length, 8, 'not yet believed');
  life.hear({ kind: 'ended', reason: 'end of file' });
  life.wait();
  life.connection(LASTING_MS + TRAITS.probeIntervalMs);
  t.match(life.told.slice(8), [/^responsive/], 'believed by the first answer after it has lasted');
  life.hear({ kind: 'ended', reason: 'end of file' });
  t.equal(life.wait(), 1, 'and the next death is an ordinary one');
});

t.test('a daemon that accepts, says nothing and hangs up is a series, too', async (t) => {
  for (const stoodMs of [200, 1500]) {
    const life = new Life();
    life.hear({ kind: 'start' });
    life.hear({ kind: 'refused', code: 'ECONNREFUSED' });
    for (life.wait(); life.now < 60_000; life.wait()) {
      for (const endAt = life.now + stoodMs; ; ) {
        if (life.state.phase.kind === 'connecting') life.hear({ kind: 'accepted', dying: false });
        life.now = Math.min(endAt, nextDeadline(life.state, TRAITS));
        if (life.now === endAt) break;
        life.hear({ kind: 'tick' });
      }
      life.hear({ kind: 'ended', reason: 'end of file' });
    }
    t.ok(life.connects > 20 && life.connects < 70, `${life.connects} connections in a minute`);
    t.same(
      life.told.map((one) => one.split(':')[0]),
      ['down', 'appeared', 'down', 'appeared', 'down', 'appeared', 'down'],
    );
  }
});

t.test('without a heartbeat: who hangs up before it has settled is not alive; a series must last', async (t) => {
  const life = new Life({ ...TRAITS, heartbeat: false });
  life.hear({ kind: 'start' });
  for (let i = 0; i < 5; i++) {
    life.hear({ kind: 'accepted', dying: false });
    const settledMs = life.wait();
    t.equal(settledMs, i < 3 ? 100 : LASTING_MS);
    t.match(life.told.at(-1), /^responsive/);
    life.now += 1;
    life.hear({ kind: 'ended', reason: 'end of file' });
    if (i === 3) t.equal(life.wait(), 1, 'the fourth has lasted');
    else life.wait();
    if (i === 3) break;
  }
  life.hear({ kind: 'accepted', dying: true });
  t.equal(life.wait(), TRAITS.probeTimeoutMs, 'who is known to die may accept while its core is written');
});

t.test('silence goes over faults and new connections, and is told once', async (t) => {
  const life = new Life();
  life.hear({ kind: 'start' });
  for (const endAt = 9_990; life.now < endAt; ) {
    life.hear({ kind: 'accepted', dying: false });
    life.hear({ kind: 'fault', reason: 'nonsense' });
    life.now = nextDeadline(life.state, TRAITS);
    life.hear({ kind: 'tick' });
  }
  life.hear({ kind: 'accepted', dying: false });
  while (life.told.length === 0) life.wait();
  t.same([life.told, life.now], [['unresponsive: no answer on /run/x.sock for 10000 ms'], 10_000]);
  t.equal(nextDeadline(life.state, TRAITS), Infinity, 'and nothing more is due');
  life.hear({ kind: 'fault', reason: 'nonsense' });
  life.wait();
  life.hear({ kind: 'accepted', dying: false });
  t.equal(life.told.length, 1);
  life.hear(READY);
  t.equal(life.told.at(-1), 'responsive: /run/x.sock answers');
  life.wait();
  life.hear({ kind: 'ended', reason: 'end of file' });
  t.equal(life.state.silentSince, undefined, 'the dead are not awaited');
});

t.test('a full backlog is silence; a death in between ends it', async (t) => {
  const life = new Life();
  life.hear({ kind: 'start' });
  life.hear({ kind: 'refused', code: 'EAGAIN' });
  t.equal(life.state.silentSince, 0);
  life.wait();
  life.hear({ kind: 'refused', code: 'ECONNREFUSED' });
  t.equal(life.state.silentSince, undefined);
  t.same(life.told, ['down: nobody listens on /run/x.sock']);
  life.now = 5000;
  life.hear({ kind: 'hint' });
  life.hear({ kind: 'refused', code: 'EAGAIN' });
  t.equal(life.told.at(-1), 'appeared: /run/x.sock listens, its backlog is full');
});

t.test('whatever happens in whatever phase, a deadline that is due is over after its tick', async (t) => {
  const events: readonly SessionEvent[] = [
    { kind: 'start' },
    { kind: 'hint' },
    { kind: 'accepted', dying: false },
    { kind: 'accepted', dying: true },
    { kind: 'refused', code: 'ENOENT' },
    { kind: 'refused', code: 'EAGAIN' },
    { kind: 'refused', code: 'EACCES' },
    READY,
    { kind: 'answer', readiness: { kind: 'starting', reason: 'restarts' }, outstanding: true },
    { kind: 'answer', readiness: { kind: 'stopping', reason: 'stops' }, outstanding: false },
    { kind: 'asked' },
    { kind: 'ended', reason: 'end of file' },
    { kind: 'fault', reason: 'nonsense' },
  ];
  let seed = 1;
  let ticks = 0;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let run = 0; run < 2000; run++) {
    const life = new Life({ ...TRAITS, heartbeat: run % 3 !== 0 });
    life.hear({ kind: 'start' });
    for (let step = 0; step < 30; step++) {
      const told = life.told.length;
      life.hear(events[random(events.length)]!);
      if (life.told.length - told > 1) t.fail(`run ${run}: one event is told ${life.told.slice(told)}`);
      const at = nextDeadline(life.state, life.traits);
      if (at === Infinity || random(3) === 0) continue;
      life.now = Math.max(life.now, at);
      life.hear({ kind: 'tick' });
      ticks++;
      if (!(nextDeadline(life.state, life.traits) > life.now)) t.fail(`run ${run}: due again at once`);
    }
    life.hear({ kind: 'close' });
    if (nextDeadline(life.state, life.traits) !== Infinity) t.fail('closed and something is due');
  }
  t.ok(ticks > 10_000, `${ticks} ticks`);
});
