/**
 * Compares the output of a command with `--json` with docs/output.schema.json: no field is
 * missing, of another type, or undocumented.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Outputs } from '../../src/cli/output.js';

const file = fileURLToPath(new URL('../../../docs/output.schema.json', import.meta.url));
const schema = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

/** The schema allows more fields for later versions; this version must have none. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, closed(inner)]);
  const is = Object.fromEntries(entries) as Record<string, unknown>;
  return is['type'] === 'object' && is['properties'] !== undefined ? { ...is, additionalProperties: false } : is;
}

const ajv = new Ajv({ allErrors: false, allowUnionTypes: true, strictTypes: false }).addSchema(
  closed(schema) as object,
  'outputs',
);

/** What is wrong with the output; undefined: nothing. */
export function faultOf(name: keyof Outputs, text: string): string | undefined {
  const validate = ajv.getSchema(`outputs#/definitions/${name}`) as ValidateFunction;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `not JSON: ${text.slice(0, 200)}`;
  }
  return validate(value) ? undefined : `${ajv.errorsText(validate.errors)}: ${text.slice(0, 2000)}`;
}

export const NAMES = Object.keys(schema['definitions'] as object).filter((name) => /^[a-z-]+$/.test(name));
