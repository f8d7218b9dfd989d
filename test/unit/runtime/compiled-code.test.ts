/**
 * V8's code beside the daemon's bundle (compile.cts): made by a rehearsal that needs no rights and touches nothing; without it, with that of another build, and
 * with rubbish the daemon starts all the same.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import t, { type Test } from 'tap';
import { ENTRY, mustBeBundled } from '../../../src/drill/lab/entry.js';

/** What a start reads of the bundle. */
const PARTS = ['daemon', 'config'] as const;

mustBeBundled();
const built = join(dirname(ENTRY), '../..');

/** A copy of what is installed, whose files a test may break. */
function copy(directory: string): string {
  const dist = join(directory, 'dist');
  for (const name of ['src', 'daemon.cjs', 'daemon.compiled', 'later.cjs', 'config.cjs', 'config.compiled'])
    cpSync(join(built, name), join(dist, name), { recursive: true });
  symlinkSync(join(built, '../node_modules'), join(directory, 'node_modules'));
  cpSync(join(built, '../package.json'), join(directory, 'package.json'));
  return dist;
}

/** Of a configuration that is not there: the daemon says so and ends with 78, whatever became of its code. */
function start(dist: string): string {
  const env = { ...process.env, STATE_DIRECTORY: join(dist, 'state'), RUNTIME_DIRECTORY: join(dist, 'run') };
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(dist, 'src/cli/backup-router.cjs'), 'run', '-c', '/nonexistent.yaml'],
    { encoding: 'utf8', env },
  );
  return `${status} ${/there is no file/.exec(stderr)?.[0] ?? stderr}`;
}

t.test('a start is rehearsed, and V8 takes what came of it', async (t) => {
  const dist = copy(t.testdir());
  for (const name of PARTS) rmSync(join(dist, `${name}.compiled`));
  t.strictSame(compile(t, dist), [0, ''], 'not the way out for a rehearsal that fails');
  for (const name of PARTS) {
    const source = readFileSync(join(dist, `${name}.cjs`), 'latin1');
    const compiled = readFileSync(join(dist, `${name}.compiled`));
    t.equal(compiled.toString('latin1', 0, 24), source.slice(0, 24), name);
    t.equal(
      new Script(source, { filename: join(dist, `${name}.cjs`), cachedData: compiled.subarray(24) }).cachedDataRejected,
      false,
    );
    t.ok(compiled.length < 0.75 * everything(source), 'not all functions');
  }
  t.equal(start(dist), '78 there is no file');
});

/** Status and standard error; whatever comes of it, nothing may be left behind. */
function compile(t: Test, dist: string): readonly [status: number | null, stderr: string] {
  const directory = mkdtempSync(join(tmpdir(), 'compiled-code-'));
  const { status, stderr } = spawnSync(process.execPath, [join(dist, 'src/cli/compile.cjs')], {
    encoding: 'utf8',
    env: { TMPDIR: directory },
  });
  t.strictSame(readdirSync(directory), [], 'nothing is left behind');
  rmSync(directory, { recursive: true });
  return [status, stderr];
}

/** Bytes of the compiled code of all functions. */
function everything(source: string): number {
  const eager = spawnSync(
    process.execPath,
    [
      '-e',
      `const s = require('node:fs').readFileSync(0, 'latin1'); require('node:v8').setFlagsFromString('--no-lazy'); console.log(new (require('node:vm').Script)(s).createCachedData().length)`,
    ],
    { input: source, encoding: 'latin1' },
  );
  return Number(eager.stdout);
}

t.test('code that does not fit is left alone', async (t) => {
  const dist = copy(t.testdir());
  const path = join(dist, 'daemon.compiled');
  const compiled = readFileSync(path);
  writeFileSync(path, Buffer.concat([Buffer.from('/* 0000000000000000 */ ('), compiled.subarray(24)]));
  t.equal(start(dist), '78 there is no file', 'of another source');
  writeFileSync(path, Buffer.concat([compiled.subarray(0, 24), Buffer.alloc(4096, 7)]));
  t.equal(start(dist), '78 there is no file', 'that V8 refuses');
  writeFileSync(path, compiled.subarray(0, 24));
  t.equal(start(dist), '78 there is no file', 'cut off');
  rmSync(path);
  t.equal(start(dist), '78 there is no file', 'none');
});

t.test('a rehearsal that cannot be', async (t) => {
  const dist = copy(t.testdir());
  writeFileSync(join(dist, 'config.cjs'), 'throw new Error("no parser");');
  rmSync(join(dist, 'config.compiled'));
  const [status, stderr] = compile(t, dist);
  t.equal(status, 0);
  t.notOk(existsSync(join(dist, 'config.compiled')), 'nothing of the parser');
  t.match(stderr, /could not be rehearsed \(no configuration was kept\)/);
  t.ok(readFileSync(join(dist, 'daemon.compiled')).length > 200_000, 'all functions');
});

t.test('a place where nothing can be written', async (t) => {
  const dist = copy(t.testdir());
  const before = readFileSync(join(dist, 'daemon.compiled'));
  mkdirSync(join(dist, 'daemon.compiled.new'));
  const [status, stderr] = compile(t, dist);
  t.equal(status, 1, 'scripts/install says what that means');
  t.match(stderr, /daemon\.compiled cannot be written/);
  t.strictSame(readFileSync(join(dist, 'daemon.compiled')), before, 'what was there stays');
});
