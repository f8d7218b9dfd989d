/**
 * Symmetric replies: packets from an address of the management interface leave by the backup
 * router, whatever the routing daemon does. Pure.
 *
 * For each address there is a rule `from ADDRESS iif lo lookup TABLE`. It stands in front of the
 * rules of the backup routes, and so of main, and behind any foreign rule there (rule-place.ts).
 * TABLE has the destinations, by the gateway in use, and the connected prefixes of the interface,
 * since an answer to a neighbour goes to it directly. Packets that TABLE has no route for go on to
 * main, as without the rule. Rules and routes are in while the configuration asks for them,
 * unless:
 *
 *   the interface is in a VRF              its packets are looked up in the VRF's table: not needed
 *   it does not exist, is down, or has no carrier
 *   no gateway is known, or none answers   by main the packets may still arrive
 *   the kernel refuses the destinations
 *   there is no place for a rule
 *
 * There is no rule for addresses that packets may not leave from: tentative ones, and link-local
 * ones of IPv6, which do not leave the link.
 */

import { remembered } from '../fib/remembered.js';
import { type Address, type Family, familyBits } from '../model/address.js';
import { type BackupRouter, type Config, type ManagementInterface, selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import { type Prefix, prefix, prefixText } from '../model/prefix.js';
import { type Route, type Rule, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { REPLY_TABLE } from '../model/tables.js';
import { outlook } from './gateway.js';
import { gatewayOf, gatewaysIn } from './gateways.js';
import { routeKey, ruleKey } from './keys.js';
import { linkOf, realmOf, usableLink } from './management.js';
import { ownership } from './ownership.js';
import { backupRoute, LOCAL_METRIC } from './placement.js';
import { sourcesOn } from './reply-sources.js';
import { type RulePlace, rulePlace } from './rule-place.js';
import type { SeenWorld } from './state.js';

/** The replies of one family of one management interface. */
export interface Replies {
  readonly family: Family;
  /** The name of the interface; while it does not exist, its selector in the configuration. */
  readonly interfaceName: string;
  readonly table: number;
  /** Why they are not wanted now; undefined: they are. */
  readonly reason: string | undefined;
  /** The VRF that the interface is in. Its packets need no rule. */
  readonly vrf?: string;
  /** The gateway of the packets; undefined: by the interface alone. */
  readonly gateway: Address | undefined;
  /** In the order in which they are added. */
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** The place of the rules, relative to the rule that looks up main. */
  readonly place: RulePlace | undefined;
}

/** All that the configuration asks for. */
export const repliesOf = remembered((world: SeenWorld): readonly Replies[] =>
  world.config.managementInterfaces.flatMap((management, order) =>
    management.backupRouters
      .filter(({ symmetricReplies }) => symmetricReplies === true)
      .map((router) => repliesBy(world, management, router, order)),
  ),
);

function repliesBy(world: SeenWorld, management: ManagementInterface, router: BackupRouter, order: number): Replies {
  const { config, snapshot, refused } = world;
  const { family } = router;
  const link = usableLink(config, management.selector, snapshot);
  const none = {
    family,
    interfaceName: linkOf(management.selector, snapshot)?.name ?? selectorText(management.selector),
    table: config.tableBase + REPLY_TABLE + order,
    gateway: undefined,
    routes: [],
    rules: [],
    place: undefined,
  };
  if ('reason' in link) return { ...none, reason: link.reason };
  const { vrf } = realmOf(link, snapshot);
  if (vrf !== undefined)
    return { ...none, vrf, reason: `${link.name} is in ${vrf}, whose table its packets are looked up in` };
  if (!link.carrier) return { ...none, reason: `${link.name} has no carrier` };
  const choice = gatewayOf(world, link, management, router, 0);
  if ('reason' in choice) return { ...none, reason: choice.reason };
  const silent = silenceOf(world, link, router);
  if (silent !== undefined) return { ...none, reason: silent };
  const sources = sourcesOn(snapshot, link, family);
  if (sources.length === 0) return { ...none, reason: `${link.name} has no ${family} address yet` };
  const place = rulePlace(config, ownership(config, world.former), family, snapshot.rules);
  if (place.kind === 'nowhere') return { ...none, place, reason: place.trouble.reason };
  const target = { family, interfaceIndex: link.index, vrfTable: undefined, preempt: false, activeRival: false };
  const prefixes = prefixesOn(snapshot, link, family);
  const connected = prefixes.map((destination) =>
    backupRoute(config, { ...target, destination, gateway: undefined, rank: 0 }, none.table, LOCAL_METRIC[family]),
  );
  const { gateway, rank, metrics } = choice;
  const onlink = router.onlink === true || choice.onlink === true;
  const known = new Set(prefixes.map(prefixText));
  const ways = router.destinations
    .filter((destination) => !known.has(prefixText(destination)))
    .map((destination) =>
      backupRoute(
        config,
        {
          ...target,
          destination,
          gateway,
          rank,
          ...(onlink ? { onlink: true } : {}),
          ...(metrics === undefined ? {} : { metrics }),
        },
        none.table,
        LOCAL_METRIC[family] + rank,
      ),
    );
  const wanted = { ...none, place, gateway, routes: [...connected, ...ways] };
  const refusal = ways.every((route) => refused.has(routeKey(route))) ? refused.get(routeKey(ways[0]!)) : undefined;
  return refusal === undefined
    ? { ...wanted, reason: undefined, rules: replyRules(config, family, place, none.table, sources, snapshot.rules) }
    : { ...wanted, reason: `kernel: ${refusal.message} (${refusal.code})` };
}

/** Why no packet gets out by any of the gateways; undefined: one does, or may. */
function silenceOf(world: SeenWorld, link: Link, router: BackupRouter): string | undefined {
  const gateways = gatewaysIn(world).filter((one) => one.router === router && one.link === link);
  const addresses = gateways.map(({ address }) => address);
  if (outlook(addresses, link.index, world.sightings) < 2) return undefined;
  const neighbours = gateways.some(({ standing }) => standing.kind === 'neighbour' || standing.kind === 'unasked');
  return neighbours ? 'no backup router answers' : `no backup router is a neighbour on ${link.name}`;
}

/**
 * The prefixes that the interface reaches directly: those of its addresses, and those of main's
 * routes without a gateway on it (looks.ts).
 */
function prefixesOn({ addresses, foreignRoutes }: Snapshot, { index }: Link, family: Family): readonly Prefix[] {
  const own = addresses
    .filter((one) => one.interfaceIndex === index && one.family === family)
    .filter(({ peer, length }) => peer !== undefined || length < familyBits(family))
    .map(({ address, peer, length }) => prefix(peer ?? address, length));
  const routed = foreignRoutes
    .filter(
      (route) =>
        route.family === family &&
        route.table === TABLE_MAIN &&
        route.type === 'unicast' &&
        route.destination.length > 0 &&
        route.tos === 0 &&
        route.from === undefined &&
        route.nexthops.length === 1 &&
        route.nexthops[0]!.gateway === undefined &&
        route.nexthops[0]!.interfaceIndex === index,
    )
    .map(({ destination }) => destination);
  return [...new Map([...own, ...routed].map((one) => [prefixText(one), one])).values()];
}

/**
 * The rules. Those already in the kernel come first, in their present order: the order among them
 * has no meaning, and so only new ones need to be added.
 */
export function replyRules(
  { routeProtocol }: Pick<Config, 'routeProtocol'>,
  family: Family,
  place: RulePlace,
  table: number,
  sources: readonly Address[],
  known: readonly Rule[],
): readonly Rule[] {
  if (place.kind === 'nowhere') return [];
  const rules = sources.map(
    (source): Rule => ({
      family,
      priority: priorityOf(place),
      table,
      suppressPrefixLength: undefined,
      inputInterface: 'lo',
      protocol: routeProtocol,
      foreign: false,
      detail: { action: 'table', from: prefix(source, familyBits(family)) },
    }),
  );
  const keys = new Set(rules.map(ruleKey));
  const standing = known.filter((rule) => rule.table === table).map(ruleKey);
  const order = new Map(standing.filter((key) => keys.has(key)).map((key, at) => [key, at]));
  const at = (rule: Rule): number => order.get(ruleKey(rule)) ?? order.size;
  return [...rules].sort((a, b) => at(a) - at(b));
}

function priorityOf(place: Exclude<RulePlace, { kind: 'nowhere' }>): number {
  switch (place.kind) {
    case 'beside':
      return place.front ?? place.anchor.priority;
    case 'end':
      return place.priority - 1;
    case 'fixed':
      return place.base;
    default:
      return place satisfies never;
  }
}
