/**
 * A configured management interface as the kernel knows it now: which link, in which realm of routing (the main table or a VRF's),
 * or what it waits for. Pure.
 */

import { type Config, type InterfaceSelector, selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import { TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';

/** Something outside that a backup route needs before it can exist. */
export interface Wait {
  readonly subject: string;
  readonly reason: string;
}

/** The table in which an interface's packets are routed, and in which rivals and covers of its destinations stand. */
export interface Realm {
  readonly table: number;
  /** The name of the VRF; undefined: none, the main table. */
  readonly vrf: string | undefined;
}

const MAIN_REALM: Realm = { table: TABLE_MAIN, vrf: undefined };

/** The link that a selector means, if it is there. */
export function linkOf(selector: InterfaceSelector, snapshot: Snapshot): Link | undefined {
  switch (selector.kind) {
    case 'name':
      return (
        snapshot.links.find((link) => link.name === selector.name) ??
        snapshot.links.find((link) => link.altNames.includes(selector.name))
      );
    case 'mac':
      // VLANs and bonds bear the MAC address of the port below them: the port itself is meant.
      return (
        snapshot.links.find((link) => link.mac === selector.mac && link.kind === undefined) ??
        snapshot.links.find((link) => link.mac === selector.mac)
      );
    default:
      return selector satisfies never;
  }
}

/** The realm of a link: that of the VRF it is a member of, else the main table. */
export function realmOf(link: Link | undefined, snapshot: Snapshot): Realm {
  const master =
    link?.master === undefined ? undefined : snapshot.links.find((candidate) => candidate.index === link.master);
  return master?.vrfTable === undefined ? MAIN_REALM : { table: master.vrfTable, vrf: master.name };
}

/** The link, ready to carry backup routes, or what keeps it from that. */
export function usableLink(config: Config, selector: InterfaceSelector, snapshot: Snapshot): Link | Wait {
  const subject = selectorText(selector);
  const link = linkOf(selector, snapshot);
  if (link === undefined) return { subject, reason: 'no such interface yet' };
  if (!link.up) return { subject, reason: 'interface is down' };
  if (config.placement === 'vrf' && realmOf(link, snapshot).vrf === undefined)
    return { subject, reason: 'placement is vrf, and the interface is in no VRF yet' };
  return link;
}

/** The tables of VRFs that management interfaces are in now. */
export function vrfTables(config: Config, snapshot: Snapshot): readonly number[] {
  const realms = config.managementInterfaces.map(({ selector }) => realmOf(linkOf(selector, snapshot), snapshot));
  return [...new Set(realms.filter((realm) => realm.vrf !== undefined).map((realm) => realm.table))].sort(
    (a, b) => a - b,
  );
}
