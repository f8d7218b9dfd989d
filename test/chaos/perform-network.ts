/**
 * Actions on links, addresses, routes, rules and next hops. Foreign state is changed in both
 * routers, the agent's own in its router.
 */

import { tryCommandAsync } from '../../src/drill/lab/command.js';
import { STANDARD } from '../lab/standard.js';
import { granted } from './lease.js';
import type { Storm } from './storm.js';
import { awayOf, batch, both, nodad, type Port, recreate, type World } from './world.js';

const { inet, inet6 } = STANDARD;

/** linkwatch delays changes of carrier by up to a second (net/core/link_watch.c). */
const CARRIER_MS = 1_500;
/**
 * The time until the first reply once the NOC can be answered again: neighbours are resolved and
 * the agent observes.
 */
const BACK_MS = 1_500;
/**
 * The daemon's routes return with a scan of one second (BIRD). The first packets wait for a
 * neighbour, one second for each request that was sent before the far end was there.
 */
const DATA_BACK_MS = 3_000;
/** The time from a fault of the data port until the backup routes carry. */
const FAILOVER_MS = 700;

/** The first backup router of each family. */
const AWAY: readonly string[] = [`${inet.gateway}/24`, `${inet6.gatewayLinkLocal}/64`];

/** Foreign routes by number; each may exist or not. */
const ROUTES: readonly (readonly string[])[] = [
  [`default via ${inet.peer} metric 4000 proto 4`, `::/0 via ${inet6.peer} metric 4000 proto 4`],
  [`10.99.0.0/16 via ${inet.peer} metric 4000 proto 16`, `2001:db8:99::/48 via ${inet6.peer} metric 4000 proto 16`],
  [`203.0.113.0/24 via ${inet.peer} proto 4`, `2001:db8:c1::/48 via ${inet6.peer} proto 4`],
  ['blackhole 198.18.0.0/15 proto 4', 'unreachable 2001:db8:c2::/48 proto 4'],
  [`198.51.100.128/25 proto 4 nexthop via ${inet.peer} weight 1 nexthop via ${inet.gateway} weight 2`],
  [
    `default via ${inet.gateway} dev mgmt0 table 25500 metric 50 proto 4`,
    'prohibit 198.51.100.7/32 table 25500 proto 4',
  ],
  ['198.19.0.0/16 nhid 40001 proto 4'],
  [`172.16.0.0/12 via ${inet.peer} metric 4000 proto 9`, `172.20.0.0/16 via ${inet.peer} proto 9`],
];

/** The number of the route that uses a nexthop object. */
const OF_OBJECT = 6;

/**
 * zebra puts a deleted object that a route of its RIB uses in again, as its own. The twin, which
 * has no zebra, has none then.
 */
async function zebraHasObject({ router }: World): Promise<boolean> {
  const { stdout } = await tryCommandAsync(['ip', '-n', router.name, '-N', '-d', 'nexthop', 'show', 'id', '40001']);
  return /\bproto 11\b/.test(stdout);
}

const RULES: readonly (readonly string[])[] = [
  ['pref 30999 from 198.51.100.0/24 lookup 4000'],
  ['pref 32765 from 198.51.100.0/24 lookup 4000'],
  ['pref 32766 iif lo from 198.51.100.0/24 lookup 25500'],
  ['pref 32000 fwmark 7 lookup 25500'],
  ['pref 32764 fwmark 9 lookup main'],
  ['pref 100 from 203.0.113.9 lookup 4000'],
  ['pref 32700 ipproto tcp dport 4444 lookup 4000'],
  ['pref 31000 fwmark 11 prohibit'],
];

export async function performNetwork(storm: Storm, verb: string, words: readonly string[]): Promise<void> {
  const from = Date.now();
  await act(storm, verb, words);
  // On a busy machine ip(8) itself may take longer than the reaction to it.
  if (words[0] === 'data0') storm.ways.once(`data0 ${verb}`, FAILOVER_MS, from);
}

async function act(storm: Storm, verb: string, words: readonly string[]): Promise<void> {
  const { world, ways } = storm;
  const [name = '', what = ''] = words;
  switch (verb) {
    case 'link':
      return link(storm, portOf(world, name), what);
    case 'carrier':
      return carrier(storm, portOf(world, name), what);
    case 'rename':
      return rename(storm, portOf(world, name), what);
    case 'recreate': {
      const port = portOf(world, name);
      broken(storm, port, 'recreated');
      recreate(world, port);
      storm.away.delete(port.name);
      if (port.name === 'data0') storm.dataCarrier = true;
      // The new link has no fault.
      for (const why of ['recreated', 'down', 'carrier', 'renamed', 'address'])
        await mended(storm, port, why, CARRIER_MS);
      if (port.name === 'mgmt0') ways.good('gateway', BACK_MS);
      return;
    }
    case 'address':
      return address(storm, portOf(world, name), what);
    case 'gateway': {
      if (name === 'away') ways.bad('gateway');
      batch(
        world.std.gw,
        AWAY.map(
          (one) => `addr ${name === 'away' ? 'del' : 'replace'} ${one} dev router0${name === 'away' ? '' : nodad(one)}`,
        ),
      );
      // A gateway is dead after three seconds of silence and trusted after ten seconds of answers.
      // It is probed each second.
      if (name !== 'away') ways.good('gateway', BACK_MS + 3_000);
      if (storm.lease) storm.touchedCover();
      return;
    }
    case 'flush':
      return flush(storm, name);
    case 'route':
      storm.touchedCover();
      if (name === 'flush') return both(world, ['route flush table all proto 4', '-6 route flush table all proto 4']);
      if (Number(what) === OF_OBJECT && name === 'add' && (await zebraHasObject(world))) return;
      return both(
        world,
        (ROUTES[Number(what)] ?? []).map((line) => `route ${name} ${line}`),
      );
    case 'rule':
      return both(
        world,
        (RULES[Number(what)] ?? []).map((line) => `rule ${name} ${line}`),
      );
    case 'nexthop':
      // Not protocol 4 (static): zebra 8.4.4 takes such an object for its own and deletes it at
      // its start.
      storm.touchedCover();
      if (name === 'add' && (await zebraHasObject(world))) return;
      return both(world, [
        name === 'add' ? `nexthop add id 40001 via ${inet.peer} dev data0 proto 99` : 'nexthop del id 40001',
      ]);
    case 'overflow': {
      // More events than a socket's buffer holds, while the agent does not read.
      const { agent } = storm;
      const wasAtWork = agent.atWork;
      agent.pause();
      const lines = Array.from(
        { length: 6_000 },
        (_, i) => `route add 100.${64 + (i >> 8)}.${i & 255}.0/24 dev aux0 table 4711`,
      );
      batch(world.router, [...lines, 'route flush table 4711']);
      if (wasAtWork) agent.resume();
      return;
    }
    default:
      throw new Error(`${verb}?`);
  }
}

function portOf(world: World, name: string): Port {
  const port = world.ports[name as 'mgmt0'];
  if (port === undefined) throw new Error(`a port ${name}?`);
  return port;
}

/**
 * Records a fault of the port. Without mgmt0 nothing is answered; without data0 the backup routes
 * must take over.
 */
function broken(storm: Storm, port: Port, why: string): void {
  if (port.name === 'mgmt0') storm.ways.bad(`mgmt0 ${why}`);
  else {
    storm.touchedCover();
    storm.ways.once(`data0 ${why}`, why === 'carrier' ? CARRIER_MS + FAILOVER_MS : FAILOVER_MS);
  }
}

async function mended(storm: Storm, port: Port, why: string, graceMs = BACK_MS): Promise<void> {
  if (port.name === 'mgmt0') {
    storm.ways.good(`mgmt0 ${why}`, graceMs);
    if (!storm.ways.open.includes('no lease')) await granted(storm);
  } else {
    storm.touchedCover();
    storm.ways.once(`data0 ${why} over`, DATA_BACK_MS);
  }
}

/** The ip commands for the link of the port in both routers, under either name. */
function links(port: Port, words: string): readonly string[] {
  return [port.name, awayOf(port)].map((name) => `link set ${name} ${words}`);
}

async function link(storm: Storm, port: Port, what: string): Promise<void> {
  if (what === 'down') broken(storm, port, 'down');
  both(storm.world, links(port, what));
  if (what === 'up') await mended(storm, port, 'down');
}

async function carrier(storm: Storm, port: Port, what: string): Promise<void> {
  const { world } = storm;
  if (port.name === 'data0') storm.dataCarrier = what === 'on';
  if (what === 'off') broken(storm, port, 'carrier');
  batch(port.far, [`link set ${port.farName} ${what === 'off' ? 'down' : 'up'}`]);
  batch(world.void, [`link set ${port.name} ${what === 'off' ? 'down' : 'up'}`]);
  if (what !== 'on') return;
  // The link-local addresses and the routes of the far end went with its link, whatever
  // keep_addr_on_down is.
  const there = storm.ways.open.includes('gateway') ? AWAY : [];
  batch(port.far, [
    ...port.farAddresses
      .filter((one) => !there.includes(one))
      .map((one) => `addr replace ${one} dev ${port.farName}${nodad(one)}`),
    ...port.farRoutes.map((route) => `route replace ${route}`),
  ]);
  await mended(storm, port, 'carrier', CARRIER_MS + BACK_MS);
}

async function rename(storm: Storm, port: Port, what: string): Promise<void> {
  if (storm.away.has(port.name) === (what === 'away')) return;
  if (what === 'away') storm.away.add(port.name);
  else storm.away.delete(port.name);
  const [from, to] = what === 'away' ? [port.name, awayOf(port)] : [awayOf(port), port.name];
  // The link is set down first, since a link that is up keeps its name. A link that was down
  // before is up afterwards.
  broken(storm, port, 'renamed');
  both(storm.world, [`link set ${from} down`, `link set ${from} name ${to}`, `link set ${to} up`]);
  await mended(storm, port, 'down');
  if (what === 'back') await mended(storm, port, 'renamed');
}

async function address(storm: Storm, port: Port, what: string): Promise<void> {
  if (what === 'del') broken(storm, port, 'address');
  both(
    storm.world,
    port.addresses.flatMap((one) =>
      [port.name, awayOf(port)].map(
        (name) => `addr ${what === 'del' ? 'del' : 'replace'} ${one} dev ${name}${what === 'del' ? '' : nodad(one)}`,
      ),
    ),
  );
  if (what !== 'del') await mended(storm, port, 'address');
}

/**
 * Deletes the agent's routes or rules. From the fifth time within a minute on, the agent waits up
 * to five seconds before it repairs.
 */
function flush(storm: Storm, what: string): void {
  const { world, ways } = storm;
  storm.flushes++;
  ways.once('flush', storm.flushes > 4 ? 5_500 : 300);
  const routes = ['-4', '-6'].map((family) => `${family} route flush table all proto 157`);
  const rules = ['-4', '-6'].map((family) => `${family} rule flush protocol 157`);
  const table = `-4 route flush table 25500 proto 157`;
  const lines = { routes, rules, one: [table], all: [...routes, ...rules] }[what];
  if (lines === undefined) throw new Error(`flush ${what}?`);
  // ip -batch takes no options in front of the object.
  for (const line of lines) world.router.tryRun(['ip', ...line.split(' ')]);
}
