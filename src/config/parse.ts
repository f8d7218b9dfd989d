/**
 * Configuration text -> {@link Config}, or every reason why not. Pure.
 *
 * Invariants: nothing a file holds makes this throw; `config` is there exactly when no error is; `partial` never
 * holds a value that the file does not, but for the defaults, and never leads more traffic to the backup router
 * than the file asks for.
 */

import type { Config, ManagementInterface } from '../model/config.js';
import type { Diagnostic } from './diagnostic.js';
import { type MapValue, parseDocument } from './document.js';
import { homeOf, TOP_KEYS } from './file-keys.js';
import { looksLikeJunos } from './junos/detect.js';
import { type JunosHints, readJunos } from './junos/read.js';
import { type InterfaceResult, readManagementInterfaces } from './management-interface.js';
import { createReport, fileDiagnostic, type Report, type Span } from './report.js';
import { describe, readSection, type Section } from './section.js';
import {
  DEFAULTS,
  FIELDS,
  type Field,
  keysIn,
  SECTIONS,
  SETTINGS,
  type SectionName,
  type Setting,
} from './settings.js';
import type { Settings } from './values.js';

export interface ParsedConfig {
  /** What the file means; undefined when it has an error. */
  readonly config: Config | undefined;
  /** Its valid part: at least one management interface and one backup router with a gateway and a destination. */
  readonly partial: Config | undefined;
  /** Every fault, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

const MINIMAL = 'the smallest one is\nmanagement-interface: eth0\nbackup-router:\n  address: 192.0.2.1';
/** Larger YAML is none of ours; a Junos configuration may well be. */
const MAX_YAML_LENGTH = 1 << 22;

/**
 * Reads the text of a configuration file, YAML or Junos. `fileName` is for the diagnostics only; the hints are for
 * what Junos text does not say. A fault of the reader itself is a fault of the text, for whoever reads it at start or
 * reload has something better to run than nothing.
 */
export function parseConfig(text: string, fileName: string, hints: JunosHints = {}, read = readText): ParsedConfig {
  try {
    return read(text, fileName, hints);
  } catch (error) {
    const fault = fileDiagnostic(fileName, {
      code: 'reader-failed',
      message: `the reader of backup-router fails on this file: ${error instanceof Error ? error.message : String(error)}`,
      suggestion: 'this is a bug; report it with the file, and write the configuration in another way',
    });
    return { config: undefined, partial: undefined, diagnostics: [fault] };
  }
}

function readText(text: string, fileName: string, hints: JunosHints): ParsedConfig {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const foreign = foreignFile(body);
  if (foreign !== undefined) {
    const report = createReport(body, fileName);
    report.error(foreign.span, {
      code: 'wrong-type',
      message: `this is a configuration of ${foreign.program}`,
      suggestion: MINIMAL,
    });
    return { config: undefined, partial: undefined, diagnostics: report.diagnostics() };
  }
  return looksLikeJunos(body) ? readJunos(body, fileName, hints) : parseYaml(body, fileName);
}

/** Files of other programs that people name by mistake, told by a line that no file of ours has. */
const FOREIGN: readonly (readonly [program: string, line: RegExp])[] = [
  ['keepalived', /^(?:vrrp_instance|vrrp_sync_group|vrrp_script|global_defs|virtual_server)\b.*$/m],
  [
    'netplan',
    /^network:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+(?:version|renderer|ethernets|vlans|bonds|bridges):/m,
  ],
];

function foreignFile(text: string): { readonly program: string; readonly span: Span } | undefined {
  const head = text.slice(0, 1 << 16);
  if (/^management-interface:/m.test(head)) return undefined;
  for (const [program, line] of FOREIGN) {
    const found = line.exec(head);
    const end = found === null ? 0 : found.index + /^[^\r\n]*/.exec(found[0])![0].length;
    if (found !== null) return { program, span: { start: found.index, end } };
  }
  return undefined;
}

function parseYaml(body: string, fileName: string): ParsedConfig {
  if (body.length > MAX_YAML_LENGTH) {
    const fault = fileDiagnostic(fileName, {
      code: 'too-large',
      message: `${fileName} has more than ${MAX_YAML_LENGTH} characters`,
      suggestion: 'is this the right file?',
    });
    return { config: undefined, partial: undefined, diagnostics: [fault] };
  }
  const { root, report, damaged } = parseDocument(body, fileName, homeOf);
  if (root?.kind === 'map') {
    const partial = readTop(root, body, damaged, report);
    return {
      config: report.errorCount() === 0 ? partial : undefined,
      partial,
      diagnostics: report.diagnostics(),
    };
  }
  if (root !== undefined)
    report.error(root.span, {
      code: 'wrong-type',
      message: `a configuration is a mapping of keys, not ${describe(root)}`,
      suggestion: MINIMAL,
    });
  else if (!damaged)
    report.error(
      { start: 0, end: 1 },
      { code: 'empty-file', message: 'the configuration is empty', suggestion: MINIMAL },
    );
  return { config: undefined, partial: undefined, diagnostics: report.diagnostics() };
}

/** The configuration without what is faulty in it; undefined when too little is left. */
function readTop(root: MapValue, text: string, damaged: boolean, report: Report): Config | undefined {
  const top = readSection(root, '', TOP_KEYS, report);
  if (top === undefined) return undefined;
  const interfaces = readManagementInterfaces(top, damaged, report);
  const settings = readSettings(top, report);
  const managementInterfaces = withoutWidening(interfaces, text, report);
  return managementInterfaces.length === 0 ? undefined : { ...DEFAULTS, ...settings, managementInterfaces };
}

/**
 * In a faulty file, a destination that was written but not found where it belongs (lost to a syntax error, wrongly
 * indented, in a duplicate stanza, in one that is nobody's) must not turn into the default route.
 */
function withoutWidening(
  interfaces: readonly InterfaceResult[],
  text: string,
  report: Report,
): readonly ManagementInterface[] {
  const written = text.replace(/(^|\s)#.*/g, '').match(/desti/gi)?.length ?? 0;
  const found = new Set(
    interfaces.flatMap(({ named, stanzas }) => (named ? stanzas.flatMap((stanza) => stanza.destinationAt ?? []) : [])),
  );
  const lost = report.errorCount() > 0 && written > found.size;
  return interfaces.flatMap(({ selector, stanzas }) => {
    const backupRouters = stanzas
      .filter((stanza) => !(lost && stanza.assumedDefault))
      .flatMap((stanza) => stanza.backupRouter ?? []);
    return selector === undefined || backupRouters.length === 0 ? [] : [{ selector, backupRouters }];
  });
}

/** Before the others, which go by it. */
const FIRST: Field = 'routeProtocol';

function readSettings(top: Section, report: Report): Partial<Settings> {
  const read: { -readonly [F in Field]?: Settings[F] } = {};
  const sections = new Map<SectionName, Section | undefined>();
  for (const name of Object.keys(SECTIONS) as SectionName[]) {
    const entry = top.get(name);
    if (entry !== undefined) sections.set(name, readSection(entry.value, name, keysIn(name), report));
  }
  const readOne = <F extends Field>(field: F): void => {
    const setting: Setting<Settings[F]> = SETTINGS[field];
    const entry = (setting.section === undefined ? top : sections.get(setting.section))?.get(setting.key);
    const value = entry === undefined ? undefined : setting.value.read(entry, report, read);
    if (value !== undefined) read[field] = value;
  };
  for (const field of [FIRST, ...FIELDS.filter((other) => other !== FIRST)]) readOne(field);
  for (const [name, section] of sections)
    if (section !== undefined)
      for (const field of SECTIONS[name].judge?.(read, section, report) ?? []) delete read[field];
  return read;
}
