/**
 * Those who follow the status over the control socket: each hears of it anew when something in it has changed but the time.
 * Costs nothing while nobody follows, and one look in a while when somebody does, however much happens.
 */

import type { Status } from '../model/status.js';

export interface StatusFollowers {
  /** Something may have changed. */
  poke(): void;
  /** Tells the status now and after each change; the result ends that. */
  follow(status: () => Status, tell: (status: Status) => void): () => void;
  close(): void;
}

/** Between two looks. */
const PAUSE_MS = 100;

export function createStatusFollowers(): StatusFollowers {
  const followers = new Map<(status: Status) => void, () => Status>();
  let told = '';
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    timer = undefined;
    const [status] = followers.values();
    if (status === undefined) return;
    const now = status();
    const text = timeless(now);
    if (text === told) return;
    told = text;
    for (const tell of followers.keys()) tell(now);
  };
  return {
    poke() {
      if (followers.size > 0) timer ??= setTimeout(look, PAUSE_MS);
    },
    follow(status, tell) {
      const now = status();
      if (followers.size === 0) told = timeless(now);
      followers.set(tell, status);
      tell(now);
      return () => followers.delete(tell);
    },
    close() {
      clearTimeout(timer);
      followers.clear();
    },
  };
}

/** What remains of a status when the clock is stopped. Times of day are derived from it and jitter by a millisecond. */
function timeless(status: Status): string {
  return JSON.stringify(status, (key, value: unknown) =>
    key.endsWith('Ms') || key === 'since' || key === 'deadline' ? undefined : value,
  );
}
