/**
 * The pause before a repair when somebody else keeps undoing our changes: none the first few
 * times, then ever longer. Pure.
 */

import type { KernelHint } from './ports.js';

/** Somebody keeps deleting what is ours. */
export interface Interference {
  /** Episodes of foreign deletion, each less than a minute after the one before. */
  readonly count: number;
  /** When the last one began. */
  readonly last: number;
  /** The round before it: all deletions until the next one are one episode. */
  readonly round: number;
  readonly culprit: Pick<KernelHint, 'text'>;
}

/** How often a takeover was undone, or a rule of ours overtaken, lately. */
export interface Insistence {
  readonly count: number;
  readonly last: number;
}

/** Episodes in a row that are answered at once. Each further one doubles the pause. */
const FREE_REPAIRS = 5;
/** An episode this many milliseconds after the one before starts a new count. */
export const INTERFERENCE_WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/**
 * How long the answer to an episode waits, in milliseconds: 0 for the first few, then doubling up
 * to {@link MAX_PAUSE_MS}.
 */
export function pauseOf(interference: { readonly count: number }): number {
  if (interference.count <= FREE_REPAIRS) return 0;
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(interference.count - FREE_REPAIRS - 1, 16));
}
