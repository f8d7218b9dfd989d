/**
 * Delta debugging: the shortest list of actions that still fails. Whole pieces are left out first, then ever smaller ones; what is
 * left fails, and leaving out any single line of it does not (as far as the tries reach).
 */

/** `fails` is tried at most `tries` times. The order of lines is kept. */
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
