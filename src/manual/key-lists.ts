/**
 * The lists of keys of docs/CONFIGURATION.md, generated from the tables of keys. In the document
 * each list is between the comments `<!--keys:NAME-->` and `<!--end-->`; the text between them
 * is replaced.
 */

import { ROUTER_KEYS, STANZA_KEYS } from '../config/backup-router.js';
import { KIND_KEYS, KIND_NAMES, KINDS } from '../config/daemons/kinds.js';
import type { Key } from '../config/key.js';
import { MANAGEMENT_INTERFACE, SELECTOR_KEYS } from '../config/management-interface.js';
import { ROLE_KEYS } from '../config/role.js';
import { PROTOCOLS_KEY } from '../config/route-protocols.js';
import { FIELDS, type Field, keyOf, keysIn, SETTINGS } from '../config/settings.js';
import { flow } from '../config/yaml-text.js';
import { listItem, withPart } from './markdown-list.js';

const NUMBERS: readonly Field[] = ['routeProtocol', 'tableBase', 'rulePriorityBase'];
/** The settings of the top level that have no list of their own. */
const WHERE = FIELDS.filter(
  (field) => SETTINGS[field].section === undefined && field !== 'routingDaemons' && !NUMBERS.includes(field),
);

/** Every list by its name. */
const KEY_LISTS: Readonly<Record<string, string>> = {
  top: keyList([MANAGEMENT_INTERFACE, ...STANZA_KEYS]),
  'backup-router': keyList(ROUTER_KEYS.inet),
  interface: keyList(SELECTOR_KEYS),
  'routing-daemon': keyList([keyOf('routingDaemons')]),
  kinds: KIND_KEYS.map(({ key, words, more }) => listItem(code(key), more ?? words)).join(''),
  frr: keyList(KINDS.frr.keys),
  bird: keyList(KINDS.bird.keys),
  generic: [
    ...KIND_NAMES.flatMap((kind) =>
      KINDS[kind].keys.includes(PROTOCOLS_KEY)
        ? KINDS[kind].keys.filter((key) => key !== PROTOCOLS_KEY).map((key) => keyItem(key, kind))
        : [],
    ),
    keyItem(PROTOCOLS_KEY),
  ].join(''),
  withdraw: keyList(keysIn('withdraw')),
  detect: keyList(keysIn('detect')),
  stale: keyList(keysIn('stale')),
  where: keyList(WHERE.map(keyOf)),
  role: keyList(ROLE_KEYS),
  numbers: keyList(NUMBERS.map(keyOf)),
};

/**
 * The document with its lists up to date. Throws if the document names an unknown list, names one
 * twice, or lacks one.
 */
export function withKeyLists(document: string): string {
  for (const [, name] of document.matchAll(/<!--keys:(.+)-->/g))
    if (!Object.hasOwn(KEY_LISTS, name!)) throw new Error(`there is no list of keys '${name}'`);
  return Object.entries(KEY_LISTS).reduce((text, [name, list]) => withPart(text, `keys:${name}`, list), document);
}

function keyList(keys: readonly Key[]): string {
  return keys.map((key) => keyItem(key)).join('');
}

/** `KEY (DEFAULT): MEANING`, of a kind of routing daemon if it is named. */
function keyItem({ key, words, more, required, fallback, fallbackWords }: Key, kind?: string): string {
  const value = fallbackWords ?? (fallback === undefined ? undefined : code(flow(fallback)));
  const note = required === true ? 'required' : value;
  const term = `${kind === undefined ? '' : `${code(kind)} `}${code(key)}${note === undefined ? '' : ` (${note})`}`;
  return listItem(term, more ?? words);
}

function code(text: string): string {
  return `\`${text}\``;
}
