/**
 * The status as the text of an answer, in pieces: for fifty thousand destinations it is ten
 * megabytes and a third of a second of work, and a death never waits for more than one piece.
 */

import type { State } from '../core/state.js';
import { type Outline, outlineOf, routeLines, type Surroundings } from '../core/status.js';
import type { StatusSight } from './followers.js';

/** Destinations in one piece: less than a millisecond of work. */
const AT_ONCE = 200;
/** The end of the text. */
const END = ']}}';

/** The present state and its text. */
export function sightOf(state: State, around: Surroundings, now: number): StatusSight {
  const outline = outlineOf(state, around, now);
  return { outline, world: state.world, answer: { pieces: () => statusText(state, outline, now) } };
}

/** The text of one state, however long it takes; later changes are not in it. */
function* statusText(state: State, outline: Outline, now: number): Generator<string, string> {
  const empty = JSON.stringify({ ok: true, status: { ...outline, backupRoutes: [] } });
  let piece = empty.slice(0, -END.length);
  let comma = '';
  let count = 0;
  for (const line of routeLines(state, outline.agent.dryRun, now)) {
    if (line !== undefined) {
      piece += comma + JSON.stringify(line);
      comma = ',';
    }
    if (++count % AT_ONCE > 0) continue;
    yield piece;
    piece = '';
  }
  return `${piece}${END}\n`;
}
