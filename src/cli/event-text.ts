/**
 * An event as one sentence for people. An event of a kind that this version does not know is shown
 * unchanged.
 */

import type { Event } from '../model/event.js';
import { ipWords } from '../model/route-text.js';
import { type Colour, counted, durationText, localTimes, oneLine } from '../model/text.js';

export function eventText(event: Event): string {
  return localTimes(ipWords(oneLine(sentence(event))));
}

export function eventColour(event: Event): Colour | undefined {
  if (event.kind === 'routes') return event.phase === 'out' ? 'green' : 'yellow';
  if (event.kind === 'daemon' && event.state === 'responsive') return 'green';
  return event.level === 'error'
    ? 'red'
    : event.level === 'warning'
      ? 'yellow'
      : event.level === 'info'
        ? 'dim'
        : undefined;
}

function sentence(e: Event): string {
  switch (e.kind) {
    case 'ready':
      return `agent ${e.program} ready after ${durationText(e.afterMs)}`;
    case 'stopping':
      return `agent stops, on-stop ${e.onStop}`;
    case 'routes': {
      const cause = e.cause === undefined ? '' : ` (${e.cause})`;
      const after = durationText(e.wasForMs);
      return e.phase === e.was
        ? `backup routes stay ${e.phase.toUpperCase()}${cause}, after ${after}: ${e.reason}`
        : `backup routes ${e.phase.toUpperCase()}${cause} after ${after} ${e.was}: ${e.reason}`;
    }
    case 'daemon':
      return [
        `${e.id} ${e.state} after ${durationText(e.wasForMs)} ${e.was}: ${e.reason}`,
        e.outageCause === undefined ? '' : `; the outage is its ${e.outageCause}`,
      ].join('');
    case 'outage-began':
      return `outage begins (${e.cause}): ${e.reason}`;
    case 'outage-bridged':
      return [
        `backup routes in the kernel ${durationText(e.afterMs)} after the outage began`,
        e.late === undefined ? '' : `: late, they waited for ${e.late}`,
      ].join('');
    case 'outage-ended':
      return [
        `outage ends after ${durationText(e.lengthMs)} (${e.cause})`,
        e.carriedBy === undefined ? '' : `, carried by the ${e.carriedBy.replaceAll('-', ' ')}`,
        e.preemptedAfterMs === undefined ? '' : ` after ${durationText(e.preemptedAfterMs)}`,
      ].join('');
    case 'still-uncovered':
      return `still uncovered: ${e.what} (${counted(e.count, 'destination')}, before ${e.was})`;
    case 'preempting':
      return `backup routes take the tie of ${e.what}: ${e.reason}`;
    case 'preempting-ended':
      return `backup routes give the tie of ${e.what} back: ${e.reason}`;
    case 'gateway-dead':
      return [
        `backup router ${e.gateway} on ${e.interface} does not answer`,
        e.was === 'alive' ? `, after ${durationText(e.wasForMs)} in which it did` : '',
        e.others === 0 ? ': there is no other' : `: ${counted(e.others, 'other')} left`,
      ].join('');
    case 'gateway-alive':
      return `backup router ${e.gateway} on ${e.interface} answers${e.was === 'dead' ? ` again after ${durationText(e.wasForMs)}` : ''}`;
    case 'gateway-switched':
      return `backup router ${e.to} on ${e.interface} is used in place of ${e.from}`;
    case 'model-disagrees':
      return `${e.destination} counts as covered by ${e.model}, but the kernel says ${e.kernel}: the routes are in, and the kernel is asked again in ${durationText(e.againMs)}`;
    case 'role':
      return `role ${e.role}, was ${e.was}: ${e.reason}`;
    case 'order':
      return `ordered: ${e.what}`;
    case 'configuration-reloaded':
      return 'configuration reloaded';
    case 'reload-refused':
      return `reload refused: ${e.message ?? `${counted(e.errors, 'error')} in ${e.file}`}`;
    case 'configuration-not-used':
      return `${e.file} is not used, running ${e.running}: ${e.remedy}`;
    case 'configuration-unconfirmed':
      return `configuration awaits its confirmation until ${e.deadline}`;
    case 'configuration-confirmed':
      return 'configuration confirmed';
    case 'configuration-rolled-back':
      return `configuration rolled back: ${e.reason}`;
    case 'waiting':
      return `waiting for ${e.subject}: ${e.reason}`;
    case 'no-longer-waiting':
      return `no longer waiting for ${e.subject} (${e.reason}): ${e.came}`;
    case 'interference':
      return `interference ${e.episode}: ${e.what}${e.pauseMs === 0 ? '' : `; repaired after ${durationText(e.pauseMs)}`}`;
    case 'interference-ended':
      return `interference ends after ${durationText(e.forMs)}, ${counted(e.episodes, 'episode')}: ${e.last}`;
    case 'route-keeps-coming-back':
      return `a default route that was taken over came back ${e.times} times`;
    case 'adoption-failed':
      return `the ${e.family} default route on ${e.interface} is left to its owner, for ${durationText(e.pauseMs)}: ${e.reason}`;
    case 'adopt-route':
      return `taken over: ${e.what}`;
    case 'restore-route':
      return `given back: ${e.what}`;
    case 'adoption-void':
      return `not to be given back, because ${e.source} is no longer an address of this host: ${e.what}`;
    case 'record-failed':
      return `record cannot be written: ${e.message}; ${e.effect}`;
    case 'route-refused':
      return `kernel refuses ${e.what}: ${e.message} (${e.code})`;
    case 'change-failed':
      return `change failed: ${e.what}`;
    case 'observe-failed':
      return `cannot look at the kernel: ${e.message}`;
    case 'fault':
      return `fault ${e.count} in the agent, which goes on: ${e.message}`;
    case 'left-out':
      return `${counted(e.count, 'more event')} of the kind ${e.what}, in the log only`;
    case 'control-socket-renewed':
      return `control socket opened again: ${e.what}`;
    default: {
      const { seq: _seq, at: _at, level: _level, kind, ...fields } = e;
      return [kind, ...Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`)].join(' ');
    }
  }
}
