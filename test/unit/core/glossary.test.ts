/**
 * The glossary of docs/ARCHITECTURE.md is the language of the sources: each of its words is used there, none of those that it
 * replaces is, every directory of src is explained, and every file that the document names exists.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const architecture = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');

const files = ['src', 'test', 'scripts'].flatMap((directory) =>
  readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);
const sources = files
  .filter((file) => /^src\/.*\.c?ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

interface Entry {
  readonly word: string;
  readonly meaning: string;
  readonly not: string;
}

function glossary(): readonly Entry[] {
  const section = /^## Words\n([\s\S]*?)^## /m.exec(architecture)?.[1] ?? '';
  return [...section.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \|$/gm)]
    .slice(1)
    .map(([, word, meaning, not]) => ({ word: word!, meaning: meaning!, not: not! }));
}

/** In prose or as part of a name (`backupRoute`, `backup-route`); `stale` is no part of `install`. */
function pattern(word: string): RegExp {
  return new RegExp(`(?<![a-z])${word.replace(/[ -]/g, '[ -]?')}`, 'i');
}

t.test('glossary', async (t) => {
  const entries = glossary();
  t.ok(entries.length >= 30 && entries.length <= 40, `${entries.length} words`);
  t.equal(new Set(entries.map(({ word }) => word)).size, entries.length, 'each is there once');
  for (const { word, meaning, not } of entries) {
    t.ok(meaning.split(' ').length >= 4, `${word} has a meaning`);
    const users = sources.filter(({ text }) => pattern(word).test(text));
    t.ok(users.length > 0, `${word} is used in ${users.length} files`);
    if (not !== '–')
      t.strictSame(
        sources.filter(({ text }) => pattern(not).test(text)).map(({ file }) => file),
        [],
        `nobody says ${not} for ${word}`,
      );
  }
});

t.test('a program is no person', async (t) => {
  for (const { file, text } of sources)
    t.notMatch(text, /(?<![-\w'"`])(?:he|him|his|she|her)(?![-\w'"`])/i, `${file}: he or she`);
});

t.test('every directory of src is explained', async (t) => {
  const wings = [...new Set(sources.map(({ file }) => file.split('/')[1]!))];
  const explained = [...architecture.matchAll(/^\| `src\/([\w-]+)\/` \|/gm)].map(([, wing]) => wing!);
  t.strictSame([...explained].sort(), [...wings].sort());
});

t.test('every file that the document names exists', async (t) => {
  const named = [...architecture.matchAll(/`([\w./-]+\.(?:c?ts|mjs|scenario))`/g)].map(([, name]) => name!);
  t.ok(named.length > 20, `${named.length} names`);
  for (const name of new Set(named))
    t.ok(
      files.some((file) => file === name || file.endsWith(`/${name}`)),
      name,
    );
});
