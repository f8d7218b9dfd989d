/**
 * The kernel's part of the evidence: one observation as the agent makes it, and beside it what the agent never needs to see: FRR's
 * statics of any length, everything in the agent's own tables, the exact state of the gateways' neighbours.
 *
 * Nothing is changed. The gateways are asked for a sign of life, as the agent does it itself; that needs CAP_NET_ADMIN.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { onLink } from '../../core/gateway.js';
import { linkOf, vrfTables } from '../../core/management.js';
import type { ProbeTarget } from '../../core/ports.js';
import { decodeNeighbour, encodeNeighbourDump, writeProbe } from '../../kernel/messages/link.js';
import { decodeRoute, encodeRouteDump } from '../../kernel/messages/route.js';
import { Connection } from '../../kernel/netlink/connection.js';
import * as uapi from '../../kernel/netlink/uapi.js';
import { windowsOf } from '../../kernel/netlink/window.js';
import { observe } from '../../kernel/observe.js';
import { FAMILIES, type Family } from '../../model/address.js';
import { allBackupRouters, type Config } from '../../model/config.js';
import type { Route } from '../../model/route.js';
import type { Snapshot } from '../../model/snapshot.js';
import { gatewaysOf } from '../gateways.js';
import type { KernelEvidence, SeenNeighbour } from '../host.js';
import { type Seen, seen, unseen } from '../seen.js';
import { routesOnNexthopObjects } from './nexthops.js';

/** RTPROT_ZSTATIC (fact F4). */
const FRR_STATIC = 196;
/** Neighbour states that are an answer of some kind: no more waiting. */
const SETTLED = 0x02 | uapi.NUD_FAILED | uapi.NUD_NOARP | uapi.NUD_PERMANENT;
/** Three unanswered requests, a second apart (net.ipv4.neigh.*.retrans_time_ms, mcast_solicit), and a little. */
const ANSWER_MS = 3_600;
const LOOK_EVERY_MS = 50;

export async function gatherKernel(config: Config): Promise<Seen<KernelEvidence>> {
  let connection: Connection | undefined;
  try {
    connection = new Connection({ receiveBuffer: 1 << 20, datagramBytes: 32_768 });
    return seen(await gather(connection, config));
  } catch (error) {
    return unseen(`the kernel's routes and links cannot be read: ${(error as Error).message}`);
  } finally {
    connection?.close();
  }
}

async function gather(connection: Connection, config: Config): Promise<KernelEvidence> {
  const protocol = config.routeProtocol;
  const links = await observe(connection, { protocol, maxLength: {} });
  const maxLength: Partial<Record<Family, number>> = { inet: 0, inet6: 0 };
  for (const router of allBackupRouters(config))
    for (const { family, length } of router.destinations) maxLength[family] = Math.max(maxLength[family] ?? 0, length);
  const snapshot = await observe(connection, { protocol, vrfTables: vrfTables(config, links), maxLength });
  const lengths = [
    ...new Set(allBackupRouters(config).flatMap((router) => router.destinations.map(({ length }) => length))),
  ];
  const frrStatics = await routes(connection, { protocol: FRR_STATIC }, (route) => route.protocol === FRR_STATIC);
  const ownTables: Route[] = [];
  for (const length of lengths)
    ownTables.push(
      ...(await routes(
        connection,
        { table: config.tableBase + length },
        (route) => route.table === config.tableBase + length,
      )),
    );
  const { neighbours, asked } = await askGateways(connection, config, snapshot);
  return {
    snapshot,
    frrStatics,
    ownTables,
    nexthopObjects: await routesOnNexthopObjects(connection, protocol),
    neighbours,
    asked,
  };
}

async function routes(
  connection: Connection,
  filter: { readonly protocol?: number; readonly table?: number },
  wanted: (route: Route) => boolean,
): Promise<readonly Route[]> {
  const all: Route[] = [];
  for (const family of FAMILIES) {
    const found = await connection
      .dump(encodeRouteDump(family, filter), (bytes, start, end, type) => {
        const route = type === uapi.RTM_NEWROUTE ? decodeRoute(bytes, start, end) : undefined;
        return route !== undefined && route.family === family && wanted(route) ? route : undefined;
      })
      // Tables are made by their first route.
      .catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : Promise.reject(error)));
    all.push(...found);
  }
  return all;
}

async function askGateways(
  connection: Connection,
  config: Config,
  snapshot: Snapshot,
): Promise<Pick<KernelEvidence, 'neighbours' | 'asked'>> {
  const before = await neighboursOf(connection);
  const targets = config.managementInterfaces.flatMap((management): readonly ProbeTarget[] => {
    const link = linkOf(management.selector, snapshot);
    if (link?.up !== true || !link.carrier) return [];
    const gateways = management.backupRouters
      .flatMap((router) => gatewaysOf(router, link, snapshot))
      .filter((gateway) => onLink(gateway, link.index, snapshot));
    return gateways.flatMap((address) => {
      const state = stateOf(before, link.index, address);
      if ((state & (uapi.NUD_PERMANENT | uapi.NUD_NOARP)) !== 0) return [];
      return [
        {
          interfaceIndex: link.index,
          address,
          known: (state & ~(uapi.NUD_FAILED | uapi.NUD_INCOMPLETE)) !== 0,
        },
      ];
    });
  });
  if (targets.length === 0) return { neighbours: before, asked: seen(true) };
  const results = await connection.change(
    windowsOf(
      targets.length,
      (i, writer) => writeProbe(writer, targets[i]!),
      (count) => connection.reserve(count),
    ),
  );
  const refused = results.find((result) => !result.ok && result.code !== 'EEXIST');
  if (refused?.ok === false)
    return {
      neighbours: before,
      asked: unseen(`asking a gateway by ARP or ND needs CAP_NET_ADMIN (${refused.code})`),
    };
  const end = performance.now() + ANSWER_MS;
  let now = before;
  do {
    await sleep(LOOK_EVERY_MS);
    now = await neighboursOf(connection);
  } while (
    targets.some(({ interfaceIndex, address }) => (stateOf(now, interfaceIndex, address) & SETTLED) === 0) &&
    performance.now() < end
  );
  return { neighbours: now, asked: seen(true) };
}

async function neighboursOf(connection: Connection): Promise<readonly SeenNeighbour[]> {
  return connection.dump(encodeNeighbourDump(), (bytes, start, end, type) => {
    const neighbour = type === uapi.RTM_NEWNEIGH ? decodeNeighbour(bytes, start, end) : undefined;
    if (neighbour === undefined) return undefined;
    // ndm_state (linux/neighbour.h, struct ndmsg).
    return {
      interfaceIndex: neighbour.interfaceIndex,
      address: neighbour.address,
      state: bytes.readUInt16LE(start + uapi.NLMSG_HDRLEN + 8),
    };
  });
}

function stateOf(neighbours: readonly SeenNeighbour[], interfaceIndex: number, address: string): number {
  return neighbours.find((one) => one.interfaceIndex === interfaceIndex && one.address === address)?.state ?? 0;
}
