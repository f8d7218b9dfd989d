/**
 * The record of a configuration that runs on approval (`unconfirmed.json` in the state directory): the text that was taken, the text to roll
 * back to, and the time left. Written before the text is taken, so that an agent that dies at any moment rolls back after all.
 *
 * Time is counted by the monotonic clock as long as the host is up, whatever is done to its wall clock. After a reboot there is the wall clock
 * only; it can shorten the time left, never lengthen it, and one that stands before the moment of the record proves nothing: then the time is over.
 */

import { readFileSync } from 'node:fs';
import { MAX_CONFIRM_MS } from '../control/protocol.js';
import { removeDurably, writeDurably } from './atomic.js';
import { readRecord, recordText } from './record-file.js';

export interface Pending {
  readonly kind: 'pending';
  /** What was taken. */
  readonly text: string;
  /** What runs again when nobody confirms. */
  readonly former: string;
  /** Milliseconds left at the moment below. */
  readonly leftMs: number;
  readonly at: Moment;
}

export interface RolledBack {
  readonly kind: 'rolled-back';
  /** What nobody confirmed: not taken again unless asked for. */
  readonly text: string;
  readonly former: string;
  readonly atWallMs: number;
}

export type Unconfirmed = Pending | RolledBack;

/** One moment by three clocks. */
export interface Moment {
  /** /proc/sys/kernel/random/boot_id: which boot the monotonic clock belongs to. */
  readonly boot: string;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What is left of the time at a later moment; 0: it is over. */
export function leftMs({ leftMs: left, at }: Pending, now: Moment): number {
  const passed = now.boot === at.boot ? now.monotonicMs - at.monotonicMs : now.wallMs - at.wallMs;
  return passed < 0 ? 0 : Math.max(0, left - passed);
}

/** This moment. The monotonic clock is that of the host, the same for every process of this boot (clock_gettime(2)). */
export function thisMoment(): Moment {
  return { boot: bootId(), monotonicMs: Number(process.hrtime.bigint() / 1_000_000n), wallMs: Date.now() };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '-';
  }
}

/** The record; undefined when there is none or it makes no sense. */
export function readUnconfirmed(path: string): Unconfirmed | undefined {
  try {
    const value = (readRecord(path) ?? {}) as { readonly version?: unknown; readonly unconfirmed?: unknown };
    return value.version === 1 && isUnconfirmed(value.unconfirmed) ? value.unconfirmed : undefined;
  } catch {
    return undefined;
  }
}

/** Returns what went wrong, or undefined. */
export function writeUnconfirmed(path: string, unconfirmed: Unconfirmed): string | undefined {
  return writeDurably(path, recordText({ version: 1, unconfirmed }));
}

/** Returns what went wrong, or undefined. */
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

/** A time that Date can show, with the longest wait to spare (ECMA-262, 21.4.1.1). */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15 - MAX_CONFIRM_MS;
}
