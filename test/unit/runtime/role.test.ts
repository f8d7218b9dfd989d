/**
 * Role sources against real files and real commands: what is heard, when, and that whatever goes wrong means standby.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { RoleState } from '../../../src/core/state.js';
import type { RoleSource } from '../../../src/model/config.js';
import { type RoleWatch, roleFrom, watchRole } from '../../../src/runtime/role.js';

interface Followed {
  readonly watch: RoleWatch;
  readonly heard: RoleState[];
  /** Waits until something is heard that fits, beyond the first `after` things. */
  until(role: RoleState['role'], reason: RegExp, after?: number): Promise<number>;
}

function follow(t: Test, source: RoleSource): Followed {
  const heard: RoleState[] = [];
  const watch = watchRole(source, (role) => void heard.push(role));
  t.teardown(() => watch.close());
  return {
    watch,
    heard,
    async until(role, reason, after = 0) {
      for (const end = performance.now() + 4_000; performance.now() < end; await delay(10)) {
        const at = heard.findIndex((one, i) => i >= after && one.role === role && reason.test(one.reason));
        if (at >= 0) return at + 1;
      }
      throw new Error(`${role} ${reason} was not heard; but: ${JSON.stringify(heard)}`);
    },
  };
}

function directory(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'br-role-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** An executable shell script. */
function script(path: string, text: string): readonly [string] {
  writeFileSync(`${path}.new`, `#!/bin/sh\n${text}\n`);
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path);
  return [path];
}

/** Not gone, and no zombie that nobody reaps. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

t.test('words', async (t) => {
  const cases: readonly (readonly [string, RoleState['role'], RegExp])[] = [
    ['primary\n', 'primary', /says primary$/],
    ['  MASTER 150\n', 'primary', /says master$/],
    ['standby', 'standby', /says standby$/],
    ['Backup\r\n', 'standby', /says backup$/],
    ['FAULT', 'standby', /says fault$/],
    ['', 'standby', /says nothing$/],
    [' \n\t\n', 'standby', /says nothing$/],
    ['primary; rm -rf /', 'standby', /says "primary;", which is not a role$/],
    ['primaryish', 'standby', /which is not a role$/],
    ['\u0000\u0001\ufffd', 'standby', /which is not a role$/],
    ['__proto__', 'standby', /which is not a role$/],
    ['x'.repeat(100_000), 'standby', /^f says "x{60}", which is not a role$/],
  ];
  for (const [text, role, reason] of cases)
    t.match(roleFrom(text, 'f'), { role, reason }, JSON.stringify(text.slice(0, 30)));
});

t.test('a fixed role', async (t) => {
  const { watch, heard } = follow(t, { kind: 'fixed', role: 'standby' });
  t.strictSame(watch.initial, { role: 'standby', reason: 'configured' });
  await delay(20);
  t.strictSame(heard, []);
});

t.test('a file: written over, replaced, deleted, unreadable, back again', async (t) => {
  const path = join(directory(t), 'role');
  writeFileSync(path, 'primary\n');
  const role = follow(t, { kind: 'file', path });
  t.match(role.watch.initial, { role: 'primary', reason: `${path} says primary` });
  await delay(30);
  t.strictSame(role.heard, [], 'what is known already is not told again');

  const start = performance.now();
  writeFileSync(`${path}.new`, 'BACKUP\n');
  renameSync(`${path}.new`, path);
  let seen = await role.until('standby', /says backup/);
  t.ok(performance.now() - start < 900, 'heard by inotify, not by the poll');

  writeFileSync(path, 'MASTER\n');
  seen = await role.until('primary', /says master/, seen);
  writeFileSync(path, 'chief\n');
  seen = await role.until('standby', /"chief", which is not a role/, seen);
  rmSync(path);
  seen = await role.until('standby', /cannot read .*ENOENT/, seen);
  mkdirSync(path);
  seen = await role.until('standby', /cannot read .*EISDIR/, seen);
  rmSync(path, { recursive: true });
  writeFileSync(path, 'primary');
  await role.until('primary', /says primary/, seen);
  role.heard.forEach((one, i) => i > 0 && t.notSame(one, role.heard[i - 1], 'only changes are told'));
});

t.test('a file whose directory comes late, and is replaced', async (t) => {
  const parent = join(directory(t), 'keepalived');
  const path = join(parent, 'role');
  const role = follow(t, { kind: 'file', path });
  t.match(role.watch.initial, { role: 'standby', reason: /cannot read/ });
  mkdirSync(parent);
  writeFileSync(path, 'primary');
  const seen = await role.until('primary', /says primary/);
  renameSync(parent, `${parent}.old`);
  await role.until('standby', /ENOENT/, seen);
  mkdirSync(parent);
  writeFileSync(path, 'primary');
  await role.until('primary', /says primary/, seen + 1);
});

t.test('after close nothing is heard', async (t) => {
  const path = join(directory(t), 'role');
  writeFileSync(path, 'primary');
  const { watch, heard } = follow(t, { kind: 'file', path });
  watch.close();
  writeFileSync(path, 'standby');
  await delay(1_200);
  t.strictSame(heard, []);
});

t.test('a command: answer, change, failure, garbage', async (t) => {
  const path = join(directory(t), 'which');
  const command = script(path, 'echo standby');
  const role = follow(t, { kind: 'exec', command, intervalMs: 50, timeoutMs: 1_000 });
  t.match(role.watch.initial, { reason: /has not answered yet/ });
  let seen = await role.until('standby', /which says standby$/);
  script(path, 'echo primary with its reasons');
  seen = await role.until('primary', /says primary/, seen);
  script(path, 'echo primary; exit 3');
  seen = await role.until('standby', /which failed: /, seen);
  script(path, 'echo primary >&2');
  seen = await role.until('standby', /says nothing/, seen);
  script(path, 'head -c 200000 /dev/zero');
  seen = await role.until('standby', /failed|not a role/, seen);
  rmSync(path);
  seen = await role.until('standby', /ENOENT/, seen);
  script(path, 'echo primary');
  await role.until('primary', /says primary/, seen);
});

t.test('a command that hangs is ended after its timeout, and never runs twice at once', async (t) => {
  const made = directory(t);
  const command = script(join(made, 'slow'), `echo x >> ${made}/runs\nexec sleep 60`);
  const role = follow(t, { kind: 'exec', command, intervalMs: 20, timeoutMs: 300 });
  const start = performance.now();
  await role.until('standby', /slow failed/);
  const took = performance.now() - start;
  t.ok(took > 250 && took < 10_000, `ended after ${took} ms`);
});

t.test('nothing of a command outlives it: neither its time, nor its end, nor the source', async (t) => {
  const made = directory(t);
  const pids = (name: string): readonly number[] =>
    readFileSync(join(made, name), 'utf8').trim().split('\n').map(Number);
  const text = (name: string): string => `sleep 600 & echo $! >> ${made}/${name}`;
  const hangs = script(join(made, 'hangs'), `${text('of-hangs')}\nwait`);
  const ends = script(join(made, 'ends'), `${text('of-ends')}\necho primary`);
  const runs = script(join(made, 'runs'), `${text('of-runs')}\nwait`);
  const once = { kind: 'exec', intervalMs: 10_000 } as const;
  await follow(t, { ...once, command: hangs, timeoutMs: 300 }).until('standby', /took longer than 300 ms$/);
  await follow(t, { ...once, command: ends, timeoutMs: 5_000 }).until('primary', /says primary/);
  const { watch } = follow(t, { ...once, command: runs, timeoutMs: 5_000 });
  for (let i = 0; i < 200 && !existsSync(join(made, 'of-runs')); i++) await delay(10);
  watch.close();
  for (const name of ['of-hangs', 'of-ends', 'of-runs']) {
    const [pid] = pids(name);
    for (let i = 0; i < 200 && isRunning(pid!); i++) await delay(10);
    t.notOk(isRunning(pid!), name);
  }
});

t.test('the arguments reach the command as they are, without a shell', async (t) => {
  const [path] = script(join(directory(t), 'echo'), 'printf %s "$1"');
  const role = follow(t, {
    kind: 'exec',
    command: [path, 'primary $(touch /nonesuch) `x`'],
    intervalMs: 10_000,
    timeoutMs: 1_000,
  });
  await role.until('primary', /says primary/);
});

t.test('a command still under way when the source is given up is not heard', async (t) => {
  const command = script(join(directory(t), 'late'), 'sleep 0.2; echo standby');
  const { watch, heard } = follow(t, { kind: 'exec', command, intervalMs: 10_000, timeoutMs: 5_000 });
  await delay(50);
  watch.close();
  await delay(400);
  t.strictSame(heard, [], 'another source may have spoken since');
});
