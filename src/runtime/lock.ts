/**
 * Allows one agent for each runtime directory: flock(2) on the file `lock` in it. The kernel gives
 * it to one process and releases it when the process dies, so nothing stale remains. Only the
 * owner may open the file; otherwise any user could hold the lock and keep the agent from
 * starting.
 *
 * flock needs koffi, which takes too long at boot. So the file is created complete (link(2)) with
 * the name of its process, and no other process takes the lock while that one lives.
 */

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isDead, parseStat } from '../health/proc.js';
import { pause } from '../host/clock.js';
import { readSmallFile } from '../host/small-file.js';
import { messageOf } from '../model/error.js';
import { lockFile } from '../native/libc.js';

type Lock =
  | { readonly kind: 'held'; release(): void }
  /** Held by another process, which `by` names. */
  | { readonly kind: 'taken'; readonly by: string }
  /** Not known. Reachability comes first, so the agent runs. */
  | { readonly kind: 'unknown'; readonly reason: string };

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/**
 * The file may be removed between open and lock, and a process that starts may hold the lock for a
 * moment to see whose it is.
 */
const ATTEMPTS = 20;
const PAUSE_MS = 2;

export function takeLock(path: string): Lock {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const lock = tryOnce(path);
      if (lock !== undefined) return lock;
      pause(PAUSE_MS);
    }
    return textOf(path) === nameOf(process.pid)
      ? { kind: 'taken', by: holder(path) }
      : { kind: 'unknown', reason: `${path} is removed again and again` };
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}

/**
 * Creates the file without the lock: true for one of all processes that start at the same time.
 * {@link takeLock} follows later. false: the file exists or cannot be created, and the lock has to
 * be taken first.
 */
export function claimFirst(path: string): boolean {
  const own = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(own, nameOf(process.pid), { mode: 0o600, flag: 'wx' });
    linkSync(own, path);
    return true;
  } catch {
    return false;
  } finally {
    remove(own);
  }
}

/**
 * undefined, to try again: the locked file is no longer the one at the path, or the file names
 * this process and another holds the lock for a moment.
 */
function tryOnce(path: string): Lock | undefined {
  if (isAnother(textOf(path))) return { kind: 'taken', by: holder(path) };
  const fd = openSync(path, FLAGS, 0o600);
  let kept = false;
  try {
    const outcome = lockFile(fd);
    if (outcome === 'taken')
      return textOf(path) === nameOf(process.pid) ? undefined : { kind: 'taken', by: holder(path) };
    if (outcome !== 'held') return { kind: 'unknown', reason: `${path} cannot be locked: ${outcome}` };
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found?.ino !== fstatSync(fd, { bigint: true }).ino) return undefined;
    // The other process has created the file and not yet locked it.
    if (isAnother(textOf(path))) return { kind: 'taken', by: holder(path) };
    ftruncateSync(fd);
    writeSync(fd, nameOf(process.pid), 0);
    kept = true;
    return {
      kind: 'held',
      release() {
        remove(path);
        closeSync(fd);
      },
    };
  } finally {
    if (!kept) closeSync(fd);
  }
}

function holder(path: string): string {
  const pid = /^(\d{1,10})\b/.exec(textOf(path))?.[1];
  return pid === undefined ? 'a process that is just starting' : `process ${pid}`;
}

/** Names a process by its pid and start time, so that a reused pid is another name. */
function nameOf(pid: number): string {
  return `${pid} ${beganMs(pid) ?? ''}\n`;
}

function textOf(path: string): string {
  try {
    return readSmallFile(path, 'latin1');
  } catch {
    return '';
  }
}

/** Whether the text names another process that is alive. */
function isAnother(text: string): boolean {
  const found = /^(\d{1,10}) (\d{1,15})\n$/.exec(text);
  if (found === null || Number(found[1]) === process.pid) return false;
  return beganMs(Number(found[1])) === Number(found[2]);
}

/** Start time since boot; undefined when the process is not alive or not visible. */
function beganMs(pid: number): number | undefined {
  try {
    const found = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return found === undefined || isDead(found) ? undefined : Math.round(found.startMs);
  } catch {
    return undefined;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process has removed it.
  }
}
