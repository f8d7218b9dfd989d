/** How slowly to insist when somebody else keeps undoing what we do: at once the first few times, then ever later. Pure. */

/** Episodes in a row that are answered at once; each further one doubles the pause. */
const FREE_REPAIRS = 5;
/** An episode this long after the one before starts a new count. */
export const INTERFERENCE_WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** How long after an episode its answer waits: not at all for the first few, then doubling. */
export function pauseOf(interference: { readonly count: number }): number {
  if (interference.count <= FREE_REPAIRS) return 0;
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(interference.count - FREE_REPAIRS - 1, 16));
}
