/**
 * `management-interface`: either one interface, by name or MAC address, with its backup routers at
 * the top level of the file; or a list of stanzas, each with its own backup routers.
 *
 * Invariants: every stanza is read, even if it cannot be used, because the check for lost
 * destinations (parse.ts) needs all of them. If an interface is named twice, the first stanza
 * counts.
 */

import { FAMILIES } from '../model/address.js';
import { type InterfaceSelector, selectorText } from '../model/config.js';
import { MAX_INTERFACES } from '../model/tables.js';
import { readBackupRouter, STANZA_KEYS, type StanzaResult } from './backup-router.js';
import { quote } from './diagnostic.js';
import type { Entry, Value } from './document.js';
import { STANZA } from './gateways.js';
import { readInterfaceName } from './interface-name.js';
import { type Key, mapping } from './key.js';
import { readMac } from './mac-text.js';
import type { Report, Span } from './report.js';
import type { Schema } from './schema.js';
import { readItems, readSection, type Section } from './section.js';

const KEY = 'management-interface';

const NAME: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 127,
  pattern: '^[^\\s,/:]+$',
  not: { enum: ['lo', '.', '..'] },
};

/** The keys of an interface whose backup routers are at the top level. */
export const SELECTOR_KEYS: readonly Key[] = [
  {
    key: 'name',
    words: 'Its name, or one of its alternative names.',
    more: 'Its name, or an alternative name (`ip link property add dev eth0 altname NAME`).',
    schema: NAME,
    example: 'eth0',
    ambiguous: true,
  },
  {
    key: 'mac',
    words: 'Its MAC address.',
    more: 'Its MAC address, `52:54:00:12:34:56` or `52-54-00-12-34-56`.',
    schema: { type: 'string', pattern: '^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$' },
    example: '52:54:00:12:34:56',
  },
];
/** The keys of an interface that contains its backup routers. */
export const INTERFACE_KEYS: readonly Key[] = [...SELECTOR_KEYS, ...STANZA_KEYS];

const ONE_SELECTOR: Schema = { oneOf: [{ required: ['name'] }, { required: ['mac'] }] };
const STANZA_SCHEMA = mapping(INTERFACE_KEYS, {
  ...ONE_SELECTOR,
  anyOf: STANZA_KEYS.map(({ key }) => ({ required: [key] })),
});

export const MANAGEMENT_INTERFACE: Key = {
  key: KEY,
  words:
    'The interface behind which the backup router is directly connected, by name or MAC address; or a list of interfaces in order of preference, each with backup routers of its own. It need not exist yet.',
  more: 'The interface behind which the backup router is directly connected: a name, `{name: NAME}`, `{mac: ADDRESS}`, or a list. The agent waits for it.',
  schema: {
    anyOf: [
      NAME,
      mapping(SELECTOR_KEYS, ONE_SELECTOR),
      STANZA_SCHEMA,
      { type: 'array', items: STANZA_SCHEMA, minItems: 1, maxItems: MAX_INTERFACES },
    ],
  },
  required: true,
  aliases: [
    'interface',
    'interfaces',
    'iface',
    'ifaces',
    'intf',
    'link',
    'dev',
    'device',
    'ifname',
    'port',
    'nic',
    'oif',
    'management',
    'mgmt',
  ],
  example: 'eth0',
};
const EXAMPLE = '{name: eth0, backup-router: {address: ADDRESS}}';
const TOP_OF_FILE: Span = { start: 0, end: 1 };

export interface InterfaceResult {
  /** undefined if the interface is not named, named invalidly, or named for the second time. */
  readonly selector: InterfaceSelector | undefined;
  /** Whether the file says which interface the stanzas belong to, validly or not. */
  readonly named: boolean;
  readonly stanzas: readonly StanzaResult[];
}

/**
 * Every management interface, in file order. `top` is the top level of the file. All faults go into
 * the report.
 */
export function readManagementInterfaces(top: Section, damaged: boolean, report: Report): readonly InterfaceResult[] {
  const entry = top.get(KEY);
  // In a damaged file a missing key may be lost in the damage, which has already been reported.
  if (!top.has(KEY) && !damaged && !standsBelow(top))
    report.error(TOP_OF_FILE, {
      code: 'missing-key',
      message: `there is no '${KEY}'`,
      suggestion: `add '${KEY}: eth0', with the name that 'ip -brief link' shows`,
    });
  const keyed = entry === undefined ? undefined : nameAsKey(entry.value);
  if (keyed !== undefined) {
    const single = keyed.value.kind === 'null';
    report.error(keyed.keySpan, {
      code: 'wrong-type',
      message: `${quote(keyed.key)} is a key here, not the name of an interface`,
      suggestion: single
        ? `write ${KEY}: ${keyed.key}`
        : `write a list, with '- name: ${keyed.key}' for '${keyed.key}:'`,
    });
    return [{ selector: undefined, named: true, stanzas: readRouters(top, report) }];
  }
  if (entry !== undefined && hasStanzas(entry.value)) return readStanzas(entry, top, report);
  const selector = entry === undefined ? undefined : readOne(entry, report);
  if (!FAMILIES.some((family) => top.has(STANZA[family])) && !damaged) {
    report.error(TOP_OF_FILE, {
      code: 'missing-key',
      message: "there is neither 'backup-router' nor 'inet6-backup-router'",
      suggestion: "add 'backup-router: {address: ADDRESS}' with a router on the management network",
    });
  }
  return [{ selector, named: true, stanzas: readRouters(top, report) }];
}

/** `management-interface` is inside a backup router stanza, where it is reported as misplaced. */
function standsBelow(top: Section): boolean {
  return FAMILIES.some((family) => {
    const value = top.get(STANZA[family])?.value;
    return value?.kind === 'map' && value.entries.some(({ key }) => key === KEY);
  });
}

/** The first key of a mapping from names to stanzas, or of `{eth0}`; undefined: it is neither. */
function nameAsKey(value: Value): Entry | undefined {
  if (value.kind !== 'map') return undefined;
  const stanza = (one: Value): boolean => one.kind === 'map' && hasStanzas(one);
  const known = new Set(INTERFACE_KEYS.map(({ key }) => key));
  const odd = value.entries.every(
    (one) => !known.has(one.key) && (stanza(one.value) || (value.entries.length === 1 && one.value.kind === 'null')),
  );
  return odd ? value.entries[0] : undefined;
}

/** Whether the value is a stanza, or a list in which at least one item is a mapping. */
function hasStanzas(value: Value): boolean {
  if (value.kind === 'list') return value.items.some((item) => item.kind === 'map');
  return value.kind === 'map' && value.entries.some(({ key }) => FAMILIES.some((family) => STANZA[family] === key));
}

/** `eth0`, `{name: eth0}` or `{mac: ...}`. */
function readOne(entry: Entry, report: Report): InterfaceSelector | undefined {
  const { value } = entry;
  if (value.kind === 'map') {
    const section = readSection(value, KEY, INTERFACE_KEYS, report);
    return section === undefined ? undefined : readSelector(section, report);
  }
  if (value.kind !== 'list') return named(readInterfaceName(entry, report));
  const [only] = readItems(entry, report, 'name the interface');
  if (value.items.length === 1 && only?.kind === 'scalar') {
    report.error(value.span, {
      code: 'wrong-type',
      message: 'a list of management interfaces has the backup routers of each in it',
      suggestion: `write ${KEY}: ${only.text.slice(0, 40)}`,
    });
    return named(readInterfaceName({ ...entry, value: only }, report));
  }
  for (const item of value.items) refuseItem(item, report);
  return undefined;
}

function readStanzas(entry: Entry, top: Section, report: Report): readonly InterfaceResult[] {
  const misplaced = FAMILIES.flatMap((family) => top.get(STANZA[family]) ?? []);
  for (const { key, keySpan } of misplaced) {
    report.error(keySpan, {
      code: 'conflicting-keys',
      message: `${key} stands at the top level, and the stanzas of ${KEY} have their own`,
      suggestion: 'move it into the stanza of the interface behind which that router is',
    });
  }
  const first = new Map<string, Span>();
  const results = readItems(entry, report, `write ${EXAMPLE}`).map((item, i): InterfaceResult => {
    if (item.kind !== 'map') {
      refuseItem(item, report);
      return { selector: undefined, named: false, stanzas: [] };
    }
    if (i === MAX_INTERFACES)
      report.error(item.span, {
        code: 'too-many-interfaces',
        message: `there are more than ${MAX_INTERFACES} management interfaces`,
        suggestion: `keep the ${MAX_INTERFACES} that matter most; they are in order of preference`,
      });
    const stanza = readStanza(item, misplaced.length > 0, report);
    const { selector } = stanza;
    const key = selector === undefined ? undefined : `${selector.kind} ${selectorText(selector)}`;
    if (selector === undefined || key === undefined) return stanza;
    const before = first.get(key);
    if (before !== undefined)
      report.error(item.span, {
        code: 'duplicate-interface',
        message: `${selectorText(selector)} has two stanzas; the first begins in ${report.placeOf(before.start)}`,
        suggestion:
          'make them one: it may have a backup-router and an inet6-backup-router, each with several addresses',
      });
    else first.set(key, item.span);
    return before === undefined && i < MAX_INTERFACES ? stanza : { ...stanza, selector: undefined };
  });
  return [...results, { selector: undefined, named: false, stanzas: readRouters(top, report) }];
}

/**
 * `moved`: the backup routers are in another place, and their absence here has already been
 * reported.
 */
function readStanza(item: Value, moved: boolean, report: Report): InterfaceResult {
  const section = readSection(item, KEY, INTERFACE_KEYS, report);
  if (section === undefined) return { selector: undefined, named: false, stanzas: [] };
  const selector = readSelector(section, report);
  if (!moved && section.unknownKeys.length === 0 && !FAMILIES.some((family) => section.has(STANZA[family]))) {
    report.error(section.span, {
      code: 'missing-key',
      message: `${selector === undefined ? 'the interface' : selectorText(selector)} has neither 'backup-router' nor 'inet6-backup-router'`,
      suggestion: `write them beside it: ${EXAMPLE}`,
    });
  }
  return {
    selector,
    named: section.keyAt('name') !== undefined || section.keyAt('mac') !== undefined,
    stanzas: readRouters(section, report),
  };
}

function readSelector(section: Section, report: Report): InterfaceSelector | undefined {
  const name = section.get('name');
  const mac = section.get('mac');
  if (name !== undefined && mac !== undefined) {
    const later = name.keySpan.start > mac.keySpan.start ? name : mac;
    report.error(later.keySpan, {
      code: 'conflicting-keys',
      message: "the interface has both 'name' and 'mac'",
      suggestion: 'keep the one that stays when hardware or names change',
    });
    return undefined;
  }
  if (mac !== undefined) {
    const address = readMac(mac, report);
    return address === undefined ? undefined : { kind: 'mac', mac: address };
  }
  if (name !== undefined) return named(readInterfaceName(name, report));
  // A misspelt key and a key without a value have already been reported.
  if (!section.has('name') && !section.has('mac') && section.unknownKeys.length === 0) {
    report.error(section.span, {
      code: 'missing-key',
      message: "the interface has neither 'name' nor 'mac'",
      suggestion: "add name: eth0, with the name that 'ip -brief link' shows",
    });
  }
  return undefined;
}

function readRouters(section: Section, report: Report): readonly StanzaResult[] {
  return FAMILIES.flatMap((family) => {
    const entry = section.get(STANZA[family]);
    return entry === undefined ? [] : [readBackupRouter(entry, family, report)];
  });
}

function refuseItem(item: Value, report: Report): void {
  const name = item.kind === 'scalar' && item.text !== '' ? item.text.slice(0, 40) : undefined;
  report.error(item.span, {
    code: 'wrong-type',
    message: 'each of several management interfaces is a mapping with its own backup routers',
    suggestion: `write ${name === undefined ? EXAMPLE : EXAMPLE.replace('eth0', () => name)}`,
  });
}

function named(name: string | undefined): InterfaceSelector | undefined {
  return name === undefined ? undefined : { kind: 'name', name };
}
