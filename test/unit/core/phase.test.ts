/**
 * The whole table of nextPhase: two daemons in every life, hold-time, coverage, convergence-timeout, role, and the
 * phase before, against the table of the specification (section 4) written down once more, independently.
 */

import t from 'tap';
import type { Life } from '../../../src/core/daemon-state.js';
import { nextPhase } from '../../../src/core/phase.js';
import { initialState, type Phase, type State } from '../../../src/core/state.js';
import type { Role, Timeout } from '../../../src/model/config.js';
import { type Prefix, prefix, prefixText } from '../../../src/model/prefix.js';
import { type Route, TABLE_MAIN } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { config, FIRST_RULES, GATEWAYS, linkOf, management, PRIMARY_STATE, router, STATIC_DEFAULT } from './fixture.js';

const LIVES: readonly Life[] = ['unknown', 'down', 'appeared', 'unresponsive', 'responsive'];
const BEFORE = ['starting', 'in', 'out'] as const;
const NOW = 1_000_000;
const HOLD = 5_000;
const TIMEOUT = 30_000;
const DEFAULT = prefix('0.0.0.0', 0);
const COVER = STATIC_DEFAULT;

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
    links: [linkOf(3, 'data0')],
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
  t.match(never, { kind: /^in$/, cause: 'converging', until: 'never' });
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

const ROW: Row = {
  lives: ['responsive', 'responsive'],
  held: true,
  covered: false,
  timedOut: false,
  timeout: TIMEOUT,
  role: 'primary',
  before: 'out',
  late: false,
};
const TENS = [10, 11, 12, 13, 14].map((first) => prefix(`${first}.0.0.0`, 8));

interface Scene {
  readonly row?: Partial<Row>;
  readonly destinations?: readonly Prefix[];
  /** Those that a foreign route covers. */
  readonly covered?: readonly Prefix[];
  readonly world?: Partial<State['world']>;
  readonly phase?: Phase;
}

function scene({ row, destinations = [DEFAULT], covered = [], world = {}, phase }: Scene): State {
  const state = stateOf({ ...ROW, ...row });
  const snapshot = {
    ...state.world.snapshot!,
    foreignRoutes: covered.map((destination) => ({ ...COVER, destination })),
  };
  const config = { ...state.world.config, managementInterfaces: [management('mgmt0', router('inet', destinations))] };
  return { ...state, world: { ...state.world, config, snapshot, ...world }, phase: phase ?? state.phase };
}

const outWith = (uncovered: readonly Prefix[]): Phase => ({
  kind: 'out',
  since: 5,
  reason: 'before',
  uncovered: uncovered.map(prefixText),
});
const next = (state: State): Phase => nextPhase(state, NOW);
/** At rest: a second look changes nothing. */
const settledIn = (state: State): State => ({ ...state, phase: next(state) });

t.test('out, and uncovered ever less', async (t) => {
  const [a, b] = TENS as [Prefix, Prefix];
  const both = { destinations: [a, b], phase: outWith([a, b]) };
  const one = next(scene({ ...both, covered: [a] }));
  t.match(one, {
    kind: 'out',
    since: 5,
    uncovered: ['11.0.0.0/8'],
    reason: /^nothing covers 11.0.0.0\/8, nothing here ever has,/,
  });
  const none = next(scene({ ...both, covered: [a, b] }));
  t.match(none, { kind: 'out', since: NOW, uncovered: [], reason: 'every destination is covered' });
  const rest = settledIn(scene({ ...both, covered: [a] }));
  t.equal(nextPhase(rest, NOW + 1), rest.phase, 'at rest');
  const fewer = nextPhase({ ...rest, world: scene({ ...both, covered: [a, b] }).world }, NOW + 1);
  t.match(fewer, { kind: 'out', since: NOW + 1, uncovered: [] });
  const five = scene({ destinations: TENS, phase: outWith(TENS) });
  t.match(next(five).reason, /^nothing covers 10\S+, 11\S+, 12.0.0.0\/8 and 2 more, nothing here ever has,/);
  const three = scene({ destinations: TENS, covered: TENS.slice(3), phase: outWith(TENS) });
  t.match(next(three).reason, /12.0.0.0\/8, nothing here ever has,/);
  t.match(next(scene({ destinations: TENS, phase: outWith(TENS.slice(1)) })), {
    kind: 'in',
    cause: 'converging',
    reason: 'no longer covered: 10.0.0.0/8',
    until: NOW + TIMEOUT,
    from: NOW,
  });
  const words = { ...outWith([]), reason: 'another' };
  t.match(next(scene({ covered: [DEFAULT], phase: words })), { since: 5, reason: 'every destination is covered' });
});

t.test('what was covered once is waited for without a limit, in and out', async (t) => {
  const [a, b] = TENS as [Prefix, Prefix];
  const covered = new Map([['frr/a', new Set(['10.0.0.0/8'])]]);
  const lost = scene({ destinations: [a, b], phase: outWith([b]), world: { covered } });
  t.match(next(lost), { kind: /^in$/, reason: 'no longer covered: 10.0.0.0/8', until: 'never' });
  const given = scene({ destinations: [a, b], phase: outWith([a, b]), world: { covered } });
  t.match(next(given), { kind: /^in$/, reason: 'no longer covered: 10.0.0.0/8', until: 'never' });
  const over = { ...ROW, before: 'in' as const, timedOut: true };
  const later = next(scene({ row: over, destinations: [a, b], world: { covered } }));
  t.match(later, { cause: 'converging', reason: 'not covered yet: 10.0.0.0/8, 11.0.0.0/8', until: 'never' });
  const all = next(scene({ row: over, destinations: [a, b], covered: [b], world: { covered } }));
  t.match(all, { cause: 'converging', reason: 'not covered again yet: 10.0.0.0/8', until: 'never' });
});

t.test(
  'the same cause with other words, another end or another beginning is another phase of the same age',
  async (t) => {
    const before = (change: Partial<Phase>): Phase => ({ ...phaseBefore('in'), ...change }) as Phase;
    const down = scene({ row: { lives: ['responsive', 'down'] }, phase: before({ reason: 'frr/a is down: because' }) });
    t.match(next(down), { cause: 'down', since: 5, reason: 'frr/b is down: because' });
    const hold = { row: { held: false } };
    const until = NOW + 1;
    const held = next(scene({ ...hold, phase: before({ cause: 'hold' }) }));
    t.match(held, { cause: 'hold', since: 5, until });
    t.equal(next(scene({ ...hold, phase: held })), held);
    t.match(next(scene({ ...hold, phase: { ...held, until: 7 } as Phase })), { cause: 'hold', since: 5, until });
    const waiting = next(scene({ phase: before({ cause: 'converging' }) }));
    t.match(waiting, { cause: 'converging', from: NOW, until: NOW + TIMEOUT });
    const never = { row: { timeout: 'never' as const } };
    const first = next(scene({ ...never, phase: before({ cause: 'converging' }) }));
    t.match(next(scene({ ...never, phase: { ...first, from: undefined } as Phase })), { from: NOW, until: 'never' });
    t.match(next(scene({ ...never, phase: { ...first, from: 77 } as Phase })), { from: 77 }, 'the wait goes on');
  },
);

t.test('before the first verdict', async (t) => {
  const unknown = { row: { lives: ['responsive', 'unknown'] as const } };
  for (const cause of ['pinned', 'standby'] as const)
    t.match(next(scene({ ...unknown, phase: { ...phaseBefore('in'), cause } as Phase })), {
      cause: 'down',
      reason: 'frr/b has not been heard from yet',
    });
  const other = { ...phaseBefore('in'), cause: 'hold' } as Phase;
  t.equal(next(scene({ ...unknown, phase: other })), other);
  t.match(next(scene({ row: { ...unknown.row, late: true } })), { reason: 'frr/b has not answered in time' });
  const starting = phaseBefore('starting');
  t.equal(next(scene({ ...unknown, phase: starting })), starting);
  const own: Route = {
    ...COVER,
    table: 25_500,
    protocol: 157,
    nexthops: [{ ...COVER.nexthops[0]!, gateway: GATEWAYS.inet[0] }],
  };
  const snapshot = { ...scene({}).world.snapshot!, ownRoutes: [own] };
  t.match(next(scene({ ...unknown, phase: starting, world: { snapshot } })), { kind: /^in$/, cause: 'down' });
  const stranger = { ...snapshot, ownRoutes: [{ ...own, table: TABLE_MAIN, nexthops: COVER.nexthops }] };
  t.equal(next(scene({ ...unknown, phase: starting, world: { snapshot: stranger } })), starting, 'none of ours');
});

t.test('before the first word of the source of the role', async (t) => {
  const role = { role: 'primary', reason: 'asked', provisional: true } as const;
  const starting = phaseBefore('starting');
  t.equal(next(scene({ phase: starting, world: { role } })), starting);
  t.equal(next(scene({ phase: outWith([]), world: { role } })).kind, 'out');
  const before = phaseBefore('in');
  t.equal(next(scene({ phase: before, world: { role } })), before);
  t.match(next(scene({ phase: { ...before, cause: 'pinned' } as Phase, world: { role } })), {
    cause: 'standby',
    reason: 'asked',
  });
  const ordered = scene({ phase: starting, covered: [DEFAULT], world: { role } });
  t.equal(
    next({ ...ordered, orders: { ...ordered.orders, role: { role: 'primary', reason: 'ordered' } } }).kind,
    'out',
    'an order goes before it',
  );
});

t.test('at the start, beside a daemon whose age nobody knows, what is covered is left as it was found', async (t) => {
  const starting = phaseBefore('starting');
  const young = { held: false, before: 'starting' as const };
  const aged = (state: State): State => ({
    ...state,
    world: {
      ...state.world,
      daemons: new Map([...state.world.daemons].map(([id, one]) => [id, { ...one, ageUnknown: true }])),
    },
  });
  const served = aged(scene({ row: young, covered: [DEFAULT], phase: starting }));
  t.match(next(served), {
    kind: 'starting',
    since: 5,
    reason: 'it is not known how long frr/b has run, and nothing is uncovered',
    until: NOW + 1,
  });
  const rest = settledIn(served);
  t.equal(next(rest), rest.phase);
  t.match(next({ ...rest, phase: { ...rest.phase, until: 9 } as Phase }), { until: NOW + 1 });
  t.match(next(scene({ row: young, covered: [DEFAULT], phase: starting })), { cause: 'hold' }, 'its age is known');
  t.match(next(aged(scene({ row: young, phase: starting }))), { cause: 'hold' }, 'something is uncovered');
  t.match(next(aged(scene({ row: young, covered: [DEFAULT], phase: phaseBefore('in') }))), { cause: 'hold' });
  const late = { ...young, late: true };
  t.equal(next(aged(scene({ row: late, covered: [DEFAULT], phase: starting }))).kind, 'starting', 'all is known');
  t.match(next(aged(scene({ row: late, covered: [DEFAULT], phase: starting, world: { tablesRead: [] } }))), {
    cause: 'hold',
  });
  t.equal(
    next(aged(scene({ row: young, covered: [DEFAULT], phase: starting, world: { snapshot: undefined } }))).kind,
    'starting',
    'nothing has been seen, and there is time',
  );
  t.match(next(aged(scene({ row: late, phase: starting, world: { snapshot: undefined } }))), { cause: 'hold' });
});

t.test('what the kernel denies brings the routes in', async (t) => {
  const denial = { since: 1, until: NOW + 9, times: 1, model: 'm', kernel: 'k', stage: 'wrong' } as const;
  const denials = new Map([['0.0.0.0/0', denial]]);
  const denied = { covered: [DEFAULT], world: { denials } };
  const cause = 'disagreement';
  const reason = 'the kernel does not carry what counts as covered: 0.0.0.0/0';
  t.match(next(scene({ ...denied, phase: outWith([]) })), { cause, reason, until: 'never', from: NOW });
  t.match(next(scene({ ...denied, row: { before: 'in' } })), { cause, reason, until: 'never' });
  const over = new Map([['0.0.0.0/0', { ...denial, stage: 'over' } as const]]);
  t.equal(next(scene({ ...denied, world: { denials: over }, phase: outWith([]) })).kind, 'out');
});

/** A route of the daemon that is watched, not confirmed yet. */
const theirs = (destination = DEFAULT): Route => ({ ...COVER, protocol: 186, destination });
const withRoutes = (state: State, foreignRoutes: readonly Route[], ownRoutes: readonly Route[] = []): State => ({
  ...state,
  world: { ...state.world, snapshot: { ...state.world.snapshot!, foreignRoutes, ownRoutes } },
});
const OURS: Route = {
  ...COVER,
  table: 25_500,
  protocol: 157,
  nexthops: [{ ...COVER.nexthops[0]!, gateway: GATEWAYS.inet[0] }],
};

t.test('at the start, beside a daemon that is held, its word and the look are awaited', async (t) => {
  const starting = phaseBefore('starting');
  const silent = withRoutes(scene({ phase: starting }), [theirs()]);
  t.equal(next(silent), starting, 'its word');
  t.match(next(withRoutes(scene({ phase: starting, row: { late: true } }), [theirs()])), { cause: 'converging' });
  t.match(next(withRoutes(scene({ phase: phaseBefore('in') }), [theirs()])), { cause: 'converging' });
  t.match(next(withRoutes(scene({ phase: starting }), [theirs()], [OURS])), { cause: 'converging' }, 'ours are in');
  const merged = { ...OURS, nexthops: [...OURS.nexthops, ...COVER.nexthops] };
  t.match(next(withRoutes(scene({ phase: starting }), [theirs()], [merged])), { cause: 'converging' }, 'among others');
  const denied = { ...silent, world: { ...silent.world, confirmed: new Map([['0.0.0.0/0', false]]) } };
  t.match(next(denied), { cause: 'converging' }, 'it has said no');

  const over = { timedOut: true } as const;
  t.equal(next(withRoutes(scene({ phase: starting, row: over }), [theirs()])).kind, 'out', 'it has had its time');
  const [a, b] = TENS as [Prefix, Prefix];
  const expected = { covered: new Map([['frr/a', new Set(['11.0.0.0/8'])]]) };
  const again = scene({ phase: starting, row: over, destinations: [a, b], world: expected });
  t.equal(next(withRoutes(again, [theirs(a)])), starting, 'of another that is expected');

  const unread = { tablesRead: [] };
  t.equal(next(scene({ phase: starting, covered: [DEFAULT], world: unread })), starting, 'the look');
  t.equal(next(scene({ phase: phaseBefore('in'), covered: [DEFAULT], world: unread })).kind, 'in');
  const late = { late: true };
  t.match(next(scene({ phase: starting, row: late, covered: [DEFAULT], world: unread })), { cause: 'converging' });
  const out = outWith([DEFAULT]);
  t.equal(next(scene({ phase: out, world: unread })), out, 'out, nothing is said before the look');
});

t.test('one destination that is expected is enough to wait without a limit', async (t) => {
  const [a, b] = TENS as [Prefix, Prefix];
  const covered = new Map([['frr/a', new Set(['11.0.0.0/8'])]]);
  const lost = next(scene({ destinations: [a, b], phase: outWith([]), world: { covered } }));
  t.match(lost, { reason: 'no longer covered: 10.0.0.0/8, 11.0.0.0/8', until: 'never' });
});

t.test(
  'a daemon that is old of itself does not keep the start from waiting for one whose age nobody knows',
  async (t) => {
    const state = scene({ row: { held: false }, covered: [DEFAULT], phase: phaseBefore('starting') });
    const aged = (id: string, change: object): State => ({
      ...state,
      world: {
        ...state.world,
        daemons: new Map([...state.world.daemons].map(([key, one]) => [key, key === id ? { ...one, ...change } : one])),
      },
    });
    t.equal(next(aged('frr/b', { ageUnknown: true })).kind, 'starting');
    t.match(next(aged('frr/a', { ageUnknown: true })), { cause: 'hold' });
    t.match(next(withRoutes(aged('frr/b', { ageUnknown: true }), [COVER], [OURS])), { cause: 'hold' }, 'ours are in');
  },
);

t.test('of two daemons that are not well the one is named that has been so for longer', async (t) => {
  const state = scene({ row: { lives: ['down', 'down'] } });
  for (const [first, second, named] of [
    [1, 2, 'frr/a'],
    [2, 1, 'frr/b'],
  ] as const) {
    const daemons = new Map(
      [...state.world.daemons].map(([id, one]) => [id, { ...one, since: id === 'frr/a' ? first : second }]),
    );
    t.match(next({ ...state, world: { ...state.world, daemons } }).reason, `${named} is down`);
  }
});

t.test('routes that were in when the agent started stay until the source of the role has spoken', async (t) => {
  const role = { role: 'primary', reason: 'asked', provisional: true } as const;
  const starting = scene({ phase: phaseBefore('starting'), world: { role } });
  t.match(next(withRoutes(starting, [], [OURS])), { cause: 'down', reason: 'routes were in when the agent started' });
  const out = scene({ phase: outWith([]), world: { role } });
  t.equal(next(withRoutes(out, [], [OURS])).kind, 'out');
});

t.test('the hold-time counts from the youngest daemon, wherever it stands in the list', async (t) => {
  const state = scene({ row: { held: false } });
  for (const young of ['frr/a', 'frr/b']) {
    const daemons = new Map(
      [...state.world.daemons].map(([id, one]) => [id, { ...one, since: id === young ? NOW - HOLD + 7 : 0 }]),
    );
    t.match(nextPhase({ ...state, world: { ...state.world, daemons }, phase: phaseBefore('in') }, NOW), {
      cause: 'hold',
      reason: `${young} must stay responsive for the hold-time`,
      until: NOW + 7,
    });
  }
});

t.test('without a convergence-timeout nothing is waited for, nor told as uncovered', async (t) => {
  const zero = { timeout: 0 as const, before: 'in' as const };
  const reason = 'daemon is responsive and held';
  t.match(next(scene({ row: zero })), { kind: 'out', since: NOW, reason, uncovered: [] });
  t.same((next(scene({ row: zero })) as Phase & { kind: 'out' }).uncovered, []);
  t.match(next(scene({ row: zero, world: { snapshot: undefined } })), { kind: 'out' }, 'before the first look, too');
});

t.test('at the start, the hold-time over all patience, an unconfirmed cover is none', async (t) => {
  const row = { held: false, late: true };
  const state = withRoutes(scene({ row, phase: phaseBefore('starting') }), [theirs()]);
  const daemons = new Map([...state.world.daemons].map(([id, one]) => [id, { ...one, ageUnknown: true as const }]));
  t.match(next({ ...state, world: { ...state.world, daemons } }), { cause: 'hold' });
});

t.test('what is doubtful is not said to be uncovered', async (t) => {
  const six = { ...COVER, family: 'inet6' as const, destination: prefix('::', 0) };
  const main = FIRST_RULES.find(({ family, table }) => family === 'inet6' && table === TABLE_MAIN)!;
  const hop = (gateway: string): Route['nexthops'] => [{ ...COVER.nexthops[0]!, gateway }];
  const reason = (nexthopId: object, before: Phase['kind']): string => {
    const base = stateOf({
      lives: ['responsive', 'responsive'],
      held: true,
      covered: true,
      timedOut: false,
      timeout: 'never',
      role: 'primary',
      before,
      late: true,
    });
    const snapshot = {
      ...base.world.snapshot!,
      rules: [
        { ...main, priority: 5, foreign: true, suppressPrefixLength: 0, detail: { action: 'table' as const } },
        ...FIRST_RULES,
      ],
      foreignRoutes: [{ ...six, nexthops: hop('fe80::7'), ...nexthopId }],
    };
    const managementInterfaces = [management('mgmt0', router('inet6', [six.destination]))];
    const world = { ...base.world, snapshot, config: { ...base.world.config, managementInterfaces } };
    return nextPhase({ ...base, world }, NOW).reason;
  };
  t.equal(reason({}, 'in'), 'every destination is covered');
  const doubt = /^not certain to be covered, because a rule suppresses IPv6 routes .*: ::\/0$/;
  t.match(reason({ nexthopId: 7 }, 'in'), doubt);
  t.match(reason({ nexthopId: 7 }, 'out'), doubt);
});
