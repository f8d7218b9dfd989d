/**
 * The tables of docs/CONFIGURATION.md, generated from the tables of keys. In the document each
 * table is between the comments `<!-- keys: NAME -->` and `<!-- end -->`; the text between them is
 * replaced.
 */

import { ROUTER_KEYS, STANZA_KEYS } from '../config/backup-router.js';
import { KIND_KEYS, KIND_NAMES, KINDS } from '../config/daemons/kinds.js';
import type { Key } from '../config/key.js';
import { MANAGEMENT_INTERFACE, SELECTOR_KEYS } from '../config/management-interface.js';
import { ROLE_KEYS } from '../config/role.js';
import { PROTOCOLS_KEY } from '../config/route-protocols.js';
import { FIELDS, type Field, keyOf, keysIn, SETTINGS } from '../config/settings.js';
import { flow } from '../config/yaml-text.js';

const NUMBERS: readonly Field[] = ['routeProtocol', 'tableBase', 'rulePriorityBase'];
/** The settings of the top level that have no table of their own. */
const WHERE = FIELDS.filter(
  (field) => SETTINGS[field].section === undefined && field !== 'routingDaemons' && !NUMBERS.includes(field),
);

/** Every table by its name. */
const CONFIG_TABLES: Readonly<Record<string, string>> = {
  top: keyTable([MANAGEMENT_INTERFACE, ...STANZA_KEYS]),
  'backup-router': keyTable(ROUTER_KEYS.inet),
  interface: keyTable(SELECTOR_KEYS),
  'routing-daemon': keyTable([keyOf('routingDaemons')]),
  kinds: table(
    ['kind', 'healthy while'],
    KIND_KEYS.map(({ key, words, more }) => [code(key), more ?? words]),
  ),
  frr: keyTable(KINDS.frr.keys),
  bird: keyTable(KINDS.bird.keys),
  generic: table(
    ['kind', 'key', 'default', 'meaning'],
    [
      ...KIND_NAMES.flatMap((kind) =>
        KINDS[kind].keys.includes(PROTOCOLS_KEY)
          ? KINDS[kind].keys.filter((key) => key !== PROTOCOLS_KEY).map((key) => [code(kind), ...row(key)])
          : [],
      ),
      ['each', ...row(PROTOCOLS_KEY)],
    ],
  ),
  withdraw: keyTable(keysIn('withdraw')),
  detect: keyTable(keysIn('detect')),
  stale: keyTable(keysIn('stale')),
  where: keyTable(WHERE.map(keyOf)),
  role: keyTable(ROLE_KEYS),
  numbers: keyTable(NUMBERS.map(keyOf)),
};

/**
 * The document with its tables up to date. Throws if the document names an unknown table, names one
 * twice, or lacks one.
 */
export function withConfigTables(document: string): string {
  const left = new Set(Object.keys(CONFIG_TABLES));
  const whole = document.replace(
    /(<!-- keys: (.+) -->\n)[\s\S]*?(?=<!-- end -->)/g,
    (_, start: string, name: string) => {
      if (!left.delete(name)) throw new Error(`there is no table of keys '${name}', or it stands there twice`);
      return `${start}\n${CONFIG_TABLES[name]!}\n`;
    },
  );
  if (left.size > 0) throw new Error(`the tables of keys ${[...left].join(', ')} stand nowhere`);
  return whole;
}

function keyTable(keys: readonly Key[]): string {
  return table(['key', 'default', 'meaning'], keys.map(row));
}

function row({ key, words, more, required, fallback, fallbackWords }: Key): readonly string[] {
  const without = required === true ? 'none, required' : 'none';
  return [code(key), fallbackWords ?? (fallback === undefined ? without : code(flow(fallback))), more ?? words];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
