/**
 * `plan` prints commands that do what the agent would do. After they have been run in a shell, the
 * agent has nothing left to do. The commands that remove the routes again leave the kernel as it
 * was, to the byte. Both placements; without privileges; what is waited for.
 */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { CommandResult } from '../../src/drill/lab/command.js';
import { routes } from '../lab/inspect.js';
import { STANDARD, type StandardLab } from '../lab/standard.js';
import { agentIn, type ConfigOptions, configText, expected, laboratory, owned, PLACEMENTS } from './agent-support.js';

const CLI = fileURLToPath(new URL('../../bin/backup-router.cjs', import.meta.url));
const DESTINATIONS = {
  inet: ['0.0.0.0/0', '10.0.0.0/8', '10.99.0.0/16'],
  inet6: ['::/0', '2001:db8:99::/48'],
};
const UNPRIVILEGED = ['setpriv', '--inh-caps=-all', '--bounding-set=-all'];

/** The command line in the router, with a configuration and directories of its own. */
function commandLine(
  std: StandardLab,
  config: ConfigOptions,
): {
  readonly file: string;
  readonly cli: (argv: readonly string[], wrapper?: readonly string[]) => CommandResult;
} {
  const directory = mkdtempSync(join(std.lab.directory, 'plan-'));
  const file = join(directory, 'config.yaml');
  writeFileSync(file, configText(config));
  for (const name of ['run', 'state']) mkdirSync(join(directory, name));
  const env = [
    'env',
    '-i',
    `PATH=${process.env['PATH'] ?? ''}`,
    `RUNTIME_DIRECTORY=${directory}/run`,
    `STATE_DIRECTORY=${directory}/state`,
  ];
  return {
    file,
    cli: (argv, wrapper = []) => std.router.tryRun([...wrapper, ...env, process.execPath, CLI, ...argv, '-c', file]),
  };
}

/** Everything that the kernel holds, ours included. */
function kernelText({ router }: StandardLab): string {
  return ['-4 route show table all', '-6 route show table all', '-4 rule', '-6 rule']
    .map((argv) => router.run(['ip', '-d', ...argv.split(' ')]))
    .join('\n');
}

interface Plan {
  readonly applies: string | null;
  readonly in: { readonly commands: readonly string[] };
  readonly out: { readonly commands: readonly string[] };
  readonly waiting: readonly { readonly subject: string; readonly reason: string }[];
}

for (const placement of PLACEMENTS) {
  t.test(`pasted in and out, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    // Somebody else's: the same destinations at other metrics, another table, a rule.
    router.ipBatch([
      `route add 10.0.0.0/8 via ${STANDARD.inet.peer} metric 77`,
      `route add 2001:db8:99::/48 via ${STANDARD.inet6.peer} metric 77`,
      'rule add pref 32765 from 10.3.0.0/16 lookup main',
    ]);
    const config = { placement, destinations: DESTINATIONS };
    const { cli } = commandLine(std, config);
    const plan = (): Plan => JSON.parse(cli(['plan', '--json']).stdout) as Plan;
    const start = kernelText(std);
    const text = cli(['plan'], UNPRIVILEGED);
    t.match(text, { status: 0, stderr: '' }, 'without privileges');
    t.equal(text.stdout, cli(['plan']).stdout, 'and the same as with them');
    t.equal(kernelText(std), start, 'nothing was changed by asking');
    t.match(plan(), { applies: null, waiting: [], out: { commands: [] } });
    t.equal(plan().in.commands.length, placement === 'local' ? 15 : 5);

    router.run(['sh', '-e'], { input: text.stdout });
    t.same(owned(router), expected(config), 'the whole output pasted: in');
    t.match(plan(), { in: { commands: [] } }, 'nothing is left to do');
    const agent = agentIn(std, config);
    await agent.waitForLog(/ ready /, 20_000);
    t.notOk(
      agent.log.some((line) => /add-route|add-rule|delete-/.test(line)),
      'the agent finds nothing to do',
    );
    t.match(JSON.parse((await agent.cli('plan', '--json', '-c', agent.configFile)).stdout), {
      applies: 'in',
      in: { commands: [] },
    });
    await agent.stop();

    router.run(['sh', '-e'], { input: plan().out.commands.join('\n') });
    t.equal(kernelText(std), start, 'taken out: the kernel is as it was, to the byte');
  });
}

t.test('what it waits for', async (t) => {
  const std = laboratory(t);
  const { cli } = commandLine(std, { interface: 'mgmt9' });
  t.match(cli(['plan']), {
    status: 0,
    stdout: /to bring the backup routes in: nothing to do\n# waiting for mgmt9: no such interface yet\n/,
  });
  const other = commandLine(std, { destinations: { inet: ['10.0.0.0/8'] } });
  std.router.ip('addr flush dev mgmt0 scope global');
  const { stdout } = other.cli(['plan']);
  t.match(stdout, /# waiting for 10\.255\.0\.1: mgmt0 has no inet address yet\n/);
  t.notMatch(stdout, /^ip route/m, 'no command that would be refused');
  t.match(stdout, /^ip -6 route add default via fe80::1 dev mgmt0/m, 'a link-local gateway needs none');
  t.match(JSON.parse(other.cli(['plan', '--json']).stdout), { waiting: [{ subject: '10.255.0.1' }] });
});

t.test('a default route that would be taken over', async (t) => {
  const std = laboratory(t);
  std.router.ip(`route add default via ${STANDARD.inet.gateway} dev mgmt0 proto dhcp metric 100`);
  const { cli } = commandLine(std, { more: { 'backup-router': { address: 'auto', adopt: true } } });
  const { stdout } = cli(['plan']);
  t.match(stdout, /^ip route add default via 10\.255\.0\.1 dev mgmt0 table 25500 proto 157$/m, 'its gateway is ours');
  t.match(
    stdout,
    /^# to take over the foreign default route .* once the above is done .*\nip route del default via 10\.255\.0\.1 dev mgmt0 proto 16 metric 100$/m,
  );
  std.router.run(['sh', '-e'], { input: stdout });
  t.same(
    routes(std.router, 'inet').filter((route) => route.dst === 'default'),
    [],
    'ip(8) takes the command',
  );
  const told = cli(['explain', '203.0.113.1']).stdout;
  t.match(told, /^now +backup via 10\.255\.0\.1 dev mgmt0/m);
});

t.test('explain: exit statuses, arguments and silence', async (t) => {
  const std = laboratory(t);
  const { cli, file } = commandLine(std, {});
  const answer = cli(['explain', '203.0.113.1'], UNPRIVILEGED);
  t.match(answer, { status: 0, stderr: '' }, 'without an agent and without privileges');
  t.match(answer.stdout, /^kernel {3}no route/m);
  t.match(answer.stdout, /^agent {4}.*does not run/m);
  t.match(answer.stdout, /^booting +backup via 10\.255\.0\.1 dev mgmt0 /m);
  // Nothing is wrapped in the middle of a path.
  t.same(
    answer.stdout.split('\n').filter((line) => line.length > 80 && !line.includes(std.lab.directory)),
    [],
    '80 columns',
  );
  for (const [argument, help] of [
    ['10.0.0.0/8', 'explain 10.0.0.0'],
    ['::ffff:10.0.0.1', 'explain 10.0.0.1'],
    ['fe80::1%mgmt0', 'explain fe80::1'],
    ['router.example', 'in figures'],
    ['10.0.0', 'a.b.c.d'],
  ] as const) {
    const { status, stderr } = cli(['explain', argument]);
    t.equal(status, 64, argument);
    t.ok(stderr.includes(help), `${argument}: ${stderr.trim()}`);
  }
  t.match(cli(['explain', '10.0.0.1', '--vrf', 'blue']), { status: 64, stderr: /there is no VRF blue/ });
  std.router.ip('rule add pref 77 fwmark 0x7 lookup 99');
  t.match(
    cli(['explain', '203.0.113.1']).stdout.replace(/\s+/g, ' '),
    /depends rule 77: from all fwmark 0x7 lookup 99 may take other packets to this address: on the mark/,
  );
  // A refusal of a shorter prefix beats the backup route: said, and why.
  std.router.ip('route add blackhole 10.0.0.0/8');
  writeFileSync(file, configText({ destinations: { inet: ['10.99.0.0/16'] } }));
  t.match(
    cli(['explain', '10.99.0.10']).stdout.replace(/\s+/g, ' '),
    /blackhole 10\.0\.0\.0\/8 in table main, although the backup route 10\.99\.0\.0\/16 is more specific: a refusal ends the lookup/,
  );
  writeFileSync(file, 'management-interface: 7\n');
  t.match(cli(['explain', '10.99.0.10']), { status: 78, stderr: /backup-router check -c/ });
});
