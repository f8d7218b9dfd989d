/**
 * `role`: a fixed word, or the source of the word, which is a file or a command. Reading the
 * source, and what its silence means, belongs to run time.
 */

import type { Role, RoleSource } from '../model/config.js';
import { COMMAND_KEYS, DEFAULT_EXEC, readCommand, readTimedCommand, writeCommand } from './command.js';
import type { Entry } from './document.js';
import { type Key, mapping, namesOf } from './key.js';
import { readPath } from './path-text.js';
import type { Report } from './report.js';
import { COMMAND, PATH, type Schema } from './schema.js';
import { type Hints, readChoice, readScalar, readSection } from './section.js';

const ROLES: readonly Role[] = ['primary', 'standby'];
const FILE_EXAMPLE = '/run/backup-router-role';
const EXEC_EXAMPLE = '[/usr/local/bin/role]';

/** The keys of `role` if it is a mapping. */
export const ROLE_KEYS: readonly Key[] = [
  {
    key: 'file',
    words: 'The path of a file, watched, whose first word is primary (or master) or standby (or backup).',
    more: 'The path of the file, from `/`. It is watched: a change counts at once.',
    schema: PATH,
  },
  {
    key: 'exec',
    words: 'A command that prints such a word.',
    more: 'A command, or a mapping with `command`, `interval` and `timeout`, as for a [routing daemon](#unit-pidfile-process-socket-exec).',
    schema: { anyOf: [COMMAND, mapping(COMMAND_KEYS)] },
  },
];

export const ROLE_SCHEMA: Schema = {
  anyOf: [{ enum: ROLES }, mapping(ROLE_KEYS, { minProperties: 1, maxProperties: 1 })],
};

export function writeRole(role: RoleSource): unknown {
  switch (role.kind) {
    case 'fixed':
      return role.role;
    case 'file':
      return { file: role.path };
    case 'exec':
      return { exec: writeCommand(role) };
    default:
      return role satisfies never;
  }
}

/**
 * Words of other programs. A role file or command may use keepalived's words; the configuration
 * file has one word for each role.
 */
const OTHER_WORDS: Hints = {
  ...Object.fromEntries(['master', 'active', 'leader'].map((word) => [word, 'write primary'])),
  ...Object.fromEntries(['backup', 'passive', 'slave', 'secondary'].map((word) => [word, 'write standby'])),
};

const MISPLACED: Hints = {
  path: `write role: {file: ${FILE_EXAMPLE}}`,
  ...Object.fromEntries(
    namesOf(COMMAND_KEYS).map((key) => [
      key,
      `'${key}' belongs under 'exec': role: {exec: {command: ${EXEC_EXAMPLE}}}`,
    ]),
  ),
};

/** The source of the role, or undefined if it is invalid. */
export function readRole(entry: Entry, report: Report): RoleSource | undefined {
  const { value } = entry;
  if (value.kind === 'list' || (value.kind === 'scalar' && value.text.startsWith('/'))) {
    const words =
      value.kind === 'list'
        ? value.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : [])).slice(0, 8)
        : [];
    const suggestion =
      value.kind === 'scalar'
        ? `write role: {file: ${value.text}} or role: {exec: [${value.text}]}`
        : `write role: {exec: ${words.length === 0 ? EXEC_EXAMPLE : `[${words.join(', ')}]`}}`;
    report.error(value.span, {
      code: 'wrong-type',
      message: 'the role is primary or standby, or a mapping with file or exec',
      suggestion,
    });
    return undefined;
  }
  if (value.kind === 'scalar') {
    const role = readChoice(entry, ROLES, report, OTHER_WORDS);
    return role === undefined ? undefined : { kind: 'fixed', role };
  }
  const section = readSection(value, 'role', ROLE_KEYS, report, MISPLACED);
  if (section === undefined) return undefined;
  const file = section.get('file');
  const exec = section.get('exec');
  if (file !== undefined && exec !== undefined) {
    const later = file.keySpan.start > exec.keySpan.start ? file : exec;
    report.error(later.keySpan, {
      code: 'conflicting-keys',
      message: "the role has both 'file' and 'exec'",
      suggestion: 'keep one of them',
    });
    return undefined;
  }
  if (exec !== undefined) return readExec(exec, report);
  if (file !== undefined) {
    const scalar = readScalar(file.value, 'the path of a file', report);
    const path = scalar === undefined ? undefined : readPath(scalar, FILE_EXAMPLE, report);
    return path === undefined ? undefined : { kind: 'file', path };
  }
  if (!namesOf(ROLE_KEYS).some(section.has) && section.unknownKeys.length === 0)
    report.error(entry.keySpan, {
      code: 'missing-key',
      message: "role has no 'file' or 'exec'",
      suggestion: 'write role: primary',
    });
  return undefined;
}

/** `exec: [...]`, or `exec: {command: [...], interval: 5s, timeout: 2s}`. */
function readExec(entry: Entry, report: Report): RoleSource | undefined {
  if (entry.value.kind !== 'map') {
    const words = readCommand(entry, EXEC_EXAMPLE, report);
    return words === undefined ? undefined : { kind: 'exec', command: words.command, ...DEFAULT_EXEC };
  }
  const section = readSection(entry.value, 'exec', COMMAND_KEYS, report);
  if (section === undefined) return undefined;
  const timed = readTimedCommand(entry, section, EXEC_EXAMPLE, report);
  if (timed === undefined) return undefined;
  const { span: _, ...command } = timed;
  return { kind: 'exec', ...command };
}
