/**
 * Random statement trees, printed as braces in any layout and as commands in any order of lines that means the same,
 * are read as the same tree.
 */

import fc from 'fast-check';
import t from 'tap';
import { parseJunosText } from '../../../../src/config/junos/parse.js';
import type { Statement } from '../../../../src/config/junos/tree.js';
import { runs } from '../../runs.js';

interface Plain {
  readonly word: string;
  readonly inactive: boolean;
  readonly children: readonly Plain[];
}

const WORDS = [
  'system',
  'groups',
  're0',
  'backup-router',
  'inet6-backup-router',
  'destination',
  'apply-groups',
  '${node}',
  '<*>',
  '<ge-*>',
  'ge-0/0/0.0',
  '10.9.0.1',
  '172.16.0.0/12',
  'fe80::1',
  're0:mgmt-0',
  'a',
  'b',
  'a b',
  'x{y};',
  '"',
  '\\',
  '#',
  '/*',
  'é',
  '$9$x',
  '',
  'set',
  "don't",
  'inactive',
  '[',
  'line\nbreak',
];
/** Bare where Junos would not quote them. */
const BARE = /^(?:[\w./:$'é-]+|<[^>\s]*>|\$\{node\})$/;

const forestOf = (depth: number): fc.Arbitrary<readonly Plain[]> =>
  fc.uniqueArray(
    fc.record(
      {
        word: fc.constantFrom(...WORDS),
        inactive: fc.integer({ min: 0, max: 3 }).map((n) => n === 3),
        children: depth === 0 ? fc.constant([]) : forestOf(depth - 1),
      },
      { noNullPrototype: true },
    ),
    { maxLength: depth > 3 ? 5 : 3, selector: (node) => node.word },
  );
/** At the top level and in front of a statement, some words are commands or tags. */
const forest = forestOf(5).map((nodes) => nodes.filter(({ word }) => /^[\w.-]+$/.test(word) && word !== 'set'));

/** What follows the address of a backup router belongs beside it. */
function normal(nodes: readonly Plain[], parent = ''): readonly Plain[] {
  const isAddress = (word: string): boolean => parent.endsWith('backup-router') && /^\d|:/.test(word);
  return nodes.map((node) => ({
    ...node,
    children: isAddress(node.word) ? [] : normal(node.children, node.word),
  }));
}

interface Layout {
  readonly next: () => number;
}

function word(text: string, layout: Layout): string {
  const quoted = !BARE.test(text) || layout.next() % 7 === 0;
  return quoted ? `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"` : text;
}

/** Space between two words of a statement, which may be a comment. */
function gap(layout: Layout): string {
  return [' ', '  ', '\t', ' /* x; } */ ', ' '][layout.next() % 5]!;
}

/** In a list, and in front of a block or a list, a line may end. */
function wideGap(layout: Layout, indent: string): string {
  return layout.next() % 2 === 0 ? gap(layout) : [` # { "\n${indent}    `, `\n${indent}  `][layout.next() % 2]!;
}

function curly(nodes: readonly Plain[], layout: Layout, indent = ''): string {
  return nodes
    .map((node) => {
      const lead = ['', '/* note; { */ ', '## note }\n' + indent, '\n' + indent][layout.next() % 4]!;
      let text = `${indent}${lead}${node.inactive ? `inactive:${gap(layout)}` : ''}${word(node.word, layout)}`;
      let at = node;
      // `a b c;` is short for `a { b { c; } }`, as long as nothing on the way is inactive.
      while (
        at.children.length === 1 &&
        !at.children[0]!.inactive &&
        !(node.inactive && WHOLE.has(node.word)) &&
        !node.inactive &&
        layout.next() % 3 > 0
      ) {
        at = at.children[0]!;
        text += `${gap(layout)}${word(at.word, layout)}`;
      }
      const leaves = at.children.every((child) => child.children.length === 0);
      if (at.children.length > 1 && leaves && layout.next() % 2 === 0) {
        return `${text}${wideGap(layout, indent)}[${at.children.map((child) => ` ${child.inactive ? 'inactive: ' : ''}${word(child.word, layout)}`).join('')}${wideGap(layout, indent)}];\n`;
      }
      if (at.children.length === 0) return `${text};${layout.next() % 3 === 0 ? ' ## SECRET-DATA' : ''}\n`;
      return `${text}${wideGap(layout, indent)}{\n${curly(at.children, layout, `${indent}    `)}${indent}}\n`;
    })
    .join('');
}

const WHOLE: ReadonlySet<string> = new Set(['backup-router', 'inet6-backup-router', 'destination', 'apply-groups']);

function commands(nodes: readonly Plain[], layout: Layout, path: readonly string[] = []): readonly string[] {
  return nodes.flatMap((node) => {
    const here = [...path, word(node.word, layout)];
    const set = `set ${here.join(layout.next() % 3 === 0 ? '  ' : ' ')}`;
    return [
      set,
      ...(layout.next() % 5 === 0 ? [`protect ${here.join(' ')}`, '# a comment', ''] : []),
      ...commands(node.children, layout, here),
      ...(node.inactive ? [`deactivate ${here.join(' ')}`] : []),
    ];
  });
}

function plain(statement: Statement): readonly Plain[] {
  return [...(statement.children?.values() ?? [])].map((child) => ({
    word: child.word,
    inactive: child.inactive,
    children: plain(child),
  }));
}

const layouts = fc.infiniteStream(fc.nat(1000)).map((stream): Layout => ({ next: () => stream.next().value }));

t.test('braces in any layout', async (t) => {
  let nodes = 0;
  fc.assert(
    fc.property(forest, layouts, (random, layout) => {
      const trees = normal(random);
      const text = curly(trees, layout);
      const { root, report } = parseJunosText(text, 'f');
      nodes += text.length;
      if (report.errorCount() > 0) throw new Error(`${text}\n${JSON.stringify(report.diagnostics()[0])}`);
      t.strictSame(plain(root), trees, text) || fail(text);
    }),
    { numRuns: runs(400) },
  );
  t.ok(nodes > 10_000, `${nodes} characters`);
});

t.test('commands', async (t) => {
  fc.assert(
    fc.property(forest, layouts, fc.constantFrom('\n', '\r\n'), (random, layout, newline) => {
      const trees = normal(random);
      const text = commands(trees, layout).join(newline);
      const { root, report } = parseJunosText(text, 'f');
      if (report.errorCount() > 0) throw new Error(`${text}\n${JSON.stringify(report.diagnostics()[0])}`);
      t.strictSame(plain(root), trees, text) || fail(text);
    }),
    { numRuns: runs(400) },
  );
});

function fail(text: string): never {
  throw new Error(text);
}
