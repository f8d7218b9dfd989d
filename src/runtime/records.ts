/**
 * What earlier runs of the agent have recorded in the state directory, and the records that this
 * run writes about what it has seen.
 */

import type { Beginning } from '../core/state.js';
import type { Paths } from '../model/paths.js';
import { readAdopted } from './adopted-record.js';
import { readCovered, writeCovered } from './covered-record.js';
import type { Recording } from './execute.js';
import { readLearned, writeLearned } from './learned-record.js';
import type { Log } from './log.js';
import { overrideOf, pinOf, readOrders } from './orders-record.js';

type Recorded = Pick<Beginning, 'roleOverride' | 'pin' | 'adopted' | 'covered' | 'learned'>;

export function recorded(paths: Paths, log: Log): Recorded {
  const orders = readOrders(paths.orders);
  const { adopted, fault } = readAdopted(paths.adopted);
  if (fault !== undefined)
    log('error', 'record-unreadable', {
      file: paths.adopted,
      message: fault,
      effect: 'routes that were taken over before cannot be given back',
    });
  return {
    roleOverride: overrideOf(orders),
    pin: pinOf(orders, performance.now(), Date.now()),
    adopted,
    covered: readCovered(paths.covered),
    learned: readLearned(paths.learned),
  };
}

/** Writes not in this turn of the event loop: routes come first. A dry run writes nothing. */
export function recorder(paths: Paths, log: Log, dryRun: boolean): Pick<Recording, 'remember' | 'learn'> {
  if (dryRun) return {};
  const later = (event: string, lost: string, write: () => string | undefined): void => {
    setImmediate(() => {
      const message = write();
      if (message !== undefined) log('warning', event, { message, effect: `${lost} is lost when the agent ends` });
    });
  };
  return {
    remember: (covered) =>
      later('covered-record', 'the record of covered destinations', () => writeCovered(paths.covered, covered)),
    learn: (learned) =>
      later('learned-record', 'the last gateway of `address: auto`', () => writeLearned(paths.learned, learned)),
  };
}
