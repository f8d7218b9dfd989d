/**
 * Recognizes Junos configuration in XML or JSON, and templates of it. These are refused with one
 * diagnostic.
 */

import type { Diagnostic } from '../diagnostic.js';
import { createReport } from '../report.js';
import { TEMPLATE, UNRENDERED } from '../slips.js';

type Encoding = 'XML' | 'JSON';

const XML =
  /^[ \t]*<(?:rpc-reply|configuration|configuration-information|nc:rpc-reply)[\s>/]|^[ \t]*<(?:system|groups|backup-router|inet6-backup-router)>\s*<|<\/(?:inet6-)?backup-router>/m;
const JSON_ROOT = /^[ \t]*\{\s*"(?:configuration|rpc-reply)"\s*:/m;
/** Characters searched. A terminal banner may precede the configuration. */
const HEAD = 1 << 12;

/** The encoding if the text is Junos configuration in XML or JSON, otherwise undefined. */
export function encodingOf(text: string): Encoding | undefined {
  const head = text.slice(0, HEAD);
  return XML.test(head) ? 'XML' : JSON_ROOT.test(head) ? 'JSON' : undefined;
}

/** Quotes and comments, in which a template is harmless. */
const HARMLESS = /"(?:[^"\\\n]|\\.)*"|#[^\n]*/g;

/** The only diagnostic for a text in another form. undefined: the text can be read. */
export function formFault(text: string, file: string): readonly Diagnostic[] | undefined {
  const encoding = encodingOf(text);
  const template =
    encoding === undefined && /\{[{%]/.test(text)
      ? TEMPLATE.exec(text.replace(HARMLESS, (found) => ' '.repeat(found.length)))
      : null;
  if (encoding === undefined && template === null) return undefined;
  const report = createReport(text, file);
  const found = encoding === undefined ? template! : (encoding === 'XML' ? XML : JSON_ROOT).exec(text)!;
  const start = found.index + (found[0].length - found[0].trimStart().length);
  report.error(
    { start, end: start + (encoding === undefined ? found[0].length : 1) },
    encoding === undefined
      ? UNRENDERED
      : {
          code: 'wrong-type',
          message: `this is Junos ${encoding}, which is not read`,
          suggestion: "take the output of 'show configuration | display set | no-more'",
        },
  );
  return report.diagnostics();
}
