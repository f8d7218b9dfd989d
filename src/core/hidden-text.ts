/** What hides backup routes (hidden.ts), as text. Pure. */

import { destinationText } from '../model/prefix.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import { ruleText, tableText } from '../model/route-text.js';
import type { Hidden } from './hidden.js';
import type { Wait } from './management.js';

/** Maximum number of destinations that are reported one by one. */
const NAMED = 20;
/** Maximum number of routes of one destination that are named. */
const NAMED_PARTS = 3;

/** For example `blackhole 10.0.0.0/8 (proto 196)`. */
export function refusalText({ type, destination, protocol }: Route): string {
  return `${type === 'unicast' ? '' : `${type} `}${destinationText(destination)} (proto ${protocol})`;
}

/** What is in the way, as text: a route, with its table unless that is main, or else the rule. */
export function obstacleText(hidden: Hidden): string {
  return obstacle(hidden, '');
}

function obstacle(hidden: Hidden, ofMain: string): string {
  const { beside = [] } = hidden;
  const named = [hidden, ...beside.slice(0, NAMED_PARTS - 1)].map((one) => single(one, ofMain));
  if (beside.length === 0) return named[0]!;
  const more = beside.length + 1 - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', and ');
}

function single({ route, rule, why, fault, jump }: Hidden, ofMain: string): string {
  if (route === undefined)
    return rule === undefined ? 'the rules, which lead past it' : `rule ${ruleText(rule, tableText)}`;
  const where = route.table === TABLE_MAIN ? ofMain : ` of table ${tableText(route.table)}`;
  const past = jump === undefined ? '' : `rule ${ruleText(jump, tableText)}, which leads past it to `;
  const bad =
    why === 'stale'
      ? ', which its dead routing daemon has left'
      : fault === undefined
        ? ''
        : `, which leads nowhere (${fault})`;
  return `${past}${refusalText(route)}${where}${bad}`;
}

/**
 * One wait for each hidden destination, and one for all beyond {@link NAMED}. `placement`: as
 * configured.
 */
export function hiddenWaits(hidden: readonly Hidden[], placement: string): readonly Wait[] {
  const all = hidden.map(
    (one): Wait => ({
      subject: destinationText(one.destination),
      reason: `hidden by ${obstacle(one, ' of the main table')}${advice(one, placement)}`,
    }),
  );
  // Two interfaces may have the same destination, and both families a default.
  const waits = [...new Map(all.map((wait) => [`${wait.subject} ${wait.reason}`, wait])).values()];
  const more = waits.length - NAMED;
  return more <= 0
    ? waits
    : [...waits.slice(0, NAMED), { subject: `${more} more destinations`, reason: 'hidden, for similar reasons' }];
}

/** What packets to a part of a destination meet that leads nowhere. A refusal may be intended. */
export function partWaits(taken: readonly Hidden[]): readonly Wait[] {
  const told = taken.filter(({ why }) => why !== 'refused');
  return told.slice(0, NAMED).map(
    (one): Wait => ({
      subject: partText(one),
      reason: `part of ${destinationText(one.destination)}, taken by ${obstacle(one, ' of the main table')}: longer prefixes are never beaten; remove it`,
    }),
  );
}

/** The part of the destination that is taken. */
export function partText({ route, rule, destination }: Hidden): string {
  return destinationText(route?.destination ?? rule?.detail?.to ?? destination);
}

function advice({ route, why, jump, part }: Hidden, placement: string): string {
  if (part === true) return ': longer prefixes take all of it, and are never beaten; remove those that do not carry it';
  if (jump !== undefined) return '; remove that rule';
  if (route?.table !== TABLE_MAIN) return '';
  const other =
    why === 'refused' ? (placement === 'local' ? 'main' : undefined) : placement === 'main' ? 'local' : undefined;
  return `; remove it${other === undefined ? '' : `, or use placement: ${other}, which has no such limit`}`;
}
