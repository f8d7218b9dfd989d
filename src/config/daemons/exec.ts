/**
 * `exec: {command: [...], interval: 5s, timeout: 2s}`: a command of the operator, run without a
 * shell.
 */

import type { ExecDaemon } from '../../model/config.js';
import { COMMAND_KEYS, readTimedCommand, writeCommand } from '../command.js';
import { mapping } from '../key.js';
import { readRouteProtocols } from '../route-protocols.js';
import { readSection } from '../section.js';
import { type DaemonKind, genericKeys, writeProtocols } from './kind.js';

const EXAMPLE = '[/usr/local/bin/check]';
const KEYS = genericKeys(...COMMAND_KEYS);

export const EXEC: DaemonKind<ExecDaemon> = {
  key: {
    key: 'exec',
    words: 'The command ends with status 0, in time.',
    more: 'the command ends with status 0, in time.',
    schema: mapping(KEYS),
  },
  keys: KEYS,
  example: `exec: {command: ${EXAMPLE}}`,
  read(entry, ownProtocol, report) {
    const { value } = entry;
    if (value.kind === 'list' || value.kind === 'scalar') {
      const words = (value.kind === 'list' ? value.items : [value])
        .flatMap((item) => (item.kind === 'scalar' ? item.text.split(/\s+/) : []))
        .slice(0, 8);
      report.error(value.span, {
        code: 'wrong-type',
        message: 'exec must be a mapping',
        suggestion: `write exec: {command: ${words.length === 0 ? EXAMPLE : `[${words.join(', ')}]`}}`,
      });
      return undefined;
    }
    const section = readSection(value, 'exec', KEYS, report);
    if (section === undefined) return undefined;
    const timed = readTimedCommand(entry, section, EXAMPLE, report);
    const routeProtocols = readRouteProtocols(section, ownProtocol, report);
    if (timed === undefined) return undefined;
    const { span, ...command } = timed;
    return { daemon: { kind: 'exec', ...command, routeProtocols }, spans: [span] };
  },
  write: (daemon) => ({ ...writeCommand(daemon), ...writeProtocols(daemon) }),
  watches: ({ command }) => [{ identity: `exec ${JSON.stringify(command)}`, name: `the command ${command[0]}` }],
};
