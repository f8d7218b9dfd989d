/**
 * Numbers out of samples: order statistics only, as times of a busy machine have no useful mean.
 */

export interface Summary {
  readonly count: number;
  readonly missed: number;
  readonly minimum: number;
  readonly median: number;
  readonly p99: number;
  readonly maximum: number;
}

/** `undefined` samples are misses. All fields but the counts are NaN when nothing was measured. */
export function summarize(samples: readonly (number | undefined)[]): Summary {
  const sorted = samples.filter((sample) => sample !== undefined).sort((a, b) => a - b);
  return {
    count: samples.length,
    missed: samples.length - sorted.length,
    minimum: quantile(sorted, 0),
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    maximum: quantile(sorted, 1),
  };
}

/** Nearest rank: a value that was really measured. The median of an even number is the mean of the middle two. */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) return Number.NaN;
  if (q === 0.5 && sorted.length % 2 === 0) return (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2;
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}

/** A new order, by Fisher and Yates. */
export function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
