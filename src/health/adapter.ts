/**
 * What every adapter of this directory gives to open.ts: a `Health` that also tells whether `holds`
 * is the daemon's own word.
 *
 * The generic kinds (unit, pidfile, process, socket, exec) watch one thing and cannot ask anybody
 * about routes: they say yes to every prefix, so that a route in the FIB counts as soon as its
 * owner is healthy. Such a yes is no knowledge, hence never outweighs an adapter that has asked
 * (see `merge` in open.ts).
 */

import type { Health } from '../core/ports.js';
import type { RoutingDaemon } from '../model/config.js';
import type { Verdict } from '../model/daemon.js';
import { watchedOf } from './watched.js';

export interface Adapter extends Health {
  /** Whether `holds` asks the daemon; false: the FIB's word is all there is. */
  readonly asksDaemon: boolean;
}

/**
 * Watches one thing. The listener hears the first verdict as soon as there is one, then every
 * change, nothing after `close`.
 */
export interface Watcher {
  start(listener: (verdict: Verdict) => void): void;
  close(): void;
}

/** The adapter of a generic kind. */
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
