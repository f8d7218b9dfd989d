/** IPv6 routes of the main table that hang on nexthop objects (fact K19): how many, and the first of them. The dump streams by. */

import { decodeRoute, encodeRouteDump } from '../../kernel/messages/route.js';
import { readU32, walkAttributes } from '../../kernel/netlink/codec.js';
import type { Connection } from '../../kernel/netlink/connection.js';
import * as uapi from '../../kernel/netlink/uapi.js';
import { TABLE_MAIN } from '../../model/route.js';
import type { NexthopObjects } from '../host.js';

/** As many as an evidence names. */
const NAMED = 6;

/** `protocol`: our own, which is no concern here. */
export async function routesOnNexthopObjects(connection: Connection, protocol: number): Promise<NexthopObjects> {
  let total = 0;
  const first = await connection
    .dump(encodeRouteDump('inet6', { table: TABLE_MAIN }), (bytes, start, end, type) => {
      const header = start + uapi.NLMSG_HDRLEN;
      if (
        type !== uapi.RTM_NEWROUTE ||
        bytes[header] !== uapi.AF_INET6 ||
        bytes[header + 4] !== TABLE_MAIN ||
        bytes[header + 5] === protocol
      )
        return undefined;
      let id = 0;
      walkAttributes(bytes, header + uapi.RTMSG_LEN, end, (attribute, from, to) => {
        if (attribute === uapi.RTA_NH_ID) id = readU32(bytes, from, to);
      });
      if (id === 0 || ++total > NAMED) return undefined;
      const route = decodeRoute(bytes, start, end);
      return route === undefined ? undefined : { route, id };
    })
    .catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : Promise.reject(error)));
  return { total, first };
}
