/**
 * A configuration in Junos text, with the interface on the command line: every command that reads
 * it, and a reload with an error in it.
 */

import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, laboratory, owned, statusOf, turned } from './agent-support.js';

const JUNOS = `system {\n    host-name r1;\n    backup-router ${STANDARD.inet.gateway} destination 10.99.0.0/16;\n}\ninterfaces {\n    fxp0 { unit 0 { family inet { address 10.255.0.2/24; } } }\n}\n`;

t.test('every command that reads a configuration takes --interface', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, JUNOS, { args: ['--interface', 'mgmt0'] });
  await turned(agent, 'in');
  const at = ['-c', agent.configFile] as const;
  for (const command of [
    ['plan'],
    ['explain', STANDARD.inet.noc],
    ['doctor', '--root', std.lab.directory],
    ['drill', '--case', 'none'],
  ]) {
    const without = await agent.cli(...command, '--json', ...at);
    const found = await agent.cli(...command, '--json', ...at, '--interface', 'mgmt0');
    if (command[0] === 'drill') {
      t.match(found, { status: 64, stderr: /there is no case 'none'/ }, 'drill knows the option');
      continue;
    }
    t.notMatch(found.stdout, /fxp0/, `${command[0]}: of mgmt0`);
    if (command[0] !== 'doctor') t.match(found.stdout, /mgmt0/);
    else
      t.match([without.status === 78, found.status === 78], [true, false], 'without it the configuration has an error');
    t.not(without.stdout, found.stdout, 'which the text alone does not say');
  }
  t.match(
    (await agent.cli('plan', ...at, '--interface', 'mgmt0')).stdout,
    /^# to bring the backup routes in \(this applies now\): nothing to do$/m,
  );
  t.match(
    (await agent.cli('flush', '--dry-run', ...at, '--interface', 'mgmt0')).stdout,
    /^ip route del 10\.99\.0\.0\/16 via 10\.255\.0\.1 dev mgmt0 table 25516 proto 157$/m,
  );
});

t.test('a reload of broken Junos text keeps what runs', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, JUNOS, { args: ['--interface', 'mgmt0'] });
  await turned(agent, 'in');
  await eventually(() => owned(std.router).length === 3, { what: 'a route and its two rules' });
  const before = owned(std.router);
  for (const broken of [
    JUNOS.replace('10.99.0.0/16;', '10.99.0.0/61;'),
    JUNOS.slice(0, JUNOS.indexOf('10.99.0.0/16') + 6),
    'system {\n',
  ]) {
    agent.configure(broken);
    const reload = await agent.cli('reload');
    t.match(reload, { status: 78, stderr: /config\.yaml:\d+:\d+/ }, 'refused, with the place of the error');
    t.same(owned(std.router), before, 'what is in stays in');
    t.equal(
      (await statusOf(agent)).configuration.errors.length > 0 ||
        (await agent.cli('check', '-c', agent.configFile, '--interface', 'mgmt0')).status === 78,
      true,
    );
  }
  agent.configure(JUNOS.replace('10.99.0.0/16', '10.98.0.0/16'));
  t.match(await agent.cli('reload'), { status: 0 });
  t.match((await statusOf(agent)).backupRoutes, [{ destination: '10.98.0.0/16' }], 'a good one is taken');
});
