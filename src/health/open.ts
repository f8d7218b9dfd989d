/**
 * Makes one `Health` of the configured routing daemons: the only file that knows every adapter. A
 * new kind of routing daemon needs a new file and a new case here.
 *
 * Whether a prefix is held: if any adapter can ask its daemon, only such adapters decide. A
 * generic kind says yes to everything without knowing, and must not outweigh zebra's no. If none
 * can ask, every prefix is held, and only the FIB counts.
 */

import type { Health, ProcessEvents } from '../core/ports.js';
import { type Clock, systemClock } from '../host/clock.js';
import type { RoutingDaemon } from '../model/config.js';
import type { DaemonId, Verdict } from '../model/daemon.js';
import type { Prefix } from '../model/prefix.js';
import type { Adapter } from './adapter.js';
import { openBird } from './bird/adapter.js';
import { openExec } from './exec.js';
import { openFrr } from './frr/adapter.js';
import { openPidfile } from './pidfile.js';
import { openProcess } from './process.js';
import { openSocket } from './socket.js';
import type { ProbeTiming } from './timing.js';
import { openUnit } from './unit.js';
import { renamed, uniqueNames } from './watched.js';

/**
 * Watches all routing daemons, under the names of {@link uniqueNames}. `processes` reports deaths
 * earlier, where it is available.
 */
export function openHealth(
  daemons: readonly RoutingDaemon[],
  timing: ProbeTiming,
  clock: Clock = systemClock,
  processes?: ProcessEvents,
): Health {
  return merge(daemons.map((daemon) => open(daemon, timing, clock, processes)));
}

function open(daemon: RoutingDaemon, timing: ProbeTiming, clock: Clock, processes: ProcessEvents | undefined): Adapter {
  switch (daemon.kind) {
    case 'frr':
      return openFrr(daemon, timing, clock, processes);
    case 'bird':
      return openBird(daemon, timing, clock, processes);
    case 'unit':
      return openUnit(daemon, timing, clock);
    case 'pidfile':
      return openPidfile(daemon, timing, clock, processes);
    case 'process':
      return openProcess(daemon, timing, clock, processes);
    case 'socket':
      return openSocket(daemon, timing, clock, processes);
    case 'exec':
      return openExec(daemon, clock);
    default:
      return unreachable(daemon);
  }
}

function unreachable(daemon: never): never {
  throw new TypeError(`unknown routing daemon ${JSON.stringify(daemon)}`);
}

/**
 * Combines several adapters: a prefix is held when an adapter that can ask its daemon says so, or
 * when none can ask. Exported for its tests.
 */
export function merge(parts: readonly Adapter[]): Health {
  const names = uniqueNames(parts);
  const able = parts.filter((part) => part.asksDaemon);
  const asked = able.length > 0 ? able : parts;
  return {
    watched: renamed(parts, names),
    start: (listener: (id: DaemonId, verdict: Verdict) => void) => {
      parts.forEach((part, i) => part.start((id, verdict) => listener(names[i]!.get(id)!, verdict)));
    },
    holds: async (prefixes: readonly Prefix[], vrf?: string) => {
      const answers = await Promise.allSettled(asked.map((part) => part.holds(prefixes, vrf)));
      const held = prefixes.map((_, i) =>
        answers.some((answer) => answer.status === 'fulfilled' && answer.value[i] === true),
      );
      const failure = answers.find((answer) => answer.status === 'rejected');
      // A daemon that could not be asked may hold the remaining prefixes, so they are not known.
      if (failure !== undefined && held.includes(false)) throw failure.reason;
      return held;
    },
    offers: async (prefixes: readonly Prefix[], vrf?: string) => {
      const answers = await Promise.allSettled(able.map((part) => part.offers?.(prefixes, vrf)));
      const said = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
      const failure = answers.find((answer) => answer.status === 'rejected');
      return prefixes.map((_, i) => {
        if (said.some((each) => each?.[i] === true)) return true;
        if (failure !== undefined) throw failure.reason;
        return said.some((each) => each?.[i] === false) ? false : undefined;
      });
    },
    close: () => parts.forEach((part) => part.close()),
  };
}
