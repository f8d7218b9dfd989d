/**
 * Delta debugging: finds the shortest list of actions that still fails. It leaves out large pieces
 * first, then smaller ones. The result fails, and does not fail without any single line of it, as
 * far as the number of tries allows.
 */

/** Calls `fails` at most `tries` times. The order of the lines is kept. */
export async function shortest(
  lines: readonly string[],
  fails: (lines: readonly string[]) => Promise<boolean>,
  tries: number,
): Promise<readonly string[]> {
  let kept = lines;
  let left = tries;
  let pieces = 2;
  while (kept.length > 1 && left > 0) {
    const size = Math.ceil(kept.length / pieces);
    let found: readonly string[] | undefined;
    for (let from = 0; from < kept.length && left > 0 && found === undefined; from += size) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)];
      left--;
      if (await fails(without)) found = without;
    }
    if (found !== undefined) {
      kept = found;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) return kept;
    else pieces = Math.min(kept.length, pieces * 2);
  }
  return kept;
}
