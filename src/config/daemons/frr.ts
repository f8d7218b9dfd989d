/** `frr: {daemons: [...], socket-directory: DIR}`: one vty socket for each named daemon. */

import type { FrrDaemons } from '../../model/config.js';
import { MAX_SOCKET_PATH } from '../../model/paths.js';
import { closest } from '../closest.js';
import { quote } from '../diagnostic.js';
import type { Entry, Value } from '../document.js';
import { type Key, mapping } from '../key.js';
import { readPath } from '../path-text.js';
import type { Report, Span } from '../report.js';
import { oneOrMany, PATH } from '../schema.js';
import { readItems, readScalar, readSection } from '../section.js';
import type { DaemonKind } from './kind.js';
import { processIdentity } from './process.js';
import { unixIdentity } from './socket.js';

/** zebra, and the FRR daemons that speak a routing protocol. */
export const FRR_ROUTING_DAEMONS: readonly string[] = [
  'zebra',
  'bgpd',
  'ospfd',
  'ospf6d',
  'isisd',
  'ripd',
  'ripngd',
  'eigrpd',
  'babeld',
  'fabricd',
];

/** The FRR daemons that have a vty. */
export const FRR_DAEMONS: readonly string[] = [
  'zebra',
  'bgpd',
  'ospfd',
  'ospf6d',
  'isisd',
  'ripd',
  'ripngd',
  'eigrpd',
  'pimd',
  'pim6d',
  'ldpd',
  'nhrpd',
  'babeld',
  'staticd',
  'bfdd',
  'fabricd',
  'vrrpd',
  'pathd',
  'pbrd',
  'sharpd',
  'watchfrr',
  'mgmtd',
];

/** FRR with zebra alone: every FRR runs it, and it owns the kernel's routes. */
export const DEFAULT_FRR: FrrDaemons = { kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' };

const KEYS: readonly Key[] = [
  {
    key: 'daemons',
    words: 'Daemons of FRR; each is watched through its own vty socket.',
    more: 'Daemons of FRR. List those whose loss would cost you reachability.',
    schema: oneOrMany({ anyOf: [{ enum: FRR_DAEMONS }, { type: 'string', pattern: '^[A-Za-z0-9_-]{1,32}$' }] }),
    fallback: DEFAULT_FRR.daemons,
  },
  {
    key: 'socket-directory',
    words: 'Where zebra.vty and the others are.',
    more: 'Where `zebra.vty` and the others are; `/run/frr/NAME` for an FRR started with `-N NAME`.',
    schema: PATH,
    fallback: DEFAULT_FRR.socketDirectory,
  },
];

export const FRR: DaemonKind<FrrDaemons> = {
  key: {
    key: 'frr',
    words: 'FRR: each daemon named answers on its vty socket.',
    more: 'each daemon named answers on its vty socket.',
    schema: mapping(KEYS),
  },
  keys: KEYS,
  example: 'frr: {daemons: [zebra]}',
  bare: DEFAULT_FRR,
  guess: (text) => (FRR_DAEMONS.includes(text) ? `frr: {daemons: [${text}]}` : undefined),
  read(entry, _ownProtocol, report) {
    const keys = readSection(entry.value, 'frr', KEYS, report);
    if (keys === undefined) return undefined;
    const directory = readDirectory(keys.get('socket-directory'), report);
    const names = keys.get('daemons');
    if (names === undefined)
      return keys.has('daemons')
        ? undefined
        : { daemon: { ...DEFAULT_FRR, socketDirectory: directory }, spans: [entry.keySpan] };
    const named = readItems(names, report, 'name at least zebra').flatMap(
      (value) => readName(value, directory, report) ?? [],
    );
    return named.length === 0
      ? undefined
      : {
          daemon: { kind: 'frr', daemons: named.map((n) => n.name), socketDirectory: directory },
          spans: named.map((n) => n.span),
        };
  },
  write: ({ daemons, socketDirectory }) => ({ daemons, 'socket-directory': socketDirectory }),
  watches: ({ daemons, socketDirectory }) =>
    daemons.map((name) => ({
      identity: unixIdentity(vtyPath(socketDirectory, name)),
      name,
      also: [processIdentity(name)],
    })),
  reduce: (frr, kept) => ({ ...frr, daemons: frr.daemons.filter((_, i) => kept[i]) }),
  understood: true,
};

/** Path of the vty socket of an FRR daemon. */
function vtyPath(directory: string, name: string): string {
  return `${directory}/${name}.vty`;
}

function readName(
  value: Value,
  directory: string,
  report: Report,
): { readonly name: string; readonly span: Span } | undefined {
  const scalar = readScalar(value, 'the name of a daemon of FRR', report);
  if (scalar === undefined) return undefined;
  const { text: name, span } = scalar;
  if (FRR_DAEMONS.includes(name) && Buffer.byteLength(vtyPath(directory, name)) <= MAX_SOCKET_PATH)
    return { name, span };
  const near = closest(name, FRR_DAEMONS);
  const words = name.split(/[\s,;]+/).filter((word) => word !== '');
  const suggestion =
    words.length > 1 && words.every((word) => FRR_DAEMONS.includes(word))
      ? `write a list: [${words.join(', ')}]`
      : near === undefined
        ? `FRR has ${FRR_DAEMONS.join(', ')}`
        : `did you mean ${near}?`;
  // The name becomes part of a path.
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) {
    report.error(span, {
      code: 'unknown-daemon',
      message: `${quote(name)} cannot be the name of a daemon of FRR`,
      suggestion,
    });
    return undefined;
  }
  if (Buffer.byteLength(vtyPath(directory, name)) > MAX_SOCKET_PATH) {
    report.error(span, {
      code: 'out-of-range',
      message: `the path of ${name}'s socket is longer than ${MAX_SOCKET_PATH} bytes`,
      suggestion: 'use a shorter socket-directory',
    });
    return undefined;
  }
  if (!FRR_DAEMONS.includes(name))
    report.warning(span, {
      code: 'unknown-daemon',
      message: `FRR has no daemon ${quote(name)} that this version knows`,
      suggestion,
    });
  return { name, span };
}

function readDirectory(entry: Entry | undefined, report: Report): string {
  const scalar = entry === undefined ? undefined : readScalar(entry.value, 'a directory', report);
  const path = scalar === undefined ? undefined : readPath(scalar, DEFAULT_FRR.socketDirectory, report);
  const socket = path === undefined ? null : /^(.*)\/[^/]+\.(?:vty|api)$/.exec(path);
  if (socket !== null)
    report.warning(scalar!.span, {
      code: 'relative-path',
      message: `${quote(path!)} is the name of a socket, and a directory is expected`,
      suggestion: `write ${socket[1]}`,
    });
  return path === undefined ? DEFAULT_FRR.socketDirectory : path.replace(/\/+$/, '') || '/';
}
