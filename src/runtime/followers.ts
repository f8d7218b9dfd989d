/**
 * Those who follow the status over the control socket: each hears of it anew when something in it has changed but the time.
 * Costs nothing while nobody follows, and one look in a while when somebody does, however much happens.
 */

import type { Gradual } from '../control/protocol.js';
import type { World } from '../core/state.js';
import type { Outline } from '../core/status.js';

/** What followers are told of, at one moment. */
export interface StatusSight {
  readonly outline: Outline;
  /** What the lines of the destinations are made from. */
  readonly world: World;
  readonly answer: Gradual;
}

export interface StatusFollowers {
  /** Something may have changed. */
  poke(): void;
  /** Tells the status now and after each change; the result ends that. */
  follow(see: () => StatusSight, tell: (answer: Gradual) => void): () => void;
  close(): void;
}

/** Between two looks. */
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

/** Of a hundred thousand lines it is enough that what they come from is as it was; a tie that turns shows in the outline. */
function routesOf({ world: { config, snapshot, refused, idle } }: StatusSight): readonly unknown[] {
  return [config, snapshot?.ownRoutes, snapshot?.links, refused, idle];
}

/** What remains of a status when the clock is stopped. Times of day are derived from it and jitter by a millisecond. */
function timeless(outline: Outline): string {
  return JSON.stringify(outline, (key, value: unknown) =>
    key.endsWith('Ms') || key === 'since' || key === 'deadline' ? undefined : value,
  );
}
