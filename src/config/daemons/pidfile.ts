/** `pidfile: PATH`: a process whose PID is in a file. */

import { posix } from 'node:path';
import type { PidfileDaemon } from '../../model/config.js';
import { readPath } from '../path-text.js';
import { PATH } from '../schema.js';
import { type DaemonKind, eitherForm, genericKeys, readGeneric, writeProtocols } from './kind.js';

const EXAMPLE = '/run/x.pid';
const KEYS = genericKeys({
  key: 'path',
  words: 'Where the file is.',
  more: 'Where the file is, from `/`.',
  schema: PATH,
  required: true,
  ambiguous: true,
});

export const PIDFILE: DaemonKind<PidfileDaemon> = {
  key: {
    key: 'pidfile',
    words: 'The process whose number is in the file runs.',
    more: 'the process whose number is in the file runs.',
    schema: eitherForm(PATH, KEYS),
  },
  keys: KEYS,
  example: `pidfile: ${EXAMPLE}`,
  longKey: () => 'path',
  guess: (text) => (/^\/.*\.pid$/.test(text) ? `pidfile: ${text}` : undefined),
  read(entry, ownProtocol, report) {
    const parts = readGeneric(entry, 'pidfile', KEYS, EXAMPLE, ownProtocol, report);
    const path = parts === undefined ? undefined : readPath(parts.scalar, EXAMPLE, report);
    return parts === undefined || path === undefined
      ? undefined
      : { daemon: { kind: 'pidfile', path, routeProtocols: parts.routeProtocols }, spans: [parts.scalar.span] };
  },
  write: (daemon) => ({ path: daemon.path, ...writeProtocols(daemon) }),
  watches: ({ path }) => [{ identity: `pidfile ${posix.normalize(path)}`, name: path }],
};
