/** Each item of docs/SITUATIONS.md names a test, and each test that it names exists. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const text = readFileSync(join(root, 'docs/SITUATIONS.md'), 'utf8');
const items = [...text.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, item]) => item!.replace(/\n {2}/g, ' '));

function pathOf(name: string): string {
  if (name.endsWith('.ts')) return join('test', name);
  return name.endsWith('.sh') ? join('test/field', name) : join('test/scenario', `${name}.scenario`);
}

t.ok(items.length >= 60, `${items.length} items`);
for (const item of items) {
  const tests = /\(((?:`[^`]+`(?:, )?)+)\)$/.exec(item)?.[1] ?? '';
  const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name]) => pathOf(name!));
  t.not(names.length, 0, `a test: ${item.slice(0, 60)}`);
  for (const name of names) t.ok(existsSync(join(root, name)), name);
}
