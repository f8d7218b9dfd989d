/** Junos configuration in XML or JSON: recognised, and refused in one line. */

import type { Diagnostic } from '../diagnostic.js';
import { createReport } from '../report.js';

export type Encoding = 'XML' | 'JSON';

const XML = /^[ \t]*<(?:rpc-reply|configuration|configuration-information|nc:rpc-reply)[\s>/]/m;
const JSON_ROOT = /^[ \t]*\{\s*"(?:configuration|rpc-reply)"\s*:/m;
/** Junos text may have a banner of the terminal in front. */
const HEAD = 1 << 12;

/** The encoding, if the text is Junos configuration in one of them. */
export function encodingOf(text: string): Encoding | undefined {
  const head = text.slice(0, HEAD);
  return XML.test(head) ? 'XML' : JSON_ROOT.test(head) ? 'JSON' : undefined;
}

/** The one thing to say of it. */
export function encodingFault(text: string, file: string, encoding: Encoding): readonly Diagnostic[] {
  const report = createReport(text, file);
  const found = (encoding === 'XML' ? XML : JSON_ROOT).exec(text)!;
  const start = found.index + (found[0].length - found[0].trimStart().length);
  report.error(
    { start, end: start + 1 },
    {
      code: 'wrong-type',
      message: `this is Junos ${encoding}, which is not read`,
      suggestion: "take the output of 'show configuration | display set | no-more'",
    },
  );
  return report.diagnostics();
}
