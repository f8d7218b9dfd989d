/**
 * Reports what is still uncovered when that has changed while the routes stay out. The change of
 * phase reports the beginning and the end.
 */

import type { Phase, State } from '../core/state.js';
import type { Happening } from '../model/event.js';
import { firstOf } from '../model/text.js';

/** The most destinations that are named. */
const NAMED = 8;
/** Least time between two reports: while a daemon converges, each look may find fewer. */
const EVERY_MS = 5_000;

export function createUncoveredNews(): (state: State, now: number) => readonly Happening[] {
  let told: { readonly phase: Phase; readonly uncovered: readonly string[]; readonly at: number } | undefined;
  return ({ phase }, now) => {
    const uncovered = phase.kind === 'out' ? phase.uncovered : [];
    if (uncovered.length === 0) told = undefined;
    // The same phase object names the same destinations.
    else if (told === undefined || told.phase.since !== phase.since) told = { phase, uncovered, at: now };
    else if (told.phase !== phase && now - told.at >= EVERY_MS) {
      const was = told.uncovered;
      told = { phase, uncovered, at: now };
      const same = was.length === uncovered.length && uncovered.every((one) => was.includes(one));
      return same ? [] : [stillUncovered(uncovered, was.length)];
    }
    return [];
  };
}

function stillUncovered(uncovered: readonly string[], was: number): Happening {
  return { kind: 'still-uncovered', what: firstOf(uncovered, NAMED), count: uncovered.length, was };
}
