/**
 * What the kernel should hold now, from one snapshot: routes, rules, and what they wait for. Pure.
 *
 * "Nothing" (out), "not yet" (waits) and "leave it as it is" (undefined: starting) are three answers.
 */

import { FAMILIES, type Family } from '../model/address.js';
import type { BackupRouter, Config, ManagementInterface } from '../model/config.js';
import type { Link } from '../model/link.js';
import { destinationText, type Prefix, prefixText } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { type AutoChoice, autoGateway } from './auto.js';
import { byPrefix, type RoutesByPrefix } from './by-prefix.js';
import { chooseGateway, onLink, outlook, type Suspects } from './gateway.js';
import { anyRefusal, type Hidden, hiddenBy, hiddenWaits } from './hidden.js';
import { routeKey } from './keys.js';
import { linkOf, realmOf, usableLink, type Wait } from './management.js';
import { place, RANKS, type Target } from './placement.js';
import type { Desired } from './plan.js';
import type { ProbeTarget } from './ports.js';
import { rivalry } from './rivals.js';
import { sameRoutes } from './sharing.js';
import type { State } from './state.js';

export interface Wanted extends Desired {
  readonly waits: readonly Wait[];
  /** Destinations whose backup route is of no use while they are refused, by {@link interfaceKey}; `waits` tells them. */
  readonly hidden: ReadonlyMap<string, Hidden>;
  /** When the next tie turns by itself. */
  readonly preemptAt: number | undefined;
  /** Destinations whose backup route takes the tie now, by {@link interfaceKey}. */
  readonly preempting: readonly string[];
}

/** One destination of one interface: it is judged in the interface's own realm. */
export function interfaceKey(interfaceIndex: number, destination: Prefix): string {
  return `${interfaceIndex} ${prefixText(destination)}`;
}

const NOTHING: Wanted = {
  routes: [],
  rules: [],
  waits: [],
  hidden: new Map(),
  preemptAt: undefined,
  preempting: [],
};

/** The wanted routes and rules, or undefined while the kernel is to be left as it was found. */
export function wanted(state: State, snapshot: Snapshot, now: number): Wanted | undefined {
  switch (state.phase.kind) {
    case 'starting':
      return undefined;
    case 'out':
      return NOTHING;
    case 'in':
      return wantedIn(state, snapshot, now);
    default:
      return state.phase satisfies never;
  }
}

/** What a wish was made of; it stays true as long as all of it is the same. */
interface Made {
  readonly from: readonly unknown[];
  /** A foreign route of the same prefix, or of which the gateway is taken, makes it depend on whose it is, and on the time. */
  readonly rivalled: boolean;
  readonly daemons: State['daemons'];
  readonly at: number;
  readonly want: Wanted;
}

const made = new WeakMap<Snapshot, Made>();

function wantedIn(state: State, snapshot: Snapshot, now: number): Wanted {
  const from = [state.config, state.suspects, state.learned, state.refused, state.adopted, state.formerGateways];
  const last = made.get(snapshot);
  if (last?.from.every((value, i) => value === from[i])) {
    const inTime =
      now === last.at || (now > last.at && (last.want.preemptAt === undefined || now < last.want.preemptAt));
    if (!last.rivalled || (last.daemons === state.daemons && inTime)) return last.want;
  }
  const { want, rivalled } = makeWanted(state, snapshot, now);
  made.set(snapshot, { from, rivalled, daemons: state.daemons, at: now, want });
  return want;
}

function makeWanted(
  state: State,
  snapshot: Snapshot,
  now: number,
): { readonly want: Wanted; readonly rivalled: boolean } {
  const found: Found = {
    targets: { inet: [], inet6: [] },
    links: new Map(),
    waits: [],
    hidden: new Map(),
    preempting: [],
    preemptAt: undefined,
    rivalled: false,
  };
  const foreign = byPrefix(snapshot.foreignRoutes);
  const usable: Usable[] = [];
  for (const management of state.config.managementInterfaces) {
    const link = usableLink(state.config, management.selector, snapshot);
    if ('reason' in link) found.waits.push(link);
    else usable.push({ link, management });
  }
  const routes: Route[] = [];
  const rules: Rule[] = [];
  for (const family of FAMILIES) {
    inOrder(usable, family, state.suspects).forEach((way, order) =>
      addTargets(found, state, snapshot, way, order, foreign, now),
    );
    const placed = place(state.config, family, found.targets[family]);
    // Not by spreading: arguments go on the stack, and there may be a hundred thousand.
    for (const route of placed.routes) routes.push(route);
    rules.push(...rulesOfAccepted(state, family, placed.routes, placed.rules));
  }
  found.waits.push(...refusals(state, snapshot, found.links, routes), ...hiddenWaits([...found.hidden.values()]));
  // Where all of them stand there is one list, not two alike.
  const standing = sameRoutes(snapshot.ownRoutes, routes);
  return {
    want: {
      routes: standing,
      rules,
      waits: found.waits,
      hidden: found.hidden,
      preempting: found.preempting,
      preemptAt: found.preemptAt,
    },
    rivalled: found.rivalled,
  };
}

/** A management interface that is there. */
interface Usable {
  readonly link: Link;
  readonly management: ManagementInterface;
}

/** The backup router of one family behind such an interface. */
interface Way extends Usable {
  readonly router: BackupRouter;
}

/** The order of preference, but an interface without carrier comes last, and before it one whose gateways are dead. */
function inOrder(usable: readonly Usable[], family: Family, suspects: Suspects): readonly Way[] {
  const ways = usable.flatMap((one) =>
    one.management.backupRouters.filter((router) => router.family === family).map((router) => ({ ...one, router })),
  );
  const badness = ({ link, router }: Way): number =>
    link.carrier ? outlook(router.gateways, link.index, suspects) : 3;
  return ways.sort((a, b) => badness(a) - badness(b));
}

interface Found {
  readonly targets: Record<Family, Target[]>;
  readonly links: Map<number, Link>;
  readonly waits: Wait[];
  readonly hidden: Map<string, Hidden>;
  readonly preempting: string[];
  preemptAt: number | undefined;
  rivalled: boolean;
}

function addTargets(
  found: Found,
  state: State,
  snapshot: Snapshot,
  { link, management, router }: Way,
  order: number,
  foreign: RoutesByPrefix,
  now: number,
): void {
  found.links.set(link.index, link);
  const realm = realmOf(link, snapshot);
  const choice = gatewayOf(state, snapshot, link, management, router, order);
  if ('reason' in choice) {
    found.waits.push(choice);
    return;
  }
  if (choice.note !== undefined) found.waits.push(choice.note);
  found.rivalled ||= router.auto !== undefined;
  const hides = state.config.placement === 'local' && realm.vrf === undefined && anyRefusal(snapshot.foreignRoutes);
  for (const destination of router.destinations) {
    const rival = foreign.best(realm.table, destination);
    found.rivalled ||= rival !== undefined;
    const stand = rivalry(state, snapshot, rival, now);
    if (stand.preempt) found.preempting.push(interfaceKey(link.index, destination));
    const by = hides ? hiddenBy(snapshot.foreignRoutes, destination, stand.preempt) : undefined;
    if (by !== undefined) found.hidden.set(interfaceKey(link.index, destination), { destination, by });
    if (stand.preemptAt !== undefined) found.preemptAt = Math.min(found.preemptAt ?? stand.preemptAt, stand.preemptAt);
    found.targets[router.family].push({
      destination,
      gateway: choice.gateway,
      interfaceIndex: link.index,
      vrfTable: realm.vrf === undefined ? undefined : realm.table,
      rank: choice.rank,
      preempt: stand.preempt,
      activeRival: stand.activeRival,
    });
  }
}

function gatewayOf(
  state: State,
  snapshot: Snapshot,
  link: Link,
  { selector }: ManagementInterface,
  router: BackupRouter,
  order: number,
): AutoChoice | Wait {
  if (router.auto !== undefined) return autoGateway(state, snapshot, selector, link, router, order);
  const { gateway, rank } = chooseGateway(router.gateways, link.index, state.suspects);
  return { gateway, rank: RANKS * order + Math.min(rank, RANKS - 1), note: undefined };
}

/** Rules exist only while routes do: those of a table all of whose routes the kernel refuses are left out. */
function rulesOfAccepted(
  state: State,
  family: Family,
  routes: readonly Route[],
  rules: readonly Rule[],
): readonly Rule[] {
  if (state.refused.size === 0) return rules;
  const tables = new Set(routes.filter((route) => !state.refused.has(routeKey(route))).map((route) => route.table));
  return rules.filter((rule) => tables.has(pairedTable(state, family, rule)));
}

/** The backup table that a pair of rules serves. */
function pairedTable(state: State, family: Family, rule: Rule): number {
  const bits = family === 'inet' ? 32 : 128;
  return state.config.tableBase + bits - Math.floor((rule.priority - state.config.rulePriorityBase) / 2);
}

function refusals(
  state: State,
  snapshot: Snapshot,
  links: ReadonlyMap<number, Link>,
  routes: readonly Route[],
): Wait[] {
  if (state.refused.size === 0) return [];
  const waits = new Map<string, Wait>();
  for (const route of routes) {
    const refusal = state.refused.get(routeKey(route));
    const gateway = route.nexthops[0]?.gateway;
    const link = links.get(route.nexthops[0]?.interfaceIndex ?? 0);
    if (refusal === undefined || gateway === undefined || link === undefined) continue;
    const offLink = !onLink(gateway, link.index, snapshot);
    const subject = offLink ? gateway : destinationText(route.destination);
    const reason = offLink
      ? offLinkReason(snapshot, link, route.family)
      : `kernel: ${refusal.message} (${refusal.code})`;
    waits.set(subject, { subject, reason });
  }
  return [...waits.values()];
}

function offLinkReason(snapshot: Snapshot, link: Link, family: Family): string {
  const own = snapshot.addresses
    .filter((a) => a.interfaceIndex === link.index && a.family === family)
    .map((a) => `${a.address}/${a.length}`);
  return own.length === 0
    ? `${link.name} has no ${family} address yet`
    : `gateway is in no on-link prefix of ${link.name} (${own.join(', ')})`;
}

/** Whether the life of a gateway decides something: there are several of them in a list, or several interfaces of one family. */
export function hasChoice({ managementInterfaces }: Config, family: Family): boolean {
  const routers = managementInterfaces.flatMap((management) =>
    management.backupRouters.filter((router) => router.family === family),
  );
  return routers.length > 1 || routers.some((router) => router.gateways.length > 1);
}

/** The gateways whose life decides something, to be asked for it, on interfaces that are up. */
export function probeTargets(state: State, snapshot: Snapshot): ProbeTarget[] {
  return state.config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, snapshot);
    if (link === undefined || !link.up || !link.carrier) return [];
    const listed = backupRouters
      .filter((router) => hasChoice(state.config, router.family))
      .flatMap((router) => router.gateways);
    return listed.flatMap((address) => {
      const neighbour = snapshot.neighbours.find((n) => n.interfaceIndex === link.index && n.address === address);
      return neighbour?.permanent === true
        ? []
        : [{ interfaceIndex: link.index, address, known: neighbour?.known ?? false }];
    });
  });
}

/** For the observation: how long main-table prefixes may be and still matter. */
export function longestDestinations(routers: readonly BackupRouter[]): Partial<Record<Family, number>> {
  const longest: Partial<Record<Family, number>> = {};
  for (const router of routers) longest[router.family] = Math.max(longest[router.family] ?? 0, longestOf(router));
  return longest;
}

const longestKnown = new WeakMap<BackupRouter, number>();

function longestOf(router: BackupRouter): number {
  let longest = longestKnown.get(router);
  if (longest === undefined)
    longestKnown.set(router, (longest = router.destinations.reduce((most, { length }) => Math.max(most, length), 0)));
  return longest;
}
