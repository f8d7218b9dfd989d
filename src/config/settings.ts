/**
 * The table of settings. For each field of the configuration that has a default: its key, default,
 * reader, writer, schema and words. Everything else that names settings is generated from it:
 * defaults, JSON Schema, manual page, the lists of docs/CONFIGURATION.md, the YAML writer, and the
 * list of what `convert` to Junos loses.
 *
 * A new setting needs a field of `Config` and a row here; without the row the code does not
 * compile. The interfaces and their backup routers have no default and have their own tables
 * (management-interface.ts, backup-router.ts), as does each kind of daemon.
 */

import { DEFAULT_FRR } from './daemons/frr.js';
import { DAEMON_SCHEMA, writeDaemon } from './daemons/kinds.js';
import { readRoutingDaemons } from './daemons/read.js';
import { formatDuration } from './duration.js';
import { type Key, mapping } from './key.js';
import {
  LAST_RULE_PRIORITY_BASE,
  LAST_TABLE_BASE,
  readRouteProtocol,
  readRulePriorityBase,
  readTableBase,
} from './numbers.js';
import type { Report } from './report.js';
import { ROLE_SCHEMA, readRole, writeRole } from './role.js';
import { oneOrMany } from './schema.js';
import type { Section } from './section.js';
import { choice, integer, type Settings, time, timeout, type ValueKind } from './values.js';

export interface Setting<T> extends Omit<Key, 'schema' | 'fallback'> {
  /** The mapping that contains the key. undefined: the top level. */
  readonly section?: SectionName;
  readonly default: T;
  readonly value: ValueKind<T>;
}

export type SectionName = 'withdraw' | 'detect' | 'stale';
export type Field = keyof Settings;

/** With a shorter interval, probing costs the daemon more than the answers are worth. */
const MIN_PROBE_MS = 100;
const ROUTE_PROTOCOL = 157;
const TABLE_BASE = 25_500;

/** In the order of the documentation. */
export const SETTINGS: { readonly [F in Field]: Setting<Settings[F]> } = {
  routingDaemons: {
    key: 'routing-daemon',
    words:
      'What must be healthy before the backup routes go: one, or a list of which all must be. Default: FRR with zebra.',
    more: 'What must be healthy before the backup routes go: one entry, or a list of which all must be.',
    default: [DEFAULT_FRR],
    fallbackWords: '`frr` with zebra',
    value: {
      schema: oneOrMany(DAEMON_SCHEMA),
      read: (entry, report, { routeProtocol = ROUTE_PROTOCOL }) => readRoutingDaemons(entry, routeProtocol, report),
      write: (daemons) => daemons.map(writeDaemon),
    },
  },
  holdMs: {
    section: 'withdraw',
    key: 'hold-time',
    words: 'The daemon must answer without a break for this long before the routes go.',
    more: 'The daemon must answer without a break for this long first. `0`: no hold.',
    default: 5_000,
    value: time(0),
  },
  convergenceTimeoutMs: {
    section: 'withdraw',
    key: 'convergence-timeout',
    words:
      'After that, wait at most this long for destinations that this daemon has never covered here; 0 waits for none, as Junos.',
    more: 'After that, wait at most this long for destinations that this daemon has never covered here, and without limit for those that it has. `0`: wait for nothing, as Junos. `never`: wait until all are covered.',
    default: 30_000,
    value: timeout,
  },
  probeIntervalMs: {
    section: 'detect',
    key: 'probe-interval',
    words: 'Time between two questions to each daemon; at least 100ms.',
    more: 'Time between two questions to each daemon. At least `100ms`.',
    default: 1_000,
    value: time(MIN_PROBE_MS),
  },
  probeTimeoutMs: {
    section: 'detect',
    key: 'probe-timeout',
    words: 'A daemon that leaves a question unanswered this long counts as hung; not below probe-interval.',
    more: 'A daemon that does not answer for this long counts as hung. Not below `probe-interval`. A healthy FRR with a full table can be silent for more than 5 s.',
    // A healthy FRR under a full table was silent for 5.2 s (fact F13).
    default: 10_000,
    value: time(MIN_PROBE_MS),
  },
  preemptAfterMs: {
    section: 'stale',
    key: 'preempt-after',
    words: 'Routes that a dead daemon left in the kernel keep the tie with a backup route this long.',
    more: 'They carry traffic for this long before the backup route of the same prefix wins the tie, and on while no backup router answers. Those whose next hop is known to be bad lose it at once, those of a daemon that hangs never. `0`: at once. `never`: leave them.',
    default: 10_000,
    value: timeout,
  },
  placement: {
    key: 'placement',
    words:
      'local: in tables of their own, for packets of this router itself only. main: in the main table. vrf: insists on the VRF of the interface; one that is in a VRF has its routes there in any case.',
    more: '`local`: in tables of their own, only for packets that this router itself sends; `doctor` finds its [two limits](ARCHITECTURE.md#the-local-placement). `main`: in the main table, where transit packets can use them and `redistribute kernel` can leak them. `vrf`: no routes while the interface is in no VRF. An interface in a VRF always has its routes in the table of that VRF.',
    default: 'local',
    value: choice(['local', 'main', 'vrf']),
  },
  role: {
    key: 'role',
    words:
      'primary: the routes go when the routing daemon is healthy. standby: they stay in always. Or where the word comes from.',
    more: '`primary`: the routes go when the daemon is healthy. `standby`: they stay in. Or `{file: PATH}` or `{exec: COMMAND}`, see below.',
    default: { kind: 'fixed', role: 'primary' },
    value: { schema: ROLE_SCHEMA, read: readRole, write: writeRole },
  },
  routeProtocol: {
    key: 'route-protocol',
    words: 'The protocol number that marks the routes of the agent. Everything with this number may be deleted by it.',
    more: 'Protocol number of the routes (`ip route show proto 157`). **Everything with this number belongs to the agent and may be deleted by it.** Refused: 1 to 4, 9, 16 (kernel, `ip route add`, RA, DHCP), 11, 42, 186 to 198 (FRR removes them).',
    default: ROUTE_PROTOCOL,
    value: integer(1, 255, (entry, report) => readRouteProtocol(entry, ROUTE_PROTOCOL, report)),
  },
  tableBase: {
    key: 'table-base',
    words: 'Routes to prefixes of length L are in table table-base + L.',
    more: 'Routes to prefixes of length L are in table 25500 + L. Those of symmetric replies are 25629 and up, one for each interface. From 256 up; 133 tables must fit.',
    default: TABLE_BASE,
    value: integer(1, LAST_TABLE_BASE, (entry, report) => readTableBase(entry, TABLE_BASE, report)),
  },
  rulePriorityBase: {
    key: 'rule-priority-base',
    words: 'Where the rules stand: auto, beside the rule that looks up main, or the first of up to 258 priorities.',
    more: '`auto`: directly in front of the rule that looks up the main table, behind every other. A number, 1 to 32508, is the first of up to 258 priorities; the backup routes then have precedence over all rules behind it (`doctor` lists them).',
    default: 'auto',
    value: {
      schema: { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: LAST_RULE_PRIORITY_BASE }] },
      read: readRulePriorityBase,
      write: (base) => base,
    },
  },
  onStop: {
    key: 'on-stop',
    words: 'What happens to the routes when the agent is stopped.',
    more: 'When the agent is stopped, the routes stay (`keep`) or go (`withdraw`).',
    default: 'keep',
    value: choice(['keep', 'withdraw']),
  },
};

export const FIELDS = Object.keys(SETTINGS) as readonly Field[];

export const DEFAULTS = Object.fromEntries(
  FIELDS.map((field) => [field, SETTINGS[field].default]),
) as unknown as Settings;

/** A mapping of settings. */
interface SectionKind {
  readonly words: string;
  /**
   * Reports faults of the combination of values, each of which is valid by itself. Returns the
   * fields that are ignored.
   */
  readonly judge?: (read: Partial<Settings>, section: Section, report: Report) => readonly Field[];
}

export const SECTIONS: Readonly<Record<SectionName, SectionKind>> = {
  withdraw: { words: 'How soon the backup routes go once the daemon is back.' },
  detect: { words: 'How a hang is noticed. A death is noticed at once.', judge: judgeProbes },
  stale: { words: 'What happens to the routes that a dead daemon left in the kernel.' },
};

function judgeProbes(read: Partial<Settings>, section: Section, report: Report): readonly Field[] {
  const { probeIntervalMs, probeTimeoutMs } = { ...DEFAULTS, ...read };
  if (probeTimeoutMs >= probeIntervalMs) return [];
  const place = section.get(SETTINGS[read.probeTimeoutMs === undefined ? 'probeIntervalMs' : 'probeTimeoutMs'].key);
  report.error(place!.value.span, {
    code: 'probe-timeout-too-short',
    message: `probe-timeout ${formatDuration(probeTimeoutMs)} is shorter than probe-interval ${formatDuration(probeIntervalMs)}: no answer could come in time`,
    suggestion: `write a probe-timeout of several intervals, such as ${formatDuration(10 * probeIntervalMs)}`,
  });
  return ['probeIntervalMs', 'probeTimeoutMs'];
}

/** The value of a setting as it is written in the file. */
export function written<F extends Field>(field: F, value: Settings[F]): unknown {
  return SETTINGS[field].value.write(value);
}

/** The setting as a key, for the tables of keys. */
export function keyOf<F extends Field>(field: F): Key {
  const { key, words, more, fallbackWords, value } = SETTINGS[field];
  return {
    key,
    words,
    schema: value.schema,
    get fallback() {
      return fallbackWords === undefined ? written(field, DEFAULTS[field]) : undefined;
    },
    ...(more === undefined ? {} : { more }),
    ...(fallbackWords === undefined ? {} : { fallbackWords }),
  };
}

/** The settings of a section, or of the top level if undefined. */
export function keysIn(section: SectionName | undefined): readonly Key[] {
  return FIELDS.filter((field) => SETTINGS[field].section === section).map(keyOf);
}

/** Settings and sections, as keys of the top level. */
export const SETTING_KEYS: readonly Key[] = [...new Set(FIELDS.map((field) => SETTINGS[field].section ?? field))].map(
  (name) => (isSection(name) ? { key: name, words: SECTIONS[name].words, schema: mapping(keysIn(name)) } : keyOf(name)),
);

export function isSection(name: string): name is SectionName {
  return Object.hasOwn(SECTIONS, name);
}
