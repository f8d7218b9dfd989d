/**
 * The clients that follow the status over the control socket: each gets it again when anything in
 * it but the time has changed. It costs nothing while nobody follows, and otherwise one comparison
 * per interval, however much happens.
 */

import type { Gradual } from '../control/protocol.js';
import type { World } from '../core/state.js';
import type { Outline } from '../core/status.js';

/** The status at one moment. */
export interface StatusSight {
  readonly outline: Outline;
  /** The source of the destinations' lines. */
  readonly world: World;
  readonly answer: Gradual;
}

export interface StatusFollowers {
  /** Called when something may have changed. */
  poke(): void;
  /** Sends the status now and after each change; the result ends that. */
  follow(see: () => StatusSight, tell: (answer: Gradual) => void): () => void;
  close(): void;
}

/** Least time between two comparisons. */
const PAUSE_MS = 100;

export function createStatusFollowers(): StatusFollowers {
  const followers = new Map<(answer: Gradual) => void, () => StatusSight>();
  let told: { readonly text: string; readonly routes: readonly unknown[] } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    timer = undefined;
    const [see] = followers.values();
    if (see === undefined) return;
    const now = see();
    const next = { text: timeless(now.outline), routes: routesOf(now) };
    if (next.text === told?.text && next.routes.every((one, i) => one === told?.routes[i])) return;
    told = next;
    for (const tell of followers.keys()) tell(now.answer);
  };
  return {
    poke() {
      if (followers.size > 0) timer ??= setTimeout(look, PAUSE_MS);
    },
    follow(see, tell) {
      const now = see();
      if (followers.size === 0) told = { text: timeless(now.outline), routes: routesOf(now) };
      followers.set(tell, see);
      tell(now.answer);
      return () => followers.delete(tell);
    },
    close() {
      clearTimeout(timer);
      followers.clear();
    },
  };
}

/**
 * The sources of the destinations' lines, compared instead of up to a hundred thousand lines; a
 * change of a tie shows in the outline.
 */
function routesOf({ world: { config, snapshot, refused, idle } }: StatusSight): readonly unknown[] {
  return [config, snapshot?.ownRoutes, snapshot?.links, refused, idle];
}

/**
 * The status without times: times of day are derived from the monotonic clock and jitter by a
 * millisecond.
 */
function timeless(outline: Outline): string {
  return JSON.stringify(outline, (key, value: unknown) =>
    key.endsWith('Ms') || key === 'since' || key === 'deadline' ? undefined : value,
  );
}
