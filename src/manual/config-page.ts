/**
 * backup-router.yaml(5), generated from the schema of the configuration: every key, its allowed
 * values and its default.
 */

import { configSchema } from '../config/file-keys.js';
import { partsDirectory } from '../config/files.js';
import type { Schema } from '../config/schema.js';
import { DEFAULT_CONFIG_FILE } from '../model/paths.js';
import { VERSION } from '../model/version.js';
import { bold, example, heading, indented, italic, item, paragraph, section, text } from './roff.js';

const PARTS = partsDirectory(DEFAULT_CONFIG_FILE);

interface Examples {
  readonly minimal: string;
  readonly full: string;
}

/** The whole page. `date` is that of the release, YYYY-MM-DD. */
export function configPage(date: string, examples: Examples): string {
  const schema = configSchema();
  return [
    heading('backup-router.yaml', 5, date, `backup-router ${VERSION}`),
    section('name', 'backup\\-router.yaml \\- configuration of backup\\-router\n'),
    section('synopsis', paragraph(italic(DEFAULT_CONFIG_FILE))),
    section(
      'description',
      paragraph(
        text(
          'One YAML file; JSON is YAML, so JSON works too. Junos configuration text is read as',
          'well, wherever a file is expected. The smallest useful file:',
        ),
      ),
      example(examples.minimal.replace(/^#.*\n/gm, '')),
      paragraph(
        `${bold('backup-router check')} ${text(
          'prints every fault at once, with its line, column and remedy. A file with an error is',
          'never used as it is: at reload what runs goes on, at start the last known good copy',
          'runs, else the valid part of the file.',
        )}`,
      ),
      paragraph(
        text(
          `The files *.yaml and *.yml in ${PARTS} belong to it, in the order of their names; beside`,
          'a file of another name, the directory of that name (blue.d for blue.yaml). Mappings of the',
          'same key become one, and the destinations of one backup router add up. Any other key that',
          'two files have is an error, which names both places.',
        ),
      ),
      paragraph(
        text(
          'Times are a number with a unit: 500ms, 5s, 10m, 1h. 0 needs none, any other number',
          'does. The longest is 24h.',
        ),
      ),
    ),
    section('keys', ...keysOf(schema, schema)),
    section('example', paragraph(text('Every key:')), example(examples.full)),
    section('see also', paragraph(`${bold('backup-router')}(8), ${bold('ip-route')}(8), ${bold('ip-rule')}(8)`)),
  ].join('');
}

/** The keys of a mapping, with the keys below them indented. */
function keysOf(schema: Schema, top: Schema, depth = 0): readonly string[] {
  return Object.entries(schema.properties ?? {}).map(([key, value]) => {
    if (depth > 0 && top.properties?.[key] !== undefined)
      return item(bold(key), text('As at the top level, for this interface.'));
    const required = schema.required?.includes(key) === true ? ' Required.' : '';
    const body = item(
      bold(key),
      text(`${value.description ?? ''}${required}${choices(value)}${fallback(value)}`.trim()),
    );
    const below = new Map<string, Schema>();
    for (const map of mappingsIn(value))
      for (const [name, inner] of Object.entries(map.properties ?? {}))
        if (inner.description !== undefined || !below.has(name)) below.set(name, inner);
    if (below.size === 0) return body;
    const requiredBelow = mappingsIn(value).length === 1 ? mappingsIn(value)[0]!.required : undefined;
    return (
      body +
      indented(
        ...keysOf(
          {
            properties: Object.fromEntries(below),
            ...(requiredBelow === undefined ? {} : { required: requiredBelow }),
          },
          top,
          depth + 1,
        ),
      )
    );
  });
}

/** The mappings that the value, or an item of its list, may be. */
function mappingsIn(schema: Schema): readonly Schema[] {
  if (schema.properties !== undefined) return [schema];
  return [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])].flatMap(mappingsIn);
}

function choices({ enum: words }: Schema): string {
  return words === undefined || words.length > 8 ? '' : ` One of ${words.join(', ')}.`;
}

function fallback({ default: value }: Schema): string {
  return value === undefined ? '' : ` Default: ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}.`;
}
