/**
 * What is wrong with the keys of a mapping: misspelt, indented too little, without a value, glued
 * to their value; and what to write.
 */

import { closest } from './closest.js';
import type { Fault } from './diagnostic.js';
import type { Entry } from './document.js';
import { type Key, namesOf } from './key.js';
import type { Report } from './report.js';
import { unseenIn } from './unseen.js';

/** A YAML merge key. The mapping that it refers to may contain required keys. */
export const MERGE = '<<';

/** The keys directly below the entry that belong here. */
export function knownBelow({ value }: Entry, known: readonly Key[]): readonly string[] {
  if (value.kind !== 'map') return [];
  return value.entries.map(({ key }) => key).filter((word) => known.some(({ key }) => key === word));
}

/** Keys that belong below a preceding key without a value: they lack indentation. */
export function outdentedIn(entries: readonly Entry[], known: readonly Key[], report: Report): ReadonlySet<Entry> {
  const found = new Set<Entry>();
  let empty: string | undefined;
  for (const entry of entries) {
    const home = report.homeOf(entry.key);
    if (known.some(({ key }) => key === entry.key)) empty = entry.value.kind === 'null' ? entry.key : undefined;
    else if (
      empty !== undefined &&
      home !== undefined &&
      home !== '' &&
      (empty.endsWith(home) || home.endsWith(`: ${empty}`))
    )
      found.add(entry);
  }
  return found;
}

/** The fault of a key without a value above a key that belongs to it. */
export function outdentedFault(key: string, below: string): Fault {
  return {
    code: 'empty-value',
    message: `'${key}' has no value: '${below}' below it is not indented`,
    suggestion: `write '  ${below}: ...', with two spaces in front of each line that belongs to '${key}'`,
  };
}

/** The fault of a key without a value. */
export function emptyFault({ key, example }: Key): Fault {
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
export function meantBy(key: string, known: readonly Key[], report: Report): string | undefined {
  const plain = unseenIn(key)?.plain;
  if (plain !== undefined && namesOf(known).includes(plain)) return plain;
  if (report.homeOf(key) !== undefined) return undefined;
  const alias = known.find(({ aliases }) => aliases?.includes(key.toLowerCase()) === true);
  return alias?.key ?? closest(key, namesOf(known));
}

/**
 * What to write if the blank between key and value is missing (`address:192.0.2.1`); otherwise
 * undefined.
 */
export function gluedKey(text: string, names: readonly string[]): string | undefined {
  const key = gluedTo(text, names);
  return key === undefined
    ? undefined
    : `write '${key}: ${text.slice(key.length + 1, key.length + 61).trim()}', with a space after the colon`;
}

/** The key that the value follows without a blank, or behind `=` or a dot. */
export function gluedTo(text: string, names: readonly string[]): string | undefined {
  return names.find(
    (name) =>
      text.startsWith(name) && (/^:\S/.test(text.slice(name.length)) || /^\s*=\s*\S/.test(text.slice(name.length))),
  );
}

/** What to write in place of an unknown key; `near`: the key that was probably meant. */
export function suggestKey(
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
