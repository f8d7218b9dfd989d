/**
 * Everything that is told of the agent's life, from one description each: the log, the history with
 * its copy on disk, the outages, and those who follow the status.
 */

import type { Paths } from '../model/paths.js';
import { createEmit, type Emit } from './emit.js';
import { createStatusFollowers, type StatusFollowers } from './followers.js';
import { createHistory, type History } from './history.js';
import { openHistoryFile, readHistory } from './history-file.js';
import { createJournal, type Journal } from './journal.js';
import type { Log } from './log.js';
import { createOutages } from './outages.js';

export interface Telling {
  readonly emit: Emit;
  readonly journal: Journal;
  readonly followers: StatusFollowers;
  /** Numbered: former lives are read from disk if they have not been yet. */
  history(): History;
  lastOutage(): ReturnType<History['lastOutage']>;
  close(): void;
}

export function openTelling(log: Log, paths: Paths, dryRun: boolean): Telling {
  const failed = (message: string): void =>
    log('warning', 'history-not-kept', {
      file: paths.history,
      message,
      effect: 'what happens is remembered until the agent ends',
    });
  const history = createHistory({
    read: () => readHistory(paths.history),
    file: dryRun ? undefined : openHistoryFile(paths.history, failed),
    wallNow: Date.now,
  });
  const outages = createOutages();
  const followers = createStatusFollowers();
  const emit = createEmit(log, (happening, level) => {
    history.record(happening, level);
    followers.poke();
  });
  return {
    emit,
    journal: createJournal(emit, outages),
    followers,
    history() {
      outages.resume(history.load());
      return history;
    },
    lastOutage: () => history.lastOutage(),
    close() {
      followers.close();
      history.close();
    },
  };
}
