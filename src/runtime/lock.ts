/**
 * One agent for each runtime directory: flock(2) on the file `lock` in it. The kernel gives it to one
 * process alone and takes it back from a dead one, so nothing is ever left behind. The file is for
 * its owner alone, or any user could hold the lock and keep the agent away.
 */

import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { readSmallFile } from '../host/small-file.js';
import { lockFile } from '../native/libc.js';

export type Lock =
  | { readonly kind: 'held'; release(): void }
  /** By another process; `by` names it. */
  | { readonly kind: 'taken'; readonly by: string }
  /** It cannot be told: reachability first, so the agent runs. */
  | { readonly kind: 'unknown'; readonly reason: string };

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A file may be removed between its opening and its lock. */
const ATTEMPTS = 3;

export function takeLock(path: string): Lock {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const lock = tryOnce(path);
      if (lock !== undefined) return lock;
    }
    return { kind: 'unknown', reason: `${path} is removed again and again` };
  } catch (error) {
    return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** undefined: what was locked is no longer what the path leads to. */
function tryOnce(path: string): Lock | undefined {
  const fd = openSync(path, FLAGS, 0o600);
  let kept = false;
  try {
    const outcome = lockFile(fd);
    if (outcome === 'taken') return { kind: 'taken', by: holder(path) };
    if (outcome !== 'held') return { kind: 'unknown', reason: `${path} cannot be locked: ${outcome}` };
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found?.ino !== fstatSync(fd, { bigint: true }).ino) return undefined;
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
    kept = true;
    return { kind: 'held', release: () => closeSync(fd) };
  } finally {
    if (!kept) closeSync(fd);
  }
}

/** The file is written just after it is locked. */
function holder(path: string): string {
  const pid = readSmallFile(path, 'latin1').trim();
  return /^\d{1,10}$/.test(pid) ? `process ${pid}` : 'a process that is just starting';
}
