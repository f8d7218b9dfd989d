/**
 * An observation over plain sockets, in as few turns of the event loop as can be: four dumps at once, each on a socket of its own (the kernel
 * runs one dump a socket at a time). Without NETLINK_GET_STRICT_CHK the kernel filters no routes, so all are read, once, and
 * sorted here.
 *
 * Rejects when there are more routes than such a look is good for. Neighbours are not read: who has failed shows in the next look.
 */

import type { ObserveRequest } from '../core/ports.js';
import type { Original } from '../model/adopted.js';
import type { Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { decodeAddress, encodeAddressDump } from './messages/address.js';
import { decodeLink, encodeLinkDump } from './messages/link.js';
import { encodeRouteDump } from './messages/route.js';
import { decodeRule, encodeRuleDump } from './messages/rule.js';
import { Connection } from './netlink/connection.js';
import { familyFromNumber } from './netlink/families.js';
import { openPlainSocket } from './netlink/socket.js';
import * as uapi from './netlink/uapi.js';
import { foreignRoute, only, ownRoute } from './observe.js';

/** Some 2 ms of reading. A router whose FIB is full at this point has been one for a while. */
const MAX_ROUTES = 5_000;
const DATAGRAM_BYTES = 32_768;

export async function firstLook(request: ObserveRequest): Promise<Snapshot> {
  const connections = [0, 1, 2, 3].map(
    () => new Connection({ receiveBuffer: 0, datagramBytes: DATAGRAM_BYTES }, openPlainSocket),
  );
  const [one, two, three, four] = connections as [Connection, Connection, Connection, Connection];
  try {
    const [links, addresses, rules, routes] = await Promise.all([
      one.dump(encodeLinkDump(), only(uapi.RTM_NEWLINK, decodeLink)),
      two.dump(encodeAddressDump(), only(uapi.RTM_NEWADDR, decodeAddress)),
      three.dump(encodeRuleDump(), only(uapi.RTM_NEWRULE, decodeRule)),
      four.dump(
        encodeRouteDump(undefined, {}),
        sorter(request, () => four.close()),
      ),
    ]);
    const foreign = routes.flatMap((found) => ('foreign' in found ? [found.foreign] : []));
    return {
      links,
      addresses,
      rules,
      ownRoutes: routes.flatMap((found) => ('own' in found ? [found.own] : [])),
      foreignRoutes: foreign.map((item) => ('message' in item ? item.route : item)),
      originals: foreign.filter((item) => 'message' in item),
      neighbours: [],
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

type Found = { readonly own: Route } | { readonly foreign: Route | Original };

/** Own and foreign routes of one dump, by the very decoders of the observations that come after. */
function sorter(
  { protocol, maxLength, vrfTables }: ObserveRequest,
  giveUp: () => void,
): (bytes: Buffer, start: number, end: number, type: number) => Found | undefined {
  const tables = [uapi.RT_TABLE_MAIN, ...(vrfTables ?? [])];
  let count = 0;
  return (bytes, start, end, type) => {
    if (++count === MAX_ROUTES) giveUp();
    const header = start + uapi.NLMSG_HDRLEN;
    const family = familyFromNumber(bytes[header]!);
    if (family === undefined || count >= MAX_ROUTES) return undefined;
    const own = ownRoute(family, protocol)(bytes, start, end, type);
    if (own !== undefined) return { own };
    const longest = maxLength[family];
    if (longest === undefined) return undefined;
    for (const table of tables) {
      const foreign = foreignRoute(family, table, protocol, longest)(bytes, start, end, type);
      if (foreign !== undefined) return { foreign };
    }
    return undefined;
  };
}
