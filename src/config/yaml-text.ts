/**
 * Writes values as YAML in flow style, as a person would. Invariant: the output reads back as the
 * same value.
 */

import type { Timeout } from '../model/config.js';
import { formatDuration } from './duration.js';

/** A value in flow style. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flow(inner)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? word(value) : String(value);
}

/**
 * Unquoted if no version of YAML can read it as anything but this string. Otherwise a JSON string,
 * which is valid YAML.
 */
export function word(text: string): string {
  const safe = /^[A-Za-z/][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text);
  const address =
    /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?$/.test(text) ||
    (/^[\da-f]+:[\da-f:]*:[\da-f:.]*[\da-f](?:\/\d+)?$/i.test(text) && /[a-f]|::/i.test(text));
  const plain = safe || address || /^\d+(?:ms|s|m|h)$/.test(text);
  return plain
    ? text
    : JSON.stringify(text).replace(
        /[\u007f-\u009f\u2028\u2029\ufeff]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}

/** A time as a value: `5s`, `never`, or `0`, which needs no unit. */
export function timeValue(ms: Timeout): string | number {
  return ms === 0 ? 0 : formatDuration(ms);
}
