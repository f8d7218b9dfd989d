/**
 * `bird: {socket: PATH}`: BIRD 2 or 3. Its routes have their own protocol number (12, fact B2), so
 * it has no `route-protocols`.
 */

import type { BirdDaemon } from '../../model/config.js';
import { MAX_SOCKET_PATH } from '../../model/paths.js';
import { type Key, mapping } from '../key.js';
import { readPath } from '../path-text.js';
import { SOCKET_PATH } from '../schema.js';
import { readScalar, readSection } from '../section.js';
import type { DaemonKind } from './kind.js';
import { processIdentity } from './process.js';
import { unixIdentity } from './socket.js';

/** The control socket in the packages of Debian and of the BIRD project (fact B1). */
const DEFAULT: BirdDaemon = { kind: 'bird', socket: '/run/bird/bird.ctl' };

const KEYS: readonly Key[] = [
  {
    key: 'socket',
    words: 'The control socket of BIRD.',
    schema: SOCKET_PATH,
    fallback: DEFAULT.socket,
  },
];

export const BIRD: DaemonKind<BirdDaemon> = {
  key: {
    key: 'bird',
    words: 'BIRD 2 or 3 answers on its control socket.',
    more: 'BIRD (2 or 3) answers on its control socket.',
    schema: mapping(KEYS),
  },
  keys: KEYS,
  example: `bird: {socket: ${DEFAULT.socket}}`,
  bare: DEFAULT,
  guess: (text) => (/^\/.*\.ctl$/.test(text) ? `bird: {socket: ${text}}` : undefined),
  read(entry, _ownProtocol, report) {
    if (entry.value.kind === 'scalar' && entry.value.text.startsWith('/')) {
      report.error(entry.value.span, {
        code: 'wrong-type',
        message: 'bird must be a mapping',
        suggestion: `write bird: {socket: ${entry.value.text}}`,
      });
      return undefined;
    }
    const section = readSection(entry.value, 'bird', KEYS, report);
    if (section === undefined) return undefined;
    if (!section.has('socket'))
      return section.unknownKeys.length > 0 ? undefined : { daemon: DEFAULT, spans: [entry.keySpan] };
    const value = section.get('socket')?.value;
    const scalar = value === undefined ? undefined : readScalar(value, "the path of BIRD's control socket", report);
    const socket = scalar === undefined ? undefined : readPath(scalar, DEFAULT.socket, report, MAX_SOCKET_PATH);
    return scalar === undefined || socket === undefined
      ? undefined
      : { daemon: { kind: 'bird', socket }, spans: [scalar.span] };
  },
  write: ({ socket }) => ({ socket }),
  watches: ({ socket }) => [{ identity: unixIdentity(socket), name: socket, also: [processIdentity('bird')] }],
  understood: true,
};
