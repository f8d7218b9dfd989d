/**
 * Configuration text -> {@link Config}, or every reason why not. Pure.
 *
 * Invariants: nothing a file holds makes this throw; `config` is there exactly when no error is; `partial` never
 * holds a value that the file does not, but for the defaults, and never leads more traffic to the backup router
 * than the file asks for.
 */

import type { Config, ManagementInterface } from '../model/config.js';
import { readRoutingDaemons } from './daemons.js';
import { DEFAULTS } from './defaults.js';
import type { Diagnostic } from './diagnostic.js';
import { type MapValue, parseDocument } from './document.js';
import { type DurationBounds, formatDuration } from './duration.js';
import { looksLikeJunos } from './junos/detect.js';
import { type JunosHints, readJunos } from './junos/read.js';
import { DETECT_KEYS, STALE_KEYS, TOP_KEYS, WITHDRAW_KEYS } from './keys.js';
import { type InterfaceResult, readManagementInterfaces } from './management-interface.js';
import { readRouteProtocol, readRulePriorityBase, readTableBase } from './numbers.js';
import { fileDiagnostic, type Report } from './report.js';
import { readRole } from './role.js';
import { asTime, describe, readChoice, readDuration, readSection, type Section } from './section.js';

export interface ParsedConfig {
  /** What the file means; undefined when it has an error. */
  readonly config: Config | undefined;
  /** Its valid part: at least one management interface and one backup router with a gateway and a destination. */
  readonly partial: Config | undefined;
  /** Every fault, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

const MINIMAL = 'the smallest one is\nmanagement-interface: eth0\nbackup-router:\n  address: 192.0.2.1';
const DAY_MS = 86_400_000;
const HOLD: DurationBounds = { minMs: 0, maxMs: DAY_MS, neverAllowed: false };
const WAIT: DurationBounds = { minMs: 0, maxMs: DAY_MS, neverAllowed: true };
/** Faster than this, probing costs the daemon more than it tells us. */
const PROBE: DurationBounds = { minMs: 100, maxMs: DAY_MS, neverAllowed: false };

/** Larger YAML is none of ours; a Junos configuration may well be. */
const MAX_YAML_LENGTH = 1 << 22;

/**
 * Reads the text of a configuration file, YAML or Junos. `fileName` is for the diagnostics only; the hints are for
 * what Junos text does not say.
 */
export function parseConfig(text: string, fileName: string, hints: JunosHints = {}): ParsedConfig {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  return looksLikeJunos(body) ? readJunos(body, fileName, hints) : parseYaml(body, fileName);
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
  const { root, report, damaged } = parseDocument(body, fileName);
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

type Settings = Partial<Omit<Config, 'managementInterfaces'>>;

function readSettings(top: Section, report: Report): Settings {
  const sub = (key: string, keys: readonly string[]): Section | undefined => {
    const entry = top.get(key);
    return entry === undefined ? undefined : readSection(entry.value, key, keys, report);
  };
  const daemons = top.get('routing-daemon');
  const withdraw = sub('withdraw', WITHDRAW_KEYS);
  const stale = sub('stale', STALE_KEYS);
  const routeProtocol = readRouteProtocol(top.get('route-protocol'), DEFAULTS.routeProtocol, report);
  return defined({
    routingDaemons:
      daemons === undefined ? undefined : readRoutingDaemons(daemons, routeProtocol ?? DEFAULTS.routeProtocol, report),
    holdMs: asTime(readDuration(withdraw?.get('hold-time'), HOLD, report)),
    convergenceTimeoutMs: readDuration(withdraw?.get('convergence-timeout'), WAIT, report),
    ...readDetect(sub('detect', DETECT_KEYS), report),
    preemptAfterMs: readDuration(stale?.get('preempt-after'), WAIT, report),
    placement: readChoice(top.get('placement'), ['local', 'main', 'vrf'], report),
    role: readRole(top.get('role'), report),
    routeProtocol,
    tableBase: readTableBase(top.get('table-base'), DEFAULTS.tableBase, report),
    rulePriorityBase: readRulePriorityBase(top.get('rule-priority-base'), report),
    onStop: readChoice(top.get('on-stop'), ['keep', 'withdraw'], report),
  });
}

function readDetect(detect: Section | undefined, report: Report): Settings {
  const interval = detect?.get('probe-interval');
  const timeout = detect?.get('probe-timeout');
  const intervalMs = asTime(readDuration(interval, PROBE, report));
  const timeoutMs = asTime(readDuration(timeout, PROBE, report));
  const effective = {
    interval: intervalMs ?? DEFAULTS.probeIntervalMs,
    timeout: timeoutMs ?? DEFAULTS.probeTimeoutMs,
  };
  if (effective.timeout >= effective.interval)
    return defined({ probeIntervalMs: intervalMs, probeTimeoutMs: timeoutMs });
  const place = timeoutMs === undefined ? interval : timeout;
  report.error(place!.value.span, {
    code: 'probe-timeout-too-short',
    message: `probe-timeout ${formatDuration(effective.timeout)} is shorter than probe-interval ${formatDuration(effective.interval)}: no answer could come in time`,
    suggestion: `write a probe-timeout of several intervals, such as ${formatDuration(10 * effective.interval)}`,
  });
  return {};
}

/** Without the fields that are undefined, so that the defaults show through. */
function defined(fields: { readonly [K in keyof Settings]: Settings[K] | undefined }): Settings {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Settings;
}
