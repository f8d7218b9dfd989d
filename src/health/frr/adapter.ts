/**
 * The health adapter for FRR: one session with each configured daemon, over the vty sockets in one
 * directory.
 *
 * `holds` asks zebra, which alone knows the RIB, on the connection that watches it. If zebra is
 * not among the daemons, a session that only asks is opened at the first question and kept; it
 * gives no verdict on zebra. There are never two connections to one daemon (fact F6).
 */

import { join } from 'node:path';
import type { ProcessEvents } from '../../core/ports.js';
import { type Clock, systemClock } from '../../host/clock.js';
import type { FrrDaemons } from '../../model/config.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../../model/daemon.js';
import type { Prefix } from '../../model/prefix.js';
import type { Adapter } from '../adapter.js';
import { groupHint } from '../permission.js';
import { processAgeMs, socketAgeMs } from '../process-age.js';
import { Session } from '../session/session.js';
import type { ProbeTiming } from '../timing.js';
import { VTY } from './dialect.js';
import { idOf, watchedByFrr } from './protocols.js';
import { readOffer, readShowRoute, showRouteCommand } from './routes.js';

/** Watches the daemons of one FRR. Ids are `frr/DAEMON`. Nothing is opened before `start`. */
export function openFrr(
  spec: FrrDaemons,
  timing: ProbeTiming,
  clock: Clock = systemClock,
  processes?: ProcessEvents,
): Adapter {
  return new Frr(spec, timing, clock, processes);
}

class Frr implements Adapter {
  readonly asksDaemon = true;
  readonly watched: readonly WatchedDaemon[];
  readonly #sessions: ReadonlyMap<DaemonId, Session>;
  readonly #openSession: (daemon: string) => Session;
  #zebra: Session | undefined;
  /** The session that only asks, if zebra is not watched. */
  #asking: Session | undefined;
  #started = false;
  #closed = false;

  constructor(spec: FrrDaemons, timing: ProbeTiming, clock: Clock, processes: ProcessEvents | undefined) {
    this.#openSession = (daemon) => {
      const path = join(spec.socketDirectory, `${daemon}.vty`);
      return new Session({
        endpoint: { kind: 'unix', path },
        dialect: VTY,
        clock,
        processes,
        probeIntervalMs: timing.probeIntervalMs,
        probeTimeoutMs: timing.probeTimeoutMs,
        permissionHint: groupHint('frrvty'),
        servesItself: true,
        ageMs: () => processAgeMs(join(spec.socketDirectory, `${daemon}.pid`), daemon) ?? socketAgeMs(path),
      });
    };
    this.watched = watchedByFrr(spec.daemons);
    this.#sessions = new Map(spec.daemons.map((daemon) => [idOf(daemon), this.#openSession(daemon)]));
    this.#zebra = this.#sessions.get(idOf('zebra'));
  }

  start(listener: (id: DaemonId, verdict: Verdict) => void): void {
    this.#started = true;
    for (const [id, session] of this.#sessions) session.start((verdict) => listener(id, verdict));
  }

  async holds(prefixes: readonly Prefix[], vrf?: string): Promise<readonly boolean[]> {
    if (!this.#started || this.#closed) throw new Error('the FRR adapter does not run');
    const zebra = this.#askable();
    return Promise.all(prefixes.map(async (p) => readShowRoute(p, await zebra.ask(showRouteCommand(p, vrf)), vrf)));
  }

  async offers(prefixes: readonly Prefix[], vrf?: string): Promise<readonly boolean[]> {
    if (!this.#started || this.#closed) throw new Error('the FRR adapter does not run');
    const zebra = this.#askable();
    return Promise.all(prefixes.map(async (p) => readOffer(p, await zebra.ask(showRouteCommand(p, vrf)), vrf)));
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.close();
    this.#asking?.close();
  }

  #askable(): Session {
    if (this.#zebra === undefined) {
      this.#asking = this.#openSession('zebra');
      this.#asking.start(() => undefined);
      this.#zebra = this.#asking;
    }
    return this.#zebra;
  }
}
