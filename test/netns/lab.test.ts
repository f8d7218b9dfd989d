/**
 * The laboratory itself, which the other tests rely on. Nothing reaches the host and nothing stays
 * behind, a ping measures the true length of an outage, FRR converges, watchfrr restarts.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { command, tryCommandAsync } from '../../src/drill/lab/command.js';
import { createLab, type Lab, listNamespaces } from '../../src/drill/lab/lab.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { OWN_PROTOCOL, ownRoutes, routeGet, routes, rules, snapshotText } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD, standardLab } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import { startWatchfrr } from '../lab/watchfrr.js';

const hostLinks = (): string => command(['ip', '-o', 'link', 'show']).replace(/ state \S+| qdisc \S+/g, '');
const leftovers = (lab: { readonly prefix: string }): string[] =>
  listNamespaces().filter((name) => name.startsWith(lab.prefix));

/** Running, not a zombie (where process 1 does not reap, those stay). */
function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

t.test('close() ends every process and deletes every namespace; nothing ever appears in the host', async (t) => {
  const before = hostLinks();
  const lab = createLab();
  const [a, b] = [lab.namespace('a'), lab.namespace('b')];
  lab.link(a, 'eth0', b, 'eth0');
  lab.bridge(a, 'br0', [{ namespace: b, name: 'eth1' }]);
  t.equal(hostLinks(), before, 'links of the host');
  a.ip('addr add 10.9.0.1/24 dev br0');
  b.ip('addr add 10.9.0.2/24 dev eth1');
  t.match(b.run(['ping', '-c', '1', '-W', '2', '10.9.0.1']), / 0% packet loss/, 'the bridge carries');

  const stubborn = a.spawn(['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], {
    closeTimeoutMs: 200,
  });
  const stopped = b.spawn(['sleep', '1000']);
  const forked = Number(b.run(['sh', '-c', 'sleep 1000 >/dev/null 2>&1 & echo $!']));
  await eventually(() => stubborn.lines.includes('ready'), { what: 'the stubborn process runs' });
  stopped.kill('SIGSTOP');
  t.same([stubborn.pid, stopped.pid, forked].map(alive), [true, true, true]);
  t.ok(b.pids().includes(stopped.pid), 'the pid is the command, not ip');

  await Promise.all([lab.close(), lab.close()]);
  t.same([stubborn.pid, stopped.pid, forked].map(alive), [false, false, false]);
  t.same(leftovers(lab), []);
  t.notOk(existsSync(lab.directory));
  t.equal(hostLinks(), before);
  t.throws(() => lab.namespace('late'), { message: /closed/ });
});

for (const how of ['throw', 'SIGTERM', 'exit'] as const) {
  t.test(`nothing is left when the process ends by ${how} without closing`, async (t) => {
    const module = (name: string): string => fileURLToPath(new URL(`../../src/drill/lab/${name}.js`, import.meta.url));
    const script = `
      const { createLab } = await import(${JSON.stringify(module('lab'))});
      const lab = createLab();
      const host = lab.namespace('host');
      console.log(JSON.stringify({ prefix: lab.prefix, directory: lab.directory, pid: host.spawn(['sleep', '1000']).pid }));
      ${{ throw: 'throw new Error("on purpose")', SIGTERM: 'process.kill(process.pid, "SIGTERM")', exit: 'process.exit(3)' }[how]}`;
    const result = await tryCommandAsync([process.execPath, '--input-type=module', '-e', script], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const child = JSON.parse(result.stdout) as {
      readonly prefix: string;
      readonly directory: string;
      readonly pid: number;
    };
    t.equal(result.status, { throw: 1, SIGTERM: -1, exit: 3 }[how], result.stderr);
    t.notOk(alive(child.pid));
    t.same(leftovers(child), []);
    t.notOk(existsSync(child.directory));
  });
}

t.test('a command that fails throws with its own words', async (t) => {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const host = lab.namespace('host', { rpFilter: 2, forwarding: true });
  t.throws(() => host.ip('route add default via 10.1.1.1'), { message: /unreachable|invalid gateway/i });
  t.throws(() => host.ipBatch(['link set lo up', 'link set nowhere up']), { message: /nowhere/ });
  t.equal(host.tryRun(['false']).status, 1);
  t.equal(host.sysctl('net.ipv4.conf.all.rp_filter'), '2');
  t.equal(host.sysctl('net.ipv6.conf.all.forwarding'), '1');
});

t.test('daemons of other users read its files, whatever umask and TMPDIR are', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'br-lab-'));
  const [umask, former] = [process.umask(0o077), process.env['TMPDIR']];
  t.teardown(() => {
    process.umask(umask);
    if (former === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = former;
    rmSync(directory, { recursive: true });
  });
  const long = join(directory, 'x'.repeat(60));
  mkdirSync(long);
  symlinkSync(long, join(directory, 'link'));
  process.env['TMPDIR'] = join(directory, 'link');
  const lab = createLab();
  t.teardown(() => lab.close());
  t.equal(lab.directory, realpathSync(lab.directory), 'a real path');
  t.ok(lab.directory.length < 75, 'with room for the path of a socket');
  mkdirSync(join(lab.directory, 'run'));
  writeFileSync(join(lab.directory, 'run', 'frr.conf'), '');
  for (const path of ['run', 'run/frr.conf']) t.equal(statSync(join(lab.directory, path)).mode & 0o044, 0o044, path);
});

t.test('a ping sees an outage as long as it was', async (t) => {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const [a, b] = [lab.namespace('a'), lab.namespace('b')];
  lab.link(a, 'eth0', b, 'eth0');
  a.ipBatch(['addr add 10.9.0.1/24 dev eth0', 'addr add 2001:db8:9::1/64 dev eth0']);
  b.ipBatch(['addr add 10.9.0.2/24 dev eth0', 'addr add 2001:db8:9::2/64 dev eth0']);
  const pings = [startPing(a, '10.9.0.2'), startPing(a, '2001:db8:9::2')];
  for (const ping of pings) await ping.nextReply();
  const steadyMs = Date.now();
  await sleep(300);
  for (const ping of pings) {
    await ping.nextReply();
    t.ok((await ping.lost(steadyMs)) < 5, `${ping.target}: steady, ${await ping.lost(steadyMs)} lost`);
  }
  // A bare blackhole takes the packets and leaves neighbours and addresses alone, so that the outage is ours alone to time.
  b.ip('link set lo up');
  const downMs = Date.now();
  for (const family of ['-4', '-6']) b.run(['ip', family, 'rule', 'add', 'pref', '1', 'iif', 'lo', 'blackhole']);
  const surelyMs = Date.now();
  await sleep(300);
  for (const ping of pings) t.notOk(ping.alive(), `${ping.target} is out`);
  const leastMs = Date.now() - surelyMs;
  for (const family of ['-4', '-6']) b.run(['ip', family, 'rule', 'del', 'pref', '1']);
  const outageMs = Date.now() - downMs;
  for (const ping of pings) {
    await ping.nextReply();
    const totals = await ping.stop();
    t.ok(
      totals.longestGapMs > leastMs - 20 && totals.longestGapMs < outageMs + 1000,
      `${ping.target}: gap ${totals.longestGapMs} ms, ${leastMs} to ${outageMs} ms`,
    );
    t.ok(totals.sent - totals.received > 15, `${totals.sent} sent, ${totals.received} received`);
  }
});

t.test('a ping sees a link that goes down for 300 ms', async (t) => {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const [a, b] = [lab.namespace('a'), lab.namespace('b')];
  lab.link(a, 'eth0', b, 'eth0');
  a.ip('addr add 10.9.0.1/24 dev eth0');
  b.ip('addr add 10.9.0.2/24 dev eth0');
  const ping = startPing(a, '10.9.0.2');
  await ping.nextReply();
  const downMs = Date.now();
  b.ip('link set eth0 down');
  await sleep(300);
  b.ip('link set eth0 up');
  await ping.nextReply();
  const gapMs = await ping.longestGapMs(downMs - 50);
  t.ok(gapMs >= 280 && gapMs < 10_000, `gap ${gapMs} ms`);
});

t.test('the text of foreign state ignores our own and sees all else', async (t) => {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const host: ReturnType<Lab['namespace']> = lab.namespace('host');
  const before = snapshotText(host);
  for (const family of ['-4', '-6']) {
    host.run(['ip', family, 'route', 'add', 'default', 'dev', 'lo', 'table', '25500', 'proto', String(OWN_PROTOCOL)]);
    host.run([
      'ip',
      family,
      'rule',
      'add',
      'pref',
      '31000',
      'iif',
      'lo',
      'lookup',
      '25500',
      'protocol',
      String(OWN_PROTOCOL),
    ]);
  }
  t.equal(snapshotText(host), before, 'ours');
  t.match(ownRoutes(host, 'inet6'), [{ dst: 'default', dev: 'lo', table: 25500 }]);
  t.match(
    rules(host, 'inet').filter((rule) => rule.protocol === OWN_PROTOCOL),
    [{ priority: 31000, table: 25500, iif: 'lo' }],
  );
  t.same(routes(host, 'inet', 4711), [], 'a table that does not exist');
  for (const [add, remove] of [
    ['route add 10.7.0.0/16 dev lo proto 42', 'route del 10.7.0.0/16'],
    ['-6 route add 2001:db8:7::/48 dev lo table 99', '-6 route del 2001:db8:7::/48 table 99'],
    ['rule add pref 7 lookup 99', 'rule del pref 7'],
    ['addr add 10.7.7.7/32 dev lo', 'addr del 10.7.7.7/32 dev lo'],
    ['link set lo mtu 9000', 'link set lo mtu 65536'],
  ] as const) {
    host.ip(add);
    t.not(snapshotText(host), before, add);
    host.ip(remove);
    t.equal(snapshotText(host), before, remove);
  }
});

t.test('FRR converges in the standard laboratory, and its crash leaves stale routes', async (t) => {
  const standard = standardLab();
  t.teardown(async () => standard.close());
  const { router, noc, client } = standard;
  const bait = startPing(client, STANDARD.inet.transitBait);
  t.match(
    noc.tryRun(['ping', '-c', '1', '-W', '1', STANDARD.inet.mgmt]).stdout,
    /100% packet loss/,
    'no way back from the router yet',
  );
  t.match(routeGet(router, STANDARD.inet.noc), /unreachable/);
  router.ip(`route add ${STANDARD.inet.transitPrefix} via ${STANDARD.inet.gateway}`);
  await bait.nextReply(); // The positive control of every test that expects transit to get no answer.
  router.ip(`route del ${STANDARD.inet.transitPrefix}`);
  await bait.stop();

  await startPeerFrr(standard);
  const frr = prepareRouterFrr(standard, {
    staticRoutes: [{ prefix: '203.0.113.0/24', gateway: STANDARD.inet.peer }],
  });
  await frr.start();
  for (const family of ['inet', 'inet6'] as const) {
    const found = await eventually(() => routes(router, family).find((route) => route.dst === 'default'), {
      timeoutMs: 20_000,
      what: `${family} default route by BGP`,
    });
    t.match(found, { protocol: 186, metric: 20, dev: 'data0' });
    for (const target of [STANDARD[family].mgmt, STANDARD[family].loopback])
      await startPing(noc, target).nextReply(10_000);
  }
  t.match(
    routes(router, 'inet').find((route) => route.dst === '203.0.113.0/24'),
    { protocol: 196 },
  );
  t.match(frr.vtysh('bgpd', 'show bgp summary'), /10\.1\.0\.1/);
  frr.pause('bgpd');
  await t.rejects(frr.answering('bgpd', 300), { message: /no answer/ });
  frr.resume('bgpd');
  await frr.answering('bgpd');

  await frr.kill();
  t.notOk(frr.running('zebra'));
  t.match(
    routes(router, 'inet').find((route) => route.dst === 'default'),
    { protocol: 186 },
    'stale',
  );
});

t.test('watchfrr brings a killed daemon back', async (t) => {
  const standard = standardLab();
  t.teardown(async () => standard.close());
  const frr = prepareRouterFrr(standard);
  const watchfrr = await startWatchfrr(frr);
  const pid = watchfrr.pid('bgpd');
  watchfrr.signal('bgpd', 'SIGKILL');
  await eventually(() => watchfrr.pid('bgpd') !== pid, { timeoutMs: 20_000, what: 'bgpd restarted' });
  await frr.answering('bgpd');
  t.not(watchfrr.pid('bgpd'), pid);
  await watchfrr.stop();
  await eventually(() => standard.router.pids().length === 0, { what: 'nothing runs' });
});
