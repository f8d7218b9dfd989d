/**
 * The documents as a reader meets them: their form (markdownlint), their links, and the commands in them, each of which the
 * program knows.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lint } from 'markdownlint/sync';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
// Not all of the project: other tests make and remove files in dist at the same time.
const documents = ['', 'docs']
  .flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: directory !== '', encoding: 'utf8' }).map((name) =>
      join(directory, name),
    ),
  )
  .filter((file) => /^((README|CHANGELOG|CONTRIBUTING)|docs\/.*)\.md$/.test(file))
  .sort();
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The rules of the form: one title, fenced code, prose below 100 columns. Tables and code may be wider. */
const RULES = {
  default: true,
  MD013: { line_length: 99, tables: false, code_blocks: false },
  // A changelog has one "Added" for each version.
  MD024: { siblings_only: true },
  // A list of facts may follow its heading directly.
  MD022: false,
  MD032: false,
  // `<a>` in a table is a placeholder.
  MD033: false,
  // A terminal session shows its prompt.
  MD014: false,
  // What is measured or shown needs no name of a language.
  MD040: false,
  // "At 3 a.m." is a heading.
  MD026: false,
  // Tables are as wide as their cells.
  MD060: false,
};

t.test('form', async (t) => {
  t.ok(documents.length >= 10, `${documents.length} documents`);
  const faults = lint({ strings: Object.fromEntries(documents.map((file) => [file, text(file)])), config: RULES });
  for (const file of documents)
    t.strictSame(
      faults[file]!.map((f) => `${file}:${f.lineNumber} ${f.ruleNames[0]} ${f.ruleDescription} ${f.errorDetail ?? ''}`),
      [],
      file,
    );
});

/** What is installed on a router and explains itself: a sentence of a comment, not a command or an example in it. */
const LONG_SENTENCE = /^[ ]*# [^ ].{97,}$/;

t.test('comments of what is installed', async (t) => {
  const files = ['docs/examples', 'systemd', 'scripts']
    .flatMap((directory) =>
      readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    .filter((file) => !/\.(?:json|mjs|c)$/.test(file));
  t.ok(files.length > 50, `${files.length} files`);
  const long = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, at) => (LONG_SENTENCE.test(line) ? [`${file}:${at + 1}`] : [])),
  );
  t.strictSame(long, [], 'below 100 columns');
});

/** Prose: without code, fenced or in a line. */
const prose = (file: string): string =>
  text(file)
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, '');

t.test('words', async (t) => {
  for (const file of documents) t.notMatch(prose(file), /\b(?:he|him|his|she|her)\b/i, `${file}: a program is "it"`);
});

t.test('the first words of status are explained', async (t) => {
  const words = [...text('src/cli/status-text.ts').matchAll(/words\.push\('([A-Z ]+)'\)/g)].map(([, word]) => word!);
  t.ok(words.length >= 5, `${words.length} of them`);
  for (const word of words) t.match(text('docs/OPERATE.md'), new RegExp(`^\\| \`[^\`]*${word}\` \\|`, 'm'), word);
});

/** The anchor that a heading gets, as the usual renderers make it. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');

t.test('links', async (t) => {
  for (const file of documents) {
    for (const [, link] of prose(file).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [path, fragment] = link!.split('#') as [string, string?];
      const target = path === '' ? file : join(dirname(file), path);
      if (!t.ok(existsSync(join(root, target)), `${file}: ${link}`)) continue;
      if (fragment === undefined) continue;
      const anchors = [...text(target).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!));
      t.ok(anchors.includes(fragment), `${file}: ${link} is a heading there`);
    }
  }
});

t.test('every document is named by the index', async (t) => {
  for (const file of documents.filter((file) => /^docs\/[A-Z]+\.md$/.test(file) && file !== 'docs/README.md'))
    t.match(text('docs/README.md'), `(${file.slice('docs/'.length)})`, file);
});

interface Command {
  readonly file: string;
  readonly words: readonly string[];
}

/** What a document runs: lines of shell, of a session behind its prompt, and code within a line. */
function commandsOf(file: string): readonly Command[] {
  const lines = [
    ...[...text(file).matchAll(/^```(?:sh|console)?\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block!.split('\n')),
    ...[...text(file).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!),
  ];
  return lines.flatMap((line) =>
    line
      .split(/ *(?:\||;|&&) */)
      .map((part) =>
        part
          .replace(/^\$ /, '')
          .replace(/^sudo /, '')
          .replace(/ +#.*$/, ''),
      )
      .filter((part) => /^(?:backup-router|scripts\/)(?![\w./-]*[*:])/.test(part))
      .map((part) => ({ file, words: part.split(/\s+/) })),
  );
}

const commands = documents.filter((file) => file !== 'CHANGELOG.md').flatMap(commandsOf);

const help = new Map<string, string>();
function helpOf(words: readonly string[]): string {
  const key = words.join(' ');
  if (!help.has(key)) {
    const { stdout, status } = spawnSync(
      process.execPath,
      [join(root, 'dist/bin/backup-router.cjs'), ...words, '--help'],
      { encoding: 'utf8' },
    );
    help.set(key, status === 0 ? stdout : '');
  }
  return help.get(key)!;
}

t.test('commands', async (t) => {
  const known = [...helpOf([]).matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name!);
  t.ok(known.length > 10 && commands.length > 50, `${known.length} commands, ${commands.length} uses`);
  const asked = new Set<string>();
  for (const { file, words } of commands) {
    const [program, name, ...rest] = words as [string, string?, ...string[]];
    if (program.startsWith('scripts/')) {
      t.ok(existsSync(join(root, program.replace(/[,.)]$/, ''))), `${file}: ${program}`);
      continue;
    }
    if (program !== 'backup-router' || name === undefined || !/^[a-z]/.test(name)) continue;
    t.ok(known.includes(name), `${file}: backup-router ${name}`);
    for (const option of rest.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/[=,.].*$/, ''))) {
      if (asked.has(`${name} ${option}`)) continue;
      asked.add(`${name} ${option}`);
      t.match(helpOf([name]), new RegExp(`(?<![\\w-])${option}(?![\\w-])`), `${file}: ${name} ${option}`);
    }
  }
});
