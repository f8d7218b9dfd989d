/**
 * Real hazards in the kernel and in FRR, and doctor's finding for each: its severity, its evidence
 * and its remedy. Several hazards are created at a time, since they are independent.
 * doctor-clean.test.ts shows that a router without them has no finding.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { prepareFrr } from '../../src/drill/lab/frr.js';
import { bgpConfig, zebraConfig } from '../../src/drill/lab/frr-conf.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr } from '../lab/standard-frr.js';
import { agentIn, configText, laboratory, turned, zebraOnly } from './agent-support.js';
import { agentOfNobody, complaints, examine, examineAlone } from './doctor-support.js';

// Some fifty runs of the command.
t.setTimeout(400_000);

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--bounding-set', '-all'];

t.test('placement main beside an FRR that leaks', async (t) => {
  const std = laboratory(t, { rpFilter: 1 });
  const frr = prepareRouterFrr(std, {
    redistribute: ['kernel'],
    networks: ['0.0.0.0/0'],
    zebraLines: ['ip nht resolve-via-default'],
    staticRoutes: [{ prefix: '10.99.0.0/24', gateway: STANDARD.inet.gateway }],
  });
  await frr.start();
  std.router.ip(`route add default via ${STANDARD.inet.gateway} dev mgmt0`);
  const found = await examineAlone(std, {
    frr,
    placement: 'main',
    destinations: { inet: ['0.0.0.0/0', '10.99.0.0/16'] },
  });
  t.equal(found.status, 1);
  const one = (code: string): { readonly severity: string; readonly evidence: string; readonly remedy: string } => {
    const [first] = found.of(code);
    return {
      severity: first?.severity ?? 'none',
      evidence: first?.evidence.join('\n') ?? '',
      remedy: first?.remedy ?? '',
    };
  };
  t.match(one('redistribute-kernel'), {
    severity: 'warning',
    evidence: /^bgpd \(running\): router bgp 65002 > address-family ipv4 unicast > redistribute kernel$/m,
    remedy: /-c 'address-family ipv6 unicast' -c 'no redistribute kernel'/,
  });
  t.match(one('network-default'), { severity: 'warning', evidence: /network 0\.0\.0\.0\/0/ });
  t.match(one('nht-resolve-via-default'), {
    severity: 'warning',
    // FRR 8.4 does not say it itself.
    evidence: /^zebra(?:, 'show ip nht vrf all': Resolve via default: on| \(running\): ip nht resolve-via-default)$/m,
  });
  t.match(one('static-overlap'), {
    severity: 'warning',
    evidence: /ip route 10\.99\.0\.0\/24 10\.255\.0\.1[\s\S]*10\.99\.0\.0\/24 via 10\.255\.0\.1 dev mgmt0 proto 196/,
  });
  t.match(one('transit-forwarding'), { severity: 'warning', evidence: /ip_forward = 1/ });
  t.match(one('rp-filter-strict'), { severity: 'warning', evidence: /mgmt0\/rp_filter = 1/ });
  t.match(one('default-distance-zero'), {
    severity: 'warning',
    evidence: /^default via 10\.255\.0\.1 dev mgmt0 proto 3$/m,
  });

  // The remedies do what they say.
  const paste = one('default-distance-zero')
    .remedy.split('\n')
    .filter((line) => line.startsWith('ip route'));
  t.equal(paste.length, 2);
  for (const line of paste) std.router.run(['sh', '-c', line]);
  std.router.run(['sh', '-c', one('rp-filter-strict').remedy.split('\n')[0]!]);
  frr.configureRunning('bgpd', [
    'router bgp 65002',
    'address-family ipv4 unicast',
    'no redistribute kernel',
    'no network 0.0.0.0/0',
    'exit-address-family',
    'address-family ipv6 unicast',
    'no redistribute kernel',
  ]);
  frr.configureRunning('zebra', ['no ip nht resolve-via-default']);
  const cured = await examineAlone(std, {
    frr,
    placement: 'main',
    destinations: { inet: ['0.0.0.0/0', '10.99.0.0/16'] },
  });
  for (const code of [
    'default-distance-zero',
    'rp-filter-strict',
    'redistribute-kernel',
    'network-default',
    'nht-resolve-via-default',
  ])
    t.same(cured.of(code), [], `${code} is gone`);

  const local = await examineAlone(std, { frr });
  for (const code of ['redistribute-kernel', 'network-default', 'transit-forwarding'])
    t.notOk(
      local.report.findings.some((finding) => finding.code === code),
      `${code} does not concern placement local`,
    );
});

t.test('numbers that others use', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  router.ipBatch([
    'route add 10.7.0.0/16 via 10.1.0.1 table 25500',
    'route add 10.8.0.0/16 via 10.1.0.1 proto 157 metric 100',
    'rule add from 10.9.0.0/16 lookup 100 pref 31010',
    'rule add fwmark 0x7 lookup 100 pref 500',
    'rule add lookup 100 pref 600',
    'rule add from 10.9.0.0/16 lookup 100 pref 32000',
    'rule add iif data0 lookup 100 pref 700',
  ]);
  const found = await examineAlone(std, {}, { '/etc/iproute2/rt_protos': '157 somebody\n' });
  t.match(found.of('table-in-use'), [
    { severity: 'warning', evidence: ['10.7.0.0/16 via 10.1.0.1 dev data0 table 25500 proto 3'] },
  ]);
  t.match(found.of('protocol-foreign-routes'), [
    { severity: 'warning', evidence: ['10.8.0.0/16 via 10.1.0.1 dev data0 proto 157 metric 100'] },
  ]);
  t.match(found.of('rule-before-ours'), [
    {
      severity: 'warning',
      evidence: [
        '500: from all fwmark 0x7 lookup 100',
        '600: from all lookup 100',
        '31010: from 10.9.0.0/16 lookup 100',
        '32000: from 10.9.0.0/16 lookup 100',
      ],
    },
  ]);
  t.same(found.of('rule-overtaken'), []);
  t.same(found.of('rule-place'), []);
  t.match(found.of('number-named-otherwise'), [
    { severity: 'warning', evidence: ['/etc/iproute2/rt_protos:1: 157 somebody'] },
  ]);
  t.same(found.of('kernel-policy-rules'), [], 'this kernel has what it takes');
});

t.test('the link and its gateways', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const dead = { inet: '10.255.0.77', inet6: 'fe80::77' };
  const alone = await examineAlone(std, { gateway: dead });
  t.match(
    alone.of('gateway-dead').map(({ severity, evidence }) => [severity, evidence[0]]),
    [
      ['error', /^neighbour 10\.255\.0\.77 dev mgmt0 FAILED$/],
      ['error', /^neighbour fe80::77 dev mgmt0 FAILED$/],
    ],
  );
  const either = await examineAlone(std, { gateway: { inet: ['10.255.0.77', STANDARD.inet.gateway] } });
  t.match(
    either.of('gateway-dead').map(({ severity, message }) => [severity, message]),
    [['warning', /10\.255\.0\.1 does, and is used/]],
  );
  const off = await examineAlone(std, { gateway: { inet: '10.254.0.1', inet6: STANDARD.inet6.data } });
  t.match(off.of('gateway-off-link'), [{ severity: 'error', evidence: ['mgmt0: inet 10.255.0.2/24'] }]);
  t.match(off.of('gateway-own-address'), [{ severity: 'error', evidence: [`data0: inet6 ${STANDARD.inet6.data}/64`] }]);

  const missing = await examineAlone(std, { interface: 'mgmt9' });
  t.match(missing.of('interface-missing'), [{ severity: 'error', evidence: [/lo mgmt0 data0|lo data0 mgmt0/] }]);
  router.ip('link property add dev data0 altname mgmt9');
  t.same(
    (await examineAlone(std, { interface: 'mgmt9' })).of('interface-missing'),
    [],
    'an alternative name is a name',
  );

  router.sysctl('net.ipv6.conf.mgmt0.disable_ipv6', 1);
  const six = await examineAlone(std, {});
  t.match(six.of('inet6-disabled'), [
    { severity: 'error', evidence: ['/proc/sys/net/ipv6/conf/mgmt0/disable_ipv6 = 1'] },
  ]);
  t.match(six.of('interface-no-address'), [{ severity: 'error', evidence: ['mgmt0: no inet6 address'] }]);

  std.gw.ip('link set router0 down');
  t.match((await examineAlone(std, {})).of('interface-no-carrier'), [{ severity: 'error' }]);
  router.ip('link set mgmt0 down');
  t.match((await examineAlone(std, {})).of('interface-down'), [{ severity: 'error', evidence: [/mgmt0: state DOWN/] }]);
  router.ip('link add br0 type bridge');
  router.ip('link set mgmt0 master br0');
  t.match((await examineAlone(std, {})).of('interface-enslaved'), [
    { severity: 'error', evidence: [/master br0 \(bridge\)/] },
  ]);
});

t.test('as nobody: what cannot be seen is said, and nothing is called good for want of a look', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const found = await examineAlone(std, { frr, daemons: ['zebra'] }, {}, NOBODY);
  t.match(
    found.of('gateway-dead').map(({ severity, message }) => [severity, message]),
    [
      ['unknown', /needs CAP_NET_ADMIN/],
      ['unknown', /needs CAP_NET_ADMIN/],
    ],
  );
  t.match(
    found.of('socket-denied').map(({ severity }) => severity),
    ['unknown'],
    'nobody is not the agent',
  );
  t.match(
    found.of('static-overlap').map(({ severity }) => severity),
    ['unknown'],
  );
  t.match(
    found.of('capability-missing').map(({ severity }) => severity),
    ['unknown'],
  );
  t.ok(found.report.summary.unknown >= 4, `${found.report.summary.unknown} not possible`);

  // The agent itself as nobody, but for CAP_NET_ADMIN: its own identity is judged, by a doctor who is root.
  const agent = agentOfNobody(std, { frr, daemons: ['zebra'] });
  await agent.waitForLog(/ ready /);
  const root = await examine(std, agent, { '/etc/group': readFileSync('/etc/group', 'utf8') });
  t.match(root.of('socket-denied'), [
    {
      severity: 'error',
      evidence: [/zebra\.vty: mode 0770/, /^the running agent \(pid \d+\): uid 65534, groups \S+$/],
      remedy: /usermod -aG frrvty/,
    },
  ]);
  t.match(root.of('state-not-writable'), [
    { severity: 'warning', evidence: [/agent-of-nobody\/state: mode 0755, uid 0/] },
  ]);
  t.match(root.of('last-known-good-missing'), [{ severity: 'warning' }]);
  t.same(root.of('capability-missing'), []);
});

t.test('a daemon that hangs, one that is not there, a directory that is not', async (t) => {
  const std = laboratory(t);
  const frr = prepareFrr(std.router, {
    directory: join(std.lab.directory, 'frr'),
    daemons: { zebra: zebraConfig(), bgpd: bgpConfig({ asn: 65002, routerId: '10.0.0.2', neighbours: [] }) },
  });
  await frr.start();
  frr.pause('bgpd');
  const found = await examineAlone(
    std,
    { frr, daemons: ['zebra', 'bgpd', 'ospfd'], probeTimeout: '2s' },
    { '/etc/frr/daemons': 'bgpd=yes\nospfd=no\nzebra_options="-K 30 -r"\n' },
  );
  frr.resume('bgpd');
  t.match(found.of('socket-silent'), [
    { severity: 'warning', message: /^frr\/bgpd accepts/, evidence: [/no answer in 2000 ms/] },
  ]);
  t.match(found.of('socket-absent'), [{ severity: 'warning', message: /^frr\/ospfd has no socket/ }]);
  t.match(found.of('frr-daemon-disabled'), [{ severity: 'error', evidence: ['/etc/frr/daemons:2: ospfd=no'] }]);
  t.match(
    [...found.of('frr-zebra-keeps-routes'), ...found.of('frr-zebra-sweeps-late')],
    [{ severity: 'note' }, { severity: 'note' }],
  );
  const nowhere = await examineAlone(std, {});
  t.match(
    nowhere.of('socket-absent').map(({ message }) => message),
    [/directory .* does not exist/, /directory .* does not exist/],
  );
});

t.test('agents: another file, a changed file, two of them, a dry run', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  const options = { frr, daemons: ['zebra'] };
  await frr.start();
  const agent = agentIn(std, { ...options, convergence: 0 });
  await turned(agent, 'out');
  t.same(complaints(await examine(std, agent)), []);

  agent.configure(configText({ ...options, convergence: 0, placement: 'main' }));
  t.match((await examine(std, agent)).of('config-not-running'), [
    { severity: 'warning', evidence: ['placement: main in the file, local runs'], remedy: /reload/ },
  ]);
  agent.configure(configText({ ...options, convergence: 5 }));
  t.match((await examine(std, agent)).of('config-not-running'), [
    { severity: 'warning', evidence: [/last-known-good\.yaml differs/] },
  ]);
  agent.configure('management-interface: mgmt0\nbackup-routr: {address: 10.255.0.1}\n');
  const broken = await examine(std, agent);
  t.equal(broken.status, 78);
  t.match(
    broken
      .of('config-faults')
      .flatMap(({ severity, evidence }) => `${severity} ${evidence[0]}`)
      .join('\n'),
    /^error .*config\.yaml:2:1: backup-routr/m,
  );
  agent.configure(configText({ ...options, convergence: 0 }));

  const second = agentIn(std, options, { args: ['--dry-run'] });
  await second.waitForLog(/ ready /);
  const beside = await examine(std, agent);
  t.same(beside.of('two-agents'), [], 'a dry run may stand beside');
  t.match((await examine(std, second)).of('agent-dry-run'), [{ severity: 'error' }]);
  const third = agentIn(std, options);
  await third.waitForLog(/ ready /);
  t.match((await examine(std, agent)).of('two-agents'), [
    {
      severity: 'warning',
      evidence: [new RegExp(`^${agent.process.pid} `), new RegExp(`^${third.process.pid} `)],
    },
  ]);
});

t.test('the text: worst first, 80 columns, no colours off a terminal; the help has examples', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, { gateway: { inet: '10.254.0.1' } });
  await agent.waitForLog(/ ready /);
  const { status, stdout } = await agent.cli('doctor', '-c', agent.configFile, '--root', std.lab.directory);
  t.equal(status, 1);
  t.match(stdout, /^ERROR {4}gateway-off-link {2}backup router\n {9}10\.254\.0\.1 is not a neighbour on mgmt0/m);
  t.notMatch(stdout, /\u001b/);
  t.match(
    stdout.trimEnd().split('\n').at(-1),
    /^\d+ errors?, \d+ warnings?, \d+ notes?, \d+ checks ok, \d+ not possible$/,
  );
  t.match((await agent.cli('doctor', '--help')).stdout, /Examples:\n {2}sudo backup-router doctor\n/);
  const none = await agent.cli('doctor', '-c', '/no/such/file.yaml');
  t.equal(none.status, existsSync(join(agent.directory, 'state/last-known-good.yaml')) ? none.status : 78);
});
