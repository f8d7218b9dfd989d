/**
 * Types of what is known about foreign default routes: the ways that they name (auto.ts), and
 * their takeover (takeover.ts, offers.ts).
 */

import type { Address } from '../model/address.js';

/** One way out that a default route names. */
export interface AutoWay {
  /** undefined: by the interface alone. */
  readonly gateway: Address | undefined;
  readonly onlink?: true;
  readonly source?: Address;
  /** RTA_METRICS, as in `Route`. */
  readonly metrics?: string;
}

/** Ways that foreign default routes have named last, by family and interface (auto.ts). */
export type Learned = ReadonlyMap<string, LearnedWay>;

export interface LearnedWay extends AutoWay {
  /** From the record of a former life; not seen in this one. */
  readonly remembered?: true;
}

/**
 * Whether the daemon has a default route of its own, by `questionKey`; undefined: it cannot say.
 */
export type Offers = ReadonlyMap<string, boolean | undefined>;

export type Takeover =
  | { readonly kind: 'ready' | 'taken'; readonly failures: number }
  /**
   * `since`: when the attempt began; undefined: its time does not run, because a daemon is not
   * healthy.
   */
  | { readonly kind: 'trying'; readonly since: number | undefined; readonly failures: number }
  | { readonly kind: 'resting'; readonly until: number; readonly failures: number; readonly reason: string };

/** By `placeKey`; absent: `ready`, without failures. */
export type Takeovers = ReadonlyMap<string, Takeover>;
