/**
 * Reports rounds to the service manager: each complete round feeds the watchdog and sets the
 * status line. READY is sent with the first one after the agent has decided and knows that it is
 * the only agent.
 */

import type { State } from '../core/state.js';
import type { Notifier } from './notify.js';

interface Announcer {
  /** Called after each input that was carried out. */
  settled(state: State): void;
  /** Resolves when READY is sent. */
  readonly ready: Promise<void>;
}

export function createAnnouncer(notifier: Notifier, alone: Promise<void>): Announcer {
  let rounds = 0;
  let isAlone = false;
  let decided = false;
  let tellReady: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
  const tell = (): void => {
    if (tellReady === undefined || !decided || !isAlone) return;
    notifier.ready();
    tellReady();
    tellReady = undefined;
  };
  // If it rejects, another agent runs, and this one ends.
  void alone.then(
    () => {
      isAlone = true;
      tell();
    },
    () => undefined,
  );
  return {
    ready,
    settled({ agenda, phase }) {
      if (agenda.completedRounds === rounds) return;
      rounds = agenda.completedRounds;
      notifier.watchdog();
      notifier.status(`backup routes ${phase.kind}: ${phase.reason}`);
      decided ||= phase.kind !== 'starting';
      tell();
    },
  };
}
