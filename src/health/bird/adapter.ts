/**
 * The health adapter for BIRD 2 and 3: one session on the control socket, which both watches and
 * asks. No pid file is needed: BIRD reports its own age.
 */

import type { ProcessEvents } from '../../core/ports.js';
import type { Clock } from '../../host/clock.js';
import type { BirdDaemon } from '../../model/config.js';
import type { Prefix } from '../../model/prefix.js';
import type { Adapter } from '../adapter.js';
import { groupHint } from '../permission.js';
import { socketAgeMs } from '../process-age.js';
import type { Answer } from '../session/dialect.js';
import { Session } from '../session/session.js';
import type { ProbeTiming } from '../timing.js';
import { watchedOf } from '../watched.js';
import { ageOf, BIRD } from './dialect.js';
import { carries, kernelProtocols, readShowRoute, SHOW_PROTOCOLS, showRouteCommand } from './routes.js';

/** Watches one BIRD as `bird/bird`. */
export function openBird(spec: BirdDaemon, timing: ProbeTiming, clock: Clock, processes?: ProcessEvents): Adapter {
  const session = new Session({
    endpoint: { kind: 'unix', path: spec.socket },
    dialect: BIRD,
    clock,
    processes,
    probeIntervalMs: timing.probeIntervalMs,
    probeTimeoutMs: timing.probeTimeoutMs,
    permissionHint: groupHint('bird'),
    // Without -f the process that called listen(2) has left the work to its child, and is not
    // watched (fact B5).
    servesItself: true,
    ageMs: (heartbeat) => ageOf(heartbeat?.text ?? '') ?? socketAgeMs(spec.socket),
  });
  const watched = watchedOf(spec);
  return {
    asksDaemon: true,
    watched,
    start: (listener) => session.start((verdict) => listener(watched[0]!.id, verdict)),
    // The names are asked each time: a reconfiguration may change them, and the answer takes
    // microseconds.
    holds: async (prefixes) => {
      const kernels = kernelProtocols(await session.ask(SHOW_PROTOCOLS));
      return Promise.all(prefixes.map((p) => heldByOne(session, p, kernels)));
    },
    offers: async (prefixes) => {
      const kernels = kernelProtocols(await session.ask(SHOW_PROTOCOLS));
      return Promise.all(prefixes.map((p) => heldByOne(session, p, kernels, carries)));
    },
    close: () => session.close(),
  };
}

async function heldByOne(
  session: Session,
  p: Prefix,
  kernels: readonly string[],
  suits: (answer: Answer) => boolean = () => true,
): Promise<boolean> {
  for (const kernel of kernels) {
    const answer = await session.ask(showRouteCommand(p, kernel));
    if (readShowRoute(p, answer) && suits(answer)) return true;
  }
  return false;
}
