/**
 * Everything that reports the agent's state, each from one description: the log, the history with
 * its copy on disk, the outages, the metrics, and the clients that follow the status.
 */

import type { Paths } from '../model/paths.js';
import { createEmit, type Emit } from './emit.js';
import { createStatusFollowers, type StatusFollowers } from './followers.js';
import { createHistory, type History } from './history.js';
import { openHistoryFile, readHistory } from './history-file.js';
import { createJournal, type Journal } from './journal.js';
import type { Log } from './log.js';
import { createMetrics, type Metrics } from './metrics.js';
import { createOutages } from './outages.js';

interface Telling {
  readonly emit: Emit;
  readonly journal: Journal;
  readonly followers: StatusFollowers;
  readonly metrics: Metrics;
  /** The history with numbers: earlier runs are read from disk if they were not yet. */
  history(): History;
  lastOutage(): ReturnType<History['lastOutage']>;
  close(): void;
}

export function openTelling(log: Log, paths: Paths, dryRun: boolean): Telling {
  const failed = (message: string): void =>
    log('warning', 'history-not-kept', {
      file: paths.history,
      message,
      effect: 'events are kept only until the agent ends',
    });
  const history = createHistory({
    read: () => readHistory(paths.history),
    file: dryRun ? undefined : openHistoryFile(paths.history, failed),
    wallNow: Date.now,
  });
  const outages = createOutages();
  const followers = createStatusFollowers();
  const metrics = createMetrics(paths.instance, dryRun ? undefined : paths.metrics, (message) =>
    log('warning', 'metrics-not-written', {
      file: paths.metrics,
      message,
      effect: 'backup-router metrics has them all the same',
    }),
  );
  const told = createEmit(log, (happening, level) => {
    history.record(happening, level);
    followers.poke();
  });
  const emit: Emit = (happening) => {
    told(happening);
    metrics.tally.happened(happening, performance.now());
    metrics.poke();
  };
  const journal = createJournal(emit, outages);
  return {
    emit,
    journal(before, input, result, now) {
      metrics.tally.transition(before, input, result);
      journal(before, input, result, now);
    },
    followers,
    metrics,
    history() {
      outages.resume(history.load());
      return history;
    },
    lastOutage: () => history.lastOutage(),
    close() {
      followers.close();
      metrics.close();
      history.close();
    },
  };
}
