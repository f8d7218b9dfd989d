/**
 * One agent for each runtime directory: flock(2) on the file `lock` in it. The kernel gives it to one
 * process alone and takes it back from a dead one, so nothing is ever left behind. The file is for
 * its owner alone, or any user could hold the lock and keep the agent away.
 *
 * flock takes koffi, and a boot cannot wait for that: whoever makes the file, which is whole from the
 * first moment (link(2)), has said who it is, and nobody else takes the lock while that process lives.
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
import { lockFile } from '../native/libc.js';

export type Lock =
  | { readonly kind: 'held'; release(): void }
  /** By another process; `by` names it. */
  | { readonly kind: 'taken'; readonly by: string }
  /** It cannot be told: reachability first, so the agent runs. */
  | { readonly kind: 'unknown'; readonly reason: string };

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A file may be removed between its opening and its lock; and one that starts may look, for a moment, who has it. */
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
    return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Makes the file, where there is none, without the lock: true for one of all that start at the same time. {@link takeLock} follows
 * when there is time. false: there is a file, or none can be made, and the lock has to be asked.
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

/** undefined: what was locked is no longer what the path leads to, or it is ours and somebody looks who has it. */
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
    // It has made the file and has yet to lock it.
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

/** A process by its number and its beginning, so that a number that is used again is another one. */
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

/** Whether the text names another process than this one, and that lives. */
function isAnother(text: string): boolean {
  const found = /^(\d{1,10}) (\d{1,15})\n$/.exec(text);
  if (found === null || Number(found[1]) === process.pid) return false;
  return beganMs(Number(found[1])) === Number(found[2]);
}

/** Since boot; undefined: it does not live, or is not shown to us. */
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
    // Somebody else has.
  }
}
