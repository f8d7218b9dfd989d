/**
 * Whether the kernel takes a gateway for a neighbour, and the text for when it does not. The judge
 * (fib/on-link.ts) answers from a snapshot. Pure.
 */

import { type OnLink, onLink } from '../fib/on-link.js';
import { remembered } from '../fib/remembered.js';
import { viewOf } from '../fib/snapshot-view.js';
import { type Address, familyOf, isLinkLocal } from '../model/address.js';
import { allBackupRouters, type Config, gatewaysOf } from '../model/config.js';
import { type Link, type NeighbourId, neighbourKey } from '../model/link.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import { ruleText, tableText } from '../model/route-text.js';
import type { Snapshot } from '../model/snapshot.js';
import { realmOf } from './management.js';
import { takesAllTo } from './rule-place.js';

/**
 * `now`: monotonic milliseconds, for the expiry of routes. The kernel asks the table of the route
 * before the rules. A table of placement `local` has nothing that leads to the gateway.
 */
export function neighbourOn(
  { placement }: Pick<Config, 'placement'>,
  snapshot: Snapshot,
  link: Link,
  gateway: Address,
  now: number,
): OnLink {
  const view = viewOf(snapshot, now, 'with ours');
  const realm = realmOf(link, snapshot);
  const table = placement === 'local' && realm.vrf === undefined ? undefined : realm.table;
  return onLink(view, { gateway, interfaceIndex: link.index, table }, snapshot.addresses);
}

/**
 * What stands in front of main and keeps the kernel from finding the gateway; undefined: nothing.
 * The kernel refuses routes by it then. Installed ones go on using it, and ARP and neighbour
 * solicitations, which no rule concerns, still reach it (fact K6).
 */
export function takenBefore(
  config: Pick<Config, 'placement'>,
  snapshot: Snapshot,
  link: Link,
  gateway: Address,
  { why, refusedBy }: OnLink & { kind: 'off-link' },
): string | undefined {
  if (refusedBy !== undefined) return `rule ${ruleText(refusedBy, tableText)} refuses it`;
  if (why !== 'no route') return undefined;
  const rules = snapshot.rules.filter((rule) => takesAllTo(rule, TABLE_MAIN));
  const { kind } = neighbourOn(config, { ...snapshot, rules }, link, gateway, 0);
  return kind === 'on-link' ? 'the rules lead past the main table' : undefined;
}

/**
 * Whether an installed route of ours goes by the gateway. The kernel keeps the route when the
 * gateway ceases to be a neighbour, and sends by it as before; it refuses only new ones.
 */
export function goesBy({ ownRoutes }: Snapshot, link: Link, gateway: Address): boolean {
  return gatewaysUsed(ownRoutes).has(neighbourKey({ interfaceIndex: link.index, address: gateway }));
}

/** Whether a route by the gateway carries: the kernel takes it, or goes on with an installed one. */
export function leadsTo(
  config: Pick<Config, 'placement'>,
  snapshot: Snapshot,
  link: Link,
  gateway: Address,
  now: number,
): boolean {
  return neighbourOn(config, snapshot, link, gateway, now).kind === 'on-link' || goesBy(snapshot, link, gateway);
}

const gatewaysUsed = remembered((routes: readonly Route[]): ReadonlySet<string> => {
  const used = new Set<string>();
  for (const { nexthops } of routes)
    for (const { gateway, interfaceIndex } of nexthops)
      if (gateway !== undefined) used.add(neighbourKey({ interfaceIndex, address: gateway }));
  return used;
});

/** Whether the neighbour has an entry that an operator has set. */
export function isPermanent({ neighbours }: Snapshot, id: NeighbourId): boolean {
  const key = neighbourKey(id);
  return neighbours.some((one) => one.permanent && neighbourKey(one) === key);
}

/** Why the gateway is no neighbour. */
export function offLinkReason(
  config: Pick<Config, 'placement'>,
  snapshot: Snapshot,
  link: Link,
  gateway: Address,
  answer: OnLink & { kind: 'off-link' },
): string {
  const family = familyOf(gateway);
  if (answer.why === 'own address') return 'it is an address of this host itself';
  const taken = takenBefore(config, snapshot, link, gateway, answer);
  if (taken !== undefined) return taken;
  const own = snapshot.addresses
    .filter((one) => one.interfaceIndex === link.index && one.family === family && !isLinkLocal(one.address))
    .map((one) => `${one.address}/${one.length}`);
  return own.length === 0
    ? `${link.name} has no ${family} address yet`
    : `no route makes it a neighbour on ${link.name} (${own.join(', ')})`;
}

/**
 * The gateways of a configuration. With `address: auto` also those of all default routes in the
 * snapshot, since auto takes one of these.
 */
export function gatewaysNow(config: Config, { foreignRoutes, ownRoutes }: Snapshot): readonly Address[] {
  if (allBackupRouters(config).every(({ auto }) => auto === undefined)) return gatewaysOf(config);
  const defaults = [...foreignRoutes, ...ownRoutes].filter(({ destination }) => destination.length === 0);
  const found = defaults.flatMap(({ nexthops }) => nexthops.flatMap(({ gateway }) => gateway ?? []));
  return [...new Set([...gatewaysOf(config), ...found])];
}
