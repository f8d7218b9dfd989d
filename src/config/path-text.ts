/**
 * Paths in the file: absolute, and short enough for the system call that uses them. Whether the
 * path exists is known only at run time.
 */

import { quote } from './diagnostic.js';
import type { ScalarValue } from './document.js';
import type { Report } from './report.js';

/** Bytes: PATH_MAX of linux/limits.h without the terminating zero. */
const MAX_PATH = 4095;

/**
 * The path as written, or undefined if it is invalid. `example` is suggested if the text gives no
 * hint.
 */
export function readPath(
  { text, span }: ScalarValue,
  example: string,
  report: Report,
  maxBytes = MAX_PATH,
): string | undefined {
  if (!isPlain({ text, span }, report)) return undefined;
  if (!text.startsWith('/')) {
    // A relative path with a directory in it usually lacks only the leading `/`.
    const guess = /^[A-Za-z0-9_-]+\/./.test(text) ? `/${text}` : example;
    report.error(span, {
      code: 'relative-path',
      message: `${quote(text)} does not start with '/'`,
      suggestion: `write the whole path, such as ${guess}`,
    });
    return undefined;
  }
  if (Buffer.byteLength(text) <= maxBytes) return text;
  report.error(span, {
    code: 'out-of-range',
    message: `a path longer than ${maxBytes} bytes`,
    suggestion: 'use a shorter one',
  });
  return undefined;
}

/**
 * Whether the text has no zero character, which would end the string in a system call. If it has
 * one, that is reported.
 */
export function isPlain({ text, span }: Pick<ScalarValue, 'text' | 'span'>, report: Report): boolean {
  if (!text.includes('\0')) return true;
  report.error(span, {
    code: 'control-character',
    message: `${quote(text)} has a zero character in it`,
    suggestion: 'remove it',
  });
  return false;
}
