/**
 * A start whose compiled code (compile.cts) is missing, of another build, of another Node or not V8's at all: the routes go in as ever, only later.
 * And from a place that nobody may write to.
 */

import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { ENTRY } from '../../src/lab/entry.js';
import { eventually, sleep } from '../../src/lab/wait.js';
import { agentIn, expected, laboratory, owned } from './agent-support.js';

const built = join(dirname(ENTRY), '../..');
/** Bytes of the label, as in compile.cts. */
const LABEL = 24;

/** What V8 wrote, with its version hash (second word) turned: as of another Node. */
function otherNode(code: Buffer): Buffer {
  const turned = Buffer.from(code);
  turned.writeUInt32LE((code.readUInt32LE(LABEL + 4) ^ 1) >>> 0, LABEL + 4);
  return turned;
}

const DAMAGES = new Map<string, (code: Buffer) => Buffer | undefined>([
  ['as built', (code) => code],
  ['missing', () => undefined],
  ['empty', () => Buffer.alloc(0)],
  ['of another build', (code) => Buffer.concat([Buffer.from('/* 0000000000000000 */ ('), code.subarray(LABEL)])],
  ['of another Node', otherNode],
  ['cut off', (code) => code.subarray(0, code.length >> 1)],
  ['rubbish behind its label', (code) => Buffer.concat([code.subarray(0, LABEL), Buffer.alloc(code.length, 0xa5)])],
]);

/** All that is built, save the compiled code; its directory. */
function copy(t: Test): string {
  const dist = join(t.testdir(), 'dist');
  for (const name of ['src', 'daemon.cjs', 'later.cjs', 'config.cjs']) cpSync(join(built, name), join(dist, name), { recursive: true });
  symlinkSync(join(built, '../node_modules'), join(dist, '../node_modules'));
  cpSync(join(built, '../package.json'), join(dist, '../package.json'));
  return dist;
}

t.test('routes are in, whatever became of the compiled code', async (t) => {
  const std = laboratory(t);
  const dist = copy(t);
  const code = readFileSync(join(built, 'daemon.compiled'));
  for (const [what, damage] of DAMAGES) {
    const damaged = damage(code);
    const file = join(dist, 'daemon.compiled');
    rmSync(file, { force: true });
    if (damaged !== undefined) writeFileSync(file, damaged);
    const agent = agentIn(std, {}, { entry: join(dist, 'src/cli/backup-router.cjs') });
    await agent.waitForLog(/ ready /);
    t.same(owned(std.router), expected({}), what);
    await agent.stop();
    await agent.cli('flush', '-c', agent.configFile);
    t.same(owned(std.router), [], 'flushed');
  }
});

t.test('code that kills Node kills one start, and the next does without it', async (t) => {
  const std = laboratory(t);
  const dist = copy(t);
  const code = readFileSync(join(built, 'daemon.compiled'));
  writeFileSync(join(dist, 'daemon.compiled'), Buffer.concat([code.subarray(0, code.length >> 1), Buffer.alloc(code.length - (code.length >> 1))]));
  const entry = join(dist, 'src/cli/backup-router.cjs');
  const killed = agentIn(std, {}, { entry });
  // Seen: SIGSEGV and SIGTRAP. A V8 that notices is fine, too.
  const end = await Promise.race([killed.process.exited, sleep(5000)]);
  t.comment(`the first start: ${JSON.stringify(end) ?? 'goes on'}`);
  await killed.process.close();
  const runtimeDirectory = join(killed.directory, 'run');
  const agent = agentIn(std, {}, { entry, runtimeDirectory });
  await agent.waitForLog(/ ready /);
  t.same(owned(std.router), expected({}));
  await eventually(() => !existsSync(join(runtimeDirectory, 'starting')), { what: 'the mark is taken away' });
  await agent.stop();
});

t.test('from a read-only file system', async (t) => {
  const std = laboratory(t);
  const root = join(built, '..');
  const agent = agentIn(std, {}, { wrapper: ['unshare', '--mount', 'sh', '-ec', 'mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"', root] });
  await agent.waitForLog(/ ready /);
  t.same(owned(std.router), expected({}));
  await agent.stop();
});
