/** Each row of docs/SITUATIONS.md names a test, and each test that it names exists. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const text = readFileSync(join(root, 'docs/SITUATIONS.md'), 'utf8');
const rows = text.split('\n').filter((line) => /^\| (?!situation)[^-]/.test(line));

function pathOf(name: string): string {
  if (name.endsWith('.scenario')) return join('test/scenario', name);
  return join('test', name.endsWith('.sh') ? 'field' : '', name);
}

t.ok(rows.length >= 40, `${rows.length} rows`);
for (const row of rows) {
  const names = [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => pathOf(name!));
  t.not(names.length, 0, `a test: ${row.slice(0, 60)}`);
  for (const name of names) t.ok(existsSync(join(root, name)), name);
}
