/** Commands of an operator have none of the agent's power, no better place than others, and limits. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../../src/host/clock.js';
import { type CommandEnd, runCommand } from '../../../src/host/command.js';
import { confinement, lookUp } from '../../../src/host/confine.js';
import { loadLibc } from '../../../src/native/libc.js';

const made = mkdtempSync(join(tmpdir(), 'br-command-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));

function run(...command: [string, ...string[]]): Promise<CommandEnd> {
  return new Promise((resolve) => {
    let end: CommandEnd;
    runCommand(
      { command, timeoutMs: 5_000, output: true },
      systemClock,
      (one) => (end = one),
      () => resolve(end),
    );
  });
}

const sets = (status: string): Record<string, string> =>
  Object.fromEntries([...status.matchAll(/^(\w+):\s*(\S+)$/gm)].map(([, name, value]) => [name!, value!]));

t.test('a command has no capability, and no way to one', { skip: confinement().missing ?? false }, async (t) => {
  const end = await run('/bin/grep', '-E', '^(Cap|NoNewPrivs|Uid)', '/proc/self/status');
  if (end.kind !== 'succeeded') return void t.fail(JSON.stringify(end));
  const found = sets(end.stdout);
  const none = '0000000000000000';
  t.match(found, { CapPrm: none, CapEff: none, CapAmb: none, NoNewPrivs: '1' });
  if (process.getuid?.() === 0) t.equal(found['CapBnd'], none, 'nor would root have one again');
  const changed = await run('/bin/sh', '-c', 'ip link set lo mtu 65000');
  t.match(changed, { kind: 'failed' }, 'nor may it change a link');
});

t.test('it is the user, and in the groups, that the agent is', async (t) => {
  const end = await run('/usr/bin/id', '-u');
  t.match(end, { kind: 'succeeded', stdout: `${process.getuid?.()}\n` });
});

t.test('it is spared no more than others', async (t) => {
  const own = readFileSync('/proc/self/oom_score_adj', 'latin1');
  // Perhaps not permitted here: then it is as everybody's already.
  try {
    writeFileSync('/proc/self/oom_score_adj', '-500');
  } catch {}
  t.teardown(() => writeFileSync('/proc/self/oom_score_adj', own));
  const end = await run('/bin/sh', '-c', 'sleep 0.2; cat /proc/self/oom_score_adj');
  t.match(end, { kind: 'succeeded', stdout: '0\n' });
});

t.test('it has limits of its own', { skip: loadLibc() === undefined && 'koffi does not load' }, async (t) => {
  const end = await run('/bin/sh', '-c', 'sleep 0.5; cat /proc/self/limits');
  if (end.kind !== 'succeeded') return void t.fail(JSON.stringify(end));
  t.match(end.stdout, /^Max cpu time +6 +6 +seconds/m, 'five seconds, and one');
  const [, soft, hard] = /^Max processes +(\d+) +(\d+)/m.exec(end.stdout) ?? [];
  t.equal(soft, hard);
  t.ok(Number(soft) > 32 && Number(soft) < 100_000, `${soft} processes`);
});

t.test('what cannot be run is told in the words of before', async (t) => {
  t.match(await run('/nope'), { kind: 'not-started', code: 'ENOENT' });
  const file = join(made, 'no-program');
  writeFileSync(file, '');
  if (process.getuid?.() === 0) t.match(await run(file), { kind: 'not-started', code: 'EACCES' });
  t.match(await run('/bin/sh', '-c', 'exit 3'), { kind: 'failed', how: 'exited with 3' });
  t.match(await run('/bin/sh', '-c', 'kill -SEGV $$'), { kind: 'failed', how: 'was ended by SIGSEGV' });
});

t.test('its output is bounded, and read to its end', async (t) => {
  const end = await run('/bin/sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x; echo end >&2');
  if (end.kind !== 'succeeded') return void t.fail(JSON.stringify(end));
  t.equal(end.stdout.length, 4096);
});

t.test('without the means it runs all the same, and that is known', async (t) => {
  const status = join(made, 'status');
  const of = (effective: string, ambient: string, places: readonly string[], libc: boolean) => {
    writeFileSync(status, `Name:\tx\nCapEff:\t${effective}\nCapAmb:\t${ambient}\n`);
    return lookUp(places, status, () => libc);
  };
  const [root, admin, none] = ['000001ffffffffff', '0000000000001000', '0000000000000000'];
  t.ok(of(root, none, ['/bin/sh'], true).prefix.includes('--bounding-set=-all'));
  t.match(of(root, none, [join(made, 'setpriv')], true), { prefix: [], missing: /not installed/ });
  t.match(of(admin, admin, ['/bin/sh'], true), { prefix: [], ambient: true, missing: undefined });
  t.match(of(admin, admin, ['/bin/sh'], false), { prefix: [], ambient: false, missing: /koffi/ });
  t.match(of(none, none, [], false), { prefix: [], ambient: false, missing: undefined });
});
