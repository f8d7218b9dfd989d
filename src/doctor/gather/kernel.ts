/**
 * Gathers the kernel's part of the evidence: one observation like the agent's, and what the agent
 * itself does not need: FRR's static routes of any length, every route in the agent's own tables,
 * the state of the gateways' neighbours.
 *
 * Nothing is changed. The kernel probes the gateways, as for the agent; that needs CAP_NET_ADMIN.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { linkOf, vrfTables } from '../../core/management.js';
import { gatewaysNow, leadsTo } from '../../core/neighbour.js';
import { ownTables } from '../../core/ownership.js';
import { destinationsOf } from '../../core/views.js';
import { tablesOf } from '../../fib/snapshot-view.js';
import { type Inspector, inspect } from '../../kernel/inspect.js';
import { type Family, isLinkLocal } from '../../model/address.js';
import type { Config } from '../../model/config.js';
import { FRR_STATIC } from '../../model/daemon-protocols.js';
import { codeOf, messageOf } from '../../model/error.js';
import type { Link, NeighbourEntry, NeighbourId, NeighbourState } from '../../model/link.js';
import type { Rule } from '../../model/route.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { KernelAnswer } from '../../model/ways.js';
import { type FrrStatic, nextHopKey } from '../frr-statics.js';
import { gatewaysOf } from '../gateways.js';
import type { Host, KernelEvidence } from '../host.js';
import { type Seen, seen, unseen } from '../seen.js';

/** Neighbour states that end the wait: the neighbour has answered or will not. */
const SETTLED: ReadonlySet<NeighbourState> = new Set<NeighbourState>(['reachable', 'failed', 'noarp', 'permanent']);
/**
 * Neighbour states of an operator's entry or a link without address resolution. A probe would
 * overwrite the entry.
 */
const FIXED: ReadonlySet<NeighbourState> = new Set<NeighbourState>(['noarp', 'permanent']);
/** The number of routes on nexthop objects that are listed as evidence. */
const NAMED = 6;
/**
 * Three unanswered requests one second apart (net.ipv4.neigh.*.retrans_time_ms, mcast_solicit),
 * and a margin.
 */
const ANSWER_MS = 3_600;
const LOOK_EVERY_MS = 50;

export async function gatherKernel(config: Config): Promise<Seen<KernelEvidence>> {
  try {
    return seen(await inspect((kernel) => gather(kernel, config)));
  } catch (error) {
    return unseen(`the kernel's routes and links cannot be read: ${messageOf(error)}`);
  }
}

/** All policy rules of both families. */
export async function gatherRules(): Promise<Seen<readonly Rule[]>> {
  try {
    return seen(await inspect((kernel) => kernel.rules()));
  } catch (error) {
    // rtnetlink's answer if no family has policy rules (CONFIG_FIB_RULES is off).
    if (codeOf(error) === 'EOPNOTSUPP') return seen([]);
    return unseen(`the policy rules cannot be read: ${messageOf(error)}`);
  }
}

/** The number of next hops that are looked up. */
const MAX_NEXT_HOPS = 256;

/** The kernel's route to the next hop of each static route, one lookup for each. */
export async function gatherNextHops(statics: readonly FrrStatic[], links: readonly Link[]): Promise<Host['nextHops']> {
  const wanted = new Map(
    statics.flatMap(({ gateway, nexthopVrf: name }) => {
      const link =
        name === undefined ? undefined : links.find((one) => one.name === name && one.vrfTable !== undefined);
      if (gateway === undefined || isLinkLocal(gateway) || (name !== undefined && link === undefined)) return [];
      const vrf = link === undefined ? undefined : { name: link.name, index: link.index, table: link.vrfTable! };
      return [[nextHopKey(gateway, name), { gateway, vrf }] as const];
    }),
  );
  if (wanted.size === 0) return seen(new Map());
  try {
    return seen(
      await inspect(async (kernel) => {
        const ways = new Map<string, KernelAnswer>();
        for (const [key, { gateway, vrf }] of [...wanted].slice(0, MAX_NEXT_HOPS))
          ways.set(key, await kernel.answer(gateway, vrf));
        return ways;
      }),
    );
  } catch (error) {
    return unseen(`the kernel's way to the next hops of FRR's statics cannot be asked for: ${messageOf(error)}`);
  }
}

async function gather(kernel: Inspector, config: Config): Promise<KernelEvidence> {
  const protocol = config.routeProtocol;
  const first = await kernel.observe({ protocol, maxLength: { inet: 0, inet6: 0 } });
  const maxLength: Partial<Record<Family, number>> = { inet: 0, inet6: 0 };
  for (const { family, length } of destinationsOf(config)) maxLength[family] = Math.max(maxLength[family] ?? 0, length);
  const snapshot = await kernel.observe({
    protocol,
    vrfTables: vrfTables(config, first),
    furtherTables: tablesOf(first.rules),
    gateways: gatewaysNow(config, first),
    maxLength,
    parts: destinationsOf(config),
    neighbours: [],
  });
  return {
    snapshot,
    frrStatics: await kernel.routes({ protocol: FRR_STATIC }),
    ownTables: (await Promise.all(ownTables(config).map((table) => kernel.routes({ table })))).flat(),
    nexthopObjects: await kernel.nexthopObjects(protocol, NAMED),
    ...(await askGateways(kernel, config, snapshot)),
  };
}

async function askGateways(
  kernel: Inspector,
  config: Config,
  snapshot: Snapshot,
): Promise<Pick<KernelEvidence, 'neighbours' | 'asked'>> {
  const before = await kernel.neighbours();
  const targets = config.managementInterfaces.flatMap((management): readonly NeighbourId[] => {
    const link = linkOf(management.selector, snapshot);
    if (link?.up !== true || !link.carrier) return [];
    const gateways = management.backupRouters.flatMap((router) =>
      gatewaysOf(router, link, snapshot).filter(
        (gateway) => router.onlink === true || leadsTo(config, snapshot, link, gateway, performance.now()),
      ),
    );
    return gateways.flatMap((address) => {
      const state = stateOf(before, link.index, address);
      return FIXED.has(state) ? [] : [{ interfaceIndex: link.index, address }];
    });
  });
  if (targets.length === 0) return { neighbours: before, asked: seen(true) };
  const results = await kernel.probe(targets);
  const refused = results.find((result) => !result.ok && result.code !== 'EEXIST');
  if (refused?.ok === false)
    return {
      neighbours: before,
      asked: unseen(`asking a gateway by ARP or ND needs CAP_NET_ADMIN (${refused.code})`),
    };
  const end = performance.now() + ANSWER_MS;
  let now: readonly NeighbourEntry[] = [];
  do {
    await sleep(LOOK_EVERY_MS);
    now = withForgotten(now, await kernel.neighbours());
  } while (
    targets.some(({ interfaceIndex, address }) => !SETTLED.has(stateOf(now, interfaceIndex, address))) &&
    performance.now() < end
  );
  return { neighbours: now, asked: seen(true) };
}

/**
 * The neighbours of a later look, and those that had failed in the earlier one and have no entry
 * any more: on a host with many neighbours the kernel forgets a failed one within seconds.
 */
export function withForgotten(
  earlier: readonly NeighbourEntry[],
  later: readonly NeighbourEntry[],
): readonly NeighbourEntry[] {
  const forgotten = earlier.filter(
    ({ interfaceIndex, address, state }) => state === 'failed' && stateOf(later, interfaceIndex, address) === 'none',
  );
  return [...later, ...forgotten];
}

function stateOf(neighbours: readonly NeighbourEntry[], interfaceIndex: number, address: string): NeighbourState {
  return neighbours.find((one) => one.interfaceIndex === interfaceIndex && one.address === address)?.state ?? 'none';
}
