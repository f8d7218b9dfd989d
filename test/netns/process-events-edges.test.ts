/**
 * Process events where the process is not what it seems, or its events are missing: daemons in the
 * background, sockets that another process inherited, programs that exec others, namespaces,
 * missing permission, lost events. In every case the end of file still reports a death, and no
 * death is reported that did not happen.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { ProcessEvents } from '../../src/core/ports.js';
import { openHealth } from '../../src/health/open.js';
import { systemClock } from '../../src/host/clock.js';
import { openProcessEvents } from '../../src/kernel/process/process-events.js';
import { Ear, eventually, FrrLab, sleep } from './health-frr-daemons.js';
import { SERVER } from './process-events-server.js';

const TIMING = { probeIntervalMs: 50, probeTimeoutMs: 2000 };
const ID = 'socket/';

const directory = mkdtempSync(join(tmpdir(), 'hledge-'));
chmodSync(directory, 0o755);
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const server = join(directory, 'server');
writeFileSync(`${server}.c`, SERVER);
const built = spawnSync('gcc', ['-pthread', '-o', server, `${server}.c`], { encoding: 'utf8' });

async function has(): Promise<boolean> {
  const processes = openProcessEvents();
  processes.watch(process.pid, () => undefined);
  const live = await eventually(async () => processes.live, 1500);
  processes.close();
  return live;
}

const skip = built.status !== 0 ? 'needs gcc' : (await has()) ? false : 'process events are not to be had here';

let sockets = 0;

interface Scene {
  readonly path: string;
  readonly child: ChildProcess;
  /** The process that serves, as the server says. */
  readonly serving: number;
}

/** Starts the server in a mode of process-events-server.ts; resolves when it serves. */
async function serve(t: Test, mode: string, ...prefix: readonly string[]): Promise<Scene> {
  const path = join(directory, `s${sockets++}`);
  const [command = server, ...rest] = [...prefix, server, mode, path];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const serving = Number(line.toString());
  t.teardown(() => {
    // Gone already, in most cases.
    if (serving > 1 && serving !== child.pid && readable(`/proc/${serving}/comm`).startsWith('server'))
      process.kill(serving, 'SIGKILL');
  });
  return { path, child, serving };
}

function readable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function watch(t: Test, path: string, processes: ProcessEvents) {
  t.teardown(() => processes.close());
  const health = openHealth(
    [{ kind: 'socket', endpoint: { kind: 'unix', path }, routeProtocols: [] }],
    TIMING,
    systemClock,
    processes,
  );
  t.teardown(() => health.close());
  return new Ear(health);
}

/** Responsive, with the kernel's promise to tell. */
async function watched(t: Test, path: string) {
  const processes = openProcessEvents();
  const ear = watch(t, path, processes);
  await ear.until(`${ID}${path}`, 'responsive');
  t.ok(await eventually(async () => processes.live));
  return { ear, id: `${ID}${path}` as const, processes };
}

// Each leaves the socket in hands that live on; `go` on the server's standard input makes it happen.
for (const [mode, title] of [
  ['fork', 'a parent that listened goes in peace, as of a daemon that goes into the background'],
  ['leader', 'main() ends by pthread_exit, another thread serves'],
  ['exec', 'the process becomes another program by execve'],
  ['threadexec', 'a thread calls execve, which ends all the others'],
  ['threads', '300 threads come and go'],
] as const) {
  t.test(`no death: ${title}`, { skip }, async (t) => {
    const { path, child, serving } = await serve(t, mode);
    const { ear, id } = await watched(t, path);
    child.stdin!.write('go\n');
    await once(child.stdout!, 'data');
    await sleep(300);
    t.same(
      ear.kinds(id).filter((kind) => kind === 'down'),
      [],
      JSON.stringify(ear.heard),
    );
    const from = ear.heard.length;
    process.kill(serving, 'SIGKILL');
    const { verdict } = await ear.until(id, 'down', from);
    t.comment(verdict.reason);
    if (mode === 'fork' || mode === 'leader') t.match(verdict.reason, /end of file|ECONNRESET|EPIPE/);
  });
}

t.test('a parent that listened is killed, a child serves on: an alarm that is over at once', { skip }, async (t) => {
  const { path, child, serving } = await serve(t, 'fork');
  const { ear, id } = await watched(t, path);
  child.kill('SIGKILL');
  await ear.until(id, 'down');
  await ear.until(id, 'responsive', ear.heard.length);
  await sleep(300);
  t.same(ear.kinds(id), ['responsive', 'down', 'responsive']);
  process.kill(serving, 'SIGKILL');
  t.match((await ear.until(id, 'down', 3)).verdict.reason, /end of file|ECONNRESET|EPIPE/);
});

t.test('FRR with -d: the number behind the socket is the daemon, not its parent', { skip }, async (t) => {
  const lab = new FrrLab();
  const processes = openProcessEvents();
  const health = openHealth(
    [{ kind: 'frr', daemons: ['zebra'], socketDirectory: lab.directory }],
    TIMING,
    systemClock,
    processes,
  );
  const pidOf = (): number => Number(readable(join(lab.directory, 'zebra.pid')));
  t.teardown(async () => {
    health.close();
    processes.close();
    if (pidOf() > 1 && readable(`/proc/${pidOf()}/comm`).startsWith('zebra')) process.kill(pidOf(), 'SIGKILL');
    await lab.close();
  });
  const ear = new Ear(health);
  // Listens before it is a daemon or after: whatever it does, no death may be told meanwhile.
  const parent = lab.start('zebra', '-d');
  await once(parent, 'exit');
  await ear.until('frr/zebra', 'responsive');
  t.ok(await eventually(async () => processes.live));
  await sleep(300);
  t.equal(ear.kinds('frr/zebra').at(-1), 'responsive');
  t.equal(ear.kinds('frr/zebra').lastIndexOf('down') <= 0, true, JSON.stringify(ear.heard));
  const pid = pidOf();
  process.kill(pid, 'SIGKILL');
  const { verdict } = await ear.until('frr/zebra', 'down', ear.heard.length);
  // On a busy machine both are read in one turn of the loop, and the end of file may be the first.
  t.match(
    verdict.reason,
    new RegExp(`^process ${pid} \\(zebra\\) was ended by signal 9$|^(?:end of file|ECONNRESET|EPIPE) on `),
  );
});

t.test('a daemon in another pid namespace: its number here is the one that counts', { skip }, async (t) => {
  const { path, child } = await serve(t, 'plain', 'unshare', '--pid', '--fork', '--kill-child');
  const { ear, id, processes } = await watched(t, path);
  const heard: number[] = [];
  // Its number there is 1, which is another process here.
  processes.watch(1, () => heard.push(1));
  await sleep(100);
  t.same(ear.kinds(id), ['responsive']);
  const inner = Number(readable(`/proc/${child.pid}/task/${child.pid}/children`).trim());
  t.ok(inner > 1);
  process.kill(inner, 'SIGKILL');
  t.match((await ear.until(id, 'down')).verdict.reason, /end of file|ECONNRESET|EPIPE|signal 9/);
  t.same(heard, []);
});

t.test('events that the kernel could not queue: the end of file, and the socket lives on', { skip }, async (t) => {
  const [crowd, one, after] = [await serve(t, 'crowd'), await serve(t, 'threads'), await serve(t, 'threads')];
  const processes = openProcessEvents();
  const told = new Set<number>();
  let ends = 0;
  const first = watch(t, crowd.path, processes);
  const [second, third] = [watch(t, one.path, processes), watch(t, after.path, processes)];
  processes.watch(crowd.serving, () => ends++);
  for (const { serving } of [one, after]) processes.watch(serving, () => told.add(serving));
  await Promise.all([
    first.until(`${ID}${crowd.path}`, 'responsive'),
    second.until(`${ID}${one.path}`, 'responsive'),
    third.until(`${ID}${after.path}`, 'responsive'),
  ]);
  t.ok(await eventually(async () => processes.live));
  await sleep(50);
  // Two thousand threads announce their end while nobody reads.
  process.kill(crowd.serving, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
  process.kill(one.serving, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  await first.until(`${ID}${crowd.path}`, 'down');
  const { verdict } = await second.until(`${ID}${one.path}`, 'down');
  await sleep(100);
  t.comment(`${ends} ends of 2000 threads heard; ${verdict.reason}`);
  t.ok(ends < 2000, 'some were lost');
  if (!told.has(one.serving)) t.match(verdict.reason, /end of file|ECONNRESET|EPIPE/);
  t.same(third.kinds(`${ID}${after.path}`), ['responsive']);
  t.ok(processes.live);
  process.kill(after.serving, 'SIGKILL');
  await third.until(`${ID}${after.path}`, 'down');
  t.ok(await eventually(async () => told.has(after.serving)), 'heard again');
});

// The watcher elsewhere; `live` is what the kernel of 6.7 and later grants to everybody.
for (const [title, prefix, absent] of [
  ['another network namespace', ['unshare', '--net'], /ECONNREFUSED|namespace/],
  ['another pid namespace', ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'], /no answer/],
  ['another pid namespace with the /proc of the first', ['unshare', '--pid', '--fork', '--kill-child'], /no answer/],
  ['another user namespace', ['unshare', '--user', '--map-root-user'], /no answer|EPERM|permission|errno/],
  [
    'another user without capabilities',
    ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'],
    undefined,
  ],
] as const) {
  t.test(`the watcher in ${title}`, { skip: built.status !== 0 && 'needs gcc' }, async (t) => {
    const { path, serving } = await serve(t, 'plain');
    chmodSync(path, 0o777);
    const script = fileURLToPath(new URL('process-events-child.js', import.meta.url));
    const [command, ...rest] = [...prefix, process.execPath, script, path];
    // Without what tap puts into every Node: it writes into the source tree.
    const child = spawn(command!, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    t.teardown(async () => {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    t.ok(await eventually(async () => /"responsive"/.test(text) && /"absent"|"live"/.test(text)), text);
    const why = /"absent":"([^"]*)"/.exec(text)?.[1];
    t.comment(why ?? 'live');
    // Where the test itself is in another network namespace, as in a container, that is the reason.
    if (absent !== undefined) t.match(why, new RegExp(`${absent.source}|ECONNREFUSED`));
    await sleep(200);
    t.notMatch(text, /"down"/);
    process.kill(serving, 'SIGKILL');
    t.ok(await eventually(async () => /"down"/.test(text)), text);
    t.equal(child.exitCode, null);
    if (why !== undefined) t.match(text, /end of file|ECONNRESET|EPIPE/);
  });
}
