/**
 * Reports what happened to the log and to the history, from one description. This file gives the
 * level of each kind, and the kinds that only the log gets: there may be a hundred thousand single
 * kernel changes, which would fill a bounded history.
 */

import type { Happening, Level } from '../model/event.js';
import type { Fields, Log } from './log.js';

export type Emit = (happening: Happening) => void;

const LEVEL: Readonly<Record<Happening['kind'], Level>> = {
  ready: 'notice',
  stopping: 'notice',
  routes: 'notice',
  daemon: 'warning',
  'outage-began': 'warning',
  'outage-bridged': 'notice',
  'outage-ended': 'notice',
  'gateway-dead': 'warning',
  'gateway-alive': 'notice',
  'gateway-switched': 'notice',
  role: 'notice',
  order: 'notice',
  'configuration-reloaded': 'notice',
  'reload-refused': 'error',
  'configuration-not-used': 'error',
  'configuration-unconfirmed': 'warning',
  'configuration-confirmed': 'notice',
  'configuration-rolled-back': 'error',
  waiting: 'warning',
  'no-longer-waiting': 'notice',
  interference: 'warning',
  'interference-ended': 'notice',
  preempting: 'notice',
  'preempting-ended': 'notice',
  'still-uncovered': 'notice',
  'route-keeps-coming-back': 'warning',
  'adoption-failed': 'warning',
  'model-disagrees': 'error',
  'adopt-route': 'info',
  'restore-route': 'info',
  'adoption-void': 'notice',
  'record-failed': 'error',
  'route-refused': 'warning',
  'change-failed': 'error',
  'observe-failed': 'error',
  fault: 'error',
  'left-out': 'notice',
  'control-socket-renewed': 'warning',
  'add-route': 'debug',
  'delete-route': 'debug',
  'add-rule': 'debug',
  'delete-rule': 'debug',
  'more-changes': 'debug',
  applied: 'info',
  'events-lost': 'notice',
};

const LOGGED_ONLY: ReadonlySet<Happening['kind']> = new Set([
  'add-route',
  'delete-route',
  'add-rule',
  'delete-rule',
  'more-changes',
  'applied',
  'events-lost',
]);

/** The log comes first, so that it has the event even if the next line crashes. */
export function createEmit(log: Log, record: (happening: Happening, level: Level) => void = () => undefined): Emit {
  return (happening) => {
    const level = levelOf(happening);
    const { kind, ...fields } = happening;
    log(level, kind, inSnakeCase(fields));
    if (!LOGGED_ONLY.has(kind)) record(happening, level);
  };
}

function levelOf(happening: Happening): Level {
  if (happening.kind === 'daemon') return daemonLevel(happening);
  if (happening.kind === 'applied' && happening.routine) return 'debug';
  if (happening.kind === 'routes' && happening.cause === 'uncovered') return 'error';
  if (happening.kind === 'gateway-dead' && happening.others === 0) return 'error';
  if (happening.kind === 'gateway-alive' && happening.was === 'unknown') return 'info';
  return LEVEL[happening.kind];
}

/**
 * If several daemons are affected by one incident, only the first to fail and the last to return
 * are above debug.
 */
function daemonLevel({ state, othersUnwell }: Happening & { kind: 'daemon' }): Level {
  if (othersUnwell > 0 || state === 'appeared') return 'debug';
  return state === 'responsive' || state === 'stopped' ? 'notice' : 'warning';
}

function inSnakeCase(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
