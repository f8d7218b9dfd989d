/**
 * What adapters watch, without opening them: for a start that finds their daemons down by sight
 * (absent.ts), before the code of the adapters is read. Knows the kinds that have a unix socket. A
 * unit test holds it to what the adapters say of themselves.
 */

import type { RoutingDaemon, SocketDaemon } from '../model/config.js';
import type { WatchedDaemon } from '../model/daemon.js';
import { watchedByFrr } from './frr/protocols.js';
import { endpointText } from './session/endpoint.js';

/** RTPROT_BIRD (linux/rtnetlink.h), whichever of BIRD's protocols a route comes from. */
export const WATCHED_BIRD: WatchedDaemon = { id: 'bird/bird', protocols: [12] };

/** `socket/PATH` or `socket/HOST:PORT`. */
export function watchedSocket({ endpoint, routeProtocols }: SocketDaemon): WatchedDaemon {
  return { id: `socket/${endpointText(endpoint)}`, protocols: routeProtocols };
}

/**
 * In the order of `Health.watched`; undefined where only the adapters can tell: other kinds, or two
 * of one name.
 */
export function watchedBySight(daemons: readonly RoutingDaemon[]): readonly WatchedDaemon[] | undefined {
  const watched: WatchedDaemon[] = [];
  for (const daemon of daemons) {
    if (daemon.kind === 'frr') watched.push(...watchedByFrr(daemon.daemons));
    else if (daemon.kind === 'bird') watched.push(WATCHED_BIRD);
    else if (daemon.kind === 'socket') watched.push(watchedSocket(daemon));
    else return undefined;
  }
  return new Set(watched.map(({ id }) => id)).size === watched.length ? watched : undefined;
}
