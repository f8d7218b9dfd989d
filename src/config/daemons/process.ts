/** `process: NAME`: a process by its name. */

import type { ProcessDaemon } from '../../model/config.js';
import { type Fault, quote } from '../diagnostic.js';
import type { ScalarValue } from '../document.js';
import { isPlain } from '../path-text.js';
import type { Schema } from '../schema.js';
import { type DaemonKind, eitherForm, genericKeys, readGeneric, writeProtocols } from './kind.js';

const EXAMPLE = 'gobgpd';
const NAME: Schema = { type: 'string', minLength: 1 };
const KEYS = genericKeys({
  key: 'name',
  words: "As 'ps -o comm' prints it, 15 bytes at most.",
  more: 'As `ps -o comm` prints it, 15 bytes at most.',
  schema: NAME,
  required: true,
  ambiguous: true,
});

export const PROCESS: DaemonKind<ProcessDaemon> = {
  key: {
    key: 'process',
    words: 'A process of that name runs.',
    more: 'a process of that name runs.',
    schema: eitherForm(NAME, KEYS),
  },
  keys: KEYS,
  example: `process: ${EXAMPLE}`,
  longKey: () => 'name',
  read(entry, ownProtocol, report) {
    const parts = readGeneric(entry, 'process', KEYS, EXAMPLE, ownProtocol, report);
    if (parts === undefined || !isPlain(parts.scalar, report)) return undefined;
    const { scalar, routeProtocols } = parts;
    const fault = processFault(scalar);
    if (fault === undefined)
      return { daemon: { kind: 'process', name: scalar.text, routeProtocols }, spans: [scalar.span] };
    report.error(scalar.span, fault);
    return undefined;
  },
  write: (daemon) => ({ name: daemon.name, ...writeProtocols(daemon) }),
  watches: ({ name }) => [{ identity: processIdentity(name), name: `process ${name}` }],
};

/** The identity of a process. Other kinds that know the process name of their daemon use it too. */
export function processIdentity(name: string): string {
  return `process ${name}`;
}

/**
 * Bytes. TASK_COMM_LEN in linux/sched.h is 16 with the terminating zero. The kernel truncates
 * longer names.
 */
const MAX_COMM = 15;

function processFault({ text, value }: ScalarValue): Fault | undefined {
  const fault = (message: string, suggestion: string): Fault => ({
    code: 'process-name',
    message,
    suggestion,
  });
  const list = "'ps -e -o comm' lists the names of this host's processes";
  if (typeof value !== 'string')
    return {
      code: 'wrong-type',
      message: `${text.slice(0, 40)} is a ${typeof value} to YAML, not the name of a process`,
      suggestion: `if that is the name, put it in quotes: '${text.slice(0, 40)}'`,
    };
  if (text.trim() === '') return fault('the name of the process is empty', list);
  if (text.startsWith('/'))
    return fault(
      `${quote(text)} is a path, not the name of a process`,
      `write ${cut(text.replace(/\/+$/, '').split('/').at(-1)!) || 'gobgpd'}`,
    );
  if (/[\n\r]/.test(text)) return fault(`${quote(text)} has more than one line`, list);
  if (/[*?]|\[.*\]/.test(text)) return fault(`${quote(text)} is a pattern, and patterns are not expanded`, list);
  if (Buffer.byteLength(text) > MAX_COMM)
    return fault(
      `${quote(text)} is longer than the ${MAX_COMM} bytes that the kernel keeps of a name`,
      `write ${cut(text)}`,
    );
  return undefined;
}

function cut(name: string): string {
  return Buffer.from(name)
    .subarray(0, MAX_COMM)
    .toString('utf8')
    .replace(/\ufffd$/, '');
}
