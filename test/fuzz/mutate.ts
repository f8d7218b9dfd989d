/** Inputs that are nearly right: what is known to be read, changed in a few places. */

import type { Dice } from '../scenario/random/dice.js';

const MAX_BYTES = 4_096;
const NUMBERS = [0, 1, 2, 4, 16, 127, 128, 255] as const;

/** Another input, made of one or two of the corpus. */
export function mutated(d: Dice, corpus: readonly Buffer[], words: readonly Buffer[]): Buffer {
  // Two of three times the smaller of two: more inputs in the same time.
  const [one, other] = [d.of(corpus), d.of(corpus)];
  let bytes: Buffer = Buffer.from(d.oneIn(3) || one.length < other.length ? one : other);
  for (let left = 1 + d.below(d.oneIn(4) ? 16 : 4); left > 0; left--) bytes = changed(d, bytes, corpus, words);
  return bytes.subarray(0, MAX_BYTES);
}

function changed(d: Dice, bytes: Buffer, corpus: readonly Buffer[], words: readonly Buffer[]): Buffer {
  const at = d.below(bytes.length + 1);
  const size = 1 + d.below(d.oneIn(3) ? 64 : 6);
  const insert = (piece: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  switch (d.below(words.length > 0 ? 11 : 8)) {
    case 0:
    case 1: {
      if (bytes.length === 0) return insert(Buffer.from([d.below(256)]));
      const copy = Buffer.from(bytes);
      copy[at % copy.length]! ^= 1 << d.below(8);
      return copy;
    }
    case 2: {
      if (bytes.length === 0) return bytes;
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = d.oneIn(2) ? d.of(NUMBERS) : d.below(256);
      return copy;
    }
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    case 4:
      return insert(bytes.subarray(at, at + size));
    case 5: {
      // A number of two or four bytes, as lengths and types are.
      const copy = Buffer.from(bytes);
      const where = at & ~1;
      if (where + 2 <= copy.length) copy.writeUInt16LE(d.oneIn(2) ? d.of(NUMBERS) : d.below(65_536), where);
      return copy;
    }
    case 6: {
      const other = d.of(corpus);
      const from = d.below(other.length + 1);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from)]);
    }
    case 7:
      return d.oneIn(8)
        ? insert(Buffer.alloc(size * 16, d.below(256)))
        : bytes.subarray(0, d.oneIn(4) ? at : bytes.length);
    default:
      return insert(d.of(words));
  }
}
