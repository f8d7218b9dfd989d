/** What a health adapter can say of one watched daemon. */

/** `frr/zebra`: adapter kind and name. */
export type DaemonId = string;

/**
 * One report of a health adapter. EOF is death, an unanswered probe is a hang: two faults, two
 * clocks.
 */
export type Verdict =
  /**
   * It does not run, or is on its way out: no socket, connection refused, end of file, the kernel's
   * news of its process.
   */
  | {
      readonly kind: 'down';
      readonly reason: string;
      /** It has ended with status 0, as on SIGTERM: a stop, and no death. */
      readonly orderly?: true;
    }
  /** It runs and does not answer. */
  | { readonly kind: 'unresponsive'; readonly reason: string }
  /**
   * A sign of life, and not ready: its socket accepts and has not answered, or it says itself that
   * it is still starting.
   */
  | { readonly kind: 'appeared'; readonly reason: string }
  /** It answered a probe; where none can be asked, it is there. */
  | {
      readonly kind: 'responsive';
      readonly reason: string;
      /** How long the process has existed, in milliseconds; undefined when not known. */
      readonly ageMs: number | undefined;
    };

/** A watched daemon: its name and the kernel protocols whose routes are its own. */
export interface WatchedDaemon {
  readonly id: DaemonId;
  /** rtm_protocol numbers of the routes that are stale once it is dead. */
  readonly protocols: readonly number[];
}
