/**
 * Flap damping: a routing daemon that keeps dying must stay responsive for longer each time before
 * the routes leave. Damping lengthens the hold-time and nothing else; it never delays bringing the
 * routes in.
 */

/** Upper bound of the damped hold-time in milliseconds, unless the configured one is longer. */
const MAX_DAMPED_HOLD_MS = 300_000;
/** Time without a death, in milliseconds, after which the deaths are forgotten. */
export const QUIET_MS = 600_000;

export interface Damping {
  /** Deaths that are not forgotten yet. */
  readonly deaths: number;
  /** Monotonic time of the last death. */
  readonly lastDeath: number;
}

export const UNDAMPED: Damping = { deaths: 0, lastDeath: Number.NEGATIVE_INFINITY };

/** The damping after a death at `now`. */
export function died(damping: Damping, now: number): Damping {
  return { deaths: now - damping.lastDeath > QUIET_MS ? 1 : damping.deaths + 1, lastDeath: now };
}

/**
 * The hold-time in force: the configured one after the first death, doubled for each further one
 * up to {@link MAX_DAMPED_HOLD_MS}.
 */
export function dampedHoldMs(damping: Damping, holdMs: number, now: number): number {
  if (now - damping.lastDeath > QUIET_MS || damping.deaths < 2) return holdMs;
  return Math.max(holdMs, Math.min(MAX_DAMPED_HOLD_MS, holdMs * 2 ** Math.min(damping.deaths - 1, 30)));
}
