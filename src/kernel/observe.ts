/**
 * One observation of the kernel: its dumps, and the filters that keep a million foreign routes out
 * of it. It remembers nothing but the decoded rules (rules.ts).
 *
 * Invariant: each dump is whole (connection.ts repeats interrupted ones). The dumps are not of one
 * instant; a change between two of them causes a hint, and the next observation sees it.
 */

import type { ObserveRequest } from '../core/ports.js';
import { type Bits, FAMILIES, type Family, familyBits } from '../model/address.js';
import type { Original } from '../model/adopted.js';
import { codeOf } from '../model/error.js';
import { nextHopsOf } from '../model/next-hops.js';
import { type NexthopObject, type Route, TABLE_LOCAL, TABLE_MAIN } from '../model/route.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/snapshot.js';
import { destinationContains, type GatewayWords, gatewayWords } from './gateway-bytes.js';
import { decodeAddress, encodeAddressDump } from './messages/address.js';
import { decodeLink, encodeLinkDump } from './messages/link.js';
import { decodeNexthopObject, encodeNexthopDump } from './messages/nexthop.js';
import { originalOf } from './messages/original.js';
import { decodeRoute, encodeRouteDump } from './messages/route.js';
import { readNeighbours } from './neighbours.js';
import type { Connection, DumpDecoder } from './netlink/connection.js';
import { familyNumber } from './netlink/families.js';
import * as uapi from './netlink/uapi.js';
import { isPart, NO_PARTS, type PartWords, partWords } from './part-bytes.js';
import { dumpRules } from './rules.js';

export async function observe(connection: Connection, request: ObserveRequest): Promise<Snapshot> {
  if (request.only === 'neighbours')
    return { ...EMPTY_SNAPSHOT, neighbours: await readNeighbours(connection, request.neighbours ?? []) };
  const { protocol, formerProtocols = [], maxLength } = request;
  const families = FAMILIES.filter((family) => maxLength[family] !== undefined);
  const tables = [TABLE_MAIN, ...(request.vrfTables ?? [])];
  const gateways = gatewayWords(request.gateways);
  const parts = partWords(request.parts);
  const found = dumpRules(connection);
  const { furtherTables } = request;
  const further =
    typeof furtherTables === 'function' ? found.then((rules) => furtherTables(rules)) : Promise.resolve(furtherTables);
  const routesIn = (table: number): readonly Promise<readonly (Route | Original)[]>[] =>
    families.map((family) => {
      const longest = table === TABLE_LOCAL ? familyBits(family) : maxLength[family]!;
      return dumpTable(connection, family, table, protocol, longest, gateways, parts);
    });
  // All are requested at once; the connection sends each when the one before it has ended.
  const [links, addresses, rules, own, main, elsewhere] = await Promise.all([
    connection.dump(encodeLinkDump(), only(uapi.RTM_NEWLINK, decodeLink)),
    connection.dump(encodeAddressDump(), only(uapi.RTM_NEWADDR, decodeAddress)),
    found,
    Promise.all(
      [protocol, ...formerProtocols].flatMap((ours) =>
        FAMILIES.map((family) => connection.dump(encodeRouteDump(family, { protocol: ours }), ownRoute(family, ours))),
      ),
    ),
    Promise.all(tables.flatMap(routesIn)),
    further.then((wanted = []) => Promise.all(wanted.filter((table) => !tables.includes(table)).flatMap(routesIn))),
  ]);
  const isFormer = (item: Route | Original): boolean =>
    formerProtocols.includes('message' in item ? item.route.protocol : item.protocol);
  const others = (items: readonly (Route | Original)[]): readonly (Route | Original)[] =>
    formerProtocols.length === 0 ? items : items.filter((item) => !isFormer(item));
  const foreign = others(main.flat());
  const originals = foreign.filter((item) => 'message' in item);
  const foreignRoutes = foreign.map(routeOf);
  const furtherRoutes = others(elsewhere.flat()).map(routeOf);
  const objects =
    request.nexthopObjects === true ||
    (request.nexthopObjects === 'named' && [foreignRoutes, furtherRoutes].some((routes) => routes.some(namesObject)))
      ? await dumpNexthopObjects(connection)
      : undefined;
  const neighbours =
    request.neighbours === undefined
      ? []
      : await readNeighbours(connection, [
          ...request.neighbours,
          ...nextHopsOf([...foreignRoutes, ...furtherRoutes], objects),
        ]);
  return {
    links,
    addresses,
    rules,
    ownRoutes: own.flat(),
    foreignRoutes,
    originals,
    neighbours,
    ...(furtherTables === undefined ? {} : { furtherRoutes }),
    ...(objects === undefined ? {} : { nexthopObjects: objects }),
  };
}

function routeOf(item: Route | Original): Route {
  return 'message' in item ? item.route : item;
}

/**
 * Whether the kernel gave only the nexthop object's id and no next hops (sysctl
 * nexthop_compat_mode is off).
 */
function namesObject({ nexthopId, nexthops }: Route): boolean {
  return nexthopId !== undefined && nexthops.length === 0;
}

/** Empty on a kernel without nexthop objects (before Linux 5.3). */
export async function dumpNexthopObjects(connection: Connection): Promise<readonly NexthopObject[]> {
  try {
    return await connection.dump(encodeNexthopDump(), only(uapi.RTM_NEWNEXTHOP, decodeNexthopObject));
  } catch (error) {
    if (codeOf(error) === 'EOPNOTSUPP') return [];
    throw error;
  }
}

async function dumpTable(
  connection: Connection,
  family: Family,
  table: number,
  protocol: number,
  maxLength: number,
  gateways: GatewayWords,
  parts: PartWords,
): Promise<readonly (Route | Original)[]> {
  try {
    return await connection.dump(
      encodeRouteDump(family, { table }),
      foreignRoute(family, table, protocol, maxLength, gateways[family], parts[family]),
    );
  } catch (error) {
    if (isNoTable(error)) return [];
    throw error;
  }
}

/**
 * ENOENT: a table exists from its first route on, so early at boot there is no main table ("FIB
 * table does not exist").
 */
export function isNoTable(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

export function only<T>(
  wanted: number,
  decode: (bytes: Buffer, start: number, end: number) => T | undefined,
): DumpDecoder<T> {
  return (bytes, start, end, type) => (type === wanted ? decode(bytes, start, end) : undefined);
}

/**
 * Repeats the check that the kernel was asked to make: without NETLINK_GET_STRICT_CHK it sends
 * everything, and a kernel without IPv6 answers with the families that it has (rtnetlink.c,
 * rtnl_dump_all).
 */
function ownRoute(family: Family, protocol: number): DumpDecoder<Route> {
  const wanted = familyNumber(family);
  return (bytes, start, end, type) => {
    const header = start + uapi.NLMSG_HDRLEN;
    if (type !== uapi.RTM_NEWROUTE || bytes[header] !== wanted || bytes[header + 5] !== protocol) return undefined;
    return decodeRoute(bytes, start, end);
  };
}

/**
 * Checks a few bytes of each route before decoding it, so that a full table costs some 0.3 us a
 * route (fact N6). It decodes routes that are no longer than `maxLength`, those that contain a
 * gateway and those that are a part of a destination.
 */
function foreignRoute(
  family: Family,
  table: number,
  protocol: number,
  maxLength: number,
  gateways: readonly Bits[] = [],
  parts: PartWords[Family] = NO_PARTS[family],
): DumpDecoder<Route | Original> {
  const wanted = familyNumber(family);
  return (bytes, start, end, type) => {
    const header = start + uapi.NLMSG_HDRLEN;
    if (type !== uapi.RTM_NEWROUTE || bytes[header] !== wanted) return undefined;
    if (bytes[header + 1]! > maxLength && !isPart(bytes, start, parts) && !destinationContains(bytes, start, gateways))
      return undefined;
    // Above 255 the byte is RT_TABLE_COMPAT, and the attribute has the table.
    if (bytes[header + 4] !== (table < 256 ? table : uapi.RT_TABLE_COMPAT) || bytes[header + 5] === protocol)
      return undefined;
    const route = decodeRoute(bytes, start, end);
    if (route?.table !== table) return undefined;
    return originalOf(route, bytes, start, end) ?? route;
  };
}
