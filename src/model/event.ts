/**
 * What happens to the agent, as data: the stable JSON lines of `events --json`, of the control
 * socket and of the history file, documented in docs/EVENTS.md. Fields are added, never renamed or
 * removed. Durations are milliseconds (`...Ms`), times RFC 3339 in UTC.
 *
 * The log has the same data under other names (`wasForMs` is `was_for_ms` there).
 */

export type Level = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** How an outage began. */
export type OutageCause =
  /** The agent found the daemon not healthy when it started. */
  | 'start'
  /** The daemon died. */
  | 'death'
  /**
   * It was stopped in order. `outage-began` may still say `death` or `uncovered`: the end of file
   * comes first, or the removal of the daemon's routes.
   */
  | 'stop'
  /** It runs and no longer answers. */
  | 'hang'
  /** It answers, and a destination lost its cover. */
  | 'uncovered'
  /** The configuration, the role or a pin changed while a daemon was not ready. */
  | 'change';

/**
 * What carried traffic to the destinations during an outage. If they differ, the first that
 * carried any of them.
 */
type OutageCarrier = 'backup-routes' | 'stale-routes' | 'stale-routes, then backup-routes';

export type Happening =
  | { readonly kind: 'ready'; readonly program: string; readonly afterMs: number }
  | { readonly kind: 'stopping'; readonly onStop: string }
  /** The routes went in or out, or stay in for another cause. */
  | {
      readonly kind: 'routes';
      readonly phase: string;
      readonly cause: string | undefined;
      readonly was: string;
      readonly wasForMs: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'daemon';
      readonly id: string;
      readonly state: string;
      readonly was: string;
      readonly wasForMs: number;
      readonly reason: string;
      /**
       * Other watched daemons that are not healthy. One incident may end all of them, and is
       * reported once.
       */
      readonly othersUnwell: number;
      /** The cause that the outage under way has from now on; absent: it stays as it was. */
      readonly outageCause?: OutageCause | undefined;
    }
  /** `daemon`: the one whose death, stop or hang began it. */
  | {
      readonly kind: 'outage-began';
      readonly cause: OutageCause;
      readonly reason: string;
      readonly daemon?: string | undefined;
    }
  /**
   * The kernel has acknowledged the first backup routes of this outage. `late`: what they waited
   * for.
   */
  | { readonly kind: 'outage-bridged'; readonly afterMs: number; readonly late: string | undefined }
  | {
      readonly kind: 'outage-ended';
      readonly lengthMs: number;
      readonly cause: OutageCause;
      readonly bridgedAfterMs: number | undefined;
      readonly carriedBy: OutageCarrier | undefined;
      /** When backup routes took the tie from stale ones. */
      readonly preemptedAfterMs: number | undefined;
    }
  /**
   * What is uncovered has changed, and the routes stay out. `count`: of destinations; `was`:
   * before.
   */
  | { readonly kind: 'still-uncovered'; readonly what: string; readonly count: number; readonly was: number }
  /** Backup routes take the tie from stale or broken routes of the same prefix, or give it back. */
  | {
      readonly kind: 'preempting' | 'preempting-ended';
      readonly what: string;
      readonly count: number;
      readonly reason: string;
    }
  /**
   * A backup router no longer answers, or has never answered. `others`: how many of its family may
   * still be used.
   */
  | {
      readonly kind: 'gateway-dead';
      readonly gateway: string;
      readonly interface: string;
      readonly was: string;
      readonly wasForMs: number;
      readonly others: number;
    }
  | {
      readonly kind: 'gateway-alive';
      readonly gateway: string;
      readonly interface: string;
      readonly was: string;
      readonly wasForMs: number;
    }
  /** The backup routes use another gateway from now on, or would. */
  | {
      readonly kind: 'gateway-switched';
      readonly interface: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'role'; readonly role: string; readonly was: string; readonly reason: string }
  | { readonly kind: 'order'; readonly what: string }
  | { readonly kind: 'configuration-reloaded' }
  | {
      readonly kind: 'reload-refused';
      readonly file: string;
      readonly errors: number;
      readonly message: string | undefined;
      readonly remedy: string;
    }
  | {
      readonly kind: 'configuration-not-used';
      readonly file: string;
      readonly running: string;
      readonly remedy: string;
    }
  /** A new configuration runs until it is confirmed or its deadline passes. */
  | {
      readonly kind: 'configuration-unconfirmed';
      readonly leftMs: number;
      readonly deadline: string;
      readonly remedy: string;
    }
  | { readonly kind: 'configuration-confirmed'; readonly what: string }
  | {
      readonly kind: 'configuration-rolled-back';
      readonly file: string;
      readonly reason: string;
      readonly remedy: string;
    }
  /** Something outside the agent that a backup route needs; and that it is no longer waited for. */
  | { readonly kind: 'waiting'; readonly subject: string; readonly reason: string }
  | {
      readonly kind: 'no-longer-waiting';
      readonly subject: string;
      readonly reason: string;
      /** What has come, or why nothing is waited for any more. */
      readonly came: string;
    }
  | {
      readonly kind: 'interference';
      readonly what: string;
      readonly episode: number;
      readonly pauseMs: number;
    }
  /** Nobody has deleted anything of ours for a minute. */
  | { readonly kind: 'interference-ended'; readonly episodes: number; readonly forMs: number; readonly last: string }
  | {
      readonly kind: 'route-keeps-coming-back';
      readonly times: number;
      readonly pauseMs: number;
      readonly remedy: string;
    }
  /**
   * A default route that was taken over, or was about to be, is left to its owner, because the
   * daemon installed none of its own.
   */
  | {
      readonly kind: 'adoption-failed';
      readonly interface: string;
      readonly family: string;
      readonly reason: string;
      readonly attempt: number;
      readonly pauseMs: number;
    }
  /**
   * The kernel does not carry a destination that the judge has as covered, so the routes are in.
   * `model` and `kernel` are in the notation of ip(8).
   */
  | {
      readonly kind: 'model-disagrees';
      readonly destination: string;
      readonly model: string;
      readonly kernel: string;
      readonly times: number;
      readonly againMs: number;
    }
  | { readonly kind: 'adopt-route' | 'restore-route'; readonly what: string }
  /**
   * A default route that was taken over is not given back: the kernel would have removed it with
   * its source, which is no address of this host any more.
   */
  | { readonly kind: 'adoption-void'; readonly what: string; readonly source: string }
  | {
      readonly kind: 'record-failed';
      readonly message: string;
      readonly effect: string;
      readonly remedy: string;
    }
  | { readonly kind: 'route-refused'; readonly what: string; readonly code: string; readonly message: string }
  | { readonly kind: 'change-failed'; readonly what: string }
  | { readonly kind: 'observe-failed'; readonly message: string }
  /**
   * A bug in what reports or answers; the routes are not affected. `count`: in this life of the
   * agent.
   */
  | { readonly kind: 'fault'; readonly message: string; readonly count: number; readonly remedy: string }
  /** Number of further events of that kind that the history left out. The log has them. */
  | { readonly kind: 'left-out'; readonly what: string; readonly count: number }
  /** The control socket was missing and has been created again. */
  | { readonly kind: 'control-socket-renewed'; readonly what: string }
  /** Logged only. */
  | { readonly kind: 'add-route' | 'delete-route' | 'add-rule' | 'delete-rule'; readonly what: string }
  | { readonly kind: 'more-changes'; readonly count: number }
  /**
   * One batch that the kernel has acknowledged. The single changes are reported separately, for
   * `--verbose`.
   */
  | {
      readonly kind: 'applied';
      readonly added: number;
      readonly deleted: number;
      readonly refused: number;
      /** Another event has reported it, or it has only rules. */
      readonly routine: boolean;
      /** Its first route, or else rule. */
      readonly first: string;
    }
  | { readonly kind: 'events-lost'; readonly what: string; readonly remedy: string };

/** A happening that was recorded. */
export type Event = Happening & {
  /** Increases by one within a life of the agent, with a gap between two lives. */
  readonly seq: number;
  readonly at: string;
  readonly level: Level;
};

/**
 * A time without a healthy daemon that carries the destinations: from the daemon's end, or from
 * routes-in, until the routes were out again.
 */
export interface Outage {
  readonly began: string;
  /** null: it is still going on. */
  readonly ended: string | null;
  readonly lengthMs: number;
  readonly cause: OutageCause;
  readonly reason: string;
  /** The daemon whose death, stop or hang began it; null: none did. */
  readonly daemon: string | null;
  /**
   * From the beginning to the kernel's acknowledgement of the backup routes; null: not known, or
   * they were in already.
   */
  readonly bridgedAfterMs: number | null;
  /** What carried the traffic; null: not known yet, or nothing. */
  readonly carriedBy: OutageCarrier | null;
  /** From the beginning until backup routes took the tie from stale ones; null: they did not. */
  readonly preemptedAfterMs: number | null;
}
