/**
 * `routing-daemon`: what must be healthy before the backup routes go. This version knows FRR.
 */

import type { FrrDaemons, RoutingDaemon } from '../model/config.js';
import { DEFAULT_FRR } from './defaults.js';
import { quote } from './diagnostic.js';
import type { Entry, Value } from './document.js';
import { closest, FRR_KEYS } from './keys.js';
import type { Report } from './report.js';
import { readItems, readScalar, readSection, type LaterKeys } from './section.js';

/** The daemons of FRR that have a vty. */
export const FRR_DAEMONS: readonly string[] = [
  'zebra', 'bgpd', 'ospfd', 'ospf6d', 'isisd', 'ripd', 'ripngd', 'eigrpd', 'pimd', 'pim6d', 'ldpd', 'nhrpd', 'babeld', 'staticd', 'bfdd',
  'fabricd', 'vrrpd', 'pathd', 'pbrd', 'sharpd', 'watchfrr', 'mgmtd',
];

const FRR_ONLY = "this version watches FRR: write frr: {daemons: [zebra]}";
const LATER: LaterKeys = { bird: FRR_ONLY, unit: FRR_ONLY, pidfile: FRR_ONLY, socket: FRR_ONLY, exec: FRR_ONLY };

/** sun_path of a Unix socket holds 108 bytes with its terminating zero: unix(7). */
const MAX_SOCKET_PATH = 107;

/** The valid daemons of the entry, or undefined when there is none. */
export function readRoutingDaemons(entry: Entry, report: Report): readonly RoutingDaemon[] | undefined {
  const seen = new Set<string>();
  const daemons = readItems(entry, report, 'remove the key to watch zebra').flatMap((item) => readOne(item, seen, report) ?? []);
  return daemons.length > 0 ? daemons : undefined;
}

function readOne(item: Value, seen: Set<string>, report: Report): FrrDaemons | undefined {
  if (item.kind === 'scalar' && item.text === 'frr') return take({ ...DEFAULT_FRR, spans: [item.span] }, seen, report);
  if (item.kind === 'scalar') {
    const today = LATER[item.text];
    report.error(item.span, today === undefined
      ? { code: 'unknown-value', message: `${quote(item.text)} is no kind of routing daemon`, suggestion: FRR_DAEMONS.includes(item.text) ? `write frr: {daemons: [${item.text}]}` : 'write frr: {daemons: [zebra]}' }
      : { code: 'not-supported-yet', message: `routing daemon ${quote(item.text)} is not supported by this version yet`, suggestion: today });
    return undefined;
  }
  const section = readSection(item, 'routing-daemon', ['frr'], report, LATER);
  const frr = section?.get('frr');
  if (section === undefined || frr === undefined) {
    if (item.kind === 'map' && item.entries.length === 0) report.error(item.span, { code: 'empty-value', message: 'a routing daemon without a kind', suggestion: FRR_ONLY });
    return undefined;
  }
  const keys = readSection(frr.value, 'frr', FRR_KEYS, report);
  if (keys === undefined) return undefined;
  const directory = readDirectory(keys.get('socket-directory'), report);
  const names = keys.get('daemons');
  if (names === undefined) return keys.has('daemons') ? undefined : take({ ...DEFAULT_FRR, socketDirectory: directory, spans: [frr.keySpan] }, seen, report);
  const named = readItems(names, report, 'name at least zebra').flatMap((value) => readName(value, directory, report) ?? []);
  return take({ kind: 'frr', daemons: named.map((n) => n.name), socketDirectory: directory, spans: named.map((n) => n.span) }, seen, report);
}

/** Leaves out what an earlier entry or item names already. */
function take(frr: FrrDaemons & { readonly spans: readonly Value['span'][] }, seen: Set<string>, report: Report): FrrDaemons | undefined {
  const daemons = frr.daemons.filter((name, i) => {
    const path = `${frr.socketDirectory}/${name}`;
    if (!seen.has(path)) return Boolean(seen.add(path));
    report.warning(frr.spans[i]!, { code: 'duplicate-daemon', message: `${name} is listed twice`, suggestion: 'remove one' });
    return false;
  });
  return daemons.length > 0 ? { kind: 'frr', daemons, socketDirectory: frr.socketDirectory } : undefined;
}

function readName(value: Value, directory: string, report: Report): { readonly name: string; readonly span: Value['span'] } | undefined {
  const scalar = readScalar(value, 'the name of a daemon of FRR', report);
  if (scalar === undefined) return undefined;
  const { text: name, span } = scalar;
  const near = closest(name, FRR_DAEMONS);
  const suggestion = near === undefined ? `FRR has ${FRR_DAEMONS.join(', ')}` : `did you mean ${near}?`;
  // The name becomes part of a path.
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) {
    report.error(span, { code: 'unknown-daemon', message: `${quote(name)} cannot be the name of a daemon of FRR`, suggestion });
    return undefined;
  }
  if (Buffer.byteLength(`${directory}/${name}.vty`) > MAX_SOCKET_PATH) {
    report.error(span, { code: 'out-of-range', message: `the path of ${name}'s socket is longer than ${MAX_SOCKET_PATH} bytes`, suggestion: 'use a shorter socket-directory' });
    return undefined;
  }
  if (!FRR_DAEMONS.includes(name)) report.warning(span, { code: 'unknown-daemon', message: `FRR has no daemon ${quote(name)} that this version knows`, suggestion });
  return { name, span };
}

function readDirectory(entry: Entry | undefined, report: Report): string {
  const scalar = entry === undefined ? undefined : readScalar(entry.value, 'a directory', report);
  if (scalar === undefined) return DEFAULT_FRR.socketDirectory;
  if (scalar.text.startsWith('/')) return scalar.text.replace(/\/+$/, '') || '/';
  const guess = scalar.text.startsWith('~') || scalar.text.startsWith('.') || scalar.text === '' ? DEFAULT_FRR.socketDirectory : `/${scalar.text}`;
  report.error(scalar.span, { code: 'relative-path', message: `${quote(scalar.text)} does not start with '/'`, suggestion: `write the whole path, such as ${guess}` });
  return DEFAULT_FRR.socketDirectory;
}
