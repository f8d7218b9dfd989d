/** What the judge has said of destinations, and what the kernel has said against it: shapes. How they come about: verify.ts. */

import type { Vrf } from '../model/policy.js';
import type { Prefix } from '../model/prefix.js';
import type { Route } from '../model/route.js';

/** A configured destination, and by which foreign route the judge has it carried; undefined: by none. */
export interface Judged {
  /** As of a question to a daemon: its prefix, with the name of the VRF. */
  readonly key: string;
  readonly destination: Prefix;
  readonly vrf: Vrf | undefined;
  readonly route: Route | undefined;
}

/** What counts as covered, and what the kernel says instead. */
export interface Denial {
  readonly since: number;
  /** Until then the destination counts as uncovered. */
  readonly until: number;
  /** Denials in a row. */
  readonly times: number;
  /** In the spelling of ip(8). */
  readonly model: string;
  readonly kernel: string;
  /** `late`: the model may not have seen the last change yet. `wrong`: it has, and differs. `over`: the kernel is to be asked again. */
  readonly stage: 'late' | 'wrong' | 'over';
}

/** By the key of the destination. */
export type Denials = ReadonlyMap<string, Denial>;
