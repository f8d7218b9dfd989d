/**
 * Describes one key of the file: its name, meaning, allowed values and default. The schema, the
 * manual page and the lists of docs/CONFIGURATION.md are generated from these descriptions, and
 * the readers take the key names from them.
 */

import type { Schema } from './schema.js';

export interface Key {
  readonly key: string;
  /** The meaning in a sentence or two, for the schema and the manual page. */
  readonly words: string;
  /**
   * The long form in Markdown, for the list in docs/CONFIGURATION.md. undefined: `words` is
   * enough.
   */
  readonly more?: string;
  /**
   * The allowed values. The `description` in it, which explains the notation, is appended to
   * `words`.
   */
  readonly schema: Schema;
  readonly required?: true;
  /** The default as it would be written in the file. undefined: there is none. */
  readonly fallback?: unknown;
  /** Describes the default in Markdown if a value cannot. */
  readonly fallbackWords?: string;
  /** Names that other programs use for it. */
  readonly aliases?: readonly string[];
  /** An example value, for the fault of a key without a value. Needed where there is no default. */
  readonly example?: string;
  /** The key occurs in several mappings, so it does not show which mapping was meant. */
  readonly ambiguous?: true;
}

export function namesOf(keys: readonly Key[]): readonly string[] {
  return keys.map(({ key }) => key);
}

/** The schema of the key's value, with description and default. */
function keySchema({ words, schema, fallback }: Key): Schema {
  const { description, ...rest } = schema;
  return {
    description: description === undefined ? words : `${words} ${description}`,
    ...rest,
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

/**
 * The schema of a mapping with exactly these keys. `properties` is built on access, because reading
 * a file does not need it.
 */
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
