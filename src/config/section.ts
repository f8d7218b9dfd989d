/**
 * Reads one mapping of the file and the values in it, by type. Every function reports faults and
 * returns undefined. The caller then uses the default, which is the meaning of the valid part of a
 * faulty file.
 */

import type { Timeout } from '../model/config.js';
import { closest } from './closest.js';
import { quote } from './diagnostic.js';
import type { Entry, ScalarValue, Value } from './document.js';
import { type DurationBounds, parseDuration } from './duration.js';
import { type Key, namesOf } from './key.js';
import {
  emptyFault,
  gluedTo,
  knownBelow,
  MERGE,
  meantBy,
  outdentedFault,
  outdentedIn,
  suggestKey,
} from './key-slips.js';
import type { Report, Span } from './report.js';
import { unseenIn } from './unseen.js';

export interface Section {
  readonly span: Span;
  /** The entry of the key. An entry without a value has been reported and is not returned. */
  readonly get: (key: string) => Entry | undefined;
  /**
   * Whether the key is present, even if its value is faulty or its name misspelt. Such a fault has
   * been reported, so the key does not also count as missing.
   */
  readonly has: (key: string) => boolean;
  /** Offset of the key, or undefined if it is absent. */
  readonly keyAt: (key: string) => number | undefined;
  readonly unknownKeys: readonly string[];
}

/** What to write instead of an unknown word, if more than its spelling is known. */
export type Hints = Readonly<Record<string, string>>;

/** Reads a mapping with the keys `known`. undefined if the value is not a mapping. */
export function readSection(
  value: Value,
  name: string,
  known: readonly Key[],
  report: Report,
  hints: Hints = {},
): Section | undefined {
  if (value.kind !== 'map') {
    report.error(value.span, {
      code: 'wrong-type',
      message: `${name} must be a mapping, not ${describe(value)}`,
      suggestion: `its keys are ${namesOf(known.slice(0, 4)).join(', ')}${known.length > 4 ? ', ...' : ''}`,
    });
    return undefined;
  }
  const entries = new Map<string, Entry>();
  const unknownKeys: string[] = [];
  const outdented = outdentedIn(value.entries, known, report);
  const meant = new Set<string>();
  for (const entry of value.entries) {
    const first = entries.get(entry.key);
    if (first !== undefined) {
      report.error(entry.keySpan, {
        code: 'duplicate-key',
        message: `${quote(entry.key)} is set twice; first in ${report.placeOf(first.keySpan.start)}`,
        suggestion: 'keep one of them; several values are written as a list: [a, b]',
      });
      continue;
    }
    entries.set(entry.key, entry);
    if (known.some(({ key }) => key === entry.key)) continue;
    unknownKeys.push(entry.key);
    if (outdented.has(entry)) continue;
    const below = name === '' ? knownBelow(entry, known) : [];
    for (const key of below) meant.add(key);
    const unseen = unseenIn(entry.key);
    const near = meantBy(entry.key, known, report);
    if (near !== undefined) meant.add(near);
    const glued = gluedTo(entry.key, namesOf(known));
    if (glued !== undefined) meant.add(glued);
    report.error(entry.keySpan, {
      code: 'unknown-key',
      message:
        unseen !== undefined && near !== undefined
          ? `the key ${quote(near)} ${unseen.what}`
          : `unknown key ${quote(entry.key)} ${name === '' ? 'at the top level' : `in ${name}`}`,
      suggestion:
        (Object.hasOwn(hints, entry.key) ? hints[entry.key] : undefined) ??
        (near === undefined && below.length > 0
          ? `remove '${entry.key.slice(0, 40)}:' and the indentation of what stands below it`
          : unseen !== undefined && near !== undefined
            ? `write ${near}`
            : suggestKey(entry.key, near, name, known, report)),
    });
  }
  const get = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry?.value.kind !== 'null') return entry;
    return undefined;
  };
  for (const key of known) {
    const entry = entries.get(key.key);
    if (entry?.value.kind !== 'null') continue;
    const below = [...outdented].find(({ keySpan }) => keySpan.start > entry.keySpan.start);
    report.error(entry.keySpan, below === undefined ? emptyFault(key) : outdentedFault(key.key, below.key));
  }
  return {
    span: value.span,
    get,
    has: (key) => entries.has(key) || meant.has(key) || entries.has(MERGE),
    keyAt: (key) => entries.get(key)?.keySpan.start,
    unknownKeys,
  };
}

/** A value for use in a message: `a list`, `the number 5`. */
export function describe(value: Value): string {
  switch (value.kind) {
    case 'null':
      return 'nothing';
    case 'list':
      return 'a list';
    case 'map':
      return 'a mapping';
    case 'scalar':
      return typeof value.value === 'string'
        ? quote(value.text)
        : `the ${typeof value.value} ${value.text.slice(0, 40)}`;
    default:
      return value satisfies never;
  }
}

/** A scalar of any type, for values that have their own notation (addresses, times). */
export function readScalar(value: Value, what: string, report: Report): ScalarValue | undefined {
  if (value.kind === 'scalar') return value;
  const first = value.kind === 'list' ? value.items[0] : undefined;
  // YAML reads `[fe80::]` as a mapping whose key ends at the last colon.
  const colon =
    value.kind === 'map' && value.entries.length === 1 && value.entries[0]!.key.includes(':')
      ? value.entries[0]!.key
      : undefined;
  const suggestion =
    first?.kind === 'scalar' && value.kind === 'list' && value.items.length === 1
      ? `write ${first.text}`
      : first?.kind === 'scalar' && value.kind === 'list'
        ? 'take one level of the list away, or write one word'
        : prefixIn(value) !== undefined
          ? `write ${prefixIn(value)}`
          : colon !== undefined
            ? `put an address that ends in a colon in quotes: '${colon}:'`
            : 'write a single word or number';
  report.error(value.span, {
    code: 'wrong-type',
    message: `${what} is expected here, not ${describe(value)}`,
    suggestion,
  });
  return undefined;
}

/** The prefix in `{to: 10.0.0.0/8, via: ADDRESS}`, which is how other programs write a route. */
function prefixIn(value: Value): string | undefined {
  const found =
    value.kind === 'map'
      ? value.entries.find(({ value: one }) => one.kind === 'scalar' && /\//.test(one.text))
      : undefined;
  return found?.value.kind === 'scalar' ? found.value.text.slice(0, 60) : undefined;
}

/** One of a closed list of words. */
export function readChoice<T extends string>(
  entry: Entry | undefined,
  choices: readonly T[],
  report: Report,
  hints: Hints = {},
): T | undefined {
  const scalar = entry === undefined ? undefined : readScalar(entry.value, choices.join(' or '), report);
  if (entry === undefined || scalar === undefined) return undefined;
  const choice = choices.find((word) => word === scalar.text);
  if (choice !== undefined) return choice;
  const near = closest(scalar.text, choices);
  report.error(scalar.span, {
    code: 'unknown-value',
    message: `${quote(scalar.text)} is not a valid ${entry.key}`,
    suggestion:
      (Object.hasOwn(hints, scalar.text) ? hints[scalar.text] : undefined) ??
      (near === undefined ? `write ${choices.join(' or ')}` : `did you mean ${near}?`),
  });
  return undefined;
}

/** `true` or `false`. */
export function readBoolean(entry: Entry | undefined, report: Report): boolean | undefined {
  const scalar = entry === undefined ? undefined : readScalar(entry.value, 'true or false', report);
  if (entry === undefined || scalar === undefined) return undefined;
  if (typeof scalar.value === 'boolean') return scalar.value;
  const word = scalar.text.trim().toLowerCase();
  const meant = ['true', 'yes', 'on', 'y'].includes(word)
    ? 'true'
    : ['false', 'no', 'off', 'n'].includes(word)
      ? 'false'
      : undefined;
  const suggestion =
    meant === undefined ? 'write true or false' : `write ${meant}${word === meant ? ' without quotes' : ''}`;
  report.error(scalar.span, {
    code: 'wrong-type',
    message: `${entry.key} must be true or false, not ${describe(scalar)}`,
    suggestion,
  });
  return undefined;
}

/** A whole number from `min` to `max`, both included. `word`: what may stand in its place. */
export function readInteger(
  entry: Entry | undefined,
  min: number,
  max: number,
  report: Report,
  word?: string,
): number | undefined {
  const range = `write ${word === undefined ? '' : `${word}, or `}a number from ${min} to ${max}`;
  const scalar = entry === undefined ? undefined : readScalar(entry.value, 'a number', report);
  if (entry === undefined || scalar === undefined) return undefined;
  const number = scalar.value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    const bare =
      typeof number === 'string' && /^\s*\d+\s*$/.test(number) ? `write ${number.trim()} without quotes` : undefined;
    report.error(scalar.span, {
      code: 'wrong-type',
      message: `${entry.key} must be a whole number, not ${describe(scalar)}`,
      suggestion: bare ?? (word !== undefined && scalar.text.trim().toLowerCase() === word ? `write ${word}` : range),
    });
    return undefined;
  }
  // A number with leading zeros is octal to some programs and decimal to others, so each number has
  // only one spelling, as in addresses.
  if (!/^-?(0|[1-9]\d*)$/.test(scalar.text)) {
    const zeros = /^[-+]?0\d/.test(scalar.text);
    report.error(scalar.span, {
      code: zeros ? 'leading-zeros' : 'wrong-type',
      message: zeros
        ? `${entry.key} ${scalar.text} has leading zeros, which is octal to some programs`
        : `${entry.key} must be written in plain decimal digits, not as ${scalar.text.slice(0, 40)}`,
      suggestion: `write ${number}`,
    });
    return undefined;
  }
  if (number >= min && number <= max) return number;
  report.error(scalar.span, {
    code: 'out-of-range',
    message: `${entry.key} ${scalar.text} is out of range`,
    suggestion: range,
  });
  return undefined;
}

/** A duration in milliseconds. */
export function readDuration(entry: Entry | undefined, bounds: DurationBounds, report: Report): Timeout | undefined {
  const scalar = entry === undefined ? undefined : readScalar(entry.value, 'a time such as 5s', report);
  if (scalar === undefined) return undefined;
  const result = parseDuration(scalar.text, bounds);
  if (result.ok) return result.value;
  report.error(scalar.span, result.fault);
  return undefined;
}

/** The time, for bounds that do not allow `never`. */
export function asTime(value: Timeout | undefined): number | undefined {
  return value === 'never' ? undefined : value;
}

/** The items of a list, or the value itself as the only item. An empty list is a fault. */
export function readItems(entry: Entry, report: Report, remedy: string): readonly Value[] {
  if (entry.value.kind !== 'list') return [entry.value];
  if (entry.value.items.length === 0)
    report.error(entry.value.span, {
      code: 'empty-value',
      message: `'${entry.key}' is an empty list`,
      suggestion: remedy,
    });
  return entry.value.items;
}
