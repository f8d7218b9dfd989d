/**
 * The subset of JSON Schema (draft 7, which editors support) that is used here, and the schemas
 * that several keys share.
 *
 * A schema is looser than the readers where JSON Schema cannot express a check (host bits,
 * families, combinations of keys): it accepts everything that they accept. `backup-router check`
 * has the last word. Tests check both.
 */

import { MAX_SOCKET_PATH } from '../model/paths.js';

export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
}

export const oneOrMany = (items: Schema): Schema => ({ anyOf: [items, { type: 'array', items, minItems: 1 }] });

export const PATH: Schema = { type: 'string', pattern: '^/', maxLength: 4095 };
export const SOCKET_PATH: Schema = { type: 'string', pattern: '^/', maxLength: MAX_SOCKET_PATH };

/** One word of a command, which YAML may read as a number or boolean. */
const WORD: Schema = { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] };
export const COMMAND: Schema = {
  anyOf: [
    { type: 'string', pattern: '^/\\S*$' },
    { type: 'array', items: WORD, minItems: 1 },
  ],
  examples: [['/usr/local/bin/check', '--fast']],
};

const TIME = '\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h)\\s*';

/** A time; with `never`, also the word `never`. */
export function timeSchema(never: boolean): Schema {
  return {
    description: `A number with a unit: 500ms, 5s, 10m, 1h${never ? '; or never' : ''}.`,
    anyOf: [
      { type: 'string', pattern: `^(${TIME}|\\s*0+(\\.0+)?\\s*${never ? '|\\s*never\\s*' : ''})$` },
      { const: 0 },
    ],
  };
}
