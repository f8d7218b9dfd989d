/** Of many processes that want the lock at the same time one gets it, and the next one when that is dead. */

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { disableLibc } from '../../../src/native/libc.js';
import { claimFirst, takeLock } from '../../../src/runtime/lock.js';

const made = mkdtempSync(join(tmpdir(), 'br-lock-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const LOCK = new URL('../../../src/runtime/lock.js', import.meta.url).href;
const CHILD = `const { takeLock } = await import(${JSON.stringify(LOCK)}); const lock = takeLock(process.argv[1]); console.log(lock.kind + ' ' + (lock.by ?? '')); if (lock.kind === 'held') setInterval(() => {}, 1e6);`;

/** Each says what it got; the one that got it stays until it is killed. */
function contend(
  path: string,
  count: number,
  script = CHILD,
): Promise<{ readonly said: readonly string[]; kill(): Promise<void> }> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const ends = children.map((child) => new Promise<void>((resolve) => child.on('close', () => resolve())));
  return Promise.all(
    children.map(
      (child) => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim()))),
    ),
  ).then((said) => ({
    said,
    async kill() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  }));
}

t.test('one of several, and nothing is left of a killed one', async (t) => {
  const path = join(made, 'run', 'lock');
  for (const round of [1, 2]) {
    const { said, kill } = await contend(path, 4);
    t.teardown(kill);
    t.equal(said.filter((line) => line === 'held').length, 1, `round ${round}: ${said.join(', ')}`);
    for (const line of said.filter((one) => one !== 'held'))
      t.match(line, /^taken (?:process \d+|a process that is just starting)$/);
    t.equal(statSync(path).mode & 0o777, 0o600, 'nobody else may open it');
    t.match(takeLock(path), { kind: 'taken', by: `process ${readFileSync(path, 'utf8').split(' ')[0]}` });
    await kill();
  }
  const lock = takeLock(path);
  t.equal(lock.kind, 'held');
  if (lock.kind === 'held') lock.release();
});

/** As in a hurried start: whoever is first takes the lock only later. */
const HURRIED = `const { claimFirst } = await import(${JSON.stringify(LOCK)}); console.log(claimFirst(process.argv[1]) ? 'first' : 'not first'); setInterval(() => {}, 1e6);`;

t.test('of several that start at the same time one is first, and nobody takes the lock while it lives', async (t) => {
  const path = join(made, 'hurried', 'lock');
  const { said, kill } = await contend(path, 6, HURRIED);
  t.teardown(kill);
  t.equal(said.filter((line) => line === 'first').length, 1, said.join(', '));
  t.match(takeLock(path), { kind: 'taken', by: `process ${readFileSync(path, 'utf8').split(' ')[0]}` });
  t.equal(statSync(path).mode & 0o777, 0o600, 'nobody else may open it');
  await kill();
  t.notOk(claimFirst(path), 'what a killed one left is asked for its lock');
  const lock = takeLock(path);
  t.equal(lock.kind, 'held');
  if (lock.kind === 'held') lock.release();
  t.notOk(existsSync(path), 'an orderly end leaves nothing');
  t.ok(claimFirst(path), 'so the next one is first');
  const own = takeLock(path);
  t.equal(own.kind, 'held', 'and has the lock when it asks for it');
  if (own.kind === 'held') own.release();
});

t.test('a number that is used again is another process', async (t) => {
  const path = join(made, 'reused');
  writeFileSync(path, `${process.ppid} 1\n`);
  const lock = takeLock(path);
  t.equal(lock.kind, 'held');
  if (lock.kind === 'held') lock.release();
});

t.test('without koffi flock(1) takes it', async (t) => {
  const enable = disableLibc();
  t.teardown(enable);
  const path = join(made, 'lock-without');
  const lock = takeLock(path);
  t.equal(lock.kind, 'held');
  t.equal(takeLock(path).kind, 'taken');
  if (lock.kind === 'held') lock.release();
  t.equal(takeLock(path).kind, 'held');
});

t.test(
  'where it cannot be told, nobody is kept from running',
  { skip: process.getuid?.() === 0 && 'root opens it' },
  async (t) => {
    const path = join(made, 'closed');
    takeLock(path);
    chmodSync(path, 0);
    t.match(takeLock(path), { kind: 'unknown', reason: /EACCES/ });
  },
);

t.test('a directory in its place', async (t) => {
  t.match(takeLock(made), { kind: 'unknown', reason: /EISDIR/ });
});
