/**
 * The role of a router in a pair, from where the configuration says: a fixed word, a file that keepalived's notify script
 * writes, or a command. A source that cannot be read, or says neither, means standby: in doubt the routes are in.
 */

import { execFile } from 'node:child_process';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { RoleState } from '../core/state.js';
import type { Role, RoleSource } from '../model/config.js';

export interface RoleWatch {
  /** What is known at once: a command has not run yet. */
  readonly initial: RoleState;
  close(): void;
}

/** inotify may miss a directory that is replaced, and does not see some network file systems. */
const FILE_POLL_MS = 1_000;
const SHOWN = 60;

/** Follows the source; the listener hears of changes only. */
export function watchRole(source: RoleSource, listener: (role: RoleState) => void): RoleWatch {
  switch (source.kind) {
    case 'fixed':
      return { initial: { role: source.role, reason: 'configured' }, close: () => undefined };
    case 'file':
      return watchFile(source.path, onChange(readRole(source.path), listener));
    case 'exec':
      return runCommand(source, onChange(undefined, listener));
    default:
      return source satisfies never;
  }
}

/** The role that a text names: its first word. keepalived's own words are understood. */
export function roleFrom(text: string, origin: string): RoleState {
  const word = text.trim().split(/\s+/)[0]?.toLowerCase() ?? '';
  const role = ROLES.get(word);
  if (role !== undefined) return { role, reason: `${origin} says ${word}` };
  return {
    role: 'standby',
    reason:
      word === ''
        ? `${origin} says nothing`
        : `${origin} says ${JSON.stringify(word.slice(0, SHOWN))}, which is no role`,
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
    return roleFrom(readFileSync(path, 'utf8').slice(0, 4096), path);
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
  let watcher: FSWatcher | undefined;
  const arm = (): void => {
    if (watcher !== undefined) return;
    try {
      // The directory, not the file: whoever writes well replaces the file.
      watcher = watch(dirname(path), look);
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      watcher = undefined;
    }
  };
  arm();
  const timer = setInterval(() => {
    arm();
    look();
  }, FILE_POLL_MS);
  return {
    initial: change.first ?? readRole(path),
    close() {
      clearInterval(timer);
      watcher?.close();
    },
  };
}

function runCommand(source: RoleSource & { kind: 'exec' }, change: ReturnType<typeof onChange>): RoleWatch {
  const [file, ...args] = source.command;
  let running = false;
  let closed = false;
  const run = (): void => {
    if (running) return;
    running = true;
    execFile(
      file,
      args,
      {
        timeout: source.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 65_536,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
      },
      (error, stdout) => {
        running = false;
        if (closed) return;
        if (error === null) change.tell(roleFrom(stdout, file));
        else
          change.tell({
            role: 'standby',
            reason: `${file} failed: ${error.message.split('\n')[0]!.slice(0, 2 * SHOWN)}`,
          });
      },
    );
  };
  run();
  const timer = setInterval(run, source.intervalMs);
  // Standby would insert routes beside a daemon that works, on every restart of ours; primary would withdraw those of a standby.
  return {
    initial: { role: 'primary', reason: `${file} has not answered yet`, provisional: true },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
