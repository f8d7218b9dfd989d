/**
 * What the judge looks at: rules, routes, nexthop objects, links and neighbours, from a snapshot
 * or imagined. Pure.
 */

import type { Address } from '../model/address.js';
import type { Link, Neighbour } from '../model/link.js';
import type { Prefix } from '../model/prefix.js';
import type { Nexthop, NexthopObject, Route, Rule } from '../model/route.js';
import { byPrefix } from './by-prefix.js';

export interface View {
  /**
   * Rules of both families. Of equal priority the older one comes before the newer, as in a dump
   * (fact K22).
   */
  readonly rules: readonly Rule[];
  /** Lists of routes, of any tables. Routes of one prefix are in the order of a dump. */
  readonly routes: readonly (readonly Route[])[];
  readonly nexthopObjects: readonly NexthopObject[];
  readonly links: readonly Link[];
  readonly neighbours: readonly Neighbour[];
  /** Monotonic milliseconds. Routes that have expired by then are ignored. */
  readonly now: number;
  /**
   * This host does not forward IPv6 (net.ipv6.conf.all.forwarding is 0). The kernel's lookup then
   * passes over next hops whose neighbour has failed (RT6_LOOKUP_F_REACHABLE). Absent: it
   * forwards.
   */
  readonly inet6Host?: true;
  /** Routes to be ignored: ours, or those that are about to leave. */
  readonly without?: (route: Route) => boolean;
  /**
   * Next hops that were bad a moment ago. The kernel uses them again, but they do not count yet
   * (usable.ts).
   */
  readonly distrusted?: (nexthop: Nexthop) => boolean;
}

export const EMPTY_VIEW: View = { rules: [], routes: [], nexthopObjects: [], links: [], neighbours: [], now: 0 };

/** The routes of a table that contain the whole prefix, shortest first. */
export function containing(view: View, table: number, prefix: Prefix): readonly Route[] {
  let found: readonly Route[] = [];
  for (const list of view.routes) {
    const more = byPrefix(list).covers(table, prefix);
    if (more.length > 0) found = found.length === 0 ? more : [...found, ...more];
  }
  const { without, now } = view;
  return found.filter(
    (route) => !(without?.(route) ?? false) && (route.expiresAtMs === undefined || route.expiresAtMs > now),
  );
}

/**
 * The next hops of a route: its own, or those of the object that it names; `blackhole`: packets
 * are dropped.
 */
export type Exits = readonly Nexthop[] | 'blackhole';

export function exitsOf(view: View, route: Route): Exits {
  return exitsThrough(view.nexthopObjects, route);
}

export function exitsThrough(objects: readonly NexthopObject[], route: Route): Exits {
  if (route.nexthopId === undefined || route.nexthops.length > 0) return route.nexthops;
  return objectExits(objectsOf(objects), route.nexthopId);
}

function objectExits(objects: ReadonlyMap<number, NexthopObject>, id: number): Exits {
  const object = objects.get(id);
  switch (object?.kind) {
    case undefined:
      return [];
    case 'blackhole':
      return 'blackhole';
    case 'nexthop':
      return [object.nexthop];
    case 'group': {
      const members = object.members.map((member) => ({
        weight: member.weight,
        exits: objectExits(objects, member.id),
      }));
      // A blackhole is the only member of its group (nh_check_attr_group, net/ipv4/nexthop.c).
      if (members.some(({ exits }) => exits === 'blackhole')) return 'blackhole';
      return members.flatMap(({ weight, exits }) =>
        (exits as readonly Nexthop[]).map((nexthop) => (weight === 1 ? nexthop : { ...nexthop, weight })),
      );
    }
    default:
      return object satisfies never;
  }
}

const objectMaps = new WeakMap<readonly NexthopObject[], ReadonlyMap<number, NexthopObject>>();

function objectsOf(list: readonly NexthopObject[]): ReadonlyMap<number, NexthopObject> {
  let map = objectMaps.get(list);
  if (map === undefined) objectMaps.set(list, (map = new Map(list.map((object) => [object.id, object]))));
  return map;
}

/** Whether the kernel's neighbour entry has failed. */
export function failed(view: View, interfaceIndex: number, address: Address): boolean {
  return failures(view.neighbours).has(`${interfaceIndex} ${address}`);
}

const failureSets = new WeakMap<readonly Neighbour[], ReadonlySet<string>>();

function failures(list: readonly Neighbour[]): ReadonlySet<string> {
  let set = failureSets.get(list);
  if (set === undefined) {
    set = new Set(list.filter((n) => n.failed).map((n) => `${n.interfaceIndex} ${n.address}`));
    failureSets.set(list, set);
  }
  return set;
}
