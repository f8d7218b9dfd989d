/**
 * From the configured routing daemons to one `Health`: the only place that knows every adapter.
 * A new kind of routing daemon is a new file and a new case here.
 */

import type { Health } from '../core/ports.js';
import type { RoutingDaemon } from '../model/config.js';
import type { DaemonId, Verdict } from '../model/daemon.js';
import type { Prefix } from '../model/prefix.js';
import { SYSTEM_CLOCK, type Clock, type ProbeTiming } from './clock.js';
import { openFrr } from './frr/frr.js';

/** Watches all of the routing daemons. Two that bear the same name are told apart as `frr/zebra` and `frr/zebra#2`. */
export function openHealth(daemons: readonly RoutingDaemon[], timing: ProbeTiming, clock: Clock = SYSTEM_CLOCK): Health {
  return merge(daemons.map((daemon) => open(daemon, timing, clock)));
}

function open(daemon: RoutingDaemon, timing: ProbeTiming, clock: Clock): Health {
  switch (daemon.kind) {
    case 'frr':
      return openFrr(daemon, timing, clock);
    default:
      return unreachable(daemon.kind);
  }
}

function unreachable(kind: never): never {
  throw new TypeError(`unknown routing daemon ${String(kind)}`);
}

/** Several adapters as one: a prefix is held when one of them holds it. Exported for its tests. */
export function merge(parts: readonly Health[]): Health {
  const names = uniqueNames(parts);
  return {
    watched: parts.flatMap((part, i) => part.watched.map((daemon) => ({ ...daemon, id: names[i]!.get(daemon.id)! }))),
    start: (listener: (id: DaemonId, verdict: Verdict) => void) => {
      parts.forEach((part, i) => part.start((id, verdict) => listener(names[i]!.get(id)!, verdict)));
    },
    holds: async (prefixes: readonly Prefix[]) => {
      const answers = await Promise.allSettled(parts.map((part) => part.holds(prefixes)));
      const held = prefixes.map((_, i) => answers.some((answer) => answer.status === 'fulfilled' && answer.value[i] === true));
      const failure = answers.find((answer) => answer.status === 'rejected');
      // Who could not be asked may hold the rest, so the rest is not known.
      if (failure !== undefined && held.includes(false)) throw failure.reason;
      return held;
    },
    close: () => parts.forEach((part) => part.close()),
  };
}

function uniqueNames(parts: readonly Health[]): readonly ReadonlyMap<DaemonId, DaemonId>[] {
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
