/** Random numbers from a seed: the same seed gives the same storm. */

export interface Random {
  /** An integer from 0 to below `limit`. */
  below(limit: number): number;
  /** One of the choices. */
  of<T>(choices: readonly T[]): T;
}

/** mulberry32: 32 bits of state, enough to draw a few hundred actions. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, of: (choices) => choices[below(choices.length)]! };
}
