/**
 * Paths in the file: absolute, and such that the system call which gets them could succeed. Whether something is
 * there is known at run time only.
 */

import { quote } from './diagnostic.js';
import type { ScalarValue } from './document.js';
import type { Report } from './report.js';

/** PATH_MAX of linux/limits.h, without the terminating zero. */
const MAX_PATH = 4095;

/** The path as written, or undefined when it cannot be one; `example` is what to write when the text gives no hint. */
export function readPath(
  { text, span }: ScalarValue,
  example: string,
  report: Report,
  maxBytes = MAX_PATH,
): string | undefined {
  if (!isPlain({ text, span }, report)) return undefined;
  if (!text.startsWith('/')) {
    // Relative to the root is what is meant oftener than not, once there is a directory in it.
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

/** False, and reported, for text with a zero in it, which ends a string of the kernel's. */
export function isPlain({ text, span }: Pick<ScalarValue, 'text' | 'span'>, report: Report): boolean {
  if (!text.includes('\0')) return true;
  report.error(span, {
    code: 'control-character',
    message: `${quote(text)} has a zero character in it`,
    suggestion: 'remove it',
  });
  return false;
}
