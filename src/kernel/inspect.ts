/**
 * Single reads of the kernel in the model's terms, for doctor, explain, plan and the command line:
 * the second face of kernel/, beside the port of the core (kernel.ts). No change follows from
 * them.
 *
 * Invariant: one socket, closed before {@link inspect} returns. Reads may be started together; the
 * kernel answers one after the other.
 */

import type { ObserveRequest, StepResult } from '../core/ports.js';
import { type Address, FAMILIES, type Family } from '../model/address.js';
import type { NeighbourEntry, NeighbourId, Vrf } from '../model/link.js';
import { type NexthopObjects, type Route, type Rule, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { KernelAnswer, Ways } from '../model/ways.js';
import { decodeNeighbour, decodeNeighbourState, encodeNeighbourDump } from './messages/neighbour.js';
import { decodeRoute, encodeRouteDump, nexthopObjectOf } from './messages/route.js';
import { Connection, type DumpDecoder } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';
import { isNoTable, observe, only } from './observe.js';
import { probe } from './probe.js';
import { readAnswer, readRules, readWays } from './ways.js';

const RECEIVE_BUFFER = 1 << 20;
const DUMP_DATAGRAM_BYTES = 32_768;

/** Every read rejects with a `code` when the kernel cannot be asked. */
export interface Inspector {
  /** The same snapshot that the agent takes. */
  observe(request: ObserveRequest): Promise<Snapshot>;
  /** All routes of one protocol, or of one table, of any length and both families. */
  routes(of: { readonly protocol: number } | { readonly table: number }): Promise<readonly Route[]>;
  /** All policy rules of both families in ascending priority. */
  rules(): Promise<readonly Rule[]>;
  /**
   * IPv6 routes of the main table that use nexthop objects, except those of protocol `except`:
   * their number, and the first `named` of them.
   */
  nexthopObjects(except: number, named: number): Promise<NexthopObjects>;
  neighbours(): Promise<readonly NeighbourEntry[]>;
  /**
   * Makes the kernel probe each neighbour but fixed ones; one result for each probe. Needs
   * CAP_NET_ADMIN.
   */
  probe(targets: readonly NeighbourId[]): Promise<readonly StepResult[]>;
  /**
   * Everything that decides the route to one address, for a socket bound to the VRF, if given, and
   * to the source address `from`, if given.
   */
  ways(address: Address, vrf?: Vrf, from?: Address): Promise<Ways>;
  /** The route that a packet to the address takes now. */
  answer(address: Address, vrf?: Vrf): Promise<KernelAnswer>;
}

/** Runs `read` on the kernel of this network namespace and returns its result. */
export async function inspect<T>(read: (kernel: Inspector) => Promise<T>): Promise<T> {
  const connection = new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: DUMP_DATAGRAM_BYTES });
  try {
    return await read(inspector(connection));
  } finally {
    connection.close();
  }
}

function inspector(connection: Connection): Inspector {
  const dumpRoutes = async <T>(
    family: Family,
    filter: { readonly protocol?: number; readonly table?: number },
    decode: DumpDecoder<T>,
  ): Promise<readonly T[]> =>
    connection.dump(encodeRouteDump(family, filter), decode).catch((error: unknown) => {
      if (isNoTable(error)) return [];
      throw error;
    });
  return {
    observe: (request) => observe(connection, request),
    async routes(of) {
      const wanted = (route: Route): boolean =>
        'table' in of ? route.table === of.table : route.protocol === of.protocol;
      const found = await Promise.all(
        FAMILIES.map((family) => dumpRoutes(family, of, only(uapi.RTM_NEWROUTE, decodeRoute))),
      );
      return found.flatMap((routes, i) => routes.filter((route) => route.family === FAMILIES[i] && wanted(route)));
    },
    rules: () => readRules(connection),
    async nexthopObjects(except, named) {
      let total = 0;
      const first = await dumpRoutes('inet6', { table: TABLE_MAIN }, (bytes, start, end, type) => {
        const header = start + uapi.NLMSG_HDRLEN;
        if (type !== uapi.RTM_NEWROUTE || bytes[header + 4] !== TABLE_MAIN || bytes[header + 5] === except)
          return undefined;
        const id = nexthopObjectOf(bytes, start, end);
        const route = id === 0 ? undefined : decodeRoute(bytes, start, end);
        return route?.family !== 'inet6' || ++total > named ? undefined : { route, id };
      });
      return { total, first };
    },
    neighbours: () =>
      connection.dump(
        encodeNeighbourDump(),
        only(uapi.RTM_NEWNEIGH, (bytes, start, end) => {
          const neighbour = decodeNeighbour(bytes, start, end);
          if (neighbour === undefined) return undefined;
          const { interfaceIndex, address } = neighbour;
          return { interfaceIndex, address, state: decodeNeighbourState(bytes, start) };
        }),
      ),
    probe: (targets) => probe(connection, targets),
    ways: (address, vrf, from) => readWays(connection, address, vrf, from),
    answer: (address, vrf) => readAnswer(connection, address, { vrf, from: undefined }),
  };
}
