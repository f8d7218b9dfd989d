/**
 * The daemons that are watched for each configured routing daemon: their names, and the protocols
 * of their routes. Pure: nothing is opened. Two daemons of the same name become `frr/zebra` and
 * `frr/zebra#2`.
 */

import { basename } from 'node:path';
import type { RoutingDaemon } from '../model/config.js';
import type { DaemonId, WatchedDaemon } from '../model/daemon.js';
import { BIRD_PROTOCOL } from '../model/daemon-protocols.js';
import { watchedByFrr } from './frr/protocols.js';
import { endpointText } from './session/endpoint.js';

/** The watched daemons of all configured ones, in order. */
export function watchedDaemons(daemons: readonly RoutingDaemon[]): readonly WatchedDaemon[] {
  const parts = daemons.map((daemon) => ({ watched: watchedOf(daemon) }));
  return renamed(parts, uniqueNames(parts));
}

/** The daemons of all parts under their names among all ({@link uniqueNames}). */
export function renamed(
  parts: readonly { readonly watched: readonly WatchedDaemon[] }[],
  names: readonly ReadonlyMap<DaemonId, DaemonId>[],
): readonly WatchedDaemon[] {
  return parts.flatMap(({ watched }, i) => watched.map((daemon) => ({ ...daemon, id: names[i]!.get(daemon.id)! })));
}

/** The watched daemons of one configured one, under the names it has by itself. */
export function watchedOf(daemon: RoutingDaemon): readonly WatchedDaemon[] {
  switch (daemon.kind) {
    case 'frr':
      return watchedByFrr(daemon.daemons);
    case 'bird':
      return [{ id: 'bird/bird', protocols: [BIRD_PROTOCOL] }];
    default:
      return [{ id: `${daemon.kind}/${nameOf(daemon)}`, protocols: daemon.routeProtocols }];
  }
}

function nameOf(daemon: Exclude<RoutingDaemon, { readonly kind: 'frr' | 'bird' }>): string {
  switch (daemon.kind) {
    case 'unit':
      return daemon.unit;
    case 'pidfile':
      return basename(daemon.path, '.pid');
    case 'process':
      return daemon.name;
    case 'socket':
      return endpointText(daemon.endpoint);
    case 'exec':
      return basename(daemon.command[0]);
    default:
      return daemon satisfies never;
  }
}

/** For each part, a map from the name a daemon has by itself to its name among all. */
export function uniqueNames(
  parts: readonly { readonly watched: readonly WatchedDaemon[] }[],
): readonly ReadonlyMap<DaemonId, DaemonId>[] {
  const seen = new Map<DaemonId, number>();
  return parts.map(
    (part) =>
      new Map(
        part.watched.map(({ id }) => {
          const count = (seen.get(id) ?? 0) + 1;
          seen.set(id, count);
          return [id, count === 1 ? id : `${id}#${count}`] as const;
        }),
      ),
  );
}
