/**
 * `bird: {socket: PATH}`: BIRD 2 or 3. Its routes are marked with a protocol number of its own (12, fact B2), so
 * there is no `route-protocols`.
 */

import type { BirdDaemon } from '../model/config.js';
import { MAX_SOCKET_PATH } from '../model/paths.js';
import type { Found } from './daemon-parts.js';
import { DEFAULT_BIRD } from './defaults.js';
import type { Entry } from './document.js';
import { DAEMON_KEYS } from './keys.js';
import { readPath } from './path-text.js';
import type { Report } from './report.js';
import { readScalar, readSection } from './section.js';

export function readBird(entry: Entry, report: Report): Found<BirdDaemon> | undefined {
  if (entry.value.kind === 'scalar' && entry.value.text.startsWith('/')) {
    report.error(entry.value.span, {
      code: 'wrong-type',
      message: 'bird must be a mapping',
      suggestion: `write bird: {socket: ${entry.value.text}}`,
    });
    return undefined;
  }
  const section = readSection(entry.value, 'bird', DAEMON_KEYS.bird, report);
  if (section === undefined) return undefined;
  if (!section.has('socket'))
    return section.unknownKeys.length > 0 ? undefined : { daemon: DEFAULT_BIRD, spans: [entry.keySpan] };
  const value = section.get('socket')?.value;
  const scalar = value === undefined ? undefined : readScalar(value, "the path of BIRD's control socket", report);
  const socket = scalar === undefined ? undefined : readPath(scalar, DEFAULT_BIRD.socket, report, MAX_SOCKET_PATH);
  return scalar === undefined || socket === undefined
    ? undefined
    : { daemon: { kind: 'bird', socket }, spans: [scalar.span] };
}
