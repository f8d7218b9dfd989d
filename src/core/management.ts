/**
 * A configured management interface as the kernel has it now: which link, in which realm (the main
 * table or a VRF's), or what it waits for. Pure.
 */

import { type Config, type InterfaceSelector, selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';

/** Something outside the agent that a backup route needs before it can exist. */
export interface Wait {
  readonly subject: string;
  readonly reason: string;
}

/**
 * The table in which an interface's packets are looked up, and in which rivals and covers of its
 * destinations are.
 */
export interface Realm {
  readonly table: number;
  /** The name of the VRF; undefined: the main table. */
  readonly vrf: string | undefined;
}

const MAIN_REALM: Realm = { table: TABLE_MAIN, vrf: undefined };

/** The link that a selector names; undefined: it does not exist. */
export function linkOf(selector: InterfaceSelector, snapshot: Snapshot): Link | undefined {
  return linksOf(selector, snapshot)[0];
}

/** All links that match the selector equally well. The first is taken. */
export function linksOf(selector: InterfaceSelector, { links }: Snapshot): readonly Link[] {
  switch (selector.kind) {
    case 'name':
      return [
        ...links.filter((link) => link.formerName === selector.name),
        ...links.filter((link) => link.name === selector.name),
        ...links.filter((link) => link.name !== selector.name && link.altNames.includes(selector.name)),
      ];
    case 'mac': {
      const bearers = links.filter((link) => link.mac === selector.mac);
      const ranks = bearers.map((link) => rankAmong(link, bearers, links));
      return bearers.filter((_, i) => ranks[i] === Math.min(...ranks));
    }
    default:
      return selector satisfies never;
  }
}

/**
 * Kinds of links on top of another one that have its MAC address. A selector means the link below.
 */
const STANDING_ON_ANOTHER: ReadonlySet<string> = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'macsec']);

/**
 * Rank of a link among those with one MAC address, lowest first: 0 a free port; 1 a bridge, bond
 * or team, whose address is that of a port; 2 a port of such; 3 a VLAN and its like; 4 a port
 * whose master has the address too, because its packets are the master's.
 */
function rankAmong(link: Link, bearers: readonly Link[], links: readonly Link[]): number {
  const master = links.find(({ index, vrfTable }) => index === link.master && vrfTable === undefined);
  if (master !== undefined && bearers.includes(master)) return 4;
  if (link.kind !== undefined && STANDING_ON_ANOTHER.has(link.kind)) return 3;
  if (master !== undefined) return 2;
  return link.kind === undefined ? 0 : 1;
}

/** The realm of a link: that of the VRF it is a member of, else the main table. */
export function realmOf(link: Link | undefined, snapshot: Snapshot): Realm {
  const master =
    link?.master === undefined ? undefined : snapshot.links.find((candidate) => candidate.index === link.master);
  return master?.vrfTable === undefined ? MAIN_REALM : { table: master.vrfTable, vrf: master.name };
}

/** The link that a route of one next hop leaves by. */
export function linkOfRoute({ links }: Snapshot, { nexthops }: Pick<Route, 'nexthops'>): Link | undefined {
  return links.find(({ index }) => index === nexthops[0]?.interfaceIndex);
}

/** The tables of all VRFs on this host. */
export function vrfTablesOf({ links }: Snapshot): readonly number[] {
  return [...new Set(links.flatMap(({ vrfTable }) => vrfTable ?? []))];
}

/** The link, ready to carry backup routes, or what prevents that. */
export function usableLink(config: Config, selector: InterfaceSelector, snapshot: Snapshot): Link | Wait {
  const subject = selectorText(selector);
  const link = linkOf(selector, snapshot);
  if (link === undefined) return { subject, reason: 'no such interface yet' };
  if (!link.up) return { subject, reason: 'interface is down' };
  if (config.placement === 'vrf' && realmOf(link, snapshot).vrf === undefined)
    return { subject, reason: 'placement is vrf, and the interface is in no VRF yet' };
  return link;
}

/** The tables of the VRFs that management interfaces are in now. */
export function vrfTables(config: Config, snapshot: Snapshot): readonly number[] {
  const realms = config.managementInterfaces.map(({ selector }) => realmOf(linkOf(selector, snapshot), snapshot));
  return [...new Set(realms.filter((realm) => realm.vrf !== undefined).map((realm) => realm.table))].sort(
    (a, b) => a - b,
  );
}
