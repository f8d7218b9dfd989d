/**
 * {@link Config} -> YAML, as a person would write it: values that equal their default are left out.
 *
 * Invariant: the output reads back as the same configuration.
 */

import { type BackupRouter, type Config, type InterfaceSelector, selectorText } from '../model/config.js';
import { writeBackupRouter } from './backup-router.js';
import { DEFAULTS, FIELDS, type Field, isSection, SETTINGS, written } from './settings.js';
import { flow, word } from './yaml-text.js';

/**
 * Notes become comments in front of their subject: the stanza of a family, or the whole file
 * (`top`).
 */
export interface Notes {
  readonly top?: readonly string[];
  readonly inet?: readonly string[];
  readonly inet6?: readonly string[];
}

/** The configuration as YAML. */
export function writeYaml(config: Config, notes: Notes = {}): string {
  const changed = changedFields(config);
  const places = [...new Set(changed.map((field) => SETTINGS[field].section ?? field))];
  const settings = places.flatMap((place) => {
    if (!isSection(place)) return settingLines(SETTINGS[place].key, written(place, config[place]));
    const inside = changed.filter((field) => SETTINGS[field].section === place);
    return settingLines(
      place,
      Object.fromEntries(inside.map((field) => [SETTINGS[field].key, written(field, config[field])])),
    );
  });
  return `${[...comments(notes.top), ...interfaces(config, notes), ...settings].join('\n')}\n`;
}

/** The settings that differ from their default. */
export function changedFields(config: Config): readonly Field[] {
  return FIELDS.filter((field) => JSON.stringify(config[field]) !== JSON.stringify(DEFAULTS[field]));
}

function settingLines(key: string, value: unknown): readonly string[] {
  return Array.isArray(value) ? [`${key}:`, ...value.map((item) => `  - ${flow(item)}`)] : [`${key}: ${flow(value)}`];
}

function interfaces({ managementInterfaces }: Config, notes: Notes): readonly string[] {
  const [only, ...others] = managementInterfaces;
  if (others.length === 0)
    return [
      `management-interface: ${only!.selector.kind === 'mac' ? `{mac: ${only!.selector.mac}}` : word(only!.selector.name)}`,
      ...stanzas(only!.backupRouters, notes),
    ];
  return [
    'management-interface:',
    ...managementInterfaces.flatMap(({ selector, backupRouters }) => [
      `  - ${selectorEntry(selector)}`,
      ...stanzas(backupRouters, notes).map((line) => `    ${line}`),
    ]),
  ];
}

function selectorEntry(selector: InterfaceSelector): string {
  return `${selector.kind}: ${word(selectorText(selector))}`;
}

function stanzas(routers: readonly BackupRouter[], notes: Notes): readonly string[] {
  return routers.flatMap((router) => [...comments(notes[router.family]), ...writeBackupRouter(router)]);
}

function comments(notes: readonly string[] = []): readonly string[] {
  return notes.map((note) => `# ${note.replace(/[^\x20-\x7e]/g, '?')}`);
}
