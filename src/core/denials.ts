/**
 * Types for what the judge says of a destination and what the kernel says against it. verify.ts
 * makes the values.
 */

import type { Vrf } from '../model/link.js';
import type { Prefix } from '../model/prefix.js';
import type { Route } from '../model/route.js';

/**
 * A configured destination, and the foreign route by which the judge has it carried; undefined: by
 * none.
 */
export interface Judged {
  /** As of a question to a daemon ({@link questionKey}): the prefix, with the name of the VRF. */
  readonly key: string;
  readonly destination: Prefix;
  readonly vrf: Vrf | undefined;
  readonly route: Route | undefined;
}

/** A destination that the judge has as covered and that the kernel says it does not carry so. */
export interface Denial {
  readonly since: number;
  /** Until this time the destination counts as uncovered. */
  readonly until: number;
  /** Denials in a row. */
  readonly times: number;
  /** The judge's answer; `kernel` is the kernel's. Both in the notation of ip(8). */
  readonly model: string;
  readonly kernel: string;
  /**
   * `late`: the snapshot may not include the last change yet. `wrong`: it does, and the answers
   * still differ. `over`: the kernel is to be asked again.
   */
  readonly stage: 'late' | 'wrong' | 'over';
}

/** By the key of the destination. */
export type Denials = ReadonlyMap<string, Denial>;
