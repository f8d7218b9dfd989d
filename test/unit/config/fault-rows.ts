/** Rows of faulty texts with the diagnostics they must get, and what must hold for every one of these. */

import type { Test } from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { faultsOf } from './told.js';

/** Expected: `line:column severity code`, in the order of the file. */
export type Row = readonly [name: string, text: string, ...expected: readonly string[]];

export function checkRows(t: Test, rows: readonly Row[]): void {
  for (const [name, text, ...expected] of rows) {
    const { config, diagnostics } = parseConfig(text, 'f');
    t.strictSame(faultsOf(diagnostics), expected, name);
    t.equal(
      config === undefined,
      expected.some((line) => line.includes(' error ')),
      `${name}: a configuration exactly when there is no error`,
    );
    for (const d of diagnostics) {
      t.ok(d.suggestion.length > 0, `${name}: has a remedy`);
      t.ok(d.endColumn > d.column, `${name}: underlines something`);
    }
  }
}
