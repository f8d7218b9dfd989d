/**
 * Joins a configuration of several files into one text and splits it again: the file itself, then
 * each part after a line that names it. Everything that keeps, compares, shows or rolls back a
 * configuration thus has all of it in one text.
 *
 * Invariant: the text of a single file is unchanged.
 */

import type { MapValue, Value } from './document.js';
import type { Report, Span } from './report.js';

/** One file of the set, and its offset in the joined text. */
export interface Part {
  readonly name: string;
  readonly text: string;
  readonly start: number;
}

const MARK = /^# ---- file (".*")\r?$/gm;

/** Joins the file and its parts. */
export function joinParts(main: string, parts: readonly Omit<Part, 'start'>[]): string {
  let whole = main;
  for (const { name, text } of parts) {
    const gap = whole === '' || whole.endsWith('\n') ? '' : '\n';
    whole += `${gap}# ---- file ${JSON.stringify(name)}\n${text.replace(/^\ufeff/, '')}`;
  }
  return whole;
}

/**
 * Splits the text into its files, in order; the first one gets `name`. The lines that name a file
 * belong to no file.
 */
export function splitParts(whole: string, name: string): readonly [Part, ...Part[]] {
  const parts: Part[] = [];
  let open: Pick<Part, 'name' | 'start'> = { name, start: 0 };
  if (whole.includes('# ---- file "'))
    for (const mark of whole.matchAll(MARK)) {
      const next = nameIn(mark[1]!);
      if (next === undefined) continue;
      parts.push({ ...open, text: whole.slice(open.start, mark.index) });
      open = { name: next, start: Math.min(whole.length, mark.index + mark[0].length + 1) };
    }
  const last: Part = { ...open, text: whole.slice(open.start) };
  return [parts[0] ?? last, ...(parts.length === 0 ? [] : [...parts.slice(1), last])];
}

function nameIn(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

export interface Merged {
  readonly root: MapValue;
  /** How many lists were appended to another list. */
  readonly added: number;
}

/** The key whose values are appended across files, as Junos does with lists across groups. */
const ADDS_UP = 'destination';

/**
 * Merges the root mappings of the files. Mappings of the same key are merged and destinations are
 * appended. Any other key that two files have occurs twice in the result, so that the reader
 * refuses it.
 */
export function mergeRoots(roots: readonly [MapValue, ...MapValue[]]): Merged {
  let added = 0;
  const merge = (first: MapValue, second: MapValue): MapValue => {
    const entries = [...first.entries];
    const known = new Map(entries.map(({ key }, i) => [key, i] as const).reverse());
    for (const entry of second.entries) {
      const at = known.get(entry.key);
      const before = at === undefined ? undefined : entries[at]!.value;
      const value = before === undefined ? undefined : one(entry.key, before, entry.value);
      if (value === undefined) entries.push(entry);
      else entries[at!] = { ...entries[at!]!, value };
      // A second occurrence in the same file is a duplicate and is not merged.
      known.delete(entry.key);
    }
    return { ...first, entries };
  };
  const one = (key: string, a: Value, b: Value): Value | undefined => {
    if (a.kind === 'map' && b.kind === 'map') return merge(a, b);
    if (key !== ADDS_UP || (a.kind !== 'list' && a.kind !== 'scalar') || (b.kind !== 'list' && b.kind !== 'scalar'))
      return undefined;
    added++;
    return { kind: 'list', span: a.span, items: [...itemsOf(a), ...itemsOf(b)] };
  };
  return { root: roots.reduce(merge), added };
}

const itemsOf = (value: Value): readonly Value[] => (value.kind === 'list' ? value.items : [value]);

/** The report for one part, with offsets from the start of that part. */
export function reportOfPart(report: Report, { start }: Part): Report {
  if (start === 0) return report;
  return {
    ...report,
    error: (span, fault) => report.error(shiftSpan(span, start), fault),
    warning: (span, fault) => report.warning(shiftSpan(span, start), fault),
    follows: (offset) => report.follows(offset + start),
    placeOf: (offset) => report.placeOf(offset + start),
  };
}

/** The value with its positions moved into the joined text. Aliases still share their value. */
export function shiftValue(value: Value, by: number, done = new Map<Value, Value>()): Value {
  if (by === 0) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  const span = shiftSpan(value.span, by);
  const shifted: Value =
    value.kind === 'list'
      ? { ...value, span, items: value.items.map((item) => shiftValue(item, by, done)) }
      : value.kind === 'map'
        ? {
            ...value,
            span,
            entries: value.entries.map(({ key, keySpan, value: inner }) => ({
              key,
              keySpan: shiftSpan(keySpan, by),
              value: shiftValue(inner, by, done),
            })),
          }
        : { ...value, span };
  done.set(value, shifted);
  return shifted;
}

function shiftSpan(span: Span, by: number): Span {
  return {
    start: span.start + by,
    end: span.end + by,
    ...(span.anchor === undefined ? {} : { anchor: span.anchor + by }),
  };
}
