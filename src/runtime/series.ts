/**
 * Limits the events of one kind in the history, so that a storm of one kind does not displace all
 * others. What is left out is counted and reported when the storm is over. The log has all events.
 */

interface Series {
  /** Whether another event of the kind is taken at that time. */
  admit(kind: string, now: number): boolean;
  /**
   * The kinds of which events were left out and which have room again, with their number; each is
   * returned once.
   */
  over(now: number): readonly { readonly kind: string; readonly count: number }[];
}

/** This many at once. */
const BURST = 100;
/** Then one more in each such time, in milliseconds. */
const REFILL_MS = 300_000;
/** With room for this many the storm is over. */
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
    // The wall clock may step back.
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
