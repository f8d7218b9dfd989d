/** Taking over foreign default routes, decision by decision: which ones, with which record, and what is given back. */

import t from 'tap';
import {
  adoptable,
  adoption,
  adopts,
  candidates,
  disowned,
  interferenceAfter,
  obstacleOf,
  restoreSteps,
  takeable,
  unreplaced,
} from '../../../src/core/adopt.js';
import { INTERFERENCE_WINDOW_MS } from '../../../src/core/interference.js';
import { placeKey } from '../../../src/core/places.js';
import type { Desired } from '../../../src/core/plan.js';
import { initialState, type Phase, type SeenWorld } from '../../../src/core/state.js';
import type { Takeover } from '../../../src/core/takeover-state.js';
import type { AdoptedRoute, Original } from '../../../src/model/adopted.js';
import type { BackupRouter } from '../../../src/model/config.js';
import { prefix } from '../../../src/model/prefix.js';
import type { Nexthop, Route } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../src/model/snapshot.js';
import { config, GATEWAYS, linkOf, management, PRIMARY_STATE, router, STATIC_DEFAULT } from './fixture.js';

const MGMT = linkOf(2, 'mgmt0');
const DATA = linkOf(3, 'data0');
const [GATEWAY, OTHER] = GATEWAYS.inet;
const [GATEWAY6, OTHER6] = GATEWAYS.inet6;
const DEFAULT = prefix('0.0.0.0', 0);
const DEFAULT6 = prefix('::', 0);
const TEN = prefix('10.0.0.0', 8);
const SOURCE = '10.255.0.2';
const IN: Phase = { kind: 'in', cause: 'down', since: 5, reason: 'r', until: undefined, from: undefined };
const STARTING: Phase = { kind: 'starting', since: 5, reason: 'r' };
const TRYING: Takeover = { kind: 'trying', since: 1, failures: 0 };
const RESTING: Takeover = { kind: 'resting', until: 9, failures: 1, reason: 'r' };

const adopter = (change: Partial<BackupRouter> = {}): BackupRouter => ({
  ...router('inet', [DEFAULT]),
  auto: { adopt: true },
  ...change,
});
const ADOPTER6 = adopter({ ...router('inet6', [DEFAULT6]), auto: { adopt: true } });

/** A foreign default route on mgmt0. */
function theirs(change: Partial<Route> = {}, hop: Partial<Nexthop> = {}): Route {
  const gateway = change.family === 'inet6' ? GATEWAY6 : GATEWAY;
  return {
    ...STATIC_DEFAULT,
    metric: 0,
    protocol: 16,
    ...(change.family === 'inet6' ? { destination: DEFAULT6 } : {}),
    nexthops: [{ gateway, interfaceIndex: 2, dead: false, ...hop }],
    ...change,
  };
}

function ours(change: Partial<Route> = {}, hop: Partial<Nexthop> = {}): Route {
  return theirs({ table: 25_500, protocol: 157, ...change }, hop);
}

const original = (route: Route, change: Partial<Original> = {}): Original => ({
  route,
  message: messageOf(route),
  obstacle: undefined,
  ...change,
});
const adopted = (route: Route, change: Partial<AdoptedRoute> = {}): AdoptedRoute => ({
  route,
  message: messageOf(route),
  interfaceName: 'mgmt0',
  ...change,
});
const messageOf = ({ family, metric, nexthops }: Route): string => `${family} ${metric} ${nexthops[0]?.gateway}`;

interface Scene {
  readonly routers?: readonly BackupRouter[];
  readonly originals?: readonly Original[] | undefined;
  readonly own?: readonly Route[];
  readonly record?: Partial<SeenWorld['record']>;
  readonly takeovers?: Partial<Record<'inet' | 'inet6', Takeover>>;
  readonly snapshot?: Partial<Snapshot>;
}

function world(scene: Scene = {}): SeenWorld {
  const { routers = [adopter()], own = [ours()], takeovers = { inet: TRYING, inet6: TRYING } } = scene;
  const originals = 'originals' in scene ? scene.originals : [original(theirs())];
  const begun = initialState(
    {
      config: config({ managementInterfaces: [management('mgmt0', ...routers)] }),
      watched: [{ id: 'frr/a', protocols: [186] }],
      former: undefined,
      resyncMs: 30_000,
      role: PRIMARY_STATE,
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  const address = { interfaceIndex: 2, family: 'inet', address: SOURCE, length: 24, tentative: false } as never;
  return {
    ...begun.world,
    snapshot: {
      ...EMPTY_SNAPSHOT,
      links: [MGMT, DATA],
      addresses: [address],
      ownRoutes: own,
      ...(originals === undefined ? {} : { originals }),
      ...scene.snapshot,
    },
    record: { adopted: [], writing: undefined, returned: [], ...scene.record },
    takeovers: new Map(
      (['inet', 'inet6'] as const).flatMap((family) => {
        const takeover = takeovers[family];
        return takeover === undefined ? [] : [[placeKey(MGMT, family), takeover] as const];
      }),
    ),
  };
}

function wants(...routes: readonly Route[]): Desired {
  return { routes, rules: [], anchors: [] };
}

/** What is done now, with our default in the kernel unless said otherwise. */
function done(scene: Scene = {}, want = wants(...(scene.own ?? [ours()])), phase = IN): ReturnType<typeof adoption> {
  return adoption(world(scene), phase, want);
}

const NOTHING = { record: undefined, steps: [] };
const RECORDED = { record: { adopted: [adopted(theirs())] } };
const TAKEN = { record: undefined, steps: [{ kind: 'adopt-route', adopted: adopted(theirs()) }] };

t.test('which routes can be taken over, and why others cannot', async (t) => {
  const rows: readonly (readonly [string, Scene, RegExp | 'yes' | 'no candidate'])[] = [
    ['a plain one', {}, 'yes'],
    ['of the last metric before distance 255', { originals: [original(theirs({ metric: 0xfeffffff }))] }, 'yes'],
    ['of distance 255', { originals: [original(theirs({ metric: 0xff000000 }))] }, 'no candidate'],
    ["a routing daemon's", { originals: [original(theirs({ protocol: 186 }))] }, 'no candidate'],
    ['none was read', { originals: undefined }, 'no candidate'],
    ['a nexthop object', { originals: [original(theirs(), { obstacle: 'nexthop-object' })] }, /nexthop object/],
    ['a source that is gone', { originals: [original(theirs({ source: '10.255.0.7' }))] }, /its source/],
    ['a source that is there', { originals: [original(theirs({ source: SOURCE }))] }, 'yes'],
    [
      'next hops elsewhere',
      { originals: [original(theirs({ nexthops: [...theirs().nexthops, ...STATIC_DEFAULT.nexthops] }))] },
      /on other interfaces/,
    ],
    ['no default destination', { routers: [adopter({ destinations: [TEN] })] }, /not among the destinations/],
    ['one default destination of two', { routers: [adopter({ destinations: [TEN, DEFAULT] })] }, 'yes'],
  ];
  for (const [what, scene, expected] of rows) {
    const some = world(scene);
    const [found] = candidates(some);
    if (expected === 'no candidate') t.equal(found, undefined, what);
    else if (expected === 'yes') t.equal(obstacleOf(some, found!), undefined, what);
    else t.match(obstacleOf(some, found!), expected, what);
    t.equal(takeable(some).length, expected === 'yes' ? 1 : 0, what);
  }
  const both = {
    routers: [adopter(), ADOPTER6],
    originals: [original(theirs()), original(theirs({ family: 'inet6' }))],
  };
  t.same(adoptable(world({ ...both, takeovers: {} })), []);
  t.same(adoptable(world({ ...both, takeovers: { inet: TRYING, inet6: RESTING } })), [theirs()]);
  t.equal(adoptable(world(both)).length, 2);
});

t.test('first the record, then the route', async (t) => {
  t.strictSame(done(), { record: [adopted(theirs())], steps: [] });
  t.strictSame(done(RECORDED), TAKEN);
  t.strictSame(done(RECORDED, undefined, STARTING), NOTHING, 'not before the first phase');
  t.strictSame(done({ record: { ...RECORDED.record, writing: [] } }), NOTHING, 'not while the record is written');
  t.strictSame(done({ ...RECORDED, takeovers: { inet: RESTING } }), NOTHING);
  t.strictSame(done({ ...RECORDED, originals: [] }), NOTHING);
  const two = [original(theirs()), original(theirs({ metric: 7 }))];
  t.match(done({ ...RECORDED, originals: two }).record, { length: 2 }, 'one of two is not recorded yet');
});

t.test('the record has the route to the byte, and its end within two seconds', async (t) => {
  const rows: readonly (readonly [string, Partial<AdoptedRoute>, number | undefined, boolean])[] = [
    ['the same', {}, undefined, true],
    ['other bytes', { message: 'x' }, undefined, false],
    ['the same end', { expiresAtS: 100 }, 100, true],
    ['two seconds later', { expiresAtS: 100 }, 102, true],
    ['two seconds earlier', { expiresAtS: 100 }, 98, true],
    ['three seconds later', { expiresAtS: 100 }, 103, false],
    ['an end now', {}, 100, false],
    ['no end any more', { expiresAtS: 100 }, undefined, false],
  ];
  for (const [what, change, expiresAtS, known] of rows) {
    const ends = expiresAtS === undefined ? {} : { expiresAtS };
    const answer = done({
      originals: [original(theirs(), ends)],
      record: { adopted: [adopted(theirs(), change)] },
    });
    const now = adopted(theirs(), ends);
    t.strictSame(
      answer,
      known ? { record: undefined, steps: [{ kind: 'adopt-route', adopted: now }] } : { record: [now], steps: [] },
      what,
    );
  }
});

t.test('a record is superseded by a route of the same slot only', async (t) => {
  const elsewhere = adopted(theirs({ metric: 5 }));
  const former = adopted(theirs({}, { gateway: OTHER }));
  const back = adopted(theirs({ metric: 6 }));
  t.strictSame(done({ record: { adopted: [elsewhere, former, back], returned: [back] } }).record, [
    elsewhere,
    adopted(theirs()),
  ]);
  const beside = adopted(theirs({ family: 'inet6' }, { gateway: OTHER6 }));
  const six = {
    routers: [ADOPTER6],
    originals: [original(theirs({ family: 'inet6' }))],
    own: [ours({ family: 'inet6' })],
  };
  t.strictSame(
    done({ ...six, record: { adopted: [beside, adopted(theirs({ family: 'inet6' }), { message: 'x' })] } }).record,
    [beside, adopted(theirs({ family: 'inet6' }))],
    'routers of one metric stand side by side in IPv6',
  );
});

t.test('only what ours has replaced is taken over', async (t) => {
  const ten = ours({ destination: TEN, table: 25_508 });
  const rows: readonly (readonly [string, Scene, Desired | undefined, boolean])[] = [
    ['ours is not in the kernel', { own: [] }, wants(ours()), false],
    ['one of ours is not', {}, wants(ours(), ten), false],
    ['all of ours are', { own: [ours(), ten] }, undefined, true],
    ['ours has no default', { own: [ten] }, undefined, false],
    ['one of another family is not', {}, wants(ours(), ours({ family: 'inet6' })), true],
    ['one of another interface is not', {}, wants(ours(), ours({ table: 1 }, { interfaceIndex: 3 })), true],
    ['one without a next hop is not', {}, wants(ours(), ours({ nexthops: [] })), true],
    ['ours goes another way', { own: [ours({}, { gateway: OTHER })] }, undefined, false],
    [
      'ours goes one of two ways',
      { originals: [original(theirs()), original(theirs({ metric: 7 }, { gateway: OTHER }))] },
      undefined,
      true,
    ],
    [
      'the source of theirs',
      { originals: [original(theirs({ source: SOURCE }))], own: [ours({ source: SOURCE })] },
      undefined,
      true,
    ],
    ['not the source of theirs', { originals: [original(theirs({ source: SOURCE }))] }, undefined, false],
    [
      'the source of the configuration',
      { routers: [adopter({ source: SOURCE })], own: [ours({ source: SOURCE })] },
      undefined,
      true,
    ],
    [
      'onlink as theirs',
      { originals: [original(theirs({}, { onlink: true }))], own: [ours({}, { onlink: true })] },
      undefined,
      true,
    ],
    [
      'onlink as configured',
      { routers: [adopter({ onlink: true })], own: [ours({}, { onlink: true })] },
      undefined,
      true,
    ],
    ['onlink of nobody', { own: [ours({}, { onlink: true })] }, undefined, false],
  ];
  for (const [what, scene, want, taken] of rows) t.equal(done(scene, want).record !== undefined, taken, what);
});

t.test('what is given back: where nothing came, and what is no longer wanted', async (t) => {
  const away = { originals: [], takeovers: { inet: RESTING } } as const;
  const given = (scene: Scene): number => unreplaced(world({ ...RECORDED, ...away, ...scene })).length;
  t.strictSame(unreplaced(world({ ...RECORDED, ...away })), [adopted(theirs())]);
  t.equal(given({ takeovers: { inet: TRYING } }), 0, 'while it is tried');
  t.equal(given({ originals: [original(theirs())] }), 0, 'it is there');
  t.equal(given({ originals: [original(theirs({ metric: 7 }))] }), 1, 'another one is there');
  t.equal(given({ originals: undefined }), 1, 'none was read');
  t.equal(given({ record: { ...RECORDED.record, returned: [adopted(theirs())] } }), 0, 'it was given back');
  t.equal(given({ routers: [adopter(), ADOPTER6], takeovers: { inet: RESTING, inet6: RESTING } }), 1, 'two rest');
  t.equal(given({ record: { adopted: [adopted(theirs({ source: '10.255.0.7' }))] } }), 0, 'it is void');

  const kept = (scene: Scene): number => disowned(world({ ...RECORDED, ...scene })).length;
  t.equal(kept({}), 0);
  t.equal(kept({ routers: [adopter({ auto: { adopt: false } })] }), 1);
  t.equal(kept({ routers: [ADOPTER6] }), 1, 'the other family is');
  t.equal(kept({ routers: [adopter(), ADOPTER6] }), 0, 'both are');
  t.equal(kept({ routers: [], record: {} }), 0);
  t.equal(kept({ routers: [], snapshot: { links: [DATA], addresses: [] } }), 0, 'its interface is gone');
  const { snapshot } = world();
  t.strictSame(restoreSteps([adopted(theirs())], snapshot), [{ kind: 'restore-route', adopted: adopted(theirs()) }]);
  t.strictSame(restoreSteps([adopted(theirs())], { ...snapshot, links: [DATA] }), []);
});

t.test('attempts within a minute are counted together', async (t) => {
  for (const [now, count] of [
    [10, 4],
    [10 + INTERFERENCE_WINDOW_MS, 4],
    [11 + INTERFERENCE_WINDOW_MS, 1],
  ] as const)
    t.strictSame(interferenceAfter({ count: 3, last: 10 }, now), { count, last: now });
  const asks = (...routers: readonly BackupRouter[]): boolean => adopts(world({ routers }).config);
  t.same(
    [asks(adopter()), asks(router('inet', [DEFAULT])), asks(router('inet', [DEFAULT]), ADOPTER6)],
    [true, false, true],
  );
});
