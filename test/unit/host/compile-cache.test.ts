/** The compile cache: used where only this user may write, and never in the way, whatever has become of its files. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ENTRY } from '../../../src/drill/lab/entry.js';

const root = new URL('../../../../', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'br-compile-cache-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const cache = join(directory, 'backup-router-code');

function check(): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, 'check', '-c', 'docs/examples/full.yaml'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], STATE_DIRECTORY: directory },
  });
  return `${status} ${stdout}${stderr}`;
}

const files = (): readonly string[] =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .map((name) => join(cache, name))
    .filter((path) => statSync(path).isFile());

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'a bit of the header': (path) => flip(path, 5),
  'a bit of the code': (path) => flip(path, Math.floor(statSync(path).size / 2)),
  'the last bit': (path) => flip(path, statSync(path).size - 1),
  'half of the file': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'all of the file': (path) => truncateSync(path, 0),
  'other content': (path) => writeFileSync(path, 'not code at all'),
  'a directory in its place': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}

t.test('it is written, and used', (t) => {
  const first = check();
  t.match(first, /^0 docs\/examples\/full\.yaml: ok/);
  const before = files().map((path) => statSync(path).mtimeMs);
  t.ok(before.length > 1, 'there are files');
  t.equal(check(), first);
  t.strictSame(
    files().map((path) => statSync(path).mtimeMs),
    before,
    'a file that is used is not written again',
  );
  t.end();
});

for (const [what, damage] of Object.entries(DAMAGES))
  t.test(`damaged: ${what}`, (t) => {
    rmSync(cache, { recursive: true, force: true });
    const whole = check();
    for (const path of files()) damage(path);
    t.equal(check(), whole);
    t.equal(check(), whole, 'and once more');
    t.end();
  });

t.test('not where others may write', (t) => {
  rmSync(cache, { recursive: true, force: true });
  chmodSync(directory, 0o777);
  t.match(check(), /^0 /);
  t.notOk(statSync(cache, { throwIfNoEntry: false }));
  chmodSync(directory, 0o700);
  t.end();
});

t.test('a file in the place of the directory', (t) => {
  writeFileSync(cache, '');
  t.match(check(), /^0 /);
  t.end();
});
