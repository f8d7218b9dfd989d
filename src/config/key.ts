/**
 * One key of the file, described: what it is called, means and may be, and its default. The schema, the manual page and the tables
 * of docs/CONFIGURATION.md are made from these; the readers take the names from them.
 */

import type { Schema } from './schema.js';

export interface Key {
  readonly key: string;
  /** What it means, in a sentence or two: for the schema and the manual page. */
  readonly words: string;
  /** The same at length, in Markdown, for the table in docs/CONFIGURATION.md; undefined: `words` say it all. */
  readonly more?: string;
  /** What may stand there; what its `description` says of the notation is added to the words. */
  readonly schema: Schema;
  readonly required?: true;
  /** As it would be written; undefined: none. */
  readonly fallback?: unknown;
  /** Says the default where no value does, in Markdown. */
  readonly fallbackWords?: string;
  /** What other programs call it. */
  readonly aliases?: readonly string[];
  /** A value, for who has left it out; needed where there is no default. */
  readonly example?: string;
  /** It stands in several mappings, so that it does not tell in which one it was meant. */
  readonly ambiguous?: true;
}

export function namesOf(keys: readonly Key[]): readonly string[] {
  return keys.map(({ key }) => key);
}

/** What may stand there, with its words and its default. */
export function keySchema({ words, schema, fallback }: Key): Schema {
  const { description, ...rest } = schema;
  return {
    description: description === undefined ? words : `${words} ${description}`,
    ...rest,
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

/** A mapping: every one of its keys, and no other. Made when somebody looks: readers of a file need none of it. */
export function mapping(keys: readonly Key[], rest: Schema = {}): Schema {
  const required = namesOf(keys.filter((key) => key.required === true));
  return {
    type: 'object',
    get properties() {
      return Object.fromEntries(keys.map((key) => [key.key, keySchema(key)]));
    },
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...rest,
  };
}
