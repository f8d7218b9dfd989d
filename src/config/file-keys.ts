/**
 * Every mapping of the file with its keys, collected from the tables of settings, interfaces,
 * backup routers and daemons. Gives the schema of the whole file, and the mapping that a misplaced
 * key belongs to.
 */

import { ROUTER_KEYS, STANZA_KEYS } from './backup-router.js';
import { COMMAND_KEYS } from './command.js';
import { KIND_KEYS, KIND_NAMES, KINDS } from './daemons/kinds.js';
import { type Key, mapping, namesOf } from './key.js';
import { INTERFACE_KEYS, MANAGEMENT_INTERFACE } from './management-interface.js';
import { ROLE_KEYS } from './role.js';
import type { Schema } from './schema.js';
import { keysIn, SECTIONS, SETTING_KEYS, type SectionName } from './settings.js';

export const TOP_KEYS: readonly Key[] = [MANAGEMENT_INTERFACE, ...STANZA_KEYS, ...SETTING_KEYS];

/** Each mapping with the name that messages use for it, outer mappings first. */
export const MAPPINGS: readonly (readonly [name: string, keys: readonly Key[]])[] = [
  ['', TOP_KEYS],
  ['management-interface', INTERFACE_KEYS],
  ['backup-router', ROUTER_KEYS.inet],
  ['routing-daemon', KIND_KEYS],
  ...KIND_NAMES.map((kind) => [`routing-daemon: ${kind}`, KINDS[kind].keys] as const),
  ['role', ROLE_KEYS],
  ['role: exec', COMMAND_KEYS],
  ...(Object.keys(SECTIONS) as SectionName[]).map((name) => [name, keysIn(name)] as const),
];

/**
 * The mapping that a correctly spelt key belongs to; `''` is the top level. undefined if the key is
 * unknown, or if it occurs in several mappings.
 */
export function homeOf(key: string): string | undefined {
  const found = MAPPINGS.find(([, keys]) => keys.some((one) => one.key === key && one.ambiguous !== true));
  return found?.[0];
}

export const TOP_NAMES = namesOf(TOP_KEYS);

export function configSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'backup-router configuration',
    ...mapping(TOP_KEYS),
  };
}
