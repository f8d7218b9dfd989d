/** Chance that a number decides: the same seed throws the same dice, on every machine. */

export interface Dice {
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  /** True once in n. */
  oneIn(n: number): boolean;
  of<T>(choices: readonly T[]): T;
  /** By weight. */
  weighed<T>(choices: readonly (readonly [number, T])[]): T;
}

/** xorshift128 (Marsaglia), seeded by the steps of a linear congruence. */
export function dice(seed: number): Dice {
  const state = new Uint32Array(4);
  let word = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < 4; i++) {
    word = (Math.imul(word ^ (word >>> 15), 0x85ebca6b) + 0x6d2b79f5 + i) >>> 0;
    state[i] = word | 1;
  }
  const next = (): number => {
    let t = state[3]!;
    const s = state[0]!;
    state[3] = state[2]!;
    state[2] = state[1]!;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0]!;
  };
  for (let i = 0; i < 16; i++) next();
  const below = (n: number): number => next() % n;
  return {
    below,
    oneIn: (n) => below(n) === 0,
    of: <T>(choices: readonly T[]): T => choices[below(choices.length)]!,
    weighed: <T>(choices: readonly (readonly [number, T])[]): T => {
      let left = below(choices.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, choice] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      throw new RangeError('no weights');
    },
  };
}
