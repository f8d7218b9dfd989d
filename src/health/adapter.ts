/**
 * The interface that every adapter of this directory offers to open.ts: a `Health` that also says
 * whether the daemon itself answers `holds`.
 *
 * The generic kinds (unit, pidfile, process, socket, exec) watch one thing and cannot ask about
 * routes. They answer yes for every prefix, so that a route in the FIB counts as soon as its owner
 * is healthy. That yes proves nothing, so it never outweighs an adapter that has asked its daemon
 * (see `merge` in open.ts).
 */

import type { Health } from '../core/ports.js';
import type { RoutingDaemon } from '../model/config.js';
import type { Verdict } from '../model/daemon.js';
import { watchedOf } from './watched.js';

export interface Adapter extends Health {
  /** true: `holds` asks the daemon. false: only the FIB counts. */
  readonly asksDaemon: boolean;
}

/**
 * Watches one thing. The listener gets the first verdict as soon as there is one, then every
 * change, and nothing after `close`.
 */
export interface Watcher {
  start(listener: (verdict: Verdict) => void): void;
  close(): void;
}

/** Makes the adapter of a generic kind. */
export function generic(spec: RoutingDaemon, watcher: Watcher): Adapter {
  const watched = watchedOf(spec);
  return {
    asksDaemon: false,
    watched,
    start: (listener) => watcher.start((verdict) => listener(watched[0]!.id, verdict)),
    holds: async (prefixes) => prefixes.map(() => true),
    close: () => watcher.close(),
  };
}
