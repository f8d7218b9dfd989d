/**
 * What is counted over a life of the agent: transitions, and the happenings that are reported. The
 * exposition has the counts.
 *
 * Invariant: called once the outputs of the transition are on their way. It costs a few
 * comparisons if nothing happened.
 */

import type { Input, Transition } from '../core/inputs.js';
import { ENDING_MS } from '../core/outage-cause.js';
import type { RoundCause, State } from '../core/state.js';
import type { DaemonId } from '../model/daemon.js';
import type { Happening, OutageCause } from '../model/event.js';

/** How a daemon ended. */
type How = 'death' | 'stop' | 'hang';

/** Upper bounds in seconds; the last bucket has none. */
export const BRIDGED_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/**
 * Milliseconds for which an end of file may still turn out to be an orderly stop. Until then it is
 * not counted.
 */
const SETTLED_MS = 5_000;

export interface Counts {
  readonly ends: ReadonlyMap<DaemonId, Readonly<Record<How, number>>>;
  readonly outages: Readonly<Record<OutageCause, number>>;
  readonly outageSeconds: number;
  readonly bridged: { readonly seconds: number; readonly count: number; readonly buckets: readonly number[] };
  readonly turns: Readonly<Record<'in' | 'out', number>>;
  readonly looks: Readonly<Record<RoundCause, number>>;
  readonly refusals: ReadonlyMap<string, number>;
  readonly interference: number;
  readonly disagreements: number;
  readonly eventsLost: number;
}

export interface Tally {
  transition(before: State, input: Input, result: Transition): void;
  /** Monotonic milliseconds. */
  happened(happening: Happening, now: number): void;
  counts(now: number): Counts;
  /**
   * When the counts change without a further happening, in monotonic milliseconds; undefined: they
   * do not.
   */
  settlesAt(): number | undefined;
}

export function createTally(): Tally {
  const ends = new Map<DaemonId, Record<How, number>>();
  /** Ends that may still turn out to have been a stop, by the time of the end. */
  const unsettled = new Map<DaemonId, number>();
  const outages = { start: 0, death: 0, stop: 0, hang: 0, uncovered: 0, change: 0 };
  /** The outage that is not counted yet, because its cause may still change. */
  let open: { readonly cause: OutageCause; readonly daemon: DaemonId | undefined; readonly at: number } | undefined;
  let began: number | undefined;
  let outageMs = 0;
  const buckets = BRIDGED_BOUNDS.map(() => 0);
  let bridged = { seconds: 0, count: 0 };
  const turns = { in: 0, out: 0 };
  const looks = { start: 0, probe: 0, hint: 0, resync: 0, phase: 0, verify: 0, reload: 0 };
  const refusals = new Map<string, number>();
  let interference = 0;
  let disagreements = 0;
  let eventsLost = 0;

  const end = (id: DaemonId, how: How): void => {
    const known = ends.get(id) ?? { death: 0, stop: 0, hang: 0 };
    ends.set(id, { ...known, [how]: known[how] + 1 });
  };
  const count = (): void => {
    if (open !== undefined) outages[open.cause]++;
    open = undefined;
  };
  const settle = (id: DaemonId, how: 'death' | 'stop'): void => {
    if (!unsettled.delete(id)) return;
    end(id, how);
    if (id === open?.daemon) count();
  };
  const daemon = ({ id, state, was }: Happening & { kind: 'daemon' }, now: number): void => {
    if (state === 'stopped') {
      // A daemon that was found stopped at the start has not ended in this life.
      if (unsettled.has(id)) settle(id, 'stop');
      else if (was !== 'unknown' && was !== 'down') end(id, 'stop');
      return;
    }
    settle(id, 'death');
    if (state === 'unresponsive' && was !== 'unknown') end(id, 'hang');
    if (state === 'down' && was !== 'unknown' && was !== 'stopped') unsettled.set(id, now);
  };

  return {
    settlesAt() {
      const [since] = unsettled.values();
      const times = [
        ...(since === undefined ? [] : [since + SETTLED_MS]),
        ...(open?.cause === 'uncovered' ? [open.at + ENDING_MS] : []),
      ];
      return times.length === 0 ? undefined : Math.min(...times);
    },
    transition(before, input, { state }) {
      const { round } = state.agenda;
      if (round.kind === 'observing' && round !== before.agenda.round) looks[round.cause]++;
      if (input.kind === 'hint' && input.hint.kind === 'overflow') eventsLost++;
      if (input.kind !== 'applied') return;
      input.results.forEach((result, i) => {
        if (!result.ok && input.steps[i]?.kind === 'add-route')
          refusals.set(result.code, (refusals.get(result.code) ?? 0) + 1);
      });
    },
    happened(happening, now) {
      switch (happening.kind) {
        case 'daemon':
          if (open !== undefined && happening.outageCause !== undefined)
            open = { ...open, cause: happening.outageCause, daemon: happening.id };
          daemon(happening, now);
          if (open?.cause === 'stop') count();
          return;
        case 'routes':
          if (happening.phase !== happening.was && (happening.phase === 'in' || happening.phase === 'out'))
            turns[happening.phase]++;
          return;
        case 'outage-began':
          open = { cause: happening.cause, daemon: happening.daemon, at: now };
          if (open.cause !== 'uncovered' && (open.cause !== 'death' || !unsettled.has(open.daemon ?? ''))) count();
          began = now;
          return;
        case 'outage-bridged': {
          const seconds = happening.afterMs / 1000;
          bridged = { seconds: bridged.seconds + seconds, count: bridged.count + 1 };
          BRIDGED_BOUNDS.forEach((bound, i) => {
            if (seconds <= bound) buckets[i]!++;
          });
          return;
        }
        case 'outage-ended':
          if (began !== undefined) outageMs += now - began;
          began = undefined;
          count();
          return;
        case 'interference':
          interference++;
          return;
        case 'model-disagrees':
          disagreements++;
          return;
        default:
          return;
      }
    },
    counts(now) {
      for (const [id, since] of [...unsettled]) if (now - since >= SETTLED_MS) settle(id, 'death');
      if (open?.cause === 'uncovered' && now - open.at >= ENDING_MS) count();
      return {
        ends: new Map(ends),
        outages: { ...outages },
        outageSeconds: (outageMs + (began === undefined ? 0 : now - began)) / 1000,
        bridged: { ...bridged, buckets: [...buckets] },
        turns: { ...turns },
        looks: { ...looks },
        refusals: new Map(refusals),
        interference,
        disagreements,
        eventsLost,
      };
    },
  };
}
