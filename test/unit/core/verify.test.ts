/** The kernel's word on destinations: when it is asked for, what a denial does, how long it stands, what is said to carry nothing. */

import t from 'tap';
import type { Denial } from '../../../src/core/denials.js';
import type { Output } from '../../../src/core/inputs.js';
import type { KernelWord } from '../../../src/core/ports.js';
import { type Agenda, initialState, type Phase, type State } from '../../../src/core/state.js';
import { askKernel, DENIAL_MS, denialEndsAt, reconsidered, verified } from '../../../src/core/verify.js';
import { prefix } from '../../../src/model/prefix.js';
import type { Route } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { config, FIRST_RULES, GATEWAYS, linkOf, management, PRIMARY_STATE, router, STATIC_DEFAULT } from './fixture.js';

const NOW = 10_000_000;
const DEFAULT = prefix('0.0.0.0', 0);
const TEN = prefix('10.0.0.0', 8);
const LINK = linkOf(3, 'data0');
const COVER = STATIC_DEFAULT;
const HOP = COVER.nexthops[0]!;
const OWN: Route = { ...COVER, table: 25_500, protocol: 157, nexthops: [{ ...HOP, gateway: GATEWAYS.inet[0] }] };
const OUT: Phase = { kind: 'out', since: 5, reason: 'r', uncovered: [] };
const IN: Phase = { kind: 'in', cause: 'down', since: 5, reason: 'r', until: undefined, from: undefined };
const REFUSED: KernelWord = { kind: 'refused', code: 'ENETUNREACH' };
const UNKNOWN: KernelWord = { kind: 'unknown' };
const word = (change: Partial<Route> = {}): KernelWord => ({ kind: 'route', route: { ...COVER, ...change } });

interface Scene {
  readonly world?: Partial<State['world']>;
  readonly phase?: Phase;
  readonly agenda?: Partial<Agenda>;
}

/** Two destinations, both covered by one route; at rest, and the kernel is to be asked. */
function scene({ world = {}, phase = OUT, agenda = {} }: Scene = {}): State {
  const watched = [{ id: 'frr/a', protocols: [186] }];
  const state = initialState(
    {
      config: config({ managementInterfaces: [management('mgmt0', router('inet', [DEFAULT, TEN]))] }),
      watched,
      former: undefined,
      resyncMs: 30_000,
      role: PRIMARY_STATE,
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  const snapshot = { ...EMPTY_SNAPSHOT, rules: FIRST_RULES, links: [LINK], foreignRoutes: [COVER] };
  const daemons = new Map([['frr/a', { ...state.world.daemons.get('frr/a')!, life: 'responsive' as const }]]);
  return {
    ...state,
    world: { ...state.world, daemons, snapshot, tablesRead: [253], ...world },
    phase,
    agenda: { ...state.agenda, dirty: undefined, ...agenda },
  };
}

/** Asked, and answered with these words after so many milliseconds. */
function heard(from: State, words: readonly KernelWord[] | undefined, tookMs = 10): State {
  const asked = askKernel(from, [], NOW - tookMs);
  return verified(asked, asked.agenda.verifications, words, NOW);
}
const denialsOf = ({ world }: State) => [...world.denials.keys()];

t.test('asked once all is at rest, with addresses of each destination', async (t) => {
  const outputs: Output[] = [];
  const asked = askKernel(scene({ agenda: { verifications: 4 } }), outputs, NOW);
  t.match(outputs, [{ kind: 'verify', id: 5, questions: [{ destination: DEFAULT }, { destination: TEN }] }]);
  t.match(asked.agenda, { verifyDue: false, verifications: 5, verifying: { since: NOW } });
  for (const [what, waits] of [
    ['not due', scene({ agenda: { verifyDue: false } })],
    ['asked already', asked],
    ['not seen', scene({ world: { snapshot: undefined } })],
    ['a round is under way', scene({ agenda: { round: { kind: 'applying', steps: [] } as never } })],
    ['a look is owed', scene({ agenda: { dirty: 'hint' } })],
    ['starting', scene({ phase: { kind: 'starting', since: 0, reason: '' } })],
    ['a table is not read', scene({ world: { tablesRead: [] } })],
  ] as const) {
    const none: Output[] = [];
    const due = { ...waits, agenda: { ...waits.agenda, verifyDue: what !== 'not due' } };
    t.equal(askKernel(due, none, NOW), due, what);
    t.same(none, [], what);
  }
});

t.test('what it says of another question, or of what has turned since, counts for nothing', async (t) => {
  const asked = askKernel(scene(), [], NOW);
  t.equal(verified(asked, asked.agenda.verifications + 1, [REFUSED, REFUSED], NOW), asked);
  const idle = scene();
  t.equal(verified(idle, idle.agenda.verifications, [REFUSED, REFUSED], NOW), idle, 'not asked');
  const id = asked.agenda.verifications;
  const mute = verified(asked, id, undefined, NOW);
  t.same([denialsOf(mute), mute.agenda.verifying, mute.agenda.verifyDue], [[], undefined, false]);
  const unseen = verified({ ...asked, world: { ...asked.world, snapshot: undefined } }, id, [REFUSED, REFUSED], NOW);
  t.same([denialsOf(unseen), unseen.agenda.verifying], [[], undefined]);
  const turned = verified({ ...asked, phase: IN }, id, [REFUSED, REFUSED], NOW);
  t.same([denialsOf(turned), turned.agenda.verifyDue, turned.world.idle.size], [[], true, 0]);
  const applying = { ...asked, agenda: { ...asked.agenda, round: { kind: 'applying' } as never } };
  const changing = verified(applying, id, [REFUSED, REFUSED], NOW);
  t.same([denialsOf(changing), changing.agenda.verifyDue], [[], true]);
  const changed = { ...asked, agenda: { ...asked.agenda, verifyDue: true } };
  const again = verified(changed, id, [REFUSED, REFUSED], NOW);
  t.same([denialsOf(again), again.agenda.verifyDue], [[], true], 'routes went in and out while it was asked');
});

t.test('a question while the routes are in keeps looks at foreign routes apart', async (t) => {
  t.equal(heard(scene({ phase: IN }), [UNKNOWN, UNKNOWN], 100).agenda.foreignNotBefore, NOW + 400);
  const later = scene({ phase: IN, agenda: { foreignNotBefore: NOW + 9_999 } });
  t.equal(heard(later, [UNKNOWN, UNKNOWN], 100).agenda.foreignNotBefore, NOW + 9_999);
  t.equal(heard(scene(), [UNKNOWN, UNKNOWN], 100).agenda.foreignNotBefore, 0, 'while they are out it does not');
});

t.test('out: a word that is no usable foreign route is a denial', async (t) => {
  const dead = [{ ...HOP, dead: true }];
  const stale = new Map([['frr/a', { ...scene().world.daemons.get('frr/a')!, life: 'unresponsive' as const }]]);
  for (const [what, said, from] of [
    ['refused', REFUSED, scene()],
    ['a blackhole', word({ type: 'blackhole', nexthops: [] }), scene()],
    ['a next hop that leads nowhere', word({ nexthops: dead }), scene()],
    ['one of ours', { kind: 'route', route: OWN }, scene()],
    ['a stale one', word({ protocol: 186 }), scene({ world: { daemons: stale } })],
  ] as const)
    t.same(denialsOf(heard(from, [said, UNKNOWN])), ['0.0.0.0/0'], what);
  for (const [what, said] of [
    ['a usable one', word()],
    ['one of this host', word({ type: 'local' })],
    ['nothing is known', UNKNOWN],
  ] as const) {
    const from = scene();
    t.equal(heard(from, [said, UNKNOWN]).world, from.world, what);
  }
  t.same(denialsOf(heard(scene(), [word()])), [], 'no word is none');
  const bare = scene({ world: { snapshot: { ...scene().world.snapshot!, foreignRoutes: [] } } });
  t.same(denialsOf(heard(bare, [REFUSED, REFUSED])), [], 'what counts as uncovered cannot be denied');
  const junos = scene();
  const zero = { ...junos, world: { ...junos.world, config: { ...junos.world.config, convergenceTimeoutMs: 0 } } };
  t.same(denialsOf(heard(zero, [REFUSED, REFUSED])), [], 'out whatever is carried');
  const after = heard(scene(), [REFUSED, REFUSED]);
  t.match(after.world.denials.get('10.0.0.0/8'), {
    since: NOW,
    until: NOW + DENIAL_MS.first,
    times: 1,
    model: /^default via 198.51.100.1 dev data0/,
    kernel: 'unreachable (ENETUNREACH)',
    stage: 'late',
  });
  t.match(after.agenda, { foreignDue: true, dirty: 'hint' }, 'the tables are looked at');
});

t.test('a denial that comes again stands twice as long, up to an hour, and is forgotten in the end', async (t) => {
  const again = (times: number, agoMs: number): Denial | undefined => {
    const before = { since: 1, until: NOW - agoMs, times, model: '', kernel: '', stage: 'over' } as const;
    const from = scene({ world: { denials: new Map([['0.0.0.0/0', before]]) } });
    return heard(from, [REFUSED, UNKNOWN]).world.denials.get('0.0.0.0/0');
  };
  t.match(again(1, 599_999), { times: 2, until: NOW + 20_000 });
  t.match(again(3, 1), { times: 4, until: NOW + 80_000 });
  t.match(again(12, 1), { times: 13, until: NOW + DENIAL_MS.most });
  t.match(again(3, 600_000), { times: 1, until: NOW + 10_000 });
});

t.test('in: what carries neither by ours nor by a usable foreign route carries nothing', async (t) => {
  const idleAfter = (said: readonly KernelWord[], world: Partial<State['world']> = {}) =>
    heard(scene({ phase: IN, world }), said).world.idle;
  t.same([...idleAfter([word(), { kind: 'route', route: OWN }])], []);
  t.same([...idleAfter([UNKNOWN])], []);
  const usurper = word({ table: 25_500, nexthops: [{ ...HOP, gateway: '198.51.100.77' }] });
  t.same(
    [...idleAfter([usurper, word()])],
    [['0.0.0.0/0', 'default via 198.51.100.77 dev data0 table 25500 proto 4 metric 20']],
    'a route of somebody else in a table of ours',
  );
  t.same([...idleAfter([word({ table: 25_516 }), word()])], [], 'in one that ours could have, and have not');
  t.same([...idleAfter([REFUSED, word({ nexthops: [{ ...HOP, dead: true }] })]).keys()], ['0.0.0.0/0', '10.0.0.0/8']);
  t.equal(idleAfter([REFUSED, UNKNOWN]).get('0.0.0.0/0'), 'unreachable (ENETUNREACH)');
  const refusing = { ...COVER, type: 'unreachable', nexthops: [] } as const;
  const snapshot = { ...scene().world.snapshot!, foreignRoutes: [refusing] };
  t.match(
    idleAfter([REFUSED, UNKNOWN], { snapshot }).get('0.0.0.0/0'),
    /^unreachable default/,
    'the route that refuses',
  );
  t.match(idleAfter([word({ type: 'blackhole', nexthops: [] }), UNKNOWN], { snapshot }).get('0.0.0.0/0'), /^blackhole/);
  const idle = new Map([['0.0.0.0/0', 'unreachable (ENETUNREACH)']]);
  t.equal(idleAfter([REFUSED, UNKNOWN], { idle }), idle, 'the very same map when nothing is new');
  t.not(idleAfter([REFUSED, REFUSED], { idle }), idle);
  t.same([...idleAfter([word(), word()], { idle })], []);
});

t.test('a denial is over in its time, or once a look agrees with the kernel', async (t) => {
  const one: Denial = { since: 1, until: NOW, times: 1, model: '', kernel: '', stage: 'late' };
  const of = (change: Partial<Denial>, world: Partial<State['world']> = {}) =>
    scene({ world: { denials: new Map([['0.0.0.0/0', { ...one, ...change }]]), ...world } });
  const stage = (state: State): string => state.world.denials.get('0.0.0.0/0')?.stage ?? 'none';
  t.equal(stage(reconsidered(of({}), false, NOW)), 'over');
  const early = of({});
  t.equal(reconsidered(early, false, NOW - 1), early, 'not before, without a look');
  t.equal(stage(reconsidered(of({}), true, NOW - 1)), 'wrong', 'the look says what it said before');
  const bare = { snapshot: { ...scene().world.snapshot!, foreignRoutes: [] } };
  t.equal(stage(reconsidered(of({}, bare), true, NOW - 1)), 'none', 'the model was late');
  t.equal(stage(reconsidered(of({ stage: 'wrong' }, bare), true, NOW - 1)), 'over');
  const over = of({ stage: 'over' });
  t.equal(reconsidered(over, true, NOW - 1), over);
  const none = scene();
  t.equal(reconsidered(none, true, NOW), none);
  const unseen = of({}, { snapshot: undefined });
  t.equal(reconsidered(unseen, true, NOW), unseen);
});

t.test('when the first denial ends', async (t) => {
  const one: Denial = { since: 1, until: 50, times: 1, model: '', kernel: '', stage: 'wrong' };
  const of = (...list: readonly Denial[]) => scene({ world: { denials: new Map(list.map((d, i) => [`${i}`, d])) } });
  t.equal(denialEndsAt(of({ ...one, until: 70 }, one, { ...one, until: 9, stage: 'over' })), 50);
  t.equal(denialEndsAt(of({ ...one, stage: 'over' })), undefined);
  t.equal(denialEndsAt(scene()), undefined);
});

t.test('an IPv6 route of another prefix, which shares the nexthop object, says nothing', async (t) => {
  const other = {
    family: 'inet6' as const,
    destination: prefix('2001:db8:20::', 48),
    nexthops: [{ ...HOP, dead: true }],
  };
  const denied = scene();
  t.same(denialsOf(heard(denied, [word(other), UNKNOWN])).length, 1, 'where it has no object, it is the answer');
  t.same(denialsOf(heard(denied, [word({ ...other, nexthopId: 11 }), UNKNOWN])), []);
  t.same(heard(scene({ phase: IN }), [word({ ...other, nexthopId: 11 }), UNKNOWN]).world.idle.size, 0);
});

t.test('so does one that contains it, where the judge has another with an object', async (t) => {
  const destination = prefix('2001:db8:20::', 48);
  const six = { ...COVER, family: 'inet6' as const, destination, nexthops: [{ ...HOP, gateway: 'fe80::1' }] };
  const of = (change: Partial<Route>) =>
    scene({
      world: {
        config: config({ managementInterfaces: [management('mgmt0', router('inet6', [destination]))] }),
        snapshot: { ...EMPTY_SNAPSHOT, rules: FIRST_RULES, links: [LINK], foreignRoutes: [{ ...six, ...change }] },
      },
    });
  const other = { ...six, destination: prefix('::', 0), nexthops: [{ ...HOP, dead: true }], nexthopId: 12 };
  t.same(denialsOf(heard(of({}), [word(other)])).length, 1, 'without one the kernel names what it follows');
  t.same(denialsOf(heard(of({ nexthopId: 7 }), [word(other)])), []);
  t.same(denialsOf(heard(of({ nexthopId: 7 }), [word({ ...other, destination })])).length, 1, 'the same prefix');
});
