/** The exec adapter with real commands. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHealth } from '../../../src/health/open.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { directory, kinds, sleep, until } from './fake-vty.js';

function script(t: Test, text: string, name = 'check'): { readonly root: string; readonly path: string } {
  const { path: root, remove } = directory();
  t.teardown(remove);
  const path = join(root, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { root, path };
}

function watch(t: Test, command: readonly [string, ...string[]], intervalMs = 100, timeoutMs = 15_000) {
  const health = openHealth([{ kind: 'exec', command, intervalMs, timeoutMs, routeProtocols: [99] }], {
    probeIntervalMs: 1000,
    probeTimeoutMs: 1000,
  });
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

t.test('exit status 0 is life, another is death with its reason; the first run is at once', async (t) => {
  const { root, path } = script(
    t,
    'test -e "$1/up" && exit 0; echo; echo "no peer $(date +%N)" >&2; echo more >&2; exit 3',
  );
  const { health, heard } = watch(t, [path, root]);
  t.same(health.watched, [{ id: 'exec/check', protocols: [99] }]);
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: new RegExp(`^${path} exited with 3: no peer \\d+$`) });
  await sleep(350);
  t.equal(heard.length, 1, 'other words for the same outcome are no news');
  mkdirSync(join(root, 'up'));
  t.ok(await until(() => heard.length === 2));
  t.match(heard[1], { kind: 'responsive', reason: `${path} succeeded`, ageMs: undefined });
  rmSync(join(root, 'up'), { recursive: true });
  t.ok(await until(() => heard.length === 3));
  t.equal(heard[2]?.kind, 'down');
});

t.test('no shell, a bare environment, nothing on standard input', async (t) => {
  // tap hands variables of its own to every child of a test, so the whole environment cannot be
  // compared.
  for (const name of ['NOTIFY_SOCKET', 'HL_SECRET']) {
    process.env[name] = 'set';
    t.teardown(() => delete process.env[name]);
  }
  const { root, path } = script(
    t,
    'echo "${NOTIFY_SOCKET-no}" "${HL_SECRET-no}" "${HOME-no}" "$LANG" "$PATH" > "$1/env"; pwd > "$1/pwd"; printf %s "$2" > "$1/arg"; cat > "$1/stdin"',
  );
  const { heard } = watch(t, [path, root, '$(id); *']);
  t.ok(await until(() => heard.length === 1));
  t.equal(
    readFileSync(join(root, 'env'), 'utf8'),
    'no no no C /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
  );
  t.same(
    ['pwd', 'arg', 'stdin'].map((name) => readFileSync(join(root, name), 'utf8')),
    ['/\n', '$(id); *', ''],
  );
});

t.test('too long: the whole process group is killed, and it counts as a hang', async (t) => {
  const { root, path } = script(t, 'echo $$ >> "$1/pids"; sleep 600 & echo $! >> "$1/pids"; wait');
  const startedMs = performance.now();
  const { heard } = watch(t, [path, root], 10_000, 1500);
  t.ok(await until(() => heard.length === 1));
  t.ok(performance.now() - startedMs >= 1499);
  t.match(heard[0], { kind: 'unresponsive', reason: `${path} took longer than 1500 ms` });
  const pids = readFileSync(join(root, 'pids'), 'utf8').trim().split('\n').map(Number);
  t.equal(pids.length, 2);
  t.ok(await until(() => !pids.some(alive)), 'none is left');
});

t.test('what a command leaves behind is ended with it', async (t) => {
  const { root, path } = script(t, 'sleep 600 & echo $! > "$1/pid"; exit 0');
  const { heard } = watch(t, [path, root], 10_000);
  t.ok(await until(() => heard.length === 1), 'though the child holds standard error open');
  t.equal(heard[0]?.kind, 'responsive');
  t.ok(await until(() => !alive(Number(readFileSync(join(root, 'pid'), 'utf8')))));
});

t.test('a grandchild that left the group and holds standard error cannot stall it', async (t) => {
  const { root, path } = script(t, 'setsid sleep 600 & echo $! >> "$1/pids"; exit 4');
  t.teardown(() => {
    for (const pid of readFileSync(join(root, 'pids'), 'utf8').trim().split('\n'))
      if (alive(Number(pid))) process.kill(Number(pid), 'SIGKILL');
  });
  const { health, heard } = watch(t, [path, root], 300);
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: /exited with 4/ });
  t.ok(await until(() => readFileSync(join(root, 'pids'), 'utf8').split('\n').length > 2), 'the next run comes');
  health.close();
});

t.test('never two at once, though each takes longer than the interval', async (t) => {
  const { root, path } = script(
    t,
    'mkdir "$1/busy" || { touch "$1/two"; exit 9; }; sleep 0.15; rmdir "$1/busy"; echo >> "$1/runs"',
  );
  const { health, heard } = watch(t, [path, root], 20);
  const fromMs = performance.now();
  const runs = (): number => (existsSync(join(root, 'runs')) ? readFileSync(join(root, 'runs'), 'utf8').length : 0);
  t.ok(await until(() => runs() >= 4));
  health.close();
  t.same(kinds(heard), ['responsive']);
  const ended = runs();
  t.ok(ended <= (performance.now() - fromMs) / 150, `${ended} runs`);
});

t.test('what cannot be started is down, and is tried again', async (t) => {
  const { root } = script(t, '');
  const path = join(root, 'late');
  const { heard } = watch(t, [path]);
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: `cannot run ${path}: ENOENT` });
  writeFileSync(path, '#!/bin/sh\nexit 0\n');
  t.ok(await until(() => heard.length === 2));
  t.match(heard[1], { kind: 'down', reason: `cannot run ${path}: EACCES` });
  rmSync(path);
  writeFileSync(`${path}.new`, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  t.ok(await until(() => heard.length === 3));
  const { renameSync } = await import('node:fs');
  renameSync(`${path}.new`, path);
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
});

t.test('reasons are short and printable; a signal is named', async (t) => {
  const long = script(t, 'printf "\\033[31m%0500d\\n" 7 >&2; exit 1');
  const { heard } = watch(t, [long.path], 10_000);
  t.ok(await until(() => heard.length === 1));
  t.ok(
    heard[0]!.reason.length < long.path.length + 160 &&
      heard[0]!.reason.endsWith('...') &&
      !heard[0]!.reason.includes('\x1b'),
    heard[0]!.reason,
  );
  const flood = script(t, 'head -c 10000000 /dev/zero >&2; kill -SEGV $$');
  const { heard: other } = watch(t, [flood.path], 10_000);
  t.ok(await until(() => other.length === 1));
  t.match(other[0], { kind: 'down', reason: /was ended by SIGSEGV/ });
});

t.test('close ends the command that runs and starts no other', async (t) => {
  const { root, path } = script(t, 'echo $$ >> "$1/pids"; exec sleep 600');
  const { health, heard } = watch(t, [path, root], 50, 5000);
  t.ok(
    await until(() => {
      try {
        return readFileSync(join(root, 'pids'), 'utf8').endsWith('\n');
      } catch {
        return false;
      }
    }),
  );
  health.close();
  await sleep(200);
  const pids = readFileSync(join(root, 'pids'), 'utf8').trim().split('\n').map(Number);
  t.equal(pids.length, 1);
  t.ok(await until(() => !alive(pids[0]!)));
  t.same(heard, []);
});
