/**
 * How much of one kind the history takes: a storm of one kind of event must not drive all others out
 * of it. What is left out is counted, and told when it is over. The log has all of it.
 */

export interface Series {
  /** Whether one more of the kind is taken at that time. */
  admit(kind: string, now: number): boolean;
  /** Kinds of which something was left out and which have room again, with how many; told once. */
  over(now: number): readonly { readonly kind: string; readonly count: number }[];
}

/** So many at once. */
const BURST = 100;
/** And one more after each of these, in milliseconds. */
const REFILL_MS = 300_000;
/** Room for so many is the end of a storm. */
const CALM = 2;

interface Bucket {
  room: number;
  at: number;
  leftOut: number;
}

export function createSeries(): Series {
  const buckets = new Map<string, Bucket>();

  const bucketOf = (kind: string, now: number): Bucket => {
    const bucket = buckets.get(kind) ?? { room: BURST, at: now, leftOut: 0 };
    buckets.set(kind, bucket);
    // A wall clock may step back.
    bucket.room = Math.min(BURST, bucket.room + Math.max(0, now - bucket.at) / REFILL_MS);
    bucket.at = now;
    return bucket;
  };
  return {
    admit(kind, now) {
      const bucket = bucketOf(kind, now);
      if (bucket.room >= 1 && bucket.leftOut === 0) bucket.room--;
      else {
        bucket.leftOut++;
        return false;
      }
      return true;
    },
    over(now) {
      return [...buckets.keys()].flatMap((kind) => {
        const bucket = bucketOf(kind, now);
        if (bucket.leftOut === 0 || bucket.room < CALM) return [];
        const count = bucket.leftOut;
        bucket.leftOut = 0;
        bucket.room--;
        return [{ kind, count }];
      });
    },
  };
}
