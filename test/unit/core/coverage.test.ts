/** Rivals and ties, questions, ends of routes and broken next hops: what coverage.ts says of a small world. */

import t from 'tap';
import { coverage, isStale, notHeld, rivalOf, rivalry, turns } from '../../../src/core/coverage.js';
import type { DaemonState } from '../../../src/core/daemon-state.js';
import type { Denial } from '../../../src/core/denials.js';
import { MAIN_METRIC_PREEMPTING } from '../../../src/core/placement.js';
import { initialState, isSeen, type SeenWorld, type World } from '../../../src/core/state.js';
import type { Config } from '../../../src/model/config.js';
import { prefix } from '../../../src/model/prefix.js';
import { type Route, TABLE_MAIN } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { FakeKernel } from '../../fake/kernel.js';
import { config, FIRST_RULES, GATEWAYS, linkOf, management, PRIMARY_STATE, router, STATIC_DEFAULT } from './fixture.js';

const NOW = 1_000_000;
const AFTER = 10_000;
const DEFAULT = prefix('0.0.0.0', 0);
const TEN = prefix('10.0.0.0', 8);
const LINKS = [linkOf(2, 'mgmt0'), linkOf(3, 'data0')];
const STATIC = STATIC_DEFAULT;
const HOP = STATIC.nexthops[0]!;
/** Of the daemon that is watched. */
const THEIRS: Route = { ...STATIC, protocol: 186 };
const OURS: Route = {
  ...THEIRS,
  metric: MAIN_METRIC_PREEMPTING,
  protocol: 157,
  nexthops: [{ gateway: GATEWAYS.inet[0], interfaceIndex: 2, dead: false }],
};

interface Scene {
  readonly daemons?: readonly (Partial<DaemonState> & { readonly id?: string })[];
  readonly foreign?: readonly Route[];
  readonly own?: readonly Route[];
  readonly change?: Partial<Config>;
  readonly world?: Partial<World>;
}

function scene({ daemons = [{}], foreign = [THEIRS], own = [], change = {}, world = {} }: Scene = {}): SeenWorld {
  const watched = daemons.map(({ id = 'frr/a', protocols = [186] }) => ({ id, protocols }));
  const state = initialState(
    {
      config: config({ preemptAfterMs: AFTER, placement: 'main', ...change }),
      watched,
      former: undefined,
      resyncMs: 30_000,
      role: PRIMARY_STATE,
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  const lives = watched.map((one, i) => {
    const alive = { ...one, life: 'responsive' as const, since: 0, reason: '' };
    return [one.id, { ...alive, ...daemons[i], id: one.id, protocols: one.protocols }] as const;
  });
  const snapshot = { ...EMPTY_SNAPSHOT, rules: FIRST_RULES, links: LINKS, foreignRoutes: foreign, ownRoutes: own };
  const seen: World = { ...state.world, daemons: new Map(lives), snapshot, tablesRead: [253], ...world };
  if (!isSeen(seen)) throw new Error('not seen');
  return seen;
}

/** The link of the foreign routes has no carrier. */
const CUT: Partial<World> = { snapshot: { ...scene().snapshot, links: [LINKS[0]!, { ...LINKS[1]!, carrier: false }] } };
const tie = (world: SeenWorld, now = NOW, lost = false) =>
  rivalry(world, rivalOf(world, TABLE_MAIN, DEFAULT), '0.0.0.0/0', lost, now);
const ACTIVE = { preempt: false, preemptAt: undefined, activeRival: true };
const PREEMPTED = { preempt: true, preemptAt: undefined, activeRival: false };
const dead = { life: 'down', since: NOW - AFTER } as const;

t.test('stale is what a dead or silent daemon has put there', async (t) => {
  const other = { id: 'bird/b', protocols: [12] };
  for (const life of ['down', 'unresponsive'] as const) {
    t.ok(isStale(scene({ daemons: [other, { life }] }), THEIRS), life);
    t.notOk(isStale(scene({ daemons: [other, { life }] }), STATIC), 'of nobody who is watched');
    t.notOk(isStale(scene({ daemons: [{ ...other, life }, {}] }), THEIRS), 'of another daemon');
  }
  for (const life of ['responsive', 'appeared', 'unknown'] as const)
    t.notOk(isStale(scene({ daemons: [{ life }] }), THEIRS));
});

t.test('a rival is a foreign route of the very prefix', async (t) => {
  t.equal(rivalOf(scene(), TABLE_MAIN, DEFAULT), THEIRS);
  t.equal(rivalOf(scene(), TABLE_MAIN, TEN), undefined);
  t.equal(rivalOf(scene(), 100, DEFAULT), undefined);
  const some = scene({ foreign: [{ ...STATIC, destination: TEN, tos: 8 }, THEIRS] });
  t.equal(rivalOf(some, TABLE_MAIN, TEN), undefined, 'one for some packets, in front of a shorter one, is none');
  t.same(tie(scene({ foreign: [] })), { preempt: false, preemptAt: undefined, activeRival: false });
});

t.test('time turns a tie where the owner is dead, and nowhere else', async (t) => {
  t.same(tie(scene({ daemons: [dead] })), PREEMPTED);
  t.same(tie(scene({ daemons: [dead] }), NOW - 1), { ...ACTIVE, preemptAt: NOW });
  const two = [
    { ...dead, since: NOW - 5 },
    { ...dead, id: 'frr/b' },
  ];
  t.same(tie(scene({ daemons: two })), PREEMPTED, 'since the first death');
  t.same(tie(scene({ daemons: [{ life: 'unresponsive', since: 0 }] })), ACTIVE);
  t.same(tie(scene()), ACTIVE);
  t.same(tie(scene({ foreign: [STATIC], daemons: [dead] })), ACTIVE, 'of somebody else');
  t.same(tie(scene({ daemons: [dead], change: { preemptAfterMs: 'never' } })), ACTIVE);
  t.same(tie(scene({ daemons: [dead] }), NOW, true), ACTIVE, 'the backup route leads nowhere');
  t.same(tie(scene({ world: CUT }), NOW, true), PREEMPTED, 'neither carries');
  t.same(turns(scene({ daemons: [dead, { id: 'b' }] })), [NOW]);
  t.same(turns(scene({ daemons: [dead], change: { preemptAfterMs: 'never' } })), []);
});

t.test('what leads nowhere, or is denied, loses the tie whoever owns it', async (t) => {
  const never = { preemptAfterMs: 'never' } as const;
  t.same(tie(scene({ change: never, world: CUT })), PREEMPTED);
  const denial: Denial = { since: 1, until: 2, times: 1, model: '', kernel: '', stage: 'wrong' };
  const denied = (stage: Denial['stage']) => ({ denials: new Map([['0.0.0.0/0', { ...denial, stage }]]) });
  t.same(tie(scene({ world: denied('wrong'), change: never })), PREEMPTED);
  t.same(tie(scene({ world: denied('over'), change: never })), ACTIVE);
});

t.test('a tie that a former life has taken is kept until the owner shows a sign of life', async (t) => {
  const late = { life: 'down', since: NOW } as const;
  const other = { id: 'bird/b', protocols: [12] };
  const held = (daemons: Scene['daemons'], own: readonly Route[] = [OURS]) => tie(scene({ daemons: daemons!, own }));
  t.same(held([{ life: 'unknown' }, other]), PREEMPTED, 'not heard from yet');
  t.same(held([{ ...late, foundDead: true }]), PREEMPTED, 'found dead');
  t.same(held([late]), { ...ACTIVE, preemptAt: NOW + AFTER }, 'it died in this life');
  t.same(held([{}, { ...other, life: 'unknown' }]), ACTIVE, 'another daemon');
  t.same(held([{ life: 'unknown' }], []), ACTIVE, 'nothing of ours is there');
  t.same(held([{ life: 'unknown' }], [{ ...OURS, metric: 4_278_194_176 }]), ACTIVE, 'ours loses the tie');
  t.same(held([{ life: 'unknown' }], [{ ...OURS, destination: TEN }]), ACTIVE, 'ours is another prefix');
});

t.test('the daemon is asked about its own routes, and its no leaves a destination bare', async (t) => {
  const of = (confirmed: readonly (readonly [string, boolean])[], foreign: readonly Route[] = [THEIRS]) =>
    coverage(scene({ foreign, world: { confirmed: new Map(confirmed) } }));
  t.match(of([]), { uncovered: [DEFAULT], bare: [], toConfirm: [{ prefix: DEFAULT, vrf: undefined }] });
  t.match(of([['0.0.0.0/0', true]]), { uncovered: [], bare: [], toConfirm: [] });
  t.match(of([['0.0.0.0/0', false]]), { uncovered: [DEFAULT], bare: ['0.0.0.0/0'], toConfirm: [{ prefix: DEFAULT }] });
  t.match(of([], [STATIC]), { uncovered: [], bare: [], toConfirm: [] }, 'a route of nobody who is watched');
  t.match(of([], []), { uncovered: [DEFAULT], bare: ['0.0.0.0/0'], toConfirm: [] });
  const notHeldOf = (confirmed: readonly (readonly [string, boolean])[], foreign: readonly Route[] = [THEIRS]) =>
    notHeld(scene({ foreign, world: { confirmed: new Map(confirmed) } }));
  t.same(notHeldOf([['0.0.0.0/0', false]]), ['0.0.0.0/0']);
  t.same(notHeldOf([['0.0.0.0/0', true]]), []);
  t.same(notHeldOf([]), [], 'it has not answered');
  t.same(notHeldOf([['0.0.0.0/0', false]], []), [], 'the route has gone');
  t.same(notHeldOf([['0.0.0.0/0', false]], [STATIC]), [], "another's route");
  const stale = coverage(scene({ daemons: [{ life: 'unresponsive' }] }));
  t.match(stale, { uncovered: [DEFAULT], bare: ['0.0.0.0/0'], toConfirm: [], judged: [{ route: undefined }] });
});

t.test('when the first route that covers ends', async (t) => {
  const both = { managementInterfaces: [management('mgmt0', router('inet', [DEFAULT, TEN]))] };
  const until = (foreign: readonly Route[], confirmed: readonly (readonly [string, boolean])[] = []) =>
    coverage(scene({ foreign, change: both, world: { confirmed: new Map(confirmed) } })).until;
  const ends = (route: Route, expiresAtMs: number): Route => ({ ...route, expiresAtMs });
  t.equal(until([STATIC]), undefined);
  t.equal(until([ends(STATIC, 70), ends({ ...STATIC, destination: TEN }, 50)]), 50);
  t.equal(until([ends(STATIC, 50), ends({ ...STATIC, destination: TEN }, 70)]), 50);
  t.equal(until([ends(STATIC, 50), { ...STATIC, destination: TEN }]), 50);
  t.equal(until([ends(THEIRS, 60)]), 60, 'one that is not confirmed yet, too');
  t.equal(until([ends(THEIRS, 60)], [['0.0.0.0/0', false]]), undefined, 'not one that is denied');
  t.equal(until([ends(THEIRS, 60)], [['0.0.0.0/0', true]]), 60);
});

t.test('next hops that would cover if they led anywhere', async (t) => {
  t.same(coverage(scene({ world: CUT })).broken, [HOP]);
  t.same(coverage(scene()).broken, []);
  t.same(coverage(scene({ foreign: [] })).broken, []);
  t.same(coverage(scene({ foreign: [{ ...STATIC, type: 'blackhole', nexthops: [] }] })).broken, []);
});

t.test('of a table that has not been read nothing can be said', async (t) => {
  t.match(coverage(scene({ world: { tablesRead: [] } })), { unread: true, judged: [], uncovered: [] });
  t.equal(coverage(scene()).unread, false);
  const vrf = linkOf(9, 'mgmt', { kind: 'vrf', vrfTable: 10 });
  const links = [{ ...LINKS[0]!, master: 9 }, LINKS[1]!, vrf];
  const kernel = new FakeKernel();
  kernel.linkAdd('mgmt', { up: true, vrfTable: 10 });
  const { rules } = kernel.fib;
  const of = (tablesRead: readonly number[], foreignRoutes: readonly Route[]) =>
    coverage(scene({ world: { tablesRead, snapshot: { ...scene().snapshot, rules, links, foreignRoutes } } }));
  t.match(of([253], [STATIC]), { unread: true, judged: [] }, "the VRF's own");
  t.match(of([253, 10], [{ ...THEIRS, table: 10, nexthops: [{ ...HOP, interfaceIndex: 2 }] }]), {
    unread: false,
    toConfirm: [{ prefix: DEFAULT, vrf: 'mgmt' }],
    judged: [{ key: 'mgmt 0.0.0.0/0', vrf: { name: 'mgmt', table: 10 } }],
  });
  t.match(of([253, 10], [STATIC]), { unread: false, bare: ['0.0.0.0/0'] }, 'a route of main covers nothing in it');
});
