/**
 * The whole table of nextPhase: two daemons in every life, hold-time, coverage, convergence-timeout, role, and the
 * phase before, against the table of the specification (section 4) written down once more, independently.
 */

import t from 'tap';
import type { Life } from '../../../src/core/daemon-state.js';
import { nextPhase } from '../../../src/core/phase.js';
import { initialState, type Phase, type State } from '../../../src/core/state.js';
import type { Role, Timeout } from '../../../src/model/config.js';
import { prefix } from '../../../src/model/prefix.js';
import { type Route, TABLE_MAIN } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { config, FIRST_RULES, PRIMARY_STATE } from './fixture.js';

const LIVES: readonly Life[] = ['unknown', 'down', 'appeared', 'unresponsive', 'responsive'];
const BEFORE = ['starting', 'in', 'out'] as const;
const NOW = 1_000_000;
const HOLD = 5_000;
const TIMEOUT = 30_000;
const DEFAULT = prefix('0.0.0.0', 0);
const COVER: Route = {
  family: 'inet',
  table: TABLE_MAIN,
  destination: DEFAULT,
  metric: 20,
  tos: 0,
  protocol: 4,
  type: 'unicast',
  nexthops: [{ gateway: '198.51.100.1', interfaceIndex: 3, dead: false }],
};
const LINK = {
  name: 'data0',
  altNames: [],
  mac: undefined,
  up: true,
  carrier: true,
  master: undefined,
  kind: undefined,
  vrfTable: undefined,
};

interface Row {
  readonly lives: readonly [Life, Life];
  readonly held: boolean;
  readonly covered: boolean;
  readonly timedOut: boolean;
  readonly timeout: Timeout;
  readonly role: Role;
  readonly before: Phase['kind'];
  /** The time for first verdicts is over. */
  readonly late: boolean;
}

/** What an operator may have ordered, and what must come of it whatever the row says; undefined: what the row says. */
const ORDERS: readonly (readonly [string, Pick<State['orders'], 'pin' | 'role'>, string | undefined])[] = [
  ['pinned', { pin: { until: NOW + 1, reason: 'held' }, role: undefined }, 'in pinned'],
  [
    'pinned for ever',
    { pin: { until: 'never', reason: 'held' }, role: { role: 'primary', reason: 'ordered' } },
    'in pinned',
  ],
  ['pinned until now', { pin: { until: NOW, reason: 'held' }, role: undefined }, undefined],
  ['standby ordered', { pin: undefined, role: { role: 'standby', reason: 'ordered' } }, 'in standby'],
];

function* rows(): Generator<Row> {
  for (const a of LIVES)
    for (const b of LIVES)
      for (const held of [false, true])
        for (const covered of [false, true])
          for (const timedOut of [false, true])
            for (const timeout of [TIMEOUT, 0, 'never'] as const)
              for (const role of ['primary', 'standby'] as const)
                for (const before of BEFORE)
                  for (const late of [false, true])
                    yield { lives: [a, b], held, covered, timedOut, timeout, role, before, late };
}

function phaseBefore(kind: Phase['kind']): Phase {
  if (kind === 'in') return { kind, cause: 'down', since: 5, reason: 'before', until: undefined, from: undefined };
  return kind === 'out' ? { kind, since: 5, reason: 'before', uncovered: [] } : { kind, since: 5, reason: 'before' };
}

function stateOf(row: Row): State {
  // The younger of the two decides; the first has always been there for long.
  const age = row.timedOut ? HOLD + TIMEOUT : row.held ? HOLD : HOLD - 1;
  const watched = ['frr/a', 'frr/b'].map((id) => ({ id, protocols: [186] }));
  const state = initialState(
    {
      config: config({ holdMs: HOLD, convergenceTimeoutMs: row.timeout }),
      watched,
      former: undefined,
      resyncMs: 30_000,
      role: { ...PRIMARY_STATE, role: row.role },
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  const daemons = new Map(
    watched.map((daemon, i) => [
      daemon.id,
      { ...daemon, life: row.lives[i]!, since: i === 0 ? 0 : NOW - age, reason: 'because' },
    ]),
  );
  const snapshot = {
    ...EMPTY_SNAPSHOT,
    rules: FIRST_RULES,
    links: [{ ...LINK, index: 3 }],
    foreignRoutes: row.covered ? [COVER] : [],
  };
  return {
    ...state,
    world: { ...state.world, daemons, snapshot, tablesRead: [253], verdictsBy: row.late ? NOW : NOW + 1 },
    phase: phaseBefore(row.before),
  };
}

function expected({ lives, held, covered, timedOut, timeout, role, before, late }: Row): string {
  if (role === 'standby') return 'in standby';
  if (lives.some((life) => life === 'down' || life === 'appeared' || life === 'unresponsive')) return 'in down';
  if (lives.includes('unknown')) return late ? 'in down' : before === 'in' ? 'in down' : before;
  const over = timeout === 0 || (timeout !== 'never' && timedOut);
  // Out with a cover once: only its loss brings the routes back, and that not as Junos does it (timeout 0).
  if (before === 'out') return covered || timeout === 0 ? 'out' : 'in converging';
  if (!held && !timedOut) return 'in hold';
  return covered || over ? 'out' : 'in converging';
}

t.test('every row of the table', async (t) => {
  let count = 0;
  for (const row of rows()) {
    const state = stateOf(row);
    const phase = nextPhase(state, NOW);
    const is = phase.kind === 'in' ? `in ${phase.cause}` : phase.kind;
    if (is !== expected(row)) t.fail(`${JSON.stringify(row)}: ${is}, not ${expected(row)}`);
    if (is === 'out' && row.before !== 'out' && !row.lives.every((life) => life === 'responsive'))
      t.fail(`out without every daemon healthy: ${JSON.stringify(row)}`);
    // Nothing but the clock: the very same phase, so that nobody logs a change that is none.
    const again = nextPhase({ ...state, phase }, NOW);
    // A cover lost while out has words of its own at first; the wait is the same.
    const lost = row.before === 'out' && is === 'in converging';
    const rest = lost
      ? !row.held ||
        (again.kind === 'in' && phase.kind === 'in' && again.cause === phase.cause && again.until === phase.until)
      : again === phase;
    if (!rest) t.fail(`not at rest: ${JSON.stringify(row)}`);
    if (phase.since !== (phase.kind === row.before ? 5 : NOW))
      t.fail(`the phase began at ${phase.since}: ${JSON.stringify(row)}`);
    for (const [name, order, instead] of ORDERS) {
      const ordered = nextPhase({ ...state, orders: { ...state.orders, ...order } }, NOW);
      const got = ordered.kind === 'in' ? `in ${ordered.cause}` : ordered.kind;
      if (got !== (instead ?? is)) t.fail(`${name} ${JSON.stringify(row)}: ${got}, not ${instead ?? is}`);
    }
    const anyway = { ...state, orders: { ...state.orders, role: { role: 'primary', reason: 'ordered' } } } as const;
    const overridden = nextPhase(anyway, NOW);
    if (
      (overridden.kind === 'in' ? `in ${overridden.cause}` : overridden.kind) !== expected({ ...row, role: 'primary' })
    )
      t.fail(`ordered to be primary: ${JSON.stringify(row)}`);
    count++;
  }
  t.equal(count, 5 * 5 * 2 * 2 * 2 * 3 * 2 * 3 * 2, 'all rows');
});

t.test('the wait ends when it says', async (t) => {
  for (const held of [false, true]) {
    const state = stateOf({
      lives: ['responsive', 'responsive'],
      held,
      covered: false,
      timedOut: false,
      timeout: TIMEOUT,
      role: 'primary',
      before: 'in',
      late: true,
    });
    const phase = nextPhase(state, NOW);
    if (phase.kind !== 'in' || typeof phase.until !== 'number') return void t.fail(JSON.stringify(phase));
    t.equal(nextPhase({ ...state, phase }, phase.until - 1), phase, 'not before');
    const after = nextPhase({ ...state, phase }, phase.until);
    t.equal(after.kind === 'in' ? after.cause : after.kind, held ? 'out' : 'converging');
  }
  const never = nextPhase(
    stateOf({
      lives: ['responsive', 'responsive'],
      held: true,
      covered: false,
      timedOut: true,
      timeout: 'never',
      role: 'primary',
      before: 'in',
      late: true,
    }),
    NOW,
  );
  t.match(never, { kind: 'in', cause: 'converging', until: 'never' });
});

t.test('the reason names what is wrong', async (t) => {
  const reason = (a: Life, b: Life): string =>
    nextPhase(
      stateOf({
        lives: [a, b],
        held: true,
        covered: true,
        timedOut: false,
        timeout: 0,
        role: 'primary',
        before: 'out',
        late: false,
      }),
      NOW,
    ).reason;
  t.match(reason('responsive', 'down'), /^frr\/b is down: because/);
  t.match(reason('appeared', 'unresponsive'), /^frr\/b is unresponsive/, 'dead before starting');
  t.match(reason('appeared', 'responsive'), /^frr\/a is starting/);
  t.match(reason('unresponsive', 'down'), /^frr\/a/, 'the one that has been so for longest');
});
