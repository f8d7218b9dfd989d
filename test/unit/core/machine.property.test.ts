/**
 * Random lives of the agent: verdicts, roles, pins, kernel changes, late answers, ticks, reloads, stops, in any order. The machine
 * never throws, never touches a foreigner, never has two batches under way, never withdraws while pinned or on
 * standby (simulation.ts), and in the end the kernel holds what the phase says.
 */

import fc from 'fast-check';
import t from 'tap';
import { destinationStates } from '../../../src/core/destination-states.js';
import { neighbourOn } from '../../../src/core/neighbour.js';
import type { Config, ManagementInterface } from '../../../src/model/config.js';
import type { Verdict } from '../../../src/model/daemon.js';
import type { Link } from '../../../src/model/link.js';
import {
  containsPrefix,
  defaultPrefix,
  destinationText,
  type Prefix,
  parsePrefix,
  prefixText,
} from '../../../src/model/prefix.js';
import type { Route } from '../../../src/model/route.js';
import { routeText, ruleText } from '../../../src/model/route-text.js';
import type { BackupRouteStatus, Status } from '../../../src/model/status.js';
import type { FakeKernel } from '../../fake/kernel.js';
import { statusOf } from '../../fake/status.js';
import { runs } from '../runs.js';
import { config, GATEWAYS, management, router, STRANGERS, twoInterfaces } from './fixture.js';
import { Simulation, VRF_TABLE } from './simulation.js';

const POOL: readonly Prefix[] = [
  defaultPrefix('inet'),
  defaultPrefix('inet6'),
  ...['10.0.0.0/8', '11.0.0.0/8', '10.1.0.0/16', '2001:db8:4000::/34'].map((text) => parsePrefix(text)!),
];

/** Gateways on mgmt1, which may be in a VRF. */
const SECOND = { inet: ['10.254.0.1'], inet6: ['2001:db8:254::1', '2001:db8:254::3'] } as const;

function managed(name: string, destinations: readonly Prefix[], single: boolean): ManagementInterface[] {
  const routers = (['inet', 'inet6'] as const).map((family) => {
    const gateways: readonly string[] = name === 'mgmt0' ? GATEWAYS[family] : SECOND[family];
    return {
      ...router(
        family,
        destinations.filter((p) => p.family === family),
      ),
      gateways: single ? gateways.slice(0, 1) : gateways,
    };
  });
  const some = routers.filter((one) => one.destinations.length > 0);
  return some.length === 0 ? [] : [management(name, ...some)];
}

const destinations = (minLength: number): fc.Arbitrary<Prefix[]> =>
  fc.uniqueArray(fc.constantFrom(...POOL), { minLength, selector: prefixText });

const configs: fc.Arbitrary<Config> = fc
  .record({
    first: destinations(1),
    second: fc.oneof(fc.constant([]), destinations(1)),
    swapped: fc.boolean(),
    single: fc.boolean(),
    placement: fc.constantFrom('local' as const, 'local' as const, 'main' as const, 'vrf' as const),
    convergenceTimeoutMs: fc.constantFrom(0, 30_000, 'never' as const),
    preemptAfterMs: fc.constantFrom(0, 10_000, 'never' as const),
    onStop: fc.constantFrom('keep' as const, 'withdraw' as const),
    tableBase: fc.constantFrom(25_500, 26_000),
  })
  .map(({ first, second, swapped, single, ...change }) => {
    const both = [...managed('mgmt0', first, single), ...managed('mgmt1', second, single)];
    return config({ ...change, managementInterfaces: swapped ? both.reverse() : both });
  });

/** mgmt0 and data0, and beside them mgmt1 and a VRF that it may join. */
function world(): FakeKernel {
  const kernel = twoInterfaces();
  kernel.linkAdd('mgmt1', { up: true });
  kernel.addressAdd('mgmt1', '10.254.0.2/24');
  kernel.addressAdd('mgmt1', '2001:db8:254::2/64');
  kernel.linkAdd('red', { up: true, kind: 'vrf', vrfTable: VRF_TABLE });
  return kernel;
}

type Act = (simulation: Simulation) => Promise<unknown> | unknown;
const act = (name: string, run: Act): { readonly name: string; readonly run: Act } => ({ name, run });

/** What the outside world does: the same words as in the scenarios. */
const WORLD: readonly (readonly [string, (kernel: FakeKernel) => unknown])[] = [
  ['mgmt0 down', (k) => k.linkDown('mgmt0')],
  ['mgmt0 up', (k) => k.linkUp('mgmt0')],
  ['data0 down', (k) => k.linkDown('data0')],
  ['data0 up', (k) => k.linkUp('data0')],
  ['data0 no carrier', (k) => k.linkCarrier('data0', false)],
  ['inet6 address back', (k) => hasAddress(k, '2001:db8:255::2') || k.addressAdd('mgmt0', '2001:db8:255::2/64')],
  ['inet address back', (k) => hasAddress(k, '10.255.0.2') || k.addressAdd('mgmt0', '10.255.0.2/24')],
  ['inet address gone', (k) => hasAddress(k, '10.255.0.2') && k.addressRemove('mgmt0', '10.255.0.2/24')],
  ['gateway failed', (k) => k.neighbourSet('mgmt0', '10.255.0.1', 'failed')],
  ['gateway known', (k) => k.neighbourSet('mgmt0', '10.255.0.1', 'known')],
  ['next hop failed', (k) => k.neighbourSet('data0', STRANGERS.inet.data0, 'failed')],
  ['mgmt0 no carrier', (k) => k.linkCarrier('mgmt0', false)],
  ['mgmt0 carrier', (k) => k.link('mgmt0').up && k.linkCarrier('mgmt0', true)],
  ['mgmt1 no carrier', (k) => k.linkCarrier('mgmt1', false)],
  ['mgmt1 joins red', (k) => k.link('mgmt1').master === undefined && k.linkMaster('mgmt1', 'red')],
  ['mgmt1 leaves red', (k) => k.link('mgmt1').master !== undefined && k.linkMaster('mgmt1', undefined)],
  ['mgmt1 inet6 address back', (k) => hasAddress(k, '2001:db8:254::2') || k.addressAdd('mgmt1', '2001:db8:254::2/64')],
  [
    'unreachable default in red',
    (k) =>
      k.foreignRouteAdd({
        destination: defaultPrefix('inet'),
        type: 'unreachable',
        table: VRF_TABLE,
        metric: 4_278_198_272,
      }),
  ],
  [
    'default in red',
    (k) =>
      k.foreignRouteAdd({
        destination: defaultPrefix('inet'),
        via: '10.254.0.9',
        dev: 'mgmt1',
        table: VRF_TABLE,
        metric: 20,
        protocol: 186,
      }),
  ],
  ['second gateway failed', (k) => k.neighbourSet('mgmt0', '10.255.0.3', 'failed')],
  ['second gateway known', (k) => k.neighbourSet('mgmt0', '10.255.0.3', 'known')],
  ['flush table', (k) => k.flushTable(25_500)],
  ['flush rules', (k) => k.flushRules()],
  ['overflow', (k) => k.loseEvents()],
];

const VERDICTS: readonly Verdict[] = [
  { kind: 'responsive', reason: 'answers', ageMs: 0 },
  { kind: 'responsive', reason: 'answers', ageMs: 3_600_000 },
  { kind: 'appeared', reason: 'socket' },
  { kind: 'down', reason: 'eof' },
  { kind: 'unresponsive', reason: 'silent' },
];

const acts = fc.oneof(
  { weight: 6, arbitrary: fc.nat(7).map((n) => act(`deliver ${n}`, (s) => s.deliver(n))) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(0, 5, 20, 1_000, 5_000, 10_000, 31_000)
      .map((ms) => act(`tick ${ms}`, (s) => s.tick(ms))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('frr/zebra', 'frr/bgpd', 'frr/nobody'), fc.constantFrom(...VERDICTS))
      .map(([id, verdict]) => act(`${id} ${verdict.kind}`, (s) => s.input({ kind: 'verdict', id, verdict }))),
  },
  { weight: 3, arbitrary: fc.constantFrom(...WORLD).map(([name, run]) => act(name, (s) => run(s.kernel))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...POOL), fc.constantFrom(4, 186), fc.constantFrom(20, 0xff001000))
      .map(([p, protocol, metric]) =>
        act(`route ${prefixText(p)} proto ${protocol}`, (s) =>
          s.kernel.foreignRouteAdd({
            destination: p,
            via: STRANGERS[p.family].data0,
            dev: 'data0',
            protocol,
            metric,
          }),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...POOL).map((p) =>
      act(`no route ${prefixText(p)}`, (s) =>
        s.kernel.foreignRouteDelete({
          destination: p,
          via: STRANGERS[p.family].data0,
          dev: 'data0',
          protocol: 186,
          metric: 20,
        }),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...POOL).map((p) => act(`rib holds ${prefixText(p)}`, (s) => s.held.add(prefixText(p)))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...POOL)
      .map((p) => act(`rib holds red ${prefixText(p)}`, (s) => s.held.add(`red ${prefixText(p)}`))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('primary' as const, 'standby' as const)
      .map((role) => act(`role ${role}`, (s) => s.input({ kind: 'role', role: { role, reason: 'so it says' } }))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('primary' as const, 'standby' as const, undefined)
      .map((role) =>
        act(`role ordered ${role}`, (s) => s.input({ kind: 'override', role: role && { role, reason: 'ordered' } })),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1, 0, 5_000, 60_000, 'never' as const, undefined).map((ms) =>
      act(`pin ${ms}`, (s) =>
        s.input({
          kind: 'pin',
          pin: ms === undefined ? undefined : { until: ms === 'never' ? ms : s.now + ms, reason: 'held' },
        }),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(configs, fc.boolean())
      .map(([next, restarted]) => act('reload', (s) => s.reload(next, restarted))),
  },
);

function hasAddress(kernel: FakeKernel, address: string): boolean {
  return kernel.addresses.some((own) => own.address === address);
}

/** What the kernel must hold once everything is at rest. */
async function verify(s: Simulation): Promise<void> {
  const own = [
    ...s.kernel.fib.routes.filter((r) => r.protocol === 157).map((r) => routeText(r)),
    ...s.kernel.fib.rules.filter((r) => r.protocol === 157).map((rule) => ruleText(rule)),
  ];
  const fail = (text: string): never => {
    throw new Error(`${text}\nin the kernel: ${own.join(' | ')}\n${s.log.slice(-40).join('\n')}`);
  };
  const { state } = s;
  if (state.agenda.round.kind !== 'idle' || state.agenda.dirty !== undefined)
    fail(`not at rest: ${state.agenda.round.kind} ${state.agenda.dirty}`);
  if (state.phase.kind === 'starting') fail('still starting');
  if (state.phase.kind === 'out') return own.length === 0 ? undefined : fail('out, and not withdrawn');
  const snapshot = await s.kernel.observe({ protocol: 157, maxLength: { inet: 32, inet6: 128 } });
  const status = statusOf(
    state,
    {
      pid: 1,
      version: '',
      dryRun: false,
      networkNamespace: null,
      startedAt: 0,
      wallOffset: 0,
      configuration: { file: '', source: 'file', errors: [] },
    },
    s.now,
  );
  const counted = { installed: 0, idle: 0, absent: 0, refused: 0, withdrawn: 0 };
  for (const { state, hiddenBy, carriesNothing } of status.backupRoutes)
    counted[state === 'installed' && (hiddenBy ?? carriesNothing) !== undefined ? 'idle' : state]++;
  if (JSON.stringify(counted) !== JSON.stringify(destinationStates(state, s.now)))
    fail(`the status has ${JSON.stringify(counted)}, the counts ${JSON.stringify(destinationStates(state, s.now))}`);
  for (const route of status.backupRoutes) {
    const link = s.kernel.link(route.interface);
    const inVrf = link.master !== undefined;
    const usable = link.up && (state.world.config.placement !== 'vrf' || inVrf);
    const reachable = neighbourOn(state.world.config, snapshot, link, route.gateway, s.now).kind === 'on-link';
    // In a table of our own nobody has a reason to stand; in a shared one a foreigner may have the very metric.
    const ours = state.world.config.placement === 'local' && !inVrf;
    const others = snapshot.foreignRoutes;
    const left =
      others.some((other) => other.type !== 'unicast' && destinationText(other.destination) === route.destination) ||
      (isLost(status, link, route) && others.some((other) => wouldCarry(other, route)));
    if (usable && ((route.state === 'absent' && !left) || (route.state === 'refused' && reachable && ours)))
      fail(
        `${route.destination} dev ${route.interface} table ${route.table} is ${route.state} (gateway ${reachable ? 'on-link' : 'off-link'})`,
      );
    const rival = snapshot.foreignRoutes.some(
      ({ table, destination }) => table === 254 && destinationText(destination) === route.destination,
    );
    if (route.state === 'withdrawn' && !rival) fail(`${route.destination} is withdrawn, and nobody else has it`);
    if (!usable && route.state === 'installed')
      fail(`${route.destination} is installed on ${route.interface}, which cannot be used`);
    const line = own.find(
      (one) => one.startsWith(`${route.destination} via ${route.gateway} `) && one.includes(` dev if${link.index} `),
    );
    if (route.state === 'installed' && line === undefined) fail(`${route.destination} is not in the kernel`);
    if (route.state === 'installed' && inVrf && !line!.includes(` table ${VRF_TABLE} `))
      fail(`${line} is not in the table of the VRF`);
  }
  if (own.some((line) => line.includes('iif lo')) && !own.some((line) => line.includes(' table ')))
    fail('rules without routes');
}

/** No packet by that route arrives: its port has no carrier, or none of its backup routers is alive. */
function isLost({ gateways }: Status, link: Link, { interface: name, gateway }: BackupRouteStatus): boolean {
  const family = gateway.includes(':') ? 'inet6' : 'inet';
  const here = gateways.filter((one) => one.interface === name && one.family === family);
  return !link.carrier || here.every(({ state }) => state !== 'alive');
}

/** A route of others with a shorter prefix, to which the packets of that backup route are left. */
function wouldCarry({ destination, type }: Route, backup: BackupRouteStatus): boolean {
  const prefix = parsePrefix(
    backup.destination === 'default' ? (backup.gateway.includes(':') ? '::/0' : '0.0.0.0/0') : backup.destination,
  )!;
  return type === 'unicast' && destination.length < prefix.length && containsPrefix(destination, prefix);
}

t.test('whatever happens, in the end the kernel holds what the phase says', async (t) => {
  await fc.assert(
    fc.asyncProperty(configs, fc.array(acts, { maxLength: 60 }), async (first, life) => {
      const s = new Simulation(world(), first);
      await s.input({ kind: 'tick' });
      for (const { name, run } of life) {
        s.log.push(`${s.now} -- ${name}`);
        await run(s);
      }
      await s.rest();
      await verify(s);
    }),
    { numRuns: runs(400) },
  );
  t.pass('400 lives');
});

t.test('a stop comes to an end, and withdraws when it should', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      configs,
      fc.array(acts, { maxLength: 30 }),
      fc.array(fc.nat(7), { maxLength: 6 }),
      async (first, life, deliveries) => {
        const s = new Simulation(world(), first);
        await s.input({ kind: 'tick' });
        for (const { run } of life) await run(s);
        for (const n of deliveries) await s.deliver(n);
        await s.input({ kind: 'stop' });
        while (!s.exited && (await s.deliver(0)));
        if (!s.exited) throw new Error(`the agent does not end\n${s.log.slice(-20).join('\n')}`);
        const own =
          s.kernel.fib.routes.filter((r) => r.protocol === 157).length +
          s.kernel.fib.rules.filter((r) => r.protocol === 157).length;
        if (s.state.world.config.onStop === 'withdraw' && own > 0)
          throw new Error(`${own} left\n${s.log.slice(-20).join('\n')}`);
      },
    ),
    { numRuns: runs(400) },
  );
  t.pass('400 ends');
});
