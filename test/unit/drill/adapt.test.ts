/** The user's configuration as a drill plays it: what stays, what is replaced, and that nothing is replaced in silence. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { type Adapted, adapt } from '../../../src/drill/adapt.js';
import type { DrillDaemon } from '../../../src/drill/protocol.js';
import type { Config } from '../../../src/model/config.js';
import { containsAddress, parsePrefix } from '../../../src/model/prefix.js';

const FRR = { zebra: '/usr/lib/frr/zebra', bgpd: '/usr/lib/frr/bgpd', ospfd: '/usr/lib/frr/ospfd' };

function config(file: unknown): Config {
  const parsed = parseConfig(typeof file === 'string' ? file : JSON.stringify(file), 'config.yaml');
  if (parsed.config === undefined) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.config;
}

function adapted(file: unknown, daemon: DrillDaemon = 'frr', realTime = false): Adapted {
  return adapt(config(file), {
    daemon,
    programs: daemon === 'frr' ? FRR : { bird: '/usr/sbin/bird' },
    realTime,
  });
}

/** The configuration that the agent in the laboratory is given, read as the agent reads it. */
function played(one: Adapted): Config {
  return config(one.setup.configuration);
}

const whats = (one: Adapted): readonly string[] => one.differences.map(({ what }) => what);
const SHORT = {
  withdraw: { 'hold-time': '1s', 'convergence-timeout': '20s' },
  detect: { 'probe-interval': '200ms', 'probe-timeout': '2s' },
  stale: { 'preempt-after': '2s' },
};
const MINIMAL = { 'management-interface': 'eth0', 'backup-router': { address: '10.255.0.1' } };

t.test('what a laboratory can have stays as it is configured', async (t) => {
  const file = {
    'management-interface': [
      {
        name: 'eth0',
        'backup-router': {
          address: ['10.255.0.1', '10.255.0.9'],
          destination: ['10.0.0.0/8', '172.16.0.0/12'],
        },
        'inet6-backup-router': { address: 'fe80::1' },
      },
      { mac: '52:54:00:12:34:56', 'backup-router': { address: '10.254.0.1' } },
    ],
    'routing-daemon': { frr: { daemons: ['zebra', 'ospfd'], 'socket-directory': '/run/drill/frr' } },
    ...SHORT,
    placement: 'main',
    role: 'standby',
    'route-protocol': 200,
    'table-base': 40_000,
    'rule-priority-base': 20_000,
    'on-stop': 'withdraw',
  };
  const one = adapted(file);
  t.same(played(one), config(file));
  t.same(whats(one), ['address of eth0', 'address of 52:54:00:12:34:56', 'socket-directory', 'routes of the daemon']);
  const [first, second] = one.setup.network.ports;
  t.match(first, {
    device: 'eth0',
    mac: undefined,
    gateways: ['10.255.0.1/28', '10.255.0.9/28', 'fe80::1/64'],
  });
  t.match(second, {
    device: 'mgmt1',
    mac: '52:54:00:12:34:56',
    gateways: ['10.254.0.1/29'],
    own: ['10.254.0.2/29'],
  });
});

t.test('long times are shortened, and kept by --real-time; never and 0 are decisions', async (t) => {
  const file = {
    ...MINIMAL,
    withdraw: { 'hold-time': 0, 'convergence-timeout': 'never' },
    stale: { 'preempt-after': '1m' },
  };
  const one = adapted(file);
  t.match(played(one), {
    holdMs: 0,
    convergenceTimeoutMs: 'never',
    probeIntervalMs: 200,
    probeTimeoutMs: 2000,
    preemptAfterMs: 2000,
  });
  t.same(one.setup.timings, {
    holdMs: 0,
    convergenceTimeoutMs: 'never',
    probeTimeoutMs: 2000,
    preemptAfterMs: 2000,
  });
  t.match(
    one.differences.find(({ what }) => what === 'preempt-after'),
    { configured: '60s', drill: '2s', why: /--real-time/ },
  );
  const real = adapted(file, 'frr', true);
  t.match(played(real), { probeIntervalMs: 1000, probeTimeoutMs: 10_000, preemptAfterMs: 60_000 });
  t.notMatch(whats(real), ['preempt-after']);
});

t.test('daemons of the host are replaced, and named', async (t) => {
  const file = {
    ...MINIMAL,
    ...SHORT,
    'routing-daemon': [
      { frr: { daemons: ['zebra', 'isisd', 'pathd'] } },
      { unit: 'frr.service' },
      { socket: '127.0.0.1:50051' },
      'bird',
      { exec: { command: ['/bin/true'] } },
    ],
  };
  const one = adapted(file);
  t.same(played(one).routingDaemons, [{ kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/drill/frr' }]);
  t.same(
    one.differences
      .filter(({ what }) => what.startsWith('routing-daemon'))
      .map(({ configured, what }) => `${what}: ${configured}`),
    [
      'routing-daemon: frr.service',
      'routing-daemon: 127.0.0.1 port 50051',
      'routing-daemon: /run/bird/bird.ctl',
      'routing-daemon: the command /bin/true',
      'routing-daemon frr isisd: watched',
      'routing-daemon frr pathd: watched',
    ],
  );
  const bird = adapted(file, 'bird');
  t.same(played(bird).routingDaemons, [{ kind: 'bird', socket: '/run/drill/bird.ctl' }]);
  t.same(
    adapted({ ...MINIMAL, 'routing-daemon': { pidfile: '/run/x.pid' } }).setup.configuration,
    adapted({ ...MINIMAL, 'routing-daemon': { process: 'zebra' } }).setup.configuration,
    "zebra where FRR's daemons are not named",
  );
});

t.test('roles of elsewhere, VRFs and leases', async (t) => {
  const one = adapted({
    ...MINIMAL,
    ...SHORT,
    role: { file: '/run/role' },
    placement: 'vrf',
    'backup-router': { address: 'auto', adopt: true },
  });
  t.same([played(one).role, played(one).placement], [{ kind: 'fixed', role: 'primary' }, 'local']);
  t.same(
    whats(one)
      .filter((what) => ['role', 'placement', 'lease of eth0'].includes(what))
      .sort(),
    ['lease of eth0', 'placement', 'role'],
  );
  t.same(one.setup.network.ports[0]!.leased.length, 1);
  t.ok(one.setup.daemonCarries);
  t.notOk(
    adapted({ ...MINIMAL, 'inet6-backup-router': { address: 'auto', adopt: true } }).setup.daemonCarries,
    'nor is it judged who carries beside a router advertisement',
  );
  t.notOk(
    adapted({ ...MINIMAL, 'backup-router': { address: 'auto' } }).setup.daemonCarries,
    'a lease that nobody takes over wins',
  );
});

t.test('long lists are sampled, evenly, and it is said', async (t) => {
  const destination = Array.from({ length: 1000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const one = adapted({ ...MINIMAL, ...SHORT, 'backup-router': { address: '172.20.0.1', destination } });
  t.same(one.setup.network.announced, ['10.0.0.0/24', '10.1.77.0/24', '10.2.154.0/24', '10.3.231.0/24']);
  t.match(
    one.differences.find(({ why }) => why === 'sampled'),
    { what: 'eth0 inet destination', configured: '1000 prefixes', drill: '4 of them' },
  );
});

t.test('a long name becomes an alternative name', async (t) => {
  const [port] = adapted({ ...MINIMAL, 'management-interface': 'a-management-port-of-some-length' }).setup.network
    .ports;
  t.match(port, { device: 'mgmt0', altName: 'a-management-port-of-some-length' });
  t.equal(adapted({ ...MINIMAL, 'management-interface': 'data0' }).setup.network.dataDevice, 'data1');
});

t.test('the far side asks from inside each destination, and from no longer one', async (t) => {
  const destinations = ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/24', '198.18.0.0/15'];
  const { network } = adapted({
    ...MINIMAL,
    'backup-router': { address: '10.0.1.1', destination: destinations },
  }).setup;
  t.same(
    network.probes.map(({ destination }) => destination),
    destinations,
  );
  for (const { destination, source } of network.probes) {
    t.ok(containsAddress(parsePrefix(destination)!, source), `${source} is in ${destination}`);
    const longer = destinations
      .map((text) => parsePrefix(text)!)
      .filter((p) => p.length > parsePrefix(destination)!.length);
    t.notOk(
      longer.some((p) => containsAddress(p, source)),
      'and in none that is longer',
    );
    t.notOk(containsAddress(parsePrefix('10.0.1.0/29')!, source), 'nor on the link');
  }
  t.equal(
    new Set([
      ...network.probes.map(({ source }) => source),
      ...network.ports.flatMap(({ own, gateways }) => [...own, ...gateways]),
    ]).size,
    4 + 2,
    'all different',
  );
  t.notOk(
    containsAddress(parsePrefix('198.18.0.0/15')!, network.data[0]!.peer.split('/')[0]!),
    'the pool of addresses keeps out of a destination',
  );
});

t.test('a destination without room for the far side is not asked from, and it is said', async (t) => {
  const one = adapted({
    ...MINIMAL,
    'backup-router': { address: '10.0.0.1', destination: ['10.0.0.0/29', '172.16.0.0/12'] },
  });
  t.same(
    one.setup.network.probes.map(({ destination }) => destination),
    ['172.16.0.0/12'],
  );
  t.ok(whats(one).includes('destination 10.0.0.0/29'));
});

t.test('addresses beside the gateways: never a gateway, a network or a broadcast address', async (t) => {
  for (const gateway of ['10.0.0.1', '10.0.0.6', '10.0.0.7', '10.0.0.8', '10.0.0.0', '10.0.0.255', '10.0.0.254']) {
    const [port] = adapted({ ...MINIMAL, 'backup-router': { address: gateway } }).setup.network.ports;
    const [own, length] = port!.own[0]!.split('/');
    const subnet = parsePrefix(`10.0.0.${Number(own!.split('.')[3]) & -(1 << (32 - Number(length)))}/${length}`)!;
    t.ok(containsAddress(subnet, gateway) && own !== gateway && own !== subnet.address, `${gateway}: ${port!.own[0]}`);
  }
  const [apart] = adapted({ ...MINIMAL, 'backup-router': { address: ['10.0.0.1', '203.0.113.1'] } }).setup.network
    .ports;
  t.same(apart!.own, ['10.0.0.2/29', '203.0.113.2/29'], 'gateways of two networks: an address in each');
});
