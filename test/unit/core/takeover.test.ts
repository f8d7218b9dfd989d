/** Taking over a foreign default route, state by state: what leads from one to the next, and what is offered and remembered. */

import t from 'tap';
import { wanted } from '../../../src/core/desired.js';
import { coveredAfter, expectationOf, expected, retained } from '../../../src/core/expected.js';
import type { Output } from '../../../src/core/inputs.js';
import { routeKey } from '../../../src/core/keys.js';
import { askOffers, isOffered, offered } from '../../../src/core/offers.js';
import { type Place, placeKey } from '../../../src/core/places.js';
import { initialState, type Phase, type SeenWorld, type State } from '../../../src/core/state.js';
import { takeoverDeadlines, takeoversAfter, underWay } from '../../../src/core/takeover.js';
import type { Takeover } from '../../../src/core/takeover-state.js';
import type { AdoptedRoute } from '../../../src/model/adopted.js';
import { prefix } from '../../../src/model/prefix.js';
import type { Route } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import {
  config,
  FIRST_RULES,
  GATEWAYS,
  linkOf,
  management,
  PRIMARY_STATE,
  router,
  STATIC_DEFAULT,
  STRANGERS,
} from './fixture.js';

const NOW = 10_000_000;
const DEFAULT = prefix('0.0.0.0', 0);
const MGMT = linkOf(2, 'mgmt0');
const DATA = linkOf(3, 'data0');
const [GATEWAY] = GATEWAYS.inet;
const ROUTER = { ...router('inet', [DEFAULT]), auto: { adopt: true } };
const PLACE: Place = { link: MGMT, router: ROUTER };
const KEY = placeKey(MGMT, 'inet');
const DHCP: Route = {
  ...STATIC_DEFAULT,
  metric: 0,
  protocol: 16,
  nexthops: [{ gateway: GATEWAY, interfaceIndex: 2, dead: false }],
};
const ADOPTED: AdoptedRoute = { route: DHCP, message: 'aa', interfaceName: 'mgmt0' };
const ORIGINAL = { route: DHCP, message: 'aa', obstacle: undefined };
const DAEMONS: Route = { ...STATIC_DEFAULT, protocol: 186 };
const IN: Phase = { kind: 'in', cause: 'down', since: 5, reason: 'r', until: undefined, from: undefined };
const OUT: Phase = { kind: 'out', since: 5, reason: 'r', uncovered: [] };
const STARTING: Phase = { kind: 'starting', since: 5, reason: 'r' };

interface Scene {
  readonly life?: 'responsive' | 'down';
  /** Whether the foreign default is in the kernel, and whether the record has it. */
  readonly standing?: boolean;
  readonly away?: boolean;
  readonly covered?: boolean;
  /** Whether the daemon has confirmed what covers. */
  readonly confirmed?: boolean;
  readonly offer?: boolean;
  readonly was?: Takeover;
  readonly change?: Partial<SeenWorld>;
}

function state(scene: Scene = {}): State & { readonly world: SeenWorld } {
  const { life = 'responsive', standing = false, away = false, covered = false, confirmed = true } = scene;
  const begun = initialState(
    {
      config: config({ managementInterfaces: [management('mgmt0', ROUTER)] }),
      watched: [{ id: 'frr/a', protocols: [186] }],
      former: undefined,
      resyncMs: 30_000,
      role: PRIMARY_STATE,
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  const { world } = begun;
  const address = { interfaceIndex: 2, family: 'inet', address: '10.255.0.2', length: 24, tentative: false } as never;
  const snapshot = {
    ...EMPTY_SNAPSHOT,
    rules: FIRST_RULES,
    links: [MGMT, DATA],
    addresses: [address],
    foreignRoutes: [...(standing ? [DHCP] : []), ...(covered ? [DAEMONS] : [])],
    originals: standing ? [ORIGINAL] : [],
  };
  return {
    ...begun,
    world: {
      ...world,
      daemons: new Map([['frr/a', { ...world.daemons.get('frr/a')!, life }]]),
      snapshot,
      tablesRead: [253],
      confirmed: new Map(confirmed ? [['0.0.0.0/0', true]] : []),
      offers: new Map(scene.offer === undefined ? [] : [['0.0.0.0/0', scene.offer]]),
      record: { adopted: away ? [ADOPTED] : [], writing: undefined, returned: [] },
      takeovers: new Map(scene.was === undefined ? [] : [[KEY, scene.was]]),
      ...scene.change,
    },
  };
}

function after(scene: Scene, phase: Phase = IN, now = NOW): Takeover | 'ready' {
  const { world } = state(scene);
  return takeoversAfter(world, phase, () => scene.standing === true, now).get(KEY) ?? 'ready';
}

const TRYING: Takeover = { kind: 'trying', since: NOW - 9_999, failures: 0 };
const TAKEN: Takeover = { kind: 'taken', failures: 0 };
const FRESH: Takeover = { kind: 'trying', since: NOW, failures: 0 };
const RESTING: Takeover = { kind: 'resting', until: NOW + 1, failures: 2, reason: 'r' };

t.test('ready: tried once the daemon offers a route, and lives', (t) => {
  t.equal(after({ standing: true }), 'ready', 'it offers none');
  t.equal(after({ standing: true, offer: false }), 'ready');
  t.same(after({ standing: true, offer: true }), FRESH);
  t.same(after({ standing: true, covered: true }), FRESH, 'its route stands beside');
  t.equal(after({ standing: true, offer: true, life: 'down' }), 'ready');
  t.equal(after({ standing: true, offer: true }, STARTING), 'ready', 'not before the first phase');
  t.equal(after({ offer: true }), 'ready', 'there is none to take');
  t.same(after({ away: true }), FRESH, 'a former life removed it, and nothing covers');
  t.same(after({ away: true }, STARTING), FRESH);
  t.same(after({ away: true, covered: true }), TAKEN, 'something covers');
  const { world } = state({ standing: true });
  t.equal(
    takeoversAfter(world, IN, () => true, NOW),
    world.takeovers,
    'the same map if nothing is new',
  );
  t.end();
});

t.test('trying: taken once the daemon has its own, given up after ten seconds', (t) => {
  t.same(after({ was: TRYING, away: true, covered: true }), TAKEN);
  t.same(after({ was: TRYING, away: true, covered: true, confirmed: false }), TRYING, 'in: it has to confirm');
  t.same(after({ was: TRYING, away: true, covered: true, confirmed: false }, OUT), TAKEN, 'out: it is not asked');
  for (const cause of ['pinned', 'standby'] as const)
    t.same(
      after({ was: TRYING, away: true, covered: true, confirmed: false }, { ...IN, cause } as Phase),
      TAKEN,
      cause,
    );
  t.same(after({ was: TRYING, away: true }), TRYING);
  t.same(after({ was: TRYING, away: true }, IN, NOW + 1), {
    kind: 'resting',
    until: NOW + 60_001,
    failures: 1,
    reason: 'the routing daemon installed no default route in its place',
  });
  t.match(after({ was: TRYING, standing: true, offer: true }, IN, NOW + 1), {
    kind: 'resting',
    reason: 'it could not be taken over in time',
  });
  t.equal(after({ was: TRYING, standing: true }), 'ready', 'it offers none any more');
  t.same(after({ was: { ...TRYING, failures: 3 }, standing: true }), { kind: 'ready', failures: 3 });
  t.same(after({ was: TRYING, standing: true, away: true, covered: true }), TRYING, 'another has come');
  t.equal(after({ was: TRYING }), 'ready', 'it went by itself');
  const halted = { ...TRYING, since: undefined };
  t.same(after({ was: TRYING, away: true, life: 'down' }), halted, 'a death stops the clock');
  t.same(after({ was: halted, away: true, life: 'down' }), halted);
  t.same(after({ was: halted, away: true }), { ...halted, since: NOW });
  for (const [failures, ms] of [
    [1, 120_000],
    [5, 1_920_000],
    [6, 3_600_000],
    [40, 3_600_000],
  ] as const)
    t.match(after({ was: { ...TRYING, failures }, away: true }, IN, NOW + 1), {
      until: NOW + 1 + ms,
      failures: failures + 1,
    });
  t.end();
});

t.test('taken: until another foreign one comes, or nothing covers', (t) => {
  const { world } = state({ was: TAKEN, away: true, covered: true });
  t.equal(
    takeoversAfter(world, IN, () => false, NOW),
    world.takeovers,
  );
  t.same(after({ was: TAKEN, away: true }), TAKEN, 'its own is gone: the routes are in');
  t.same(after({ was: TAKEN, away: true, standing: true, offer: true }), FRESH);
  t.same(after({ was: TAKEN, away: true, standing: true }), TAKEN, 'nothing is offered');
  t.equal(after({ was: TAKEN }), 'ready', 'the record has gone');
  t.same(after({ was: TAKEN, away: true, life: 'down' }), TAKEN);
  t.end();
});

t.test('resting: until the route is given back and the pause is over', (t) => {
  t.same(after({ was: RESTING, away: true }, IN, NOW + 5), RESTING, 'it is still away');
  t.same(after({ was: RESTING, standing: true }), RESTING, 'the pause is not over');
  t.same(after({ was: RESTING, standing: true }, IN, NOW + 1), { kind: 'ready', failures: 2 });
  t.same(after({ was: RESTING, standing: true, away: true }, IN, NOW + 1), { kind: 'ready', failures: 2 });
  t.same(after({ was: RESTING, away: true, covered: true }), TAKEN, "the daemon's own has come after all");
  t.same(after({ was: RESTING, away: true, covered: true, life: 'down' }), RESTING);
  t.end();
});

t.test('the kernel refuses ours: the foreign one is given back at once', (t) => {
  const { world } = state({ away: true });
  const [ours] = wanted(world, IN, NOW)!.routes;
  const after = (route: Route, phase: Phase, was: Takeover): unknown => {
    const refused = new Map([[routeKey(route), { code: 'EINVAL', message: 'Invalid argument' }]]);
    return takeoversAfter({ ...world, refused, takeovers: new Map([[KEY, was]]) }, phase, () => false, NOW).get(KEY);
  };
  const given = {
    kind: 'resting',
    until: NOW + 60_000,
    failures: 1,
    reason: 'the kernel refuses ours: Invalid argument',
  };
  for (const was of [TRYING, TAKEN]) t.same(after(ours!, IN, was), given, was.kind);
  t.same(after(ours!, OUT, TAKEN), TAKEN, 'while the routes are out none of ours is refused');
  const late = state({ standing: true, offer: true, was: TRYING }).world;
  const refused = new Map([[routeKey(ours!), { code: 'EINVAL', message: 'Invalid argument' }]]);
  t.match([...takeoversAfter({ ...late, refused }, IN, () => true, NOW + 1).values()], [{ reason: given.reason }]);
  // Another destination, another family and another interface come before it.
  const six = { ...router('inet6', [prefix('::', 0)]), gateways: GATEWAYS.inet6 };
  const ten = { ...ROUTER, destinations: [prefix('10.0.0.0', 8), DEFAULT] };
  const many = config({
    managementInterfaces: [management('data0', router('inet', [DEFAULT])), management('mgmt0', six, ten)],
  });
  const among = { ...world, config: many, takeovers: new Map<string, Takeover>([[KEY, TAKEN]]) };
  const { routes } = wanted(among, IN, NOW)!;
  t.equal(routes.length, 4);
  const resting = routes.filter((route) => {
    const one = { ...among, refused: new Map([[routeKey(route), [...refused.values()][0]!]]) };
    return takeoversAfter(one, IN, () => false, NOW).get(KEY)?.kind === 'resting';
  });
  t.match(resting, [{ family: 'inet', destination: DEFAULT, nexthops: [{ interfaceIndex: 2 }] }]);
  t.equal(resting.length, 1, 'ours of the place alone');
  for (const other of [
    { destination: prefix('10.0.0.0', 8) },
    { table: 25_501 },
    { nexthops: [{ ...ours!.nexthops[0]!, interfaceIndex: 3 }] },
  ])
    t.same(after({ ...ours!, ...other }, IN, TAKEN), TAKEN, 'another route');
  t.end();
});

t.test('of several daemons each has to live', (t) => {
  const { world } = state({ standing: true, offer: true });
  const one = world.daemons.get('frr/a')!;
  const daemons = new Map([
    ['frr/a', one],
    ['frr/b', { ...one, id: 'frr/b', life: 'down' as const }],
  ]);
  const half = { ...world, daemons };
  t.equal(
    takeoversAfter(half, IN, () => true, NOW),
    half.takeovers,
  );
  const idle = { ...state(), world: half };
  const outputs: Output[] = [];
  t.equal(askOffers(idle, [PLACE], outputs, NOW), idle);
  t.same(outputs, []);
  t.equal(offered(idle, new Map([['0.0.0.0/0', false]]), NOW).world, half);
  t.end();
});

t.test('what is under way, and until when', (t) => {
  const way = (scene: Scene): unknown => underWay(state(scene).world);
  t.equal(way({ away: true }), undefined);
  t.same(way({ was: TRYING, away: true }), { kind: 'taking', until: NOW + 1 });
  t.same(way({ was: { ...TRYING, since: undefined }, away: true }), { kind: 'taking', until: undefined });
  t.equal(way({ was: TAKEN, away: true }), undefined);
  t.same(way({ was: RESTING, away: true }), { kind: 'giving-back', until: undefined });
  t.equal(way({ was: RESTING, away: true, covered: true, confirmed: false }), undefined, 'it holds nothing up');
  t.equal(way({ was: RESTING, standing: true }), undefined, 'it has been given back');
  t.equal(way({ was: RESTING, away: true, standing: true }), undefined);
  const returned = { adopted: [ADOPTED], writing: undefined, returned: [ADOPTED] };
  t.equal(way({ was: RESTING, change: { record: returned } }), undefined, 'as the kernel has just said');
  t.equal(underWay({ ...state({ was: TRYING, away: true }).world, snapshot: undefined }), undefined);
  const deadlines = (was: Takeover): readonly number[] => takeoverDeadlines(state({ was }).world);
  t.same(deadlines(TRYING), [NOW + 1]);
  t.same(deadlines({ ...TRYING, since: undefined }), []);
  t.same(deadlines(RESTING), [NOW + 1]);
  t.same(deadlines(TAKEN), []);
  t.end();
});

t.test("offered: by the daemon's answer, or by a usable route of its own beside", (t) => {
  const offers = (scene: Scene, route: Partial<Route> = {}): boolean => {
    const { world } = state(scene);
    const foreignRoutes = world.snapshot.foreignRoutes.map((one) => (one === DAEMONS ? { ...one, ...route } : one));
    return isOffered({ ...world, snapshot: { ...world.snapshot, foreignRoutes } }, PLACE);
  };
  t.notOk(offers({ standing: true }));
  t.ok(offers({ offer: true }));
  t.notOk(offers({ offer: false }));
  const beside = { standing: true, covered: true };
  t.ok(offers(beside));
  for (const [what, route] of Object.entries<Partial<Route>>({
    family: { family: 'inet6' },
    table: { table: 99 },
    length: { destination: prefix('10.0.0.0', 8) },
    refusal: { type: 'unreachable' },
    protocol: { protocol: 4 },
    'dead next hop': { nexthops: [{ gateway: STRANGERS.inet.data0, interfaceIndex: 3, dead: true }] },
  }))
    t.notOk(offers(beside, route), what);
  t.end();
});

t.test('the daemon is asked for an offer once a second, while somebody wants it', (t) => {
  const outputs: Output[] = [];
  const idle = state({ standing: true });
  const asked = askOffers(idle, [PLACE], outputs, NOW);
  t.match(outputs, [{ kind: 'ask-offers', questions: [{ prefix: DEFAULT, vrf: undefined }] }]);
  t.equal(asked.agenda.askingOffers, true);
  t.equal(askOffers(asked, [PLACE], outputs, NOW), asked, 'asked already');
  const unseen = { ...idle, world: { ...idle.world, snapshot: undefined } };
  t.equal(askOffers(unseen, [PLACE], outputs, NOW), unseen);
  const early = { ...idle, agenda: { ...idle.agenda, askOffersAt: NOW + 1 } };
  t.equal(askOffers(early, [PLACE], outputs, NOW), early);
  const dead = state({ standing: true, life: 'down' });
  t.equal(askOffers(dead, [PLACE], outputs, NOW), dead);
  t.equal(outputs.length, 1);
  t.equal(askOffers(idle, [], outputs, NOW), idle);
  t.equal(askOffers(early, [], outputs, NOW).agenda.askOffersAt, NOW, 'the next is asked about at once');
  const known = state({ standing: true, offer: true });
  t.equal(askOffers(known, [], outputs, NOW).world.offers.size, 0, 'an old answer is forgotten');
  t.equal(askOffers(known, [PLACE], outputs, NOW).world, known.world);

  const heard = offered(asked, new Map([['0.0.0.0/0', undefined]]), NOW);
  t.match(heard.agenda, { askingOffers: false, askOffersAt: NOW + heard.world.config.probeIntervalMs });
  t.ok(heard.world.offers.has('0.0.0.0/0'));
  t.equal(offered(heard, new Map([['0.0.0.0/0', undefined]]), NOW).world, heard.world, 'nothing new');
  const yes = offered(heard, new Map([['0.0.0.0/0', true]]), NOW);
  t.equal(yes.world.offers.get('0.0.0.0/0'), true);
  t.equal(offered(dead, new Map([['0.0.0.0/0', true]]), NOW).world, dead.world, 'of a daemon that died meanwhile');
  t.end();
});

t.test('what was covered is remembered, daemon by daemon', (t) => {
  const after = (scene: Scene, phase: Phase = IN): ReadonlyMap<string, ReadonlySet<string>> =>
    coveredAfter(state(scene).world, phase);
  const nothing = new Map();
  t.same(after({ covered: true }), new Map([['frr/a', new Set(['0.0.0.0/0'])]]));
  t.same(after({}), nothing);
  t.same(after({ covered: true, confirmed: false }), nothing, 'in: it has to be confirmed');
  t.same([...after({ covered: true, confirmed: false }, OUT).keys()], ['frr/a'], 'out: unless it was denied');
  t.same(after({ covered: true }, STARTING), nothing);
  t.same(after({ covered: true, life: 'down' }), nothing);
  t.same(after({ covered: true, change: { tablesRead: [] } }), nothing, 'nothing was read');
  const unseen = { ...state({ covered: true }).world, snapshot: undefined };
  t.equal(coveredAfter(unseen, IN), unseen.covered);
  const covered = new Map([['frr/a', new Set(['0.0.0.0/0', '10.0.0.0/8'])]]);
  const { world } = state({ covered: true, change: { covered } });
  t.equal(coveredAfter(world, IN), covered, 'the same map if nothing is new');
  const two = new Map([...world.daemons, ['frr/b', { ...world.daemons.get('frr/a')!, id: 'frr/b' }]]);
  t.same(coveredAfter({ ...world, daemons: two }, IN).get('frr/b'), new Set(['0.0.0.0/0']), 'beside a second daemon');
  t.same(coveredAfter({ ...world, daemons: two }, IN).get('frr/a'), covered.get('frr/a'));
  const half = new Map([...two].map(([id, one]) => [id, id === 'frr/b' ? { ...one, life: 'down' as const } : one]));
  t.equal(coveredAfter({ ...world, daemons: half }, IN), covered, 'one of them is dead');

  const still = { ...world, covered: nothing, snapshot: { ...world.snapshot, foreignRoutes: [STATIC_DEFAULT] } };
  t.equal(coveredAfter(still, IN).size, 1, 'by a static route');
  const dead = new Map([['frr/a', { ...world.daemons.get('frr/a')!, life: 'down' as const }]]);
  t.equal(coveredAfter({ ...still, daemons: dead }, IN).size, 0, 'which says nothing of a daemon that is dead');
  t.equal(coveredAfter({ ...still, daemons: half }, IN).size, 0, 'nor of two of which one is');

  const nested = config({
    managementInterfaces: [
      management('mgmt0', router('inet', [DEFAULT, prefix('10.0.0.0', 8), prefix('11.0.0.0', 8)])),
    ],
  });
  const before = ['10.0.0.0/8'];
  t.same(expectationOf(nested, '10.1.2.3', before), { destination: '10.0.0.0/8', coveredBefore: true });
  t.same(expectationOf(nested, '11.1.2.3', before), { destination: '11.0.0.0/8', coveredBefore: false });
  t.same(expectationOf(nested, '12.1.2.3', before), { destination: '0.0.0.0/0', coveredBefore: false });
  t.equal(expectationOf(nested, '2001:db8::1', before), undefined);

  t.equal(expected(world), covered.get('frr/a'));
  t.same(expected({ ...world, covered: nothing }), new Set());
  const both = new Map([...covered, ['frr/b', new Set(['11.0.0.0/8'])]]);
  t.same(expected({ ...world, covered: both }), new Set(['0.0.0.0/0', '10.0.0.0/8', '11.0.0.0/8']));
  const watched = [
    { id: 'frr/a', protocols: [] },
    { id: 'frr/c', protocols: [] },
  ];
  t.same(
    retained(both, world.config, watched),
    new Map([
      ['frr/a', new Set(['0.0.0.0/0'])],
      ['frr/c', new Set()],
    ]),
  );
  t.end();
});
