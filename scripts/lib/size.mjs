/**
 * Prints the size of the sources: size.mjs [REVISION...],
 * from the project's directory. There is a column for each git revision and one for the working
 * tree.
 *
 * An exported type name has two meanings if two files declare it. The length of a function
 * includes the functions inside it.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** Reads all files of a directory `src`. */
function read(src) {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path, 'utf8');
      const name = relative(src, path);
      return {
        name,
        text,
        lines: text.split('\n').length - 1,
        source: ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true),
      };
    });
}

function measure(src) {
  const files = read(src);
  const wings = {};
  for (const { name, lines } of files) wings[name.split('/')[0]] = (wings[name.split('/')[0]] ?? 0) + lines;
  const longest = files.reduce((a, b) => (b.lines > a.lines ? b : a));
  const functions = files.flatMap(functionsOf).sort((a, b) => b.lines - a.lines);
  return {
    files: files.length,
    lines: sum(files.map(({ lines }) => lines)),
    bytes: sum(files.map(({ text }) => Buffer.byteLength(text))),
    wings,
    'circles of imports': circles(files).length,
    'exported type names with two meanings': twice(files.flatMap(typesOf)).length,
    'longest file, lines': `${number(longest.lines)} (\`${longest.name}\`)`,
    'longest function, lines': `${number(functions[0].lines)} (\`${functions[0].name}\`)`,
    'functions over 60 lines': functions.filter(({ lines }) => lines > 60).length,
  };
}

function functionsOf({ name, source }) {
  const found = [];
  const visit = (node, around) => {
    const own =
      node.name?.getText(source) ??
      (ts.isVariableDeclaration(node.parent ?? node) ? node.parent.name.getText(source) : undefined);
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const at = (position) => source.getLineAndCharacterOfPosition(position).line;
      found.push({ name: `${name}: ${own ?? `in ${around}`}`, lines: at(node.end) - at(node.getStart(source)) + 1 });
    }
    ts.forEachChild(node, (child) => visit(child, own ?? around));
  };
  visit(source, 'the module');
  return found;
}

function typesOf({ source }) {
  return source.statements
    .filter(
      (one) =>
        ts.isInterfaceDeclaration(one) ||
        ts.isTypeAliasDeclaration(one) ||
        ts.isClassDeclaration(one) ||
        ts.isEnumDeclaration(one),
    )
    .filter((one) => one.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .map((one) => one.name.text);
}

/** The groups of files that import each other: strongly connected components (Tarjan). */
function circles(files) {
  const byName = new Map(files.map((file) => [file.name.replace(/\.[cm]?ts$/, ''), file]));
  const importsOf = (name) =>
    byName
      .get(name)
      .source.statements.filter(
        (one) =>
          (ts.isImportDeclaration(one) || ts.isExportDeclaration(one)) && one.moduleSpecifier?.text.startsWith('.'),
      )
      .map((one) => join(dirname(name), one.moduleSpecifier.text.replace(/\.[cm]?js$/, '')))
      .filter((other) => byName.has(other));
  const index = new Map();
  const low = new Map();
  const open = [];
  const found = [];
  const visit = (name) => {
    index.set(name, index.size);
    low.set(name, index.get(name));
    open.push(name);
    for (const other of importsOf(name)) {
      if (!index.has(other)) visit(other);
      if (open.includes(other)) low.set(name, Math.min(low.get(name), low.get(other)));
    }
    if (low.get(name) !== index.get(name)) return;
    const circle = open.splice(open.indexOf(name));
    if (circle.length > 1) found.push(circle);
  };
  for (const name of byName.keys()) if (!index.has(name)) visit(name);
  return found;
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const number = (value) => (typeof value === 'number' ? value.toLocaleString('en-US') : value);
const twice = (names) => [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];

const columns = process.argv.slice(2).map((revision) => {
  const directory = mkdtempSync(join(tmpdir(), 'br-size-'));
  try {
    execFileSync('tar', ['-x', '-C', directory], {
      input: execFileSync('git', ['archive', revision, 'src'], { maxBuffer: 1 << 28 }),
    });
    return [revision, measure(join(directory, 'src'))];
  } finally {
    rmSync(directory, { recursive: true });
  }
});
columns.push(['working tree', measure('src')]);

const row = (title, value) => `| ${[title, ...columns.map(([, of]) => number(value(of) ?? '–'))].join(' | ')} |\n`;
const wings = [...new Set(columns.flatMap(([, of]) => Object.keys(of.wings)))].sort();
const [, last] = columns.at(-1);
process.stdout.write(
  [
    `| | ${columns.map(([title]) => title).join(' | ')} |\n`,
    `|---${'|---'.repeat(columns.length)}|\n`,
    ...['files', 'lines', 'bytes'].map((key) => row(`${key} of src`, (of) => of[key])),
    ...wings.map((wing) => row(`lines of \`${wing}/\``, (of) => of.wings[wing])),
    ...Object.keys(last)
      .filter((key) => !['files', 'lines', 'bytes', 'wings'].includes(key))
      .map((key) => row(key, (of) => of[key])),
  ].join(''),
);
