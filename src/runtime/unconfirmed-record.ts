/**
 * The record of an unconfirmed configuration (`unconfirmed.json` in the state directory): the text
 * that was taken, the text to roll back to, and the time left. Written before the text is taken,
 * so that an agent that dies at any moment still rolls back.
 *
 * While the host is up, time is counted by the monotonic clock, whatever happens to the wall
 * clock. After a reboot only the wall clock is left. It can shorten the time left, never lengthen
 * it; if it is before the time of the record, it proves nothing, and the time is over.
 */

import { readFileSync } from 'node:fs';
import { MAX_CONFIRM_MS } from '../control/protocol.js';
import { removeDurably, writeDurably } from './atomic.js';
import { readRecord, recordText } from './record-file.js';

export interface Pending {
  readonly kind: 'pending';
  /** The text that was taken. */
  readonly text: string;
  /** The text that runs again when nobody confirms. */
  readonly former: string;
  /** Milliseconds left at the moment `at`. */
  readonly leftMs: number;
  readonly at: Moment;
}

export interface RolledBack {
  readonly kind: 'rolled-back';
  /** The text that nobody confirmed: not taken again unless requested. */
  readonly text: string;
  readonly former: string;
  readonly atWallMs: number;
}

export type Unconfirmed = Pending | RolledBack;

/** One moment on three clocks. */
export interface Moment {
  /** /proc/sys/kernel/random/boot_id: the boot that the monotonic clock belongs to. */
  readonly boot: string;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The record of a text that is taken now, for so long. */
export function pendingRecord(text: string, former: string, leftMs: number): Pending {
  return { kind: 'pending', text, former, leftMs: Math.max(1, leftMs), at: thisMoment() };
}

/** The time left at a later moment, in milliseconds; 0: it is over. */
export function leftMs({ leftMs: left, at }: Pending, now: Moment): number {
  const passed = now.boot === at.boot ? now.monotonicMs - at.monotonicMs : now.wallMs - at.wallMs;
  return passed < 0 ? 0 : Math.max(0, left - passed);
}

/**
 * This moment. The monotonic clock is the host's, the same for every process of this boot
 * (clock_gettime(2)).
 */
export function thisMoment(): Moment {
  return { boot: bootId(), monotonicMs: Number(process.hrtime.bigint() / 1_000_000n), wallMs: Date.now() };
}

/** Identifies this boot; `-` when not known. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '-';
  }
}

/** The record; undefined when there is none or it is invalid. */
export function readUnconfirmed(path: string): Unconfirmed | undefined {
  try {
    const value = (readRecord(path) ?? {}) as { readonly version?: unknown; readonly unconfirmed?: unknown };
    return value.version === 1 && isUnconfirmed(value.unconfirmed) ? value.unconfirmed : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the error, or undefined. */
export function writeUnconfirmed(path: string, unconfirmed: Unconfirmed): string | undefined {
  return writeDurably(path, recordText({ version: 1, unconfirmed }));
}

/** Returns the error, or undefined. */
export function removeUnconfirmed(path: string): string | undefined {
  return removeDurably(path);
}

function isUnconfirmed(value: unknown): value is Unconfirmed {
  const {
    kind,
    text,
    former,
    leftMs: left,
    at,
    atWallMs,
  } = (value ?? {}) as Partial<Record<keyof Pending | keyof RolledBack, unknown>>;
  if (typeof text !== 'string' || typeof former !== 'string') return false;
  if (kind === 'rolled-back') return isTime(atWallMs);
  const { boot, monotonicMs, wallMs } = (at ?? {}) as Partial<Record<keyof Moment, unknown>>;
  return (
    kind === 'pending' &&
    typeof left === 'number' &&
    left > 0 &&
    left <= MAX_CONFIRM_MS &&
    typeof boot === 'string' &&
    typeof monotonicMs === 'number' &&
    isTime(wallMs)
  );
}

/**
 * Whether it is a time that Date can represent, with the longest wait to spare (ECMA-262,
 * 21.4.1.1).
 */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15 - MAX_CONFIRM_MS;
}
