/**
 * `routing-daemon`: what must be healthy before the backup routes go. Each kind has a reader of its own; a new one
 * is a file, its keys in keys.ts and a line in READERS.
 */

import type { RoutingDaemon } from '../model/config.js';
import { readBird } from './daemon-bird.js';
import { withoutDuplicates } from './daemon-duplicates.js';
import { readExec } from './daemon-exec.js';
import { FRR_DAEMONS, readFrr } from './daemon-frr.js';
import type { DaemonReader, Found } from './daemon-parts.js';
import { readPidfile, readProcess, readUnit } from './daemon-process.js';
import { readSocket } from './daemon-socket.js';
import { DEFAULT_BIRD, DEFAULT_FRR } from './defaults.js';
import { quote } from './diagnostic.js';
import type { Entry, MapValue, ScalarValue, Value } from './document.js';
import { closest, DAEMON_KINDS } from './keys.js';
import type { Report } from './report.js';
import { readItems, readSection } from './section.js';

const READERS: Readonly<Record<RoutingDaemon['kind'], DaemonReader>> = {
  frr: (entry, _ownProtocol, report) => readFrr(entry, report),
  bird: (entry, _ownProtocol, report) => readBird(entry, report),
  unit: readUnit,
  pidfile: readPidfile,
  process: readProcess,
  socket: readSocket,
  exec: readExec,
};

/** What to write for a kind that is named without saying which daemon. */
const EXAMPLES: Readonly<Record<RoutingDaemon['kind'], string>> = {
  frr: 'frr: {daemons: [zebra]}',
  bird: 'bird: {socket: /run/bird/bird.ctl}',
  unit: 'unit: frr.service',
  pidfile: 'pidfile: /run/x.pid',
  process: 'process: gobgpd',
  socket: 'socket: /run/x.sock',
  exec: 'exec: {command: [/usr/local/bin/check]}',
};

/** The valid daemons of the entry, or undefined when there is none. `ownProtocol` marks the agent's own routes. */
export function readRoutingDaemons(
  entry: Entry,
  ownProtocol: number,
  report: Report,
): readonly RoutingDaemon[] | undefined {
  const found = readItems(entry, report, 'remove the key to watch zebra').flatMap((item) =>
    readItem(item, ownProtocol, report),
  );
  const daemons = withoutDuplicates(found, report);
  return daemons.length > 0 ? daemons : undefined;
}

function readItem(item: Value, ownProtocol: number, report: Report): readonly Found[] {
  if (item.kind === 'scalar') return readBare(item, report);
  const section = readSection(
    item,
    'routing-daemon',
    DAEMON_KINDS,
    report,
    item.kind === 'map' ? siblingHint(item) : {},
  );
  if (section === undefined) return [];
  if (item.kind === 'map' && item.entries.length === 0)
    report.error(item.span, {
      code: 'empty-value',
      message: 'a routing daemon without a kind',
      suggestion: `write ${EXAMPLES.frr}`,
    });
  const entries = DAEMON_KINDS.flatMap((kind) => section.get(kind) ?? []).sort(
    (a, b) => a.keySpan.start - b.keySpan.start,
  );
  const second = entries[1];
  if (second !== undefined)
    report.error(second.keySpan, {
      code: 'conflicting-keys',
      message: `one entry names both '${entries[0]!.key}' and '${second.key}'`,
      suggestion: "write a list, with '- ' in front of each",
    });
  return entries.flatMap((entry) => READERS[entry.key as RoutingDaemon['kind']](entry, ownProtocol, report) ?? []);
}

/** A kind in one word: enough for those that have a customary socket. */
function readBare({ text, span }: ScalarValue, report: Report): readonly Found[] {
  if (text === 'frr') return [{ daemon: DEFAULT_FRR, spans: [span] }];
  if (text === 'bird') return [{ daemon: DEFAULT_BIRD, spans: [span] }];
  const kind = DAEMON_KINDS.find((word) => word === text);
  if (kind !== undefined)
    report.error(span, {
      code: 'empty-value',
      message: `'${kind}' does not say which`,
      suggestion: `write ${EXAMPLES[kind]}`,
    });
  else
    report.error(span, {
      code: 'unknown-value',
      message: `${quote(text)} is no kind of routing daemon`,
      suggestion: suggestKind(text),
    });
  return [];
}

function suggestKind(text: string): string {
  if (FRR_DAEMONS.includes(text)) return `write frr: {daemons: [${text}]}`;
  if (/\.(service|scope|slice)$/.test(text)) return `write unit: ${text}`;
  if (/^\/.*\.pid$/.test(text)) return `write pidfile: ${text}`;
  if (/^\/.*\.(sock|socket|ctl)$/.test(text))
    return text.endsWith('.ctl') ? `write bird: {socket: ${text}}` : `write socket: ${text}`;
  const near = closest(text, DAEMON_KINDS);
  return near === undefined
    ? `the kinds are ${DAEMON_KINDS.join(', ')}; such as ${EXAMPLES.frr}`
    : `write ${EXAMPLES[near as RoutingDaemon['kind']]}`;
}

/** `route-protocols` beside the kind, where it is natural to put it, and what to write instead. */
function siblingHint(item: MapValue): Readonly<Record<string, string>> {
  const short = item.entries.find(
    ({ key, value }) => value.kind === 'scalar' && ['unit', 'pidfile', 'process', 'socket'].includes(key),
  );
  if (short?.value.kind !== 'scalar') return {};
  const name =
    short.key === 'unit' || short.key === 'process' ? 'name' : short.value.text.startsWith('/') ? 'path' : 'address';
  return { 'route-protocols': `write ${short.key}: {${name}: ${short.value.text}, route-protocols: [...]}` };
}
