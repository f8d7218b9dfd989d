/** One meaning for each name: no two exported types of one name in src. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const sources = fileURLToPath(new URL('../../../../src/', import.meta.url));

t.test('no two exported types have one name', async (t) => {
  const homes = new Map<string, string[]>();
  for (const entry of readdirSync(sources, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.c?ts$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    for (const [, name] of readFileSync(path, 'utf8').matchAll(
      /^export (?:declare )?(?:abstract )?(?:interface|type|class) (\w+)/gm,
    ))
      homes.set(name!, [...(homes.get(name!) ?? []), relative(sources, path)]);
  }
  t.ok(homes.size > 100, `${homes.size} exported types`);
  for (const [name, files] of homes) t.equal(files.length, 1, `${name}: ${files.join(', ')}`);
});
