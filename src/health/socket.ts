/**
 * The health adapter for a stream socket of unknown protocol, unix or loopback TCP. A connection
 * that stays open means alive; its end means dead. Nothing is sent, so neither a hang nor
 * readiness is noticed; the reason says so. It cannot watch a daemon that rejects unknown clients
 * or closes idle connections.
 */

import type { ProcessEvents } from '../core/ports.js';
import type { Clock } from '../host/clock.js';
import type { SocketDaemon } from '../model/config.js';
import { type Adapter, generic } from './adapter.js';
import type { Dialect } from './session/dialect.js';
import { Session } from './session/session.js';
import type { ProbeTiming } from './timing.js';

/** Sends nothing and understands nothing. */
const SILENT: Dialect = {
  probe: undefined,
  proves: () => false,
  encode: (command) => command,
  reader: () => ({ push: () => ({ answers: [], fault: undefined }) }),
};

/** Watches the socket as `socket/PATH` or `socket/HOST:PORT`. */
export function openSocket(spec: SocketDaemon, timing: ProbeTiming, clock: Clock, processes?: ProcessEvents): Adapter {
  const session = new Session({
    endpoint: spec.endpoint,
    dialect: SILENT,
    clock,
    processes,
    probeIntervalMs: timing.probeIntervalMs,
    probeTimeoutMs: timing.probeTimeoutMs,
    permissionHint:
      'the agent must be allowed to write to the socket (connect(2), unix(7)), for example by a group of its own',
    // The process that created a unix socket may be older than the one that serves it (systemd's
    // socket units).
    ageMs: () => undefined,
  });
  return generic(spec, session);
}
