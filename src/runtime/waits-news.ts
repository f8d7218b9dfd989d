/**
 * Reports what the routes wait for since the last look, and what they no longer wait for, with
 * what has come.
 */

import { wanted } from '../core/desired.js';
import type { KernelHint } from '../core/ports.js';
import { isSeen, type State } from '../core/state.js';
import type { Happening } from '../model/event.js';

/** The most waits that are reported one by one. */
const NAMED = 8;
/** The most hints that are kept as possible causes. */
const KEPT = 32;

interface Known {
  readonly subject: string;
  readonly reason: string;
}

interface WaitsNews {
  /** Called for each hint of the kernel. */
  hint(hint: KernelHint): void;
  /** Called when a look has completed. */
  looked(state: State, now: number): readonly Happening[];
}

export function createWaitsNews(): WaitsNews {
  let known: ReadonlyMap<string, Known> = new Map();
  let hints: KernelHint[] = [];
  return {
    hint(hint) {
      // Kept as they are: their texts are made when needed.
      if (known.size > 0 && hints.length < KEPT) hints.push(hint);
    },
    looked(state, now) {
      const waits = isSeen(state.world) ? (wanted(state.world, state.phase, now)?.waits ?? []) : [];
      if (waits.length === 0 && known.size === 0) return [];
      const before = known;
      const since = hints;
      hints = [];
      known = new Map(waits.map((wait) => [`${wait.subject}: ${wait.reason}`, wait]));
      const fresh = [...known]
        .filter(([key]) => !before.has(key))
        .slice(0, NAMED)
        .map(([, { subject, reason }]): Happening => ({ kind: 'waiting', subject, reason }));
      const over = [...before]
        .filter(([key]) => !known.has(key))
        .slice(0, NAMED)
        .map(
          ([, wait]): Happening => ({ kind: 'no-longer-waiting', ...wait, came: cameOf(wait, state, waits, since) }),
        );
      return [...over, ...fresh];
    },
  };
}

function cameOf({ subject }: Known, { phase }: State, waits: readonly Known[], hints: readonly KernelHint[]): string {
  if (phase.kind !== 'in') return 'the routes are not wanted any more';
  const next = waits.find((wait) => wait.subject === subject);
  if (next !== undefined) return `now waiting because: ${next.reason}`;
  const hint =
    hints.findLast((one) => one.text.includes(subject)) ??
    hints.findLast(({ kind }) => kind === 'address' || kind === 'link') ??
    hints.at(-1);
  return hint?.text ?? 'found at the last look at the kernel';
}
