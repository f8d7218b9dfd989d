/**
 * Finds daemons that are named twice, within a kind or across kinds. Two watches on one socket do
 * harm: a vty accepts few connections (fact F6).
 *
 * Invariant: of two entries, the one whose kind can query the daemon (frr, bird) stays, wherever it
 * is in the file.
 */

import type { RoutingDaemon } from '../../model/config.js';
import type { Report } from '../report.js';
import type { Found } from './kind.js';
import { kindOf, watchedBy } from './kinds.js';

/** The daemons without duplicates, in file order. */
export function withoutDuplicates(found: readonly Found[], report: Report): readonly RoutingDaemon[] {
  const seen = new Set<string>();
  const kept = new Map<Found, RoutingDaemon>();
  const understood = found.filter(({ daemon }) => kindOf(daemon).understood === true);
  for (const item of [...understood, ...found.filter((other) => !understood.includes(other))]) {
    const { daemon, spans } = item;
    const all = watchedBy(daemon);
    const isNew = all.map(({ identity, name }, i) => {
      if (!seen.has(identity)) {
        seen.add(identity);
        return true;
      }
      report.warning(spans[i]!, {
        code: 'duplicate-daemon',
        message: `${name} is listed twice`,
        suggestion: 'remove one',
      });
      return false;
    });
    all.forEach(({ also = [] }, i) => {
      if (isNew[i] === true) for (const identity of also) seen.add(identity);
    });
    if (isNew.includes(true)) kept.set(item, kindOf(daemon).reduce?.(daemon, isNew) ?? daemon);
  }
  return found.flatMap((item) => kept.get(item) ?? []);
}
