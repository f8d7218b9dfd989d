/**
 * A configuration of several files beside a running agent. All files count as one configuration
 * for reload, confirmation, rollback, the last known good copy and every reader. A broken part
 * removes no route.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../src/config/parse.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { readLastKnownGood } from '../../src/runtime/last-known-good.js';
import {
  agentIn,
  configText,
  expected,
  laboratory,
  mark,
  restartAgent,
  settles,
  statusOf,
  statusWhere,
} from './agent-support.js';

const MAIN = { destinations: { inet: ['10.0.0.0/8'], inet6: ['2001:db8::/32'] } };
const ONE = { destinations: { inet: ['10.0.0.0/8', '172.16.0.0/12'], inet6: ['2001:db8::/32'] } };
const TWO = { destinations: { inet: ['10.0.0.0/8', '172.16.0.0/12', '198.18.0.0/15'], inet6: ['2001:db8::/32'] } };
const WAIT_MS = 15_000;

t.test('a configuration of several files', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const directory = join(std.lab.directory, 'agent-parts');
  const parts = join(directory, 'config.d');
  mkdirSync(parts, { recursive: true });
  const part = (name: string, text: string): void => writeFileSync(join(parts, name), text);
  part('10-site.yaml', 'backup-router:\n  destination: [172.16.0.0/12]\n');

  const agent = agentIn(std, MAIN, { directory });
  await agent.waitForLog(/ ready /, WAIT_MS);
  await settles(t, router, expected(ONE), 'the destinations of both files');
  const copy = join(directory, 'state', 'last-known-good.yaml');
  const kept = await eventually(() => readLastKnownGood(copy), { timeoutMs: WAIT_MS, what: 'the copy' });
  t.match(kept, /172\.16\.0\.0\/12/, 'what is kept is all of it');
  t.equal(parseConfig(kept, copy).config?.managementInterfaces[0]?.backupRouters[0]?.destinations.length, 2);
  t.equal((await statusOf(agent)).configuration.changed, false);
  t.match(await agent.cli('reload'), { status: 0, stdout: 'configuration unchanged\n' });

  await t.test('a part more: told, shown, taken on approval, rolled back', async (t) => {
    part('20-lab.yaml', 'backup-router:\n  destination: 198.18.0.0/15\n');
    t.equal((await statusOf(agent)).configuration.changed, true, 'the files are not what runs');
    const shown = await agent.cli('reload', '--dry-run');
    t.equal(shown.status, 0, shown.stderr);
    t.match(shown.stdout, /^\+# ---- file ".*20-lab\.yaml"$/m, 'which file it is');
    t.match(shown.stdout, /^\+ {2}destination: 198\.18\.0\.0\/15$/m);
    t.match(shown.stdout, /ip route add 198\.18\.0\.0\/15/, 'and what the kernel gets');
    t.equal((await agent.cli('reload', '--confirm', '1s')).status, 0);
    await agent.waitForLog(/configuration-rolled-back/, WAIT_MS);
    await settles(t, router, expected(ONE), 'nobody confirmed: as before');
    t.match((await statusOf(agent)).configuration, { source: 'rolled-back' });
    t.match(await agent.cli('reload'), { status: 0, stdout: 'configuration reloaded\n' });
    await settles(t, router, expected(TWO), 'asked for again: all three files');
    t.equal((await statusOf(agent)).configuration.changed, false);
  });

  await t.test('a fault in a part, and one that is no file: what runs goes on', async (t) => {
    part('30-twice.yaml', '# by another role\nplacement: main\n');
    const from = mark(agent);
    agent.signal('SIGHUP');
    await agent.waitForLog(/reload-refused .*errors=1/, WAIT_MS, from);
    const refused = await agent.cli('reload');
    t.equal(refused.status, 78);
    t.match(refused.stderr, /30-twice\.yaml:2:1: error: 'placement' is set twice; first in line \d+ of .*config\.yaml/);
    const check = await agent.cli('check', '-c', agent.configFile);
    t.match(check, { status: 78, stdout: /config\.yaml with 3 files of .*config\.d: 1 error/ });
    const doctor = await agent.cli('doctor', '-c', agent.configFile);
    t.match(doctor.stdout, /30-twice\.yaml/);
    rmSync(join(parts, '30-twice.yaml'));
    execFileSync('mkfifo', [join(parts, '30-pipe.yaml')]);
    t.match(await agent.cli('reload'), { status: 78, stderr: /30-pipe\.yaml.*not a regular file/ });
    await settles(t, router, expected(TWO), 'no route moved');
  });

  await t.test('started again beside it: the last known good, with all its files', async (t) => {
    await agent.kill();
    await agent.cli('flush', '-c', agent.configFile, '--force');
    const second = restartAgent(std, agent, MAIN);
    await second.waitForLog(/ ready /, WAIT_MS);
    await settles(t, router, expected(TWO), 'the copy runs');
    const { configuration } = await statusWhere(second, (status) => status.configuration.errors.length > 0, WAIT_MS);
    t.match(configuration, { source: 'last-known-good', errors: [/30-pipe\.yaml/] });
    rmSync(join(parts, '30-pipe.yaml'));
    t.match(await second.cli('reload'), { status: 0 });
    t.match((await statusOf(second)).configuration, { source: 'file', changed: false });
    const whole = await second.cli('convert', second.configFile, '--to', 'yaml');
    t.same(
      parseConfig(whole.stdout, 'f').config,
      parseConfig(configText(TWO), 'f').config,
      'convert makes one file of them',
    );
    rmSync(parts, { recursive: true });
    t.equal((await statusOf(second)).configuration.changed, true, 'gone');
    t.match(await second.cli('reload'), { status: 0 });
    await settles(t, router, expected(MAIN), 'the file alone');
    await second.stop();
  });
});
