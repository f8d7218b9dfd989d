/**
 * What holds whenever nothing has happened for a while (`expect sound`), whatever happened before. Asked of the fake kernel's own
 * lookup and of the status that an operator reads, not of the functions that decide.
 *
 *  - Nothing of ours stands twice; while the routes are out nothing of ours stands at all, but symmetric replies.
 *  - A backup route said to carry does, or one of others carries its destination instead; one said to be refused, absent, withdrawn
 *    or hidden is so.
 *  - Exit status 0 means that every destination is carried.
 *  - While a way exists by a backup router, a destination is carried.
 *  - Symmetric replies said to be in carry packets from their addresses, and others have no rule.
 */

import { inWishedState } from '../../../src/cli/status-text.js';
import { familyBits, isLinkLocal, parseAddress } from '../../../src/model/address.js';
import { allBackupRouters, type ManagementInterface } from '../../../src/model/config.js';
import type { Link } from '../../../src/model/link.js';
import { containsAddress, type Prefix, prefix, prefixText, samePrefix } from '../../../src/model/prefix.js';
import { type Route, refuses, TABLE_LOCAL, TABLE_MAIN } from '../../../src/model/route.js';
import { routeText, ruleText } from '../../../src/model/route-text.js';
import type { BackupRouteStatus } from '../../../src/model/status.js';
import { lookupTable } from '../../fake/fib.js';
import type { World } from '../world.js';

/** The first thing that does not hold; undefined: all is well, or no agent runs that could have done anything about it. */
export function unsound(world: World): string | undefined {
  if (!world.runs) return undefined;
  return twice(world) ?? leftOver(world) ?? untrue(world) ?? untrueReplies(world) ?? cutOff(world);
}

function twice(world: World): string | undefined {
  const { fib } = world.kernel.fake;
  const own = world.kernel.protocols;
  const seen = new Set<string>();
  for (const route of fib.routes) {
    if (!own.has(route.protocol)) continue;
    for (const { gateway, interfaceIndex } of route.nexthops) {
      const key = `${route.table} ${prefixText(route.destination)} ${gateway} ${interfaceIndex}`;
      if (seen.has(key)) return `stands twice: ${routeText(route)}`;
      seen.add(key);
    }
  }
  const rules = fib.rules.filter(({ protocol }) => own.has(protocol)).map((rule) => `${rule.family} ${ruleText(rule)}`);
  const again = rules.find((text, i) => rules.indexOf(text) !== i);
  return again === undefined ? undefined : `stands twice: rule ${again}`;
}

function leftOver(world: World): string | undefined {
  if (world.status().routes.phase !== 'out') return undefined;
  // Where no rule of others reads main, the agent's own stays: the host would reach nothing without it.
  const reply = new RegExp(
    ` (lookup|table) (${world
      .status()
      .symmetricReplies.map(({ table }) => table)
      .join('|')}) `,
  );
  const left = world.kernel
    .ownLines()
    .filter((line) => !/^rule .*lookup main|^rule .*lookup 254/.test(line) && !reply.test(line));
  const merged = left.filter((line) => !line.includes('nexthop'));
  return merged.length === 0 ? undefined : `out, and there is ${merged[0]}`;
}

function untrue(world: World): string | undefined {
  const status = world.status();
  const { phase, uncovered } = status.routes;
  const wished = inWishedState(status);
  // What is uncovered is told without its VRF.
  const alone = (text: string): boolean =>
    new Set(
      destinationsOf(world).flatMap(({ destination, realm }) => (prefixText(destination) === text ? [realm] : [])),
    ).size === 1;
  for (const { realm, destination } of destinationsOf(world)) {
    const text = prefixText(destination);
    if (world.kernel.fake.denied.has(text) || (realm !== undefined && !reachesVrfs(world, destination))) continue;
    const sample = sampleOf(world, destination);
    if (sample === undefined) continue;
    const found = lookupIn(world, sample, realm);
    const says = `${sample} goes by ${found === undefined ? 'nothing' : routeText(found, nameOf(world))}`;
    const carried = found !== undefined && usable(world, found);
    if (phase === 'in') {
      const told = status.backupRoutes.filter(
        (route) => isAbout(route, destination) && realmOf(world, route.interface) === realm,
      );
      const carrying = told.filter(carries);
      if (carrying.length > 0 && !carried && !deadGateway(world, found)) return `${text} is said to be in, and ${says}`;
      const ours =
        found !== undefined &&
        isOwn(world, found) &&
        found.nexthops.length === 1 &&
        samePrefix(found.destination, destination);
      if (carrying.length === 0 && ours && carried && told.length > 0)
        return `${text} is said to be ${told[0]!.state}, and ${says}`;
      if (wished && !carried) return `exit status 0, ${text} is in, and ${says}`;
    }
    if (phase === 'out') {
      if (found !== undefined && isOwn(world, found)) return `out, and ${says}`;
      if (wished && !carried && world.config.convergenceTimeoutMs !== 0)
        return `exit status 0, ${text} is out, and ${says}`;
      if (uncovered.includes(text) && alone(text) && carried && believed(world, found, realm))
        return `${text} is said to be uncovered, and ${says}`;
    }
  }
  return undefined;
}

function untrueReplies(world: World): string | undefined {
  const { fake } = world.kernel;
  for (const { family, interface: device, table, state, sources, reason } of world.status().symmetricReplies) {
    const rules = fake.fib.rules.filter((rule) => rule.table === table && rule.family === family);
    const [rule] = rules;
    const name = `${family} replies on ${device}`;
    if (state !== 'installed') {
      // They stand, and a rule of somebody else refuses their packets first.
      const overtaken = reason?.includes(' takes packets from ') === true && strangeRules(world);
      if (rule !== undefined && !overtaken) return `${name} are said to be ${state}, and there is ${ruleText(rule)}`;
      continue;
    }
    if (rules.length !== sources.length) return `${name} are said to be in, and have ${rules.length} rules`;
    if (strangeRules(world)) continue;
    for (const route of fake.fib.routes.filter((one) => one.table === table && one.family === family))
      for (const source of sources) {
        const found = fake.lookup(route.destination.address, { originated: true, source })?.route;
        if (found?.table !== table && found?.table !== TABLE_LOCAL)
          return `${name} are said to be in, and ${route.destination.address} from ${source} goes by ${found === undefined ? 'nothing' : routeText(found, nameOf(world))}`;
        const transit = fake.lookup(route.destination.address, { originated: false, source })?.route;
        if (transit?.table === table) return `${name} carry packets in transit`;
      }
  }
  return undefined;
}

function cutOff(world: World): string | undefined {
  const { phase } = world.status().routes;
  const out = phase === 'out';
  // Junos' way: out, whatever is carried. Where the convergence-timeout is over, what is not carried is said to be so (untrue).
  if (out || strangeRules(world)) return undefined;
  for (const { realm, destination, management } of destinationsOf(world)) {
    if (realm !== undefined || !hasWay(world, management, destination)) continue;
    if (world.kernel.fake.denied.size > 0) continue;
    const sample = sampleOf(world, destination);
    if (sample === undefined || refusedByOthers(world, destination)) continue;
    const found = lookupIn(world, sample, realm);
    if (found === undefined || !usable(world, found))
      return `${prefixText(destination)} has a way by ${nameOfManagement(management)}, and ${sample} goes by ${found === undefined ? 'nothing' : routeText(found, nameOf(world))} in phase ${phase}`;
  }
  return undefined;
}

interface Wanted {
  readonly management: ManagementInterface;
  readonly destination: Prefix;
  /** The name of the VRF; undefined: main. */
  readonly realm: string | undefined;
}

function destinationsOf(world: World): readonly Wanted[] {
  return world.config.managementInterfaces.flatMap((management) =>
    management.backupRouters.flatMap(({ destinations }) =>
      destinations.map((destination) => ({
        management,
        destination,
        realm: realmOf(world, nameOfManagement(management)),
      })),
    ),
  );
}

function nameOfManagement({ selector }: ManagementInterface): string {
  return selector.kind === 'name' ? selector.name : '';
}

function linkNamed(world: World, name: string): Link | undefined {
  return [...world.kernel.fake.links.values()].find((link) => link.name === name);
}

function realmOf(world: World, name: string): string | undefined {
  const master = linkNamed(world, name)?.master;
  const link = master === undefined ? undefined : world.kernel.fake.links.get(master);
  return link?.vrfTable === undefined ? undefined : link.name;
}

/** The default of either family has one name; its gateway tells them apart. */
function isAbout(told: BackupRouteStatus, destination: Prefix): boolean {
  if (destination.length > 0) return told.destination === prefixText(destination);
  return told.destination === 'default' && told.gateway.includes(':') === (destination.family === 'inet6');
}

const nameOf =
  (world: World) =>
  (index: number): string | undefined =>
    world.kernel.fake.links.get(index)?.name;

function carries(route: BackupRouteStatus): boolean {
  return route.state === 'installed' && route.hiddenBy === undefined && route.carriesNothing === undefined;
}

function lookupIn(world: World, address: string, realm: string | undefined): Route | undefined {
  const { fake } = world.kernel;
  if (realm === undefined) return fake.lookup(address, { originated: true })?.route;
  const family = address.includes(':') ? 'inet6' : 'inet';
  return lookupTable(fake.fib.routes, fake.link(realm).vrfTable ?? 0, prefix(address, familyBits(family)));
}

/** Somebody may have flushed the rule by which packets reach the tables of VRFs. */
function reachesVrfs({ kernel }: World, { family }: Prefix): boolean {
  return kernel.fake.fib.rules.some((rule) => rule.family === family && rule.detail?.l3mdev === true);
}

function isOwn(world: World, route: Route): boolean {
  return world.kernel.protocols.has(route.protocol);
}

/** A packet leaves the host by it. */
function usable(world: World, route: Route): boolean {
  if (refuses(route) || route.type !== 'unicast') return false;
  return route.nexthops.some(({ gateway, interfaceIndex }) => {
    const link = world.kernel.fake.links.get(interfaceIndex);
    if (link?.up !== true || !link.carrier) return false;
    const neighbour = world.kernel.fake.neighbours.find(
      (one) => one.interfaceIndex === interfaceIndex && one.address === gateway,
    );
    return neighbour?.failed !== true;
  });
}

/** Ours, by a gateway that does not answer: all that there is, and told apart (BACKUP ROUTER DEAD). */
function deadGateway(world: World, found: Route | undefined): boolean {
  return found !== undefined && isOwn(world, found);
}

/** What a daemon is not asked about, or has confirmed. */
function believed(world: World, found: Route, realm: string | undefined): boolean {
  if (found.protocol === 4 || found.protocol === 16 || found.protocol === 2) return found.tos === 0;
  const text = prefixText(found.destination);
  return !world.rib.mute && world.rib.held.has(realm === undefined ? text : `${realm} ${text}`);
}

/** An address of the destination that nothing more specific takes, of the configuration or of others. */
function sampleOf(world: World, { family, address, length }: Prefix): string | undefined {
  const longer = [
    ...allBackupRouters(world.config).flatMap(({ destinations }) => destinations),
    ...world.kernel.fake.fib.routes.map((route) => route.destination),
  ].filter((other) => other.family === family && other.length > length);
  for (const candidate of candidates(family, address)) {
    const parsed = parseAddress(candidate);
    if (parsed === undefined || !containsAddress({ ...prefix(address, length) }, parsed)) continue;
    if (!longer.some((other) => containsAddress(other, parsed)) && !isLinkLocal(parsed)) return parsed;
  }
  return undefined;
}

function candidates(family: 'inet' | 'inet6', base: string): readonly string[] {
  if (family === 'inet6') return ['2001:db8:4abc::9', '2001:db8:9999::9', '3001:db8::9', '2001:db8:4000:1::9'];
  const first = base.split('.')[0];
  return ['203.0.113.9', '192.0.2.9', '10.77.3.9', '10.201.3.9', '10.1.77.9', '11.3.3.9', `${first}.9.9.9`];
}

/** Whether a backup route would be accepted and carry: link, address, gateway. */
function hasWay(world: World, management: ManagementInterface, { family }: Prefix): boolean {
  const { fake } = world.kernel;
  const link = linkNamed(world, nameOfManagement(management));
  if (link === undefined || !link.up || !link.carrier || world.config.placement === 'vrf') return false;
  const router = management.backupRouters.find((one) => one.family === family);
  const source = router?.source;
  if (source !== undefined && !fake.addresses.some(({ address }) => address === source)) return false;
  return (router?.gateways ?? []).some((gateway) => {
    const neighbour = fake.neighbours.find((one) => one.interfaceIndex === link.index && one.address === gateway);
    if (neighbour?.failed === true) return false;
    if (fake.addresses.some(({ address }) => address === gateway)) return false;
    return fake.fib.routes.some(
      (route) =>
        route.family === family &&
        route.table === TABLE_MAIN &&
        route.protocol === 2 &&
        containsAddress(route.destination, gateway) &&
        route.nexthops.some((hop) => hop.interfaceIndex === link.index && hop.gateway === undefined),
    );
  });
}

/** What an operator has put in front: nothing of ours may overtake it. */
function strangeRules(world: World): boolean {
  const strange = world.kernel.fake.fib.rules.filter(
    (rule) =>
      !world.kernel.protocols.has(rule.protocol) &&
      !(rule.protocol === 2 && rule.priority >= 32_766) &&
      rule.priority > 0,
  );
  const main = (['inet', 'inet6'] as const).every((family) =>
    world.kernel.fake.fib.rules.some(
      (rule) => rule.family === family && rule.priority === 32_766 && rule.protocol === 2,
    ),
  );
  return strange.some((rule) => !(rule.foreign && rule.priority === 1000)) || !main;
}

/** A refusal hides a backup route, and in placement main nothing beats a metric of 0: both are told, and not worked around. */
function refusedByOthers(world: World, destination: Prefix): boolean {
  return world.kernel.fake.fib.routes.some(
    (route) =>
      !isOwn(world, route) &&
      route.family === destination.family &&
      (refuses(route) ||
        (route.metric <= 1 && route.protocol !== 2) ||
        route.table === world.config.tableBase + destination.length),
  );
}
