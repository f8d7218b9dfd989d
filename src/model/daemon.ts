/** What a health adapter can report of one watched daemon. */

/** Adapter kind and name, for example `frr/zebra`. */
export type DaemonId = string;

/**
 * One report of a health adapter. End of file means death, an unanswered probe means a hang: two
 * faults with different timing.
 */
export type Verdict =
  /**
   * It does not run, or is ending: no socket, connection refused, end of file, or the kernel's
   * event about its process.
   */
  | {
      readonly kind: 'down';
      readonly reason: string;
      /** It has ended with status 0, as on SIGTERM: a stop, not a death. */
      readonly orderly?: true;
    }
  /** It runs and does not answer. */
  | { readonly kind: 'unresponsive'; readonly reason: string }
  /**
   * A sign of life, but not ready: its socket accepts and has not answered, or it reports that it
   * is still starting.
   */
  | { readonly kind: 'appeared'; readonly reason: string }
  /** It answered a probe. For kinds that cannot be probed: it exists. */
  | {
      readonly kind: 'responsive';
      readonly reason: string;
      /** How long the process has existed, in milliseconds; undefined: not known. */
      readonly ageMs: number | undefined;
    };

/** A watched daemon: its name and the kernel protocols whose routes are its own. */
export interface WatchedDaemon {
  readonly id: DaemonId;
  /** rtm_protocol numbers of the routes that are stale once it is dead. */
  readonly protocols: readonly number[];
}
