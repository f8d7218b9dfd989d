/**
 * The kernel protocol numbers of each FRR daemon's routes (zebra/rt_netlink.h RTPROT_*,
 * /etc/iproute2/rt_protos.d; fact F4). A daemon that is not listed makes no routes: its death
 * leaves nothing stale.
 */

import type { DaemonId, WatchedDaemon } from '../../model/daemon.js';
import { FRR_PROTOCOLS } from '../../model/daemon-protocols.js';

const OWN: ReadonlyMap<string, readonly number[]> = new Map([
  ['bgpd', [186]],
  ['isisd', [187]],
  ['ospfd', [188]],
  ['ospf6d', [188]],
  ['ripd', [189]],
  ['ripngd', [190]],
  ['nhrpd', [191]],
  ['eigrpd', [192]],
  ['ldpd', [193]],
  ['sharpd', [194]],
  ['pbrd', [195]],
  ['staticd', [196]],
  ['fabricd', [197]],
  ['babeld', [42]],
]);

/** zebra writes every route of FRR, so its death makes all of them stale. */
const ALL: readonly number[] = [...FRR_PROTOCOLS];

/**
 * While zebra is watched, all of FRR's routes in the FIB count as zebra's, whichever daemon they
 * come from: while zebra lives, it removes a dead daemon's routes itself or keeps them on purpose
 * (graceful restart).
 */
export function watchedByFrr(daemons: readonly string[]): readonly WatchedDaemon[] {
  const keeper = daemons.includes('zebra');
  return daemons.map((daemon) => ({
    id: idOf(daemon),
    protocols: keeper && daemon !== 'zebra' ? [] : protocolsOf(daemon),
  }));
}

export function idOf(daemon: string): DaemonId {
  return `frr/${daemon}`;
}

/** rtm_protocol numbers of the routes that are stale once the daemon is dead. */
export function protocolsOf(daemon: string): readonly number[] {
  return daemon === 'zebra' ? ALL : (OWN.get(daemon) ?? []);
}
