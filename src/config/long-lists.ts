/**
 * Long lists of plain prefixes, taken out of the text before the YAML parser sees it: that one builds some twenty
 * objects an item and takes seconds and hundreds of megabytes for what this file reads in milliseconds.
 *
 * Of each such list the first and the last item stay, with spaces between them, so that every offset remains
 * true. Whether it is a list is for the parser to say: only where it finds the two side by side in one does the
 * middle go in between ({@link unfold}). Invariant: a text reads the same with and without this file.
 */

import type { ScalarValue, Value } from './document.js';

/** The middle of a list between its first and last item; all of them at their places in the text. */
export interface Fold {
  readonly items: readonly ScalarValue[];
  /** Of `- item` lines rather than between commas. */
  readonly block: boolean;
}

export interface Folded {
  /** Of the same length, with spaces for what was taken out. */
  readonly text: string;
  readonly folds: readonly Fold[];
  /** Characters taken out. */
  readonly taken: number;
}

/** Shorter ones are not worth it. */
const MIN_ITEMS = 64;

/** Nothing but a string to YAML, wherever it stands: it has a slash, and no indicator in front or colon behind. */
const PREFIX = /(?<quote>["']?)([0-9A-Fa-f][0-9A-Fa-f:.]*\/[0-9]{1,3})\k<quote>/.source;
const LINE = new RegExp(`( *)- ${PREFIX} *(?: #[^\\n]*)?\\r?\\n`, 'y');
const NO_ITEM = / *(?:#[^\n]*)?\r?\n/y;
const BETWEEN_COMMAS = new RegExp(`[ \\r\\n]*${PREFIX}[ \\r\\n]*,`, 'y');

/** Part of a value to YAML, where it is not part of a line's end. */
const STRAY_RETURN = /\r(?!\n)/;

/** Finds the long lists of the text and takes their middles out. */
export function foldLongLists(text: string): Folded {
  if (text.length < 8 * MIN_ITEMS) return { text, folds: [], taken: 0 };
  const runs = [...blockRuns(text), ...flowRuns(text)]
    .filter((run) => run.items.length >= MIN_ITEMS)
    .sort((a, b) => a.from - b.from);
  const pieces: string[] = [];
  const folds: Fold[] = [];
  let at = 0;
  let taken = 0;
  for (const { from, to, items, block } of runs) {
    // A run in a comment of another, or the like: it stays where it is.
    if (from < at) continue;
    pieces.push(text.slice(at, from), gap(text.slice(from, to), block));
    folds.push({ items, block });
    taken += to - from;
    at = to;
  }
  return { text: [...pieces, text.slice(at)].join(''), folds, taken };
}

/** What stands for the middle: as long, and in brackets indented no further than its leftmost line, which may be a fault. */
function gap(middle: string, block: boolean): string {
  const { length } = middle;
  if (block) return `${' '.repeat(length - 1)}\n`;
  let indent = Infinity;
  for (const [, spaces] of middle.matchAll(/\n( *)(?![ \r\n])/g)) indent = Math.min(indent, spaces!.length);
  return indent === Infinity ? ' '.repeat(length) : `${' '.repeat(length - 1 - indent)}\n${' '.repeat(indent)}`;
}

interface Run extends Fold {
  /** Behind the first item, what separates it from the next one included. */
  readonly from: number;
  /** In front of the last item, or of its line. */
  readonly to: number;
}

/** Lines `- item` of one indentation, with comments and empty lines among them. */
function blockRuns(text: string): readonly Run[] {
  const runs: Run[] = [];
  let indent = -1;
  let items: ScalarValue[] = [];
  let from = 0;
  let to = 0;
  const flush = (): void => {
    if (items.length > 1) runs.push({ from, to, items, block: true });
    items = [];
    indent = -1;
  };
  for (let at = 0; at < text.length; ) {
    LINE.lastIndex = at;
    const line = LINE.exec(text);
    if (line === null) {
      NO_ITEM.lastIndex = at;
      const skipped = indent >= 0 && NO_ITEM.test(text) ? NO_ITEM.lastIndex : -1;
      if (skipped < 0) flush();
      const newline = skipped < 0 ? text.indexOf('\n', at) : skipped - 1;
      at = newline < 0 ? text.length : newline + 1;
      continue;
    }
    if (line[1]!.length !== indent) flush();
    if (indent < 0) from = LINE.lastIndex;
    indent = line[1]!.length;
    items.push(item(line[3]!, at + indent + 2, line[2]!.length));
    to = at;
    at = LINE.lastIndex;
  }
  flush();
  return runs;
}

/** Items behind `[` with a comma behind each. */
function flowRuns(text: string): readonly Run[] {
  const runs: Run[] = [];
  for (let open = text.indexOf('['); open >= 0; open = text.indexOf('[', open + 1)) {
    const items: ScalarValue[] = [];
    let from = 0;
    let to = 0;
    BETWEEN_COMMAS.lastIndex = open + 1;
    for (
      let at = open + 1, found = BETWEEN_COMMAS.exec(text);
      found !== null && !STRAY_RETURN.test(found[0]);
      at = BETWEEN_COMMAS.lastIndex, found = BETWEEN_COMMAS.exec(text)
    ) {
      to = at + /^[ \r\n]*/.exec(found[0])![0].length;
      if (items.length === 0) from = BETWEEN_COMMAS.lastIndex;
      items.push(item(found[2]!, to, found[1]!.length));
      open = BETWEEN_COMMAS.lastIndex - 1;
    }
    if (items.length > 1) runs.push({ from, to, items, block: false });
  }
  return runs;
}

/**
 * The items of a list with the middles of its folds put back. `pending` has every fold by the offset of its first
 * item; those that find their place here are removed from it.
 */
export function unfold(items: readonly Value[], block: boolean, pending: Map<number, Fold>): readonly Value[] {
  if (pending.size === 0) return items;
  const whole: Value[] = [];
  for (let i = 0; i < items.length; i++) {
    const first = items[i]!;
    const fold = pending.get(first.span.start);
    if (fold?.block !== block || items[i + 1]?.span.start !== fold.items.at(-1)!.span.start) {
      whole.push(first);
      continue;
    }
    // The two at the ends as the parser has them: text of the next line may have been added to the last.
    for (let j = 0; j < fold.items.length; j++)
      whole.push(j === 0 ? first : j === fold.items.length - 1 ? items[i + 1]! : fold.items[j]!);
    pending.delete(first.span.start);
    i++;
  }
  return whole;
}

function item(text: string, start: number, quote: number): ScalarValue {
  return { kind: 'scalar', span: { start, end: start + text.length + 2 * quote }, text, value: text };
}
