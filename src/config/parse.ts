/**
 * Configuration text -> {@link Config}, or every reason why not. Pure.
 *
 * Invariants: no file content makes this throw. `config` is set exactly if there is no error.
 * `partial` contains only values from the file and defaults, and never sends more traffic to the
 * backup router than the file asks for.
 */

import type { Config, ManagementInterface } from '../model/config.js';
import { messageOf } from '../model/error.js';
import { closest } from './closest.js';
import { type Diagnostic, type Fault, quote } from './diagnostic.js';
import { lengthFault, type MapValue, parseDocument } from './document.js';
import { homeOf, TOP_KEYS } from './file-keys.js';
import { foreignFault } from './foreign.js';
import { looksLikeJunos } from './junos/detect.js';
import { type JunosHints, readJunos } from './junos/read.js';
import { namesOf } from './key.js';
import { unprefixed } from './line-numbers.js';
import { type InterfaceResult, readManagementInterfaces } from './management-interface.js';
import { type Merged, mergeRoots, type Part, reportOfPart, shiftValue, splitParts } from './parts.js';
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
import { type Mended, withLineEnds } from './slips.js';
import { unseenIn } from './unseen.js';
import type { Settings } from './values.js';

export interface ParsedConfig {
  /** The configuration; undefined if the file has an error. */
  readonly config: Config | undefined;
  /**
   * The valid part of the configuration: at least one management interface and one backup router
   * with a gateway and a destination. undefined: less than that is valid.
   */
  readonly partial: Config | undefined;
  /** Every fault, in file order. */
  readonly diagnostics: readonly Diagnostic[];
}

const MINIMAL = 'the smallest one is\nmanagement-interface: eth0\nbackup-router:\n  address: 192.0.2.1';
/** Characters. A larger YAML file is not ours; a Junos configuration may be larger. */
const MAX_YAML_LENGTH = 1 << 22;

/**
 * Reads the text of a configuration, YAML or Junos, of one file or of several (see parts.ts).
 * `fileName` is used for diagnostics only. `hints` supplies what Junos text does not contain.
 * `incomplete`: part of the configuration could not be read, which has been reported. An exception
 * in the reader becomes a fault of the text, because at start or reload the agent may have another
 * configuration that it can run.
 */
export function parseConfig(
  text: string,
  fileName: string,
  hints: JunosHints = {},
  incomplete = false,
  read = readText,
): ParsedConfig {
  try {
    return read(text, fileName, hints, incomplete);
  } catch (error) {
    return refused(fileName, {
      code: 'reader-failed',
      message: `the reader of backup-router fails on this file: ${messageOf(error)}`,
      suggestion: 'this is a bug; report it with the file, and write the configuration in another way',
    });
  }
}

function refused(fileName: string, fault: Fault): ParsedConfig {
  return { config: undefined, partial: undefined, diagnostics: [fileDiagnostic(fileName, fault)] };
}

function readText(text: string, fileName: string, hints: JunosHints, incomplete: boolean): ParsedConfig {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const parts = splitParts(body, fileName);
  const [main, ...others] = parts;
  if (!looksLikeJunos(main.text) || foreignFault(main.text) !== undefined) return parseYaml(body, parts, incomplete);
  const junos = readJunos(main.text, fileName, hints);
  const [first] = others;
  if (first === undefined) return junos;
  const fault = fileDiagnostic(first.name, {
    code: 'wrong-type',
    message: `${fileName} is Junos text, which has no parts`,
    suggestion: `convert it: backup-router convert ${fileName}; or move ${first.name} elsewhere`,
  });
  return { config: undefined, partial: junos.partial, diagnostics: [...junos.diagnostics, fault] };
}

function parseYaml(body: string, parts: readonly [Part, ...Part[]], incomplete: boolean): ParsedConfig {
  const fileName = parts[0].name;
  if (body.length > MAX_YAML_LENGTH)
    return refused(fileName, {
      code: 'too-large',
      message: `${fileName} has more than ${MAX_YAML_LENGTH} characters${parts.length === 1 ? '' : ', with its parts'}`,
      suggestion: 'is this the right file?',
    });
  const tooLong = lengthFault(body);
  const ended = parts.map((part) => ({ ...part, ...withLineEnds(part.text) }));
  const report = createReport(withTexts(body, ended), fileName, homeOf, ended);
  if (tooLong !== undefined) {
    report.error({ start: 0, end: 1 }, tooLong);
    return { config: undefined, partial: undefined, diagnostics: report.diagnostics() };
  }
  const roots: MapValue[] = [];
  let damaged = incomplete;
  for (const part of ended) {
    const read = readPart(part, part.start > 0, reportOfPart(report, part));
    damaged ||= read.damaged;
    if (read.root !== undefined) roots.push(shiftValue(read.root, part.start) as MapValue);
  }
  const [first, ...more] = roots;
  if (first !== undefined) {
    const merged = mergeRoots([first, ...more]);
    const partial = readTop(merged, body, damaged, incomplete, report);
    return {
      config: report.errorCount() === 0 ? partial : undefined,
      partial,
      diagnostics: report.diagnostics(),
    };
  }
  if (!damaged)
    report.error(
      { start: 0, end: 1 },
      { code: 'empty-file', message: 'the configuration is empty', suggestion: MINIMAL },
    );
  return { config: undefined, partial: undefined, diagnostics: report.diagnostics() };
}

/** The whole text after each part has had its line ends mended; offsets stay the same. */
function withTexts(body: string, parts: readonly (Part & Mended)[]): string {
  return parts.reduce(
    (whole, { start, text, slips }) =>
      slips.length === 0 ? whole : whole.slice(0, start) + text + whole.slice(start + text.length),
    body,
  );
}

/** Reads the keys of one file. Faults go into the report, with offsets in this file. */
function readPart(
  { text, slips }: Part & Mended,
  isPart: boolean,
  report: Report,
): { readonly root: MapValue | undefined; readonly damaged: boolean } {
  for (const { span, fault } of slips) report.error(span, fault);
  const foreign = foreignFault(text);
  if (foreign !== undefined) report.error(foreign.span, foreign.fault);
  else if (isPart && looksLikeJunos(text))
    report.error(
      { start: 0, end: 1 },
      {
        code: 'wrong-type',
        message: 'this is Junos text, and a part of a configuration is YAML',
        suggestion: 'convert it: backup-router convert FILE',
      },
    );
  else {
    const prefixed = unprefixed(text);
    if (prefixed !== undefined) {
      report.error(prefixed.span, {
        code: 'syntax',
        message: prefixed.what,
        suggestion: 'remove them from the file',
      });
      return { root: undefined, damaged: true };
    }
    const { root, damaged } = parseDocument(text, report);
    if (root === undefined || root.kind === 'map') return { root, damaged };
    report.error(root.span, {
      code: 'wrong-type',
      message: `a configuration is a mapping of keys, not ${describe(root)}`,
      suggestion: /^[\w-]+[ \t]*=/m.test(text) ? `write a colon and a space in place of '='; ${MINIMAL}` : MINIMAL,
    });
  }
  return { root: undefined, damaged: true };
}

/** The configuration without its faulty parts, or undefined if too little is left. */
function readTop(
  { root, added }: Merged,
  text: string,
  damaged: boolean,
  incomplete: boolean,
  report: Report,
): Config | undefined {
  const strange = strangeTop(root, text);
  if (strange !== undefined) {
    report.error(strange.span, strange.fault);
    return undefined;
  }
  const top = readSection(root, '', TOP_KEYS, report);
  if (top === undefined) return undefined;
  const interfaces = readManagementInterfaces(top, damaged, report);
  const settings = readSettings(top, report);
  const mayBeLost = (found: number): boolean =>
    incomplete || (report.errorCount() > 0 && writtenIn(text) - added > found);
  const managementInterfaces = withoutWidening(interfaces, mayBeLost);
  return managementInterfaces.length === 0 ? undefined : { ...DEFAULTS, ...settings, managementInterfaces };
}

/** Keys that may be misspelt; in a file of ours more than one key is right. */
const GUESSED = 50;

/** The fault of a mapping that has no key of a configuration at its top level. */
function strangeTop(
  { entries, span }: MapValue,
  text: string,
): { readonly span: Span; readonly fault: Fault } | undefined {
  const [first] = entries;
  if (first === undefined)
    return { span, fault: { code: 'empty-file', message: 'the configuration is empty', suggestion: MINIMAL } };
  const names = namesOf(TOP_KEYS);
  const known = entries.some(
    ({ key, value }, i) =>
      homeOf(key) !== undefined ||
      (i < GUESSED && closest(key, names) !== undefined) ||
      names.some((name) => key.startsWith(name)) ||
      TOP_KEYS.some(({ aliases }) => aliases?.includes(key.toLowerCase()) === true) ||
      unseenIn(key) !== undefined ||
      (value.kind === 'map' && value.entries.some((entry) => names.includes(entry.key))),
  );
  if (known) return undefined;
  const inside = /^[ \t]+management-interface[ \t]*:/m.exec(text);
  const line = inside === null ? 0 : text.slice(0, inside.index).split('\n').length;
  return {
    span: first.keySpan,
    fault: {
      code: 'wrong-type',
      message: `this is not a configuration of backup-router: it has none of its keys, but ${entries
        .slice(0, 3)
        .map(({ key }) => quote(key))
        .join(', ')}`,
      suggestion:
        inside === null
          ? MINIMAL
          : `what is read begins in line ${line}; put it into a file of its own, without its indentation`,
    },
  };
}

/**
 * In a faulty file, a destination that was written but not found in its place must not turn into
 * the default route. It may be lost in a syntax error, wrongly indented, in a duplicate stanza, or
 * in a stanza without an interface.
 */
function withoutWidening(
  interfaces: readonly InterfaceResult[],
  mayBeLost: (found: number) => boolean,
): readonly ManagementInterface[] {
  const found = new Set(
    interfaces.flatMap(({ named, stanzas }) => (named ? stanzas.flatMap((stanza) => stanza.destinationAt ?? []) : [])),
  );
  const lost = mayBeLost(found.size);
  return interfaces.flatMap(({ selector, stanzas }) => {
    const backupRouters = stanzas
      .filter((stanza) => !(lost && stanza.assumedDefault))
      .flatMap((stanza) => stanza.backupRouter ?? []);
    return selector === undefined || backupRouters.length === 0 ? [] : [{ selector, backupRouters }];
  });
}

/** How often the text mentions destinations, not counting comments. */
const writtenIn = (text: string): number => text.replace(/(^|\s)#.*/g, '').match(/desti/gi)?.length ?? 0;

/** Read before the other settings, which depend on it. */
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
