/**
 * `500ms`, `5s`, `10m`, `1h`, `0`, `never` -> milliseconds. A number without a unit is refused:
 * some common tools take it as seconds, others as milliseconds.
 */

import type { Timeout } from '../model/config.js';
import { type Fault, quote } from './diagnostic.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Other spellings of units. Each maps to our unit, and a factor where ours differs. */
const OTHER_UNITS: Readonly<Record<string, readonly [unit: string, factor: number]>> = {
  msec: ['ms', 1],
  msecs: ['ms', 1],
  millis: ['ms', 1],
  millisecond: ['ms', 1],
  milliseconds: ['ms', 1],
  sec: ['s', 1],
  secs: ['s', 1],
  second: ['s', 1],
  seconds: ['s', 1],
  min: ['m', 1],
  mins: ['m', 1],
  minute: ['m', 1],
  minutes: ['m', 1],
  hr: ['h', 1],
  hrs: ['h', 1],
  hour: ['h', 1],
  hours: ['h', 1],
  d: ['h', 24],
  day: ['h', 24],
  days: ['h', 24],
  w: ['h', 168],
  week: ['h', 168],
  weeks: ['h', 168],
};

export interface DurationBounds {
  readonly minMs: number;
  readonly maxMs: number;
  readonly neverAllowed: boolean;
}

type DurationResult = { readonly ok: true; readonly value: Timeout } | { readonly ok: false; readonly fault: Fault };

const refuse = (code: Fault['code'], message: string, suggestion: string): DurationResult => ({
  ok: false,
  fault: { code, message, suggestion },
});

/** Reads a duration as written in the file. */
export function parseDuration(text: string, bounds: DurationBounds): DurationResult {
  const word = text.trim();
  if (word === 'never')
    return bounds.neverAllowed
      ? { ok: true, value: 'never' }
      : refuse('out-of-range', "'never' is not possible here", `write a time up to ${formatDuration(bounds.maxMs)}`);
  const match = /^(\d+(?:\.\d+)?)\s*([a-zµ]*)$/i.exec(word);
  if (match === null) return notATime(word, bounds);
  const amount = Number(match[1]);
  const unit = match[2]!;
  if (unit === '') {
    if (amount === 0) return bounded(0, bounds, '0');
    return refuse(
      'missing-unit',
      `the time ${word} has no unit`,
      `write ${word}s for seconds, or ${word}ms, ${word}m, ${word}h`,
    );
  }
  const factor = UNIT_MS[unit];
  if (factor === undefined) {
    const other =
      OTHER_UNITS[unit.toLowerCase()] ??
      (UNIT_MS[unit.toLowerCase()] === undefined ? undefined : ([unit.toLowerCase(), 1] as const));
    return refuse(
      'unknown-unit',
      `unknown time unit ${quote(unit)}`,
      other === undefined ? 'the units are ms, s, m and h' : `write ${amount * other[1]}${other[0]}`,
    );
  }
  return bounded(Math.round(amount * factor), bounds, word);
}

/** The shortest exact spelling: `90s`, `10m`, `never`. */
export function formatDuration(value: Timeout): string {
  if (value === 'never' || value === 0) return String(value);
  for (const unit of ['h', 'm', 's']) if (value % UNIT_MS[unit]! === 0) return `${value / UNIT_MS[unit]!}${unit}`;
  return `${value}ms`;
}

function bounded(ms: number, { minMs, maxMs, neverAllowed }: DurationBounds, word: string): DurationResult {
  if (ms < minMs) return refuse('out-of-range', `${word} is too short`, `the shortest is ${formatDuration(minMs)}`);
  if (ms > maxMs)
    return refuse(
      'out-of-range',
      `${word} is too long`,
      neverAllowed
        ? `the longest is ${formatDuration(maxMs)}; or write never`
        : `the longest is ${formatDuration(maxMs)}`,
    );
  return { ok: true, value: ms };
}

function notATime(word: string, bounds: DurationBounds): DurationResult {
  const parts = [...word.matchAll(/(\d+)\s*(ms|s|m|h)\s*/g)];
  if (parts.length > 1 && parts.map((p) => p[0]).join('') === word) {
    const sum = parts.reduce((ms, p) => ms + Number(p[1]) * UNIT_MS[p[2]!]!, 0);
    return refuse('duration-syntax', `${quote(word)} has several units`, `write ${formatDuration(sum)}`);
  }
  return refuse(
    'duration-syntax',
    `${quote(word)} is not a time`,
    bounds.neverAllowed && /^(?:never|off|none|infinit[ey]|forever|-1)$/i.test(word)
      ? 'write never'
      : `write a number and a unit (ms, s, m, h), such as 5s${bounds.neverAllowed ? ', or never' : ''}`,
  );
}
