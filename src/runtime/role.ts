/**
 * The role of a router in a pair, from the configured source: a fixed word, a file that
 * keepalived's notify script writes, or a command. A source that cannot be read, or names no role,
 * means standby: in doubt the routes are in.
 */

import type { RoleState } from '../core/state.js';
import { systemClock, type Timer } from '../host/clock.js';
import { type CommandEnd, runCommand } from '../host/command.js';
import { PathWatch } from '../host/path-watch.js';
import { readSmallFile } from '../host/small-file.js';
import type { Role, RoleSource } from '../model/config.js';

export interface RoleWatch {
  /** The role known at once; a command has not run yet. */
  readonly initial: RoleState;
  close(): void;
}

/**
 * inotify may miss a directory that is replaced, and does not work on some network file systems.
 */
const FILE_POLL_MS = 1_000;
const SHOWN = 60;

/** Follows the source; the listener is called only on changes. */
export function watchRole(source: RoleSource, listener: (role: RoleState) => void): RoleWatch {
  switch (source.kind) {
    case 'fixed':
      return { initial: { role: source.role, reason: 'configured' }, close: () => undefined };
    case 'file':
      return watchFile(source.path, onChange(readRole(source.path), listener));
    case 'exec':
      return followCommand(source, onChange(undefined, listener));
    default:
      return source satisfies never;
  }
}

/** The role that the first word of a text names. keepalived's own words are understood. */
export function roleFrom(text: string, origin: string): RoleState {
  const word = text.trim().split(/\s+/)[0]?.toLowerCase() ?? '';
  const role = ROLES.get(word);
  if (role !== undefined) return { role, reason: `${origin} says ${word}` };
  return {
    role: 'standby',
    reason:
      word === ''
        ? `${origin} says nothing`
        : `${origin} says ${JSON.stringify(word.slice(0, SHOWN))}, which is not a role`,
  };
}

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['primary', 'primary'],
  ['master', 'primary'],
  ['standby', 'standby'],
  ['backup', 'standby'],
  ['fault', 'standby'],
  ['stop', 'standby'],
]);

function readRole(path: string): RoleState {
  try {
    return roleFrom(readSmallFile(path, 'utf8'), path);
  } catch (error) {
    return {
      role: 'standby',
      reason: `cannot read ${path}: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`,
    };
  }
}

function onChange(
  first: RoleState | undefined,
  listener: (role: RoleState) => void,
): { readonly first: RoleState | undefined; readonly tell: (role: RoleState) => void } {
  let last = first;
  return {
    first,
    tell(role) {
      if (last?.role === role.role && last.reason === role.reason) return;
      last = role;
      listener(role);
    },
  };
}

function watchFile(path: string, change: ReturnType<typeof onChange>): RoleWatch {
  const look = (): void => change.tell(readRole(path));
  const watch = new PathWatch(path, look);
  const timer = setInterval(() => {
    watch.rearm();
    look();
  }, FILE_POLL_MS);
  return {
    initial: change.first ?? readRole(path),
    close() {
      clearInterval(timer);
      watch.close();
    },
  };
}

function followCommand(source: RoleSource & { kind: 'exec' }, change: ReturnType<typeof onChange>): RoleWatch {
  const [file] = source.command;
  let closed = false;
  let next: Timer | undefined;
  let stop = (): void => undefined;
  const run = (): void => {
    const started = systemClock.now();
    stop = runCommand(
      { ...source, output: true },
      systemClock,
      (end) => change.tell(roleOf(end, source)),
      () => {
        if (!closed) next = systemClock.at(started + source.intervalMs, run);
      },
    );
  };
  run();
  // Standby would insert routes beside a healthy daemon on every restart of the agent; primary
  // would withdraw those of a standby. So the role is provisional.
  return {
    initial: { role: 'primary', reason: `${file} has not answered yet`, provisional: true },
    close() {
      closed = true;
      next?.cancel();
      stop();
    },
  };
}

function roleOf(end: CommandEnd, { command: [file], timeoutMs }: RoleSource & { kind: 'exec' }): RoleState {
  switch (end.kind) {
    case 'succeeded':
      return roleFrom(end.stdout, file);
    case 'failed':
      // Without its output, which may contain a time: only another outcome is reported.
      return { role: 'standby', reason: `${file} failed: it ${end.how}` };
    case 'timed-out':
      return { role: 'standby', reason: `${file} failed: it took longer than ${timeoutMs} ms` };
    case 'not-started':
      return { role: 'standby', reason: `${file} failed: ${end.code}` };
    default:
      return end satisfies never;
  }
}
