/**
 * Compares the command line with the kernel: status, routes, flush, and the refusals (no
 * permission, a second agent, no agent) with their exit statuses.
 */

import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sleep } from '../../src/drill/lab/wait.js';
import { STANDARD } from '../lab/standard.js';
import {
  agentIn,
  expected,
  FAMILIES,
  GATEWAY,
  laboratory,
  owned,
  PLACEMENTS,
  restartAgent,
  settles,
  statusOf,
  turned,
  zebraOnly,
} from './agent-support.js';

/** RFC 3339 in UTC. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

t.test('status: every field of the schema, in and out', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const frr = zebraOnly(std);
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 0 });
  await agent.waitForLog(/ ready /);
  const status = await statusOf(agent);
  t.same(Object.keys(status).sort(), [
    'adopted',
    'agent',
    'backupRoutes',
    'configuration',
    'daemons',
    'damping',
    'disagreements',
    'faults',
    'gateways',
    'interference',
    'lastOutage',
    'managementInterfaces',
    'preemption',
    'routes',
    'symmetricReplies',
    'version',
    'waiting',
  ]);
  t.equal(status.version, 1);
  t.match(status.agent, { pid: agent.process.pid, version: /^\d+\.\d+\.\d+/, forMs: Number, dryRun: false });
  t.same(status.configuration, {
    file: agent.configFile,
    source: 'file',
    errors: [],
    changed: false,
    unconfirmed: null,
    rolledBackAt: null,
  });
  t.match(status.lastOutage, {
    began: TIME,
    ended: null,
    lengthMs: Number,
    cause: 'start',
    reason: /frr\/zebra is down/,
  });
  t.same(Object.keys(status.routes).sort(), [
    'cause',
    'coveredBefore',
    'forMs',
    'phase',
    'placement',
    'reason',
    'role',
    'roleReason',
    'since',
    'stale',
    'uncovered',
    'untilMs',
  ]);
  t.match(status.routes, {
    phase: /^in$/,
    cause: 'down',
    reason: `frr/zebra is down: no socket ${frr.directory}/zebra.vty`,
    since: TIME,
    untilMs: null,
    placement: 'local',
    role: 'primary',
  });
  t.ok(
    Math.abs(Date.parse(status.routes.since) + status.routes.forMs - Date.now()) < 2000,
    'since and forMs tell the same',
  );
  t.match(status.managementInterfaces[0]!, { name: 'mgmt0', index: Number, up: true, carrier: true });
  t.match(status.managementInterfaces[0]!.addresses.join(' '), `${STANDARD.inet.mgmt}/24`);
  t.match(status.managementInterfaces[0]!.addresses.join(' '), `${STANDARD.inet6.mgmt}/64`);
  t.match(status.daemons, [{ id: 'frr/zebra', state: 'down', reason: /no socket/, since: TIME }]);
  t.same(
    status.backupRoutes,
    FAMILIES.map((family) => ({
      destination: 'default',
      gateway: GATEWAY[family],
      interface: 'mgmt0',
      table: 25_500,
      metric: family === 'inet' ? 0 : 1024,
      state: 'installed',
      preempting: false,
    })),
  );
  t.same(
    [status.waiting, status.faults, status.disagreements, status.interference, status.damping],
    [[], [], [], null, { deaths: 0, holdMs: 300, reason: null }],
  );

  const words = (await agent.cli('status')).stdout;
  t.match(words, /^backup routes +IN for \S+: frr\/zebra is down/);
  t.match(words, /^interface +mgmt0: up, 10\.255\.0\.2\/24/m);
  t.match(words, /^placement +local, role primary \(configured\)$/m);
  t.match(words, /^frr\/zebra +down /m);
  t.match(words, /^default +10\.255\.0\.1 +mgmt0 +25500 +installed$/m);
  t.notMatch(words, /\u001b\[/, 'no colours off a terminal');

  await frr.start();
  await agent.waitForLog(/cause=hold/);
  const held = await statusOf(agent);
  if (held.routes.phase === 'in')
    t.ok(held.routes.untilMs !== null && held.routes.untilMs <= 300, 'until when it will be in');
  await turned(agent, 'out');
  await settles(t, router, [], 'out');
  const out = await statusOf(agent);
  t.match(out.routes, { phase: 'out', cause: null, untilMs: null });
  t.match(out.daemons, [{ state: 'responsive' }]);
  t.match((await agent.cli('status')).stdout, /^backup routes +OUT for /);

  await agent.stop();
  for (const argv of [['status'], ['status', '--json'], ['reload']] as const) {
    const none = await agent.cli(...argv);
    t.equal(none.status, 69, `${argv.join(' ')} without an agent: 69`);
    t.match(none.stderr, /the agent does not run/);
    t.equal(none.stdout === '', !(argv as readonly string[]).includes('--json'));
  }
});

t.test('from another network namespace: no answer of the agent beside the wrong kernel', async (t) => {
  const std = laboratory(t);
  const { router, noc } = std;
  const agent = agentIn(std, { convergence: 0 });
  await agent.waitForLog(/ ready /);
  await settles(t, router, expected(), 'in');
  const net = (await statusOf(agent)).agent.networkNamespace;
  t.equal(net, readlinkSync(`/proc/${agent.process.pid}/ns/net`), 'status tells its namespace');
  const outside = (...words: readonly string[]): ReturnType<typeof noc.tryRun> => noc.tryRun(agent.command(...words));
  const there = (words: string): string => `sudo ip netns exec ${router.name} backup-router ${words}`;

  const dry = outside('reload', '--dry-run');
  t.same([dry.status, dry.stdout], [69, ''], 'reload --dry-run refuses');
  t.match(dry.stderr, `the agent runs in another network namespace, ${net}`);
  t.match(dry.stderr, `help: ${there('reload --dry-run')}`, 'and names the command');
  t.equal((await agent.cli('reload', '--dry-run')).status, 0, 'which answers there');

  const file = ['-c', agent.configFile] as const;
  const plan = outside('plan', ...file);
  t.match([plan.status, plan.stdout], [0, `; there: ${there(`plan ${file.join(' ')}`)}\n`], 'plan says so');
  t.notMatch(plan.stdout, 'this applies now');
  const explain = JSON.parse(outside('explain', '203.0.113.1', ...file, '--json').stdout) as {
    readonly agent: unknown;
    readonly agentSilence: string;
  };
  t.equal(explain.agent, null, 'explain has nothing from it');
  t.match(explain.agentSilence, there(`explain 203.0.113.1 ${file.join(' ')} --json`));
  const routes = outside('routes', ...file);
  t.match([routes.status, routes.stdout], [0, 'no backup routes in the kernel']);
  t.match(routes.stderr, there(`routes ${file.join(' ')}`), 'routes says where they may be');
  const { findings } = JSON.parse(outside('doctor', ...file, '--json').stdout) as {
    readonly findings: readonly { readonly code: string; readonly severity: string; readonly remedy: string }[];
  };
  t.match(
    findings.find(({ code }) => code === 'agent-not-running'),
    { severity: 'warning', remedy: there('doctor') },
    'doctor too',
  );
  t.equal(outside('status').status, 0, 'what is of the agent alone is told everywhere');

  const nameless = ['unshare', '-m', 'sh', '-ec', 'mount -t tmpfs none /run/netns; exec "$@"', 'sh'];
  t.match(
    noc.tryRun([...nameless, ...agent.command('reload', '--dry-run')]).stderr,
    `sudo nsenter -t ${agent.process.pid} -n backup-router reload --dry-run`,
    'without a name by the agent itself',
  );
  await agent.stop();
});

for (const placement of PLACEMENTS) {
  t.test(`routes and flush, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    const agent = agentIn(std, { placement });
    await agent.waitForLog(/ ready /);
    const at = ['-c', agent.configFile] as const;
    const words = (await agent.cli('routes', ...at)).stdout;
    const [table, metric] = placement === 'local' ? ['25500', '0'] : ['main', '4278194176'];
    t.match(words, new RegExp(`^default +10\\.255\\.0\\.1 +mgmt0 +${table} +${metric}$`, 'm'));
    t.match(words, new RegExp(`^default +fe80::1 +mgmt0 +${table} `, 'm'));
    const json = JSON.parse((await agent.cli('routes', '--json', ...at)).stdout) as {
      readonly version: number;
      readonly routes: readonly unknown[];
      readonly rules: readonly unknown[];
    };
    t.match(json, {
      version: 1,
      routes: [
        { destination: 'default', family: 'inet', gateway: '10.255.0.1', interface: 'mgmt0', protocol: 157 },
        { family: 'inet6', gateway: 'fe80::1' },
      ],
    });
    t.equal(json.rules.length, placement === 'local' ? 4 : 0);

    const refused = await agent.cli('flush', ...at);
    t.match(
      refused,
      { status: 1, stderr: /the agent runs and would put the routes back/ },
      'flush refuses beside the agent',
    );
    t.same(owned(router), expected({ placement }), 'and removes nothing');
    const dry = await agent.cli('flush', '--dry-run', ...at);
    t.match(dry, { status: 0, stdout: /^ip route del default via 10\.255\.0\.1 dev mgmt0/m });
    t.same(owned(router), expected({ placement }), 'nor does a dry run');
    t.equal((await agent.cli('flush', '--force', ...at)).status, 0, 'forced, it does');
    await settles(t, router, expected({ placement }), 'and the agent puts them back');

    await agent.stop();
    t.same(owned(router), expected({ placement }), 'kept after the stop');
    t.match((await agent.cli('routes', ...at)).stdout, /10\.255\.0\.1/, 'routes needs no agent');
    const flushed = await agent.cli('flush', ...at);
    t.match(flushed, { status: 0, stdout: new RegExp(`${placement === 'local' ? 6 : 2} removed`) });
    t.same(owned(router), [], 'flushed');
    t.match(await agent.cli('flush', ...at), { status: 0, stdout: 'nothing to remove\n' });
    t.match((await agent.cli('routes', ...at)).stdout, 'no backup routes in the kernel');
  });
}

t.test('no permission, a second agent, a dry run', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const wrapper = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
  const powerless = agentIn(std, {}, { wrapper });
  t.match(await powerless.process.exited, { status: 77 }, 'without CAP_NET_ADMIN: exit 77');
  t.match(powerless.log.join('\n'), /capability CAP_NET_ADMIN is missing/);
  t.match(powerless.log.join('\n'), /help: .*NET_ADMIN/, 'and a remedy');

  const first = agentIn(std, {});
  await first.waitForLog(/ ready /);
  await statusOf(first);
  const second = restartAgent(std, first, {});
  t.match(await second.process.exited, { status: 69 }, 'a second agent on the same runtime directory does not start');
  t.match(second.log.join('\n'), /another agent runs already/);
  t.equal((await statusOf(first)).agent.pid, first.process.pid, 'the first one still answers');
  t.same(owned(router), expected(), 'its routes stand');

  await first.kill();
  t.ok(existsSync(join(first.directory, 'run', 'control.sock')), 'a killed agent leaves its socket');
  const heir = restartAgent(std, first, {});
  await heir.waitForLog(/ ready /);
  t.equal((await statusOf(heir)).agent.pid, heir.process.pid, 'which its heir takes over');
  await heir.stop();
  await heir.cli('flush', '-c', heir.configFile);

  const dry = agentIn(std, {}, { args: ['--dry-run'], wrapper });
  await dry.waitForLog(/^ip route add default via 10\.255\.0\.1 dev mgmt0 table 25500 proto 157$/);
  await sleep(300);
  t.same(owned(router), [], 'a dry run needs no privileges and changes nothing');
  t.equal(dry.process.running, true);
  const { agent, backupRoutes } = await statusOf(dry);
  t.equal(agent.dryRun, true);
  t.match(backupRoutes, [{ state: 'absent' }, { state: 'absent' }], 'the status does not say that they are in');
  t.match(await dry.cli('status'), {
    status: 1,
    stdout: /^backup routes +WANTED, NOT IN .*^dry run +the kernel is not/ms,
  });
  t.match((await dry.cli('metrics')).stdout, /^backup_router_routes_in 0$/m);
  await dry.stop();
});
