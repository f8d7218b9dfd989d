/**
 * Reads one mapping of the file and the values in it, by type. Every function reports faults and
 * returns undefined. The caller then uses the default, which is the meaning of the valid part of a
 * faulty file.
 */

import type { Timeout } from '../model/config.js';
import { closest } from './closest.js';
import { type Fault, quote } from './diagnostic.js';
import type { Entry, ScalarValue, Value } from './document.js';
import { type DurationBounds, parseDuration } from './duration.js';
import { type Key, namesOf } from './key.js';
import type { Report, Span } from './report.js';

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

/** A YAML merge key. The mapping that it refers to may contain required keys. */
const MERGE = '<<';

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
    const near = meantBy(entry.key, known, report);
    if (near !== undefined) meant.add(near);
    report.error(entry.keySpan, {
      code: 'unknown-key',
      message: `unknown key ${quote(entry.key)} ${name === '' ? 'at the top level' : `in ${name}`}`,
      suggestion:
        (Object.hasOwn(hints, entry.key) ? hints[entry.key] : undefined) ??
        (near === undefined && below.length > 0
          ? `remove '${entry.key.slice(0, 40)}:' and the indentation of what stands below it`
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

/** The keys directly below the entry that belong here. */
function knownBelow({ value }: Entry, known: readonly Key[]): readonly string[] {
  if (value.kind !== 'map') return [];
  return value.entries.map(({ key }) => key).filter((word) => known.some(({ key }) => key === word));
}

/** Keys that belong below a preceding key without a value: they lack indentation. */
function outdentedIn(entries: readonly Entry[], known: readonly Key[], report: Report): ReadonlySet<Entry> {
  const found = new Set<Entry>();
  let empty: string | undefined;
  for (const entry of entries) {
    const home = report.homeOf(entry.key);
    if (known.some(({ key }) => key === entry.key)) empty = entry.value.kind === 'null' ? entry.key : undefined;
    else if (empty !== undefined && home !== undefined && home !== '' && empty.endsWith(home)) found.add(entry);
  }
  return found;
}

function outdentedFault(key: string, below: string): Fault {
  return {
    code: 'empty-value',
    message: `'${key}' has no value: '${below}' below it is not indented`,
    suggestion: `write '  ${below}: ...', with two spaces in front of each line that belongs to '${key}'`,
  };
}

function emptyFault({ key, example }: Key): Fault {
  const indented = 'is the value on a line of its own, not indented?';
  return example === undefined
    ? {
        code: 'empty-value',
        message: `'${key}' has no value`,
        suggestion: `give it one, or remove the line for the default; ${indented}`,
      }
    : { code: 'empty-value', message: `'${key}' needs a value`, suggestion: `write ${key}: ${example}; ${indented}` };
}

/**
 * The known key that an unknown one was probably meant to be. undefined also if the key is correct
 * but belongs in another mapping.
 */
function meantBy(key: string, known: readonly Key[], report: Report): string | undefined {
  if (report.homeOf(key) !== undefined) return undefined;
  const alias = known.find(({ aliases }) => aliases?.includes(key.toLowerCase()) === true);
  return alias?.key ?? closest(key, namesOf(known));
}

/**
 * What to write if the blank between key and value is missing (`address:192.0.2.1`); otherwise
 * undefined.
 */
export function gluedKey(text: string, names: readonly string[]): string | undefined {
  const key = names.find((name) => text.startsWith(`${name}:`));
  const value = key === undefined ? '' : text.slice(key.length + 1);
  return key === undefined || value === '' || /^\s/.test(value)
    ? undefined
    : `write '${key}: ${value.slice(0, 60)}', with a space after the colon`;
}

function suggestKey(
  key: string,
  near: string | undefined,
  name: string,
  known: readonly Key[],
  report: Report,
): string {
  const home = report.homeOf(key);
  if (home !== undefined)
    return home === ''
      ? `'${key}' belongs at the top level; is it indented too far?`
      : `'${key}' belongs under '${home}'; is it indented too little?`;
  if (key === MERGE) return 'merge keys of YAML are not read: write the keys themselves';
  const names = namesOf(known);
  if (name === '' && /^!?includes?$/.test(key))
    return "further files go into the directory beside this one: config.d for config.yaml; see 'Several files' in docs/CONFIGURATION.md";
  const glued = gluedKey(key, names);
  if (glued !== undefined) return glued;
  return near === undefined
    ? `the keys ${name === '' ? 'here' : `of ${name}`} are ${names.join(', ')}`
    : `did you mean '${near}'?`;
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

/** A whole number from `min` to `max`, both included. */
export function readInteger(entry: Entry | undefined, min: number, max: number, report: Report): number | undefined {
  const scalar = entry === undefined ? undefined : readScalar(entry.value, 'a number', report);
  if (entry === undefined || scalar === undefined) return undefined;
  const number = scalar.value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    const bare =
      typeof number === 'string' && /^\s*\d+\s*$/.test(number) ? `write ${number.trim()} without quotes` : undefined;
    report.error(scalar.span, {
      code: 'wrong-type',
      message: `${entry.key} must be a whole number, not ${describe(scalar)}`,
      suggestion: bare ?? `write a number from ${min} to ${max}`,
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
    suggestion: `write a number from ${min} to ${max}`,
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
