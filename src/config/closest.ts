/** Finds the word of a closed list (keys, kinds, choices) that is closest to a misspelt one. */

/** The closest candidate, or undefined if none is close enough to be what was meant. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const plain = normal(word);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const target = normal(candidate);
    const distance = editDistance(plain, target);
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(target.length / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== undefined) return best;
  return plain.length < 3
    ? undefined
    : candidates.find((c) => normal(c).startsWith(plain) || normal(c).endsWith(plain));
}

/** Normalizes spelling: `hold_time`, `holdTime` and `hold-time` compare as equal. */
function normal(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/**
 * Levenshtein distance in which a swap of adjacent characters counts as one edit (optimal string
 * alignment).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
