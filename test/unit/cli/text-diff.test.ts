/** The difference of two texts: patch(1) makes the second of the first with it, for whatever texts. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { textDiff } from '../../../src/cli/text-diff.js';

/** What the diff makes of a text, by its own numbers. */
function patched(before: string, diff: readonly string[]): string {
  const lines = before.split('\n').slice(0, -1);
  const out: string[] = [];
  let at = 0;
  for (const line of diff) {
    const head = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line);
    if (head !== null) {
      const start = head[2] === '0' ? Number(head[1]) : Number(head[1]) - 1;
      while (at < start) out.push(lines[at++]!);
      t.equal(out.length, head[4] === '0' ? Number(head[3]) : Number(head[3]) - 1, line);
    } else if (line.startsWith('+')) out.push(line.slice(1));
    else {
      t.equal(lines[at], line.slice(1));
      if (line.startsWith(' ')) out.push(line.slice(1));
      at++;
    }
  }
  return [...out, ...lines.slice(at)].map((one) => `${one}\n`).join('');
}

t.test('any two texts', async (t) => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 });
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      const [before, after] = [a, b].map((all) => all.map((one) => `${one}\n`).join('')) as [string, string];
      const diff = textDiff(before, after);
      return (diff.length === 0) === (before === after) && patched(before, diff) === after;
    }),
  );
  t.pass();
});

t.test(
  'as diff -u, which patch(1) takes',
  { skip: spawnSync('patch', ['--version']).error !== undefined },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'br-diff-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const before = Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('');
    const after = before.replace('line 3\n', '').replace('line 20\n', 'other\nand more\n');
    const file = join(directory, 'file');
    writeFileSync(file, before);
    const input = `--- file\n+++ file\n${textDiff(before, after)
      .map((line) => `${line}\n`)
      .join('')}`;
    const run = spawnSync('patch', [file], { input, encoding: 'utf8' });
    t.equal(run.status, 0, run.stdout + run.stderr);
    t.equal(readFileSync(file, 'utf8'), after);
  },
);

t.test('a long text costs no square of its length', async (t) => {
  const long = (word: string): string => Array.from({ length: 50_000 }, (_, i) => `${word}${i}\n`).join('');
  const start = performance.now();
  t.equal(textDiff(long('a'), long('b')).length, 100_001);
  t.ok(performance.now() - start < 2_000);
});
