/**
 * The status of the hooks process, for `status`: a small file beside the agent's, which the agent
 * itself never reads.
 */

export interface HooksStatus {
  readonly pid: number;
  readonly directory: string;
  /** The number of the last event that every hook has handled. */
  readonly lastEvent: number;
  /** Events that wait behind the one in progress. */
  readonly waiting: number;
  /** Events that were dropped because too many waited. */
  readonly leftOut: number;
  /** By name, in the order in which they run. */
  readonly hooks: readonly HookStatus[];
}

export interface HookStatus {
  readonly name: string;
  readonly runs: number;
  readonly failures: number;
  /** null: it has not run yet. */
  readonly last: {
    readonly at: string;
    /** The number and kind of the event. */
    readonly event: number;
    readonly kind: string;
    readonly tookMs: number;
    /** Why it failed; null: it did not. */
    readonly fault: string | null;
  } | null;
}
