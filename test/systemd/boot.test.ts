/**
 * The agent under a real systemd as PID 1, beside the real frr.service: boot, convergence, the deaths of daemon and agent,
 * the watchdog, networkd's foreign-route deletion, reload, removal. One boot; the tests follow upon each other.
 */

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { hears } from '../netns/agent-support.js';
import { installedIsInOrder, networkdRemedyHelps } from './doctor.js';
import { CHECKOUT } from './host/machine.js';
import { cannotBoot } from './host/requirements.js';
import { CONFIG, type Router, SHORT_WATCHDOG, startRouter } from './router.js';

const AGENT = 'backup-router.service';
const CONFIG_FILE = '/etc/backup-router/config.yaml';
const DROP_IN = `/etc/systemd/system/${AGENT}.d/test.conf`;
const CAP_NET_ADMIN = 1n << 12n;

const EXPECTED = [
  '198.51.100.0/24 via 10.77.0.1 dev mgmt0 table 25524',
  ...[
    '32765: from all iif lo lookup 254 suppress_prefixlength 23 proto 157',
    '32765: from all iif lo lookup 25524 proto 157',
  ],
  // Of both families.
  ...new Array<string>(2).fill('32766: from all iif lo lookup 254 suppress_prefixlength 0 proto 157'),
  ...new Array<string>(2).fill('32766: from all iif lo lookup 25500 proto 157'),
  'default via 10.77.0.1 dev mgmt0 table 25500',
  'default via 2001:db8:77::1 dev mgmt0 table 25500 metric 1024 pref medium',
];

// Several restarts and a watchdog's patience; tap's 30 s are for a unit test.
t.setTimeout(400_000);

t.test('under systemd', { skip: cannotBoot() }, async (t) => {
  const router = await startRouter();
  t.teardown(() => router.close());
  const { machine } = router;
  const status = (): Status => JSON.parse(machine.try('backup-router', 'status', '--json').stdout) as Status;
  const mainPid = (): number => Number(machine.property(AGENT, 'MainPID'));
  const restarts = (): number => Number(machine.property(AGENT, 'NRestarts'));
  const comeIn = (timeoutMs: number, what: string): Promise<unknown> =>
    eventually(() => same(router.owned()), { timeoutMs, what: `backup routes in ${what}` });
  const goOut = (timeoutMs: number, what: string): Promise<unknown> =>
    eventually(() => router.owned().length === 0, { timeoutMs, what: `backup routes out ${what}` });
  const newPid = (old: number, timeoutMs: number): Promise<unknown> =>
    eventually(() => ![0, old].includes(mainPid()) && machine.property(AGENT, 'ActiveState') === 'active', {
      timeoutMs,
      what: 'another process, ready',
    });

  t.test('routes are in before FRR starts', async (t) => {
    t.match(
      machine.run('cat', '/run/when-frr-started'),
      /^default via 10\.77\.0\.1 dev mgmt0 table 25500 *\n.*\ndefault via 2001:db8:77::1 dev mgmt0 table 25500 /,
    );
    const [ready, frr] = [
      machine.property(AGENT, 'ActiveEnterTimestampMonotonic'),
      machine.property('frr.service', 'InactiveExitTimestampMonotonic'),
    ].map(Number);
    t.ok(ready! > 0 && ready! < frr!, `READY at ${ready} us, frr.service from ${frr} us on`);
    t.equal(machine.try('systemctl', 'is-system-running').stdout.trim(), 'running', 'no unit failed');
  });

  t.test('as an unprivileged user with one capability', async (t) => {
    const proc = machine.run('cat', `/proc/${mainPid()}/status`);
    t.notMatch(proc, /^Uid:\s+0\s/m);
    t.equal(machine.run('ps', '-o', 'user:20=', '-p', String(mainPid())).trim(), 'backup-router');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      t.equal(BigInt(`0x${new RegExp(`^${set}:\\s*([0-9a-f]+)`, 'm').exec(proc)?.[1]}`), CAP_NET_ADMIN, set);
    t.match(proc, /^NoNewPrivs:\s+1$/m);
    t.match(proc, /^Seccomp:\s+2$/m, 'the system call filter is on');
  });

  t.test('the unit is clean, and exposed no more than OK', async (t) => {
    const verify = machine.try('systemd-analyze', 'verify', AGENT);
    t.same([verify.status, verify.stdout, verify.stderr], [0, '', '']);
    const score = Number(
      /exposure level for backup-router\.service: ([0-9.]+)/.exec(
        machine.run('systemd-analyze', 'security', AGENT),
      )?.[1],
    );
    t.ok(score <= 2.0, `systemd-analyze security: ${score}`);
    t.equal(machine.property(AGENT, 'WatchdogUSec'), '20s');
    t.match(machine.run('systemctl', 'status', AGENT), /Status: "backup routes /, 'STATUS arrives');
  });

  t.test('out once FRR has converged', async (t) => {
    await goOut(20_000, 'after convergence');
    t.match(router.namespace.ip('-4 route show default'), /via 10\.78\.0\.1 dev data0/);
    t.equal(status().routes.phase, 'out');
  });

  t.test('doctor finds the installation in order', async (t) => installedIsInOrder(t, router));

  t.test('a restart beside a healthy daemon inserts nothing', async (t) => {
    const monitor = await monitorOwned(router);
    machine.run('systemctl', 'restart', AGENT);
    await delay(1500);
    await monitor.close();
    t.same(monitor.lines, []);
    t.equal(status().routes.phase, 'out');
  });

  t.test('in on `systemctl stop frr`', async (t) => {
    machine.run('systemctl', 'stop', 'frr');
    await comeIn(20_000, 'after the stop');
    t.match(
      router.gateway.run(['ping', '-c', '1', '-W', '2', '-I', '198.51.100.9', '10.77.0.2']),
      /1 received/,
      'the management network reaches the router',
    );
    machine.run('systemctl', 'start', 'frr');
    await goOut(20_000, 'after the start');
  });

  t.test('the journal has fields', async (t) => {
    const found = (...matches: readonly string[]): readonly Record<string, string>[] =>
      machine
        .run('journalctl', '-u', AGENT, '-o', 'json', ...matches)
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, string>);
    const turns = found('BACKUP_ROUTER_EVENT=routes', 'BACKUP_ROUTER_PHASE=in', 'BACKUP_ROUTER_CAUSE=down');
    t.match(turns.at(-1), {
      MESSAGE: /^routes phase=in cause=down was=out /,
      PRIORITY: '5',
      SYSLOG_IDENTIFIER: 'backup-router',
      BACKUP_ROUTER_WAS: 'out',
      BACKUP_ROUTER_WAS_FOR_MS: /^[0-9]+$/,
      _TRANSPORT: 'journal',
    });
    t.match(found('BACKUP_ROUTER_DAEMON=frr/zebra', 'BACKUP_ROUTER_EVENT=daemon').at(-1), { MESSAGE: /^daemon id=/ });
    t.ok(found('_TRANSPORT=stdout').length > 0, 'the first lines are older than the native library');
    t.strictSame(found('BACKUP_ROUTER_LINES_LOST=1'), []);
  });

  t.test('in on SIGKILL of zebra', async () => {
    machine.run('sh', '-c', 'kill -KILL "$(cat /run/frr/zebra.pid)"');
    await comeIn(20_000, 'after the kill');
    // A new zebra sweeps what the killed one has left: the backup routes would win over it before the next tests are done.
    machine.run('systemctl', 'restart', 'frr');
    await goOut(20_000, 'after the restart');
    machine.run('systemctl', 'stop', 'frr');
  });

  t.test('SIGKILL of the agent: it comes back and adopts', async (t) => {
    await comeIn(20_000, 'before the kill');
    const [old, count] = [mainPid(), restarts()];
    const monitor = await monitorOwned(router);
    machine.run('systemctl', 'kill', '--signal=KILL', '--kill-whom=main', AGENT);
    await newPid(old, 20_000);
    await delay(500);
    await monitor.close();
    t.equal(restarts(), count + 1);
    t.same(monitor.lines, [], 'nothing was added, nothing removed');
    t.same(router.owned(), EXPECTED);
  });

  t.test('a stopped agent is restarted by the watchdog', async (t) => {
    machine.write(DROP_IN, SHORT_WATCHDOG);
    machine.run('systemctl', 'daemon-reload');
    machine.run('systemctl', 'restart', AGENT);
    await comeIn(20_000, 'after the restart');
    const [old, count] = [mainPid(), restarts()];
    await delay(5000);
    t.same([mainPid(), restarts()], [old, count], 'one that works feeds it');

    machine.run('systemctl', 'kill', '--signal=STOP', '--kill-whom=main', AGENT);
    await newPid(old, 20_000);
    t.equal(restarts(), count + 1);
    t.match(machine.run('journalctl', '--no-pager', '-u', AGENT), /Watchdog timeout/);
    t.same(router.owned(), EXPECTED, 'the routes stayed');
  });

  t.test('reload: a good file is used, a bad one is not', async (t) => {
    const pid = mainPid();
    machine.write(CONFIG_FILE, CONFIG.replace(', 198.51.100.0/24', ', 203.0.113.0/24'));
    machine.run('systemctl', 'reload', AGENT);
    await eventually(
      () =>
        router.owned().some((line) => line.startsWith('203.0.113.0/24 ')) &&
        !router.owned().some((line) => line.startsWith('198.51.100.0/24 ')),
      { what: 'the new destination' },
    );
    const good = router.owned();
    machine.write(CONFIG_FILE, 'management-interface: [\n');
    t.not(machine.try('systemctl', 'reload', AGENT).status, 0, 'a refused file: the reload fails');
    await delay(500);
    t.same(router.owned(), good, 'what ran goes on');
    machine.write(CONFIG_FILE, CONFIG);
    machine.run('systemctl', 'reload', AGENT);
    await comeIn(20_000, 'after the second reload');
    t.equal(mainPid(), pid, 'all by one process');
    t.equal(machine.property(AGENT, 'ActiveState'), 'active');
  });

  t.test('systemd-networkd deletes what it does not know: repaired', async (t) => {
    // Its own from now on: one that is there already and differs in a detail sends networkd 252 into a loop of its own.
    router.namespace.ip('address flush dev mgmt0 scope global');
    manageByNetworkd(router, 'mgmt0', ['10.77.0.2/24', '2001:db8:77::2/64']);
    for (const verb of ['start', 'restart']) {
      const monitor = await monitorOwned(router);
      machine.run('systemctl', verb, 'systemd-networkd');
      await eventually(() => monitor.lines.some((line) => line.startsWith('Deleted ')), {
        timeoutMs: 20_000,
        what: `networkd to delete something of ours at its ${verb}`,
      });
      await comeIn(20_000, `after networkd's ${verb}`);
      await delay(1000);
      t.same(router.owned(), EXPECTED, `${verb}: repaired, and they stay`);
      await monitor.close();
    }
    machine.run('systemctl', 'stop', 'systemd-networkd');
  });

  t.test('doctor finds networkd, and its remedy helps', async (t) => {
    await networkdRemedyHelps(t, router, async () => {
      const monitor = await monitorOwned(router);
      machine.run('systemctl', 'restart', 'systemd-networkd');
      await delay(1500);
      await monitor.close();
      // Rules of both families read alike, and those of IPv4 go with the address that networkd takes away.
      return monitor.lines.filter((line) => /^Deleted .*2001:db8/.test(line));
    });
    await comeIn(20_000, 'all the same');
  });

  t.test('an agent that cannot start does not keep FRR from starting, and does not spin', async (t) => {
    machine.run('systemctl', 'stop', AGENT);
    t.same(router.owned(), EXPECTED, 'on-stop: keep');
    machine.write(CONFIG_FILE, 'management-interface: [\n');
    machine.run('rm', '-f', '/var/lib/backup-router/last-known-good.yaml');
    machine.try('systemctl', 'start', AGENT, 'frr.service');
    t.equal(machine.property('frr.service', 'ActiveState'), 'active');
    t.equal(machine.property(AGENT, 'ExecMainStatus'), '78');
    t.equal(machine.property(AGENT, 'ActiveState'), 'failed');
    machine.write(CONFIG_FILE, CONFIG);
    machine.run('systemctl', 'stop', 'frr.service');
    machine.run('systemctl', 'start', AGENT);
    await comeIn(20_000, 'after the repair');
  });

  t.test('frr.service watched as a unit, through its control group', async (t) => {
    machine.write(CONFIG_FILE, CONFIG.replace('frr: {daemons: [zebra, staticd]}', 'unit: frr.service'));
    machine.run('systemctl', 'reload', AGENT);
    t.match(status().daemons, [{ id: 'unit/frr.service', state: 'down' }]);
    machine.run('systemctl', 'start', 'frr.service');
    await goOut(30_000, 'beside a unit that runs and covers the destinations');
    t.match(status().daemons, [{ id: 'unit/frr.service', state: 'responsive' }]);
    machine.run('systemctl', 'stop', 'frr.service');
    await comeIn(20_000, 'after the stop');
    machine.run('systemctl', 'start', 'frr.service');
    await goOut(30_000, 'again');
    machine.run('systemctl', 'kill', '--kill-who=all', '--signal=KILL', 'frr.service');
    await comeIn(20_000, 'after SIGKILL of the whole unit');
    // A new zebra sweeps what the killed one has left in the FIB.
    machine.try('systemctl', 'stop', 'frr.service');
    machine.try('systemctl', 'reset-failed', 'frr.service');
    machine.run('systemctl', 'start', 'frr.service');
    machine.run('systemctl', 'stop', 'frr.service');
    machine.write(CONFIG_FILE, CONFIG);
    machine.run('systemctl', 'reload', AGENT);
    await comeIn(20_000, 'with FRR watched by its sockets again');
  });

  t.test(
    'a default route that was taken over is given back: on stop, and when the agent cannot come back',
    async (t) => {
      const route = ['default', 'via', '10.77.0.1', 'dev', 'mgmt0', 'proto', 'dhcp'];
      const foreign = (): string => machine.run('ip', '-4', 'route', 'show', 'default', 'dev', 'mgmt0').trim();
      const whole = 'default via 10.77.0.1 proto dhcp';
      const ours = (): boolean => router.owned().includes('default via 10.77.0.1 dev mgmt0 table 25500');
      const takenOver = (): Promise<unknown> =>
        eventually(() => foreign() === '' && ours(), {
          timeoutMs: 30_000,
          what: 'the default route to be taken over',
        });
      // Nothing is taken over for a daemon that has nothing to put there; standby, so that the backup routes stay in beside it.
      machine.run('ip', 'route', 'add', ...route);
      machine.write(
        CONFIG_FILE,
        'management-interface: mgmt0\nbackup-router: {address: auto, adopt: true}\nrouting-daemon: [{frr: {daemons: [zebra, staticd]}}]\nrole: standby\n',
      );
      machine.run('systemctl', 'reload', AGENT);
      await eventually(() => ours() && router.owned().length === 3, {
        timeoutMs: 15_000,
        what: 'the backup route of the new configuration',
      });
      t.equal(foreign(), whole, 'FRR is down: the foreign default route stays');
      machine.run('systemctl', 'start', 'frr.service');
      await takenOver();
      machine.run('systemctl', 'stop', AGENT);
      t.equal(foreign(), whole, 'back after an orderly stop');
      machine.run('systemctl', 'start', AGENT);
      await takenOver();
      const pid = mainPid();
      machine.run('systemctl', 'kill', '--signal=KILL', AGENT);
      await newPid(pid, 20_000);
      t.equal(foreign(), '', 'a crash alone gives nothing back: the next process goes on');
      machine.write(CONFIG_FILE, 'management-interface: [\n');
      machine.run('rm', '-f', '/var/lib/backup-router/last-known-good.yaml');
      machine.run('systemctl', 'kill', '--signal=KILL', AGENT);
      await eventually(() => foreign() === whole, {
        timeoutMs: 20_000,
        what: 'the default route to be given back by ExecStopPost=',
      });
      await eventually(() => machine.property(AGENT, 'ActiveState') === 'failed', {
        timeoutMs: 15_000,
        what: 'failed',
      });
      machine.run('systemctl', 'stop', 'frr.service');
      machine.run('ip', 'route', 'delete', ...route);
      machine.write(CONFIG_FILE, CONFIG);
      machine.run('systemctl', 'start', AGENT);
      await comeIn(20_000, 'with the first configuration');
    },
  );

  t.test('without koffi systemd is told by systemd-notify', async (t) => {
    machine.run('sh', '-ec', 'mv /usr/local/lib/backup-router/node_modules/@koromix /root/');
    machine.run('systemctl', 'restart', AGENT);
    const [pid, count] = [mainPid(), restarts()];
    t.equal(machine.property(AGENT, 'ActiveState'), 'active', 'READY arrived');
    await delay(5000);
    t.same([mainPid(), restarts()], [pid, count], 'and so does what the watchdog waits for');
    t.match(machine.run('systemctl', 'status', AGENT), /Status: "backup routes in/);
    machine.run('sh', '-ec', 'mv /root/@koromix /usr/local/lib/backup-router/node_modules/');
    machine.run('systemctl', 'restart', AGENT);
    t.same(router.owned(), EXPECTED);
  });

  t.test('uninstall takes all of it away', async (t) => {
    machine.run(`${CHECKOUT}/scripts/uninstall`, '--purge');
    t.same(router.owned(), []);
    t.equal(
      machine.run(
        'find',
        '/',
        '-xdev',
        '-path',
        CHECKOUT,
        '-prune',
        '-o',
        '-path',
        '/proc',
        '-prune',
        '-o',
        '-name',
        '*backup-router*',
        '-print',
      ),
      '',
    );
    t.match(
      machine.run('cat', '/etc/passwd', '/etc/group'),
      /^frrvty:[^:]*:[0-9]+:frr$/m,
      'of the accounts only those of FRR stay',
    );
    t.notMatch(machine.run('cat', '/etc/passwd', '/etc/group'), 'backup-router');
    t.equal(machine.property(AGENT, 'LoadState'), 'not-found');
    t.equal(machine.try('systemctl', 'is-system-running').stdout.trim(), 'running');
  });
});

function same(owned: readonly string[]): boolean {
  return owned.length === EXPECTED.length && owned.every((line, i) => line === EXPECTED[i]);
}

/**
 * networkd manages a link once udev has initialised it; in a container it looks for a read-only /sys and, finding one,
 * begins before it has seen any route, so that there would be nothing to delete. Here it meets what it meets on a host.
 */
function manageByNetworkd({ machine }: Router, link: string, addresses: readonly string[]): void {
  machine.run('mount', '-o', 'remount,bind,rw', '/sys');
  const index = machine.run('cat', `/sys/class/net/${link}/ifindex`).trim();
  machine.write(`/run/udev/data/n${index}`, 'I:1\n');
  machine.write(
    `/etc/systemd/network/${link}.network`,
    `[Match]\nName=${link}\n[Network]\nIPv6AcceptRA=no\n${addresses.map((address) => `Address=${address}\n`).join('')}`,
  );
}

/** Every change of a route or rule of ours, as ip(8) prints it, from a moment after the call on. */
async function monitorOwned(router: Router): Promise<{ readonly lines: readonly string[]; close(): Promise<void> }> {
  const lines: string[] = [];
  const all: { readonly text: string }[] = [];
  const keep = (line: string): void => {
    all.push({ text: line });
    if (/proto 157|table 255[0-9][0-9]|lookup 255[0-9][0-9]/.test(line)) lines.push(line);
  };
  const monitor: Process = router.namespace.spawn(['ip', '-N', 'monitor', 'route', 'rule'], { onLine: keep });
  await hears(router.namespace, all);
  return { lines, close: () => monitor.close() };
}
