/**
 * `exec: {command: [...], interval: 5s, timeout: 2s}`: a command of the operator's own, run without a shell.
 */

import type { ExecDaemon } from '../model/config.js';
import { readCommand, readTimes } from './command.js';
import type { Found } from './daemon-parts.js';
import type { Entry } from './document.js';
import { DAEMON_KEYS } from './keys.js';
import type { Report } from './report.js';
import { readRouteProtocols } from './route-protocols.js';
import { readSection } from './section.js';

const EXAMPLE = '[/usr/local/bin/check]';

export function readExec(entry: Entry, ownProtocol: number, report: Report): Found<ExecDaemon> | undefined {
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
  const section = readSection(value, 'exec', DAEMON_KEYS.exec, report);
  if (section === undefined) return undefined;
  if (!section.has('command') && section.unknownKeys.length === 0)
    report.error(entry.keySpan, {
      code: 'missing-key',
      message: "exec has no 'command'",
      suggestion: `write exec: {command: ${EXAMPLE}}`,
    });
  const command = section.get('command');
  const words = command === undefined ? undefined : readCommand(command, EXAMPLE, report);
  const times = readTimes(section, report);
  const routeProtocols = readRouteProtocols(section, ownProtocol, report);
  return words === undefined
    ? undefined
    : { daemon: { kind: 'exec', command: words.command, ...times, routeProtocols }, spans: [words.span] };
}
