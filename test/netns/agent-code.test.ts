/**
 * A start whose compiled code (compile.cts), of the daemon or of its parser, is missing, of another build, of another Node or not V8's at all: the
 * routes go in as ever, only later. And from a place that nobody may write to. Every start here has a configuration that it has never seen.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { ENTRY } from '../../src/drill/lab/entry.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { agentIn, configText, expected, laboratory, owned } from './agent-support.js';

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

const COMPILED = ['daemon.compiled', 'config.compiled'] as const;

/** All that is built; its directory. */
function copy(t: Test): string {
  const dist = join(t.testdir(), 'dist');
  for (const name of ['src', 'daemon.cjs', 'later.cjs', 'config.cjs', ...COMPILED])
    cpSync(join(built, name), join(dist, name), { recursive: true });
  symlinkSync(join(built, '../node_modules'), join(dist, '../node_modules'));
  cpSync(join(built, '../package.json'), join(dist, '../package.json'));
  return dist;
}

t.test('routes are in, whatever became of the compiled code', async (t) => {
  const std = laboratory(t);
  const dist = copy(t);
  for (const name of COMPILED) {
    const file = join(dist, name);
    const code = readFileSync(file);
    for (const [what, damage] of DAMAGES) {
      const damaged = damage(code);
      rmSync(file, { force: true });
      if (damaged !== undefined) writeFileSync(file, damaged);
      const agent = agentIn(std, {}, { entry: join(dist, 'src/cli/backup-router.cjs') });
      await agent.waitForLog(/ ready /);
      t.same(owned(std.router), expected({}), `${name} ${what}`);
      await agent.stop();
      await agent.cli('flush', '-c', agent.configFile);
      t.same(owned(std.router), [], 'flushed');
    }
    writeFileSync(file, code);
  }
});

t.test('a reload does without', async (t) => {
  const std = laboratory(t);
  const dist = copy(t);
  const entry = join(dist, 'src/cli/backup-router.cjs');
  const former = agentIn(std, {}, { entry });
  await former.waitForLog(/ ready /);
  await eventually(() => existsSync(join(former.directory, 'state/last-known-good.json')), {
    what: 'the meaning of the configuration',
  });
  await former.stop();
  // Whoever opens it to read waits for ever.
  rmSync(join(dist, 'config.compiled'));
  execFileSync('mkfifo', [join(dist, 'config.compiled')]);
  const agent = agentIn(std, {}, { entry, directory: former.directory });
  await agent.waitForLog(/ ready /);
  const other = { destinations: { inet: ['198.51.100.0/24'] } };
  agent.configure(configText(other));
  agent.signal('SIGHUP');
  await eventually(() => String(owned(std.router)) === String(expected(other)), {
    what: 'the new destination',
  });
  await agent.stop();
  const blocked = agentIn(std, configText({ destinations: { inet: ['203.0.113.0/24'] } }), {
    entry,
    directory: former.directory,
  });
  await sleep(500);
  t.same(blocked.log, [], 'a start does not: the test can fail');
  await blocked.kill();
});

t.test('code that kills Node kills one start, and the next does without it', async (t) => {
  const std = laboratory(t);
  const dist = copy(t);
  for (const name of COMPILED) {
    const code = readFileSync(join(built, name));
    writeFileSync(
      join(dist, name),
      Buffer.concat([code.subarray(0, code.length >> 1), Buffer.alloc(code.length - (code.length >> 1))]),
    );
  }
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
  const agent = agentIn(
    std,
    {},
    {
      wrapper: [
        'unshare',
        '--mount',
        'sh',
        '-ec',
        'mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"',
        root,
      ],
    },
  );
  await agent.waitForLog(/ ready /);
  t.same(owned(std.router), expected({}));
  await agent.stop();
});
