/**
 * `address: auto` and `adopt: true` with the real kernel and the real FRR, as on a containerlab
 * node (facts F1, S6): the container runtime's default route with metric 0 on the management
 * interface keeps FRR's BGP default route out of the kernel.
 *
 * The driver runs with a Config object (adopt-agent.ts); `restore` is the real command.
 */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { CommandResult } from '../../src/drill/lab/command.js';
import type { Frr } from '../../src/drill/lab/frr.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import type { BackupRouter, Config } from '../../src/model/config.js';
import { defaultPrefix, parsePrefix } from '../../src/model/prefix.js';
import type { Status } from '../../src/model/status.js';
import { readRecord, recordText } from '../../src/runtime/record-file.js';
import { ownRoutes, routes, snapshotText } from '../lab/inspect.js';
import { STANDARD, type StandardLab, standardLab } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import type { AgentSetup } from './adopt-agent.js';
import { Bird, birdProgram, installed, Monitor, staticBird } from './kinds-support.js';

const AGENT = fileURLToPath(new URL('./adopt-agent.js', import.meta.url));
const CLI = fileURLToPath(new URL('../../bin/backup-router.cjs', import.meta.url));
const FRR_BGP = 186;
const RUNTIME_DEFAULT = `default via ${STANDARD.inet.gateway} dev mgmt0`;

const auto = (family: Family, adopt: boolean): BackupRouter => ({
  family,
  gateways: [],
  auto: { adopt },
  destinations: [defaultPrefix(family)],
});

/** A daemon that is always well, and has a default route beside the runtime's, as BIRD does; the routes stay in. */
const BESIDE: Partial<Config> = {
  routingDaemons: [{ kind: 'exec', command: ['/bin/true'], intervalMs: 1000, timeoutMs: 10_000, routeProtocols: [12] }],
  role: { kind: 'fixed', role: 'standby' },
};
const besideRoutes = (w: World): void => {
  w.standard.router.ip(`route add default via ${STANDARD.inet.peer} dev data0 proto bird metric 9032`);
  w.standard.router.ip(`-6 route add default via ${STANDARD.inet6.peer} dev data0 proto bird metric 9032`);
};

interface World {
  readonly standard: StandardLab;
  readonly frr: Frr;
  readonly directory: string;
  /** Every default route of main, in full, as iproute2 tells it, but for FRR's. */
  foreign(): string;
  run(change?: Partial<Config>, dieAfter?: AgentSetup['dieAfter']): Process;
  status(): Status;
  restore(): CommandResult;
  /** A command of the real program, without blocking. */
  command(...args: readonly (string | NodeJS.ProcessEnv)[]): Promise<CommandResult>;
  frrDefault(): boolean;
  recorded(): number;
}

/** The router of the standard laboratory with the runtime's default, FRR not started. */
async function world(t: Test, name: string): Promise<World> {
  const standard = standardLab();
  t.teardown(() => standard.close());
  await startPeerFrr(standard);
  const frr = prepareRouterFrr(standard);
  const { router, lab } = standard;
  const directory = join(lab.directory, name);
  router.ip(`route add ${RUNTIME_DEFAULT}`);
  const defaults = (option: string): string =>
    router
      .run(['ip', '-N', '-d', option, 'route', 'show', 'default'])
      .split('\n')
      .filter((line) => line !== '' && !/ proto (?:186|157)\b| metric 9032/.test(line) && !line.startsWith('\t'))
      .join('\n');
  return {
    standard,
    frr,
    directory,
    foreign: () => `${defaults('-4')}\n${defaults('-6')}`,
    run(change = {}, dieAfter) {
      const config: AgentSetup['config'] = {
        managementInterfaces: [{ selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [auto('inet', true)] }],
        routingDaemons: [{ kind: 'frr', daemons: ['zebra', 'bgpd'], socketDirectory: frr.directory }],
        holdMs: 500,
        convergenceTimeoutMs: 'never',
        probeIntervalMs: 200,
        ...change,
      };
      const setup: AgentSetup = dieAfter === undefined ? { config } : { config, dieAfter };
      return router.spawn([process.execPath, AGENT, directory, JSON.stringify(setup)]);
    },
    status: () => JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')) as Status,
    restore: () =>
      router.tryRun([
        'env',
        `STATE_DIRECTORY=${directory}`,
        `RUNTIME_DIRECTORY=${directory}`,
        process.execPath,
        CLI,
        'restore',
      ]),
    command: (...args) => {
      const env = Object.entries(
        Object.assign(
          { STATE_DIRECTORY: directory, RUNTIME_DIRECTORY: directory },
          ...args.filter((arg) => typeof arg === 'object'),
        ) as NodeJS.ProcessEnv,
      );
      return router.runAsync([
        'env',
        ...env.map(([name, value]) => `${name}=${value ?? ''}`),
        process.execPath,
        CLI,
        ...args.filter((arg) => typeof arg === 'string'),
      ]);
    },
    frrDefault: () => routes(router, 'inet').some((route) => route.dst === 'default' && route.protocol === FRR_BGP),
    recorded: () => {
      const text = readFileSync(join(directory, 'adopted.json'), 'utf8');
      return text === '' ? 0 : (JSON.parse(text) as { adopted: unknown[] }).adopted.length;
    },
  };
}

const backupIn = ({ standard }: World): boolean =>
  ownRoutes(standard.router, 'inet').some((route) => route.dst === 'default');
const adopted = (w: World): boolean => !/ dev mgmt0/.test(w.foreign().split('\n')[0]!);

t.setTimeout(400_000);

t.test('a container runtime blocks the default of BGP; taken over, it does not', async (t) => {
  const w = await world(t, 'clab');
  await w.frr.start();
  await sleep(3000);
  t.notOk(w.frrDefault(), 'without us FRR never installs its default (fact F1)');
  const before = w.foreign();
  const all = snapshotText(w.standard.router);

  const agent = w.run();
  await eventually(() => adopted(w) && w.frrDefault(), {
    timeoutMs: 15_000,
    what: 'FRR installs its default',
  });
  await eventually(() => w.status().routes.phase === 'out' && !backupIn(w), {
    timeoutMs: 20_000,
    what: 'the backup routes are out',
  });
  t.match(w.status().adopted, [
    {
      destination: 'default',
      gateway: STANDARD.inet.gateway,
      interface: 'mgmt0',
      text: `default via ${STANDARD.inet.gateway} dev mgmt0 proto 3`,
    },
  ]);
  t.match(
    w.status().backupRoutes,
    [{ gateway: STANDARD.inet.gateway, state: 'withdrawn' }],
    'the gateway is known although its route is away',
  );

  await w.frr.kill();
  await eventually(() => backupIn(w), { what: 'the backup default after the death of FRR' });
  t.match(ownRoutes(w.standard.router, 'inet'), [{ dst: 'default', gateway: STANDARD.inet.gateway, dev: 'mgmt0' }]);

  t.match(await agent.stop('SIGTERM'), { status: 0 });
  t.equal(w.foreign(), before, 'SIGTERM gives it back as it was');
  t.equal(w.recorded(), 0, 'and nothing is owed any more');
  t.ok(backupIn(w), 'on-stop: keep');
  const others = (text: string): string => text.replace(/^.* proto 186 .*\n(?:[ \t].*\n)*/gm, '');
  t.equal(others(snapshotText(w.standard.router)), others(all), 'nothing else has changed');
});

t.test('there is always a default route', async (t) => {
  const w = await world(t, 'gap');
  besideRoutes(w);
  let misses = 0;
  let watching = true;
  // Asked of the kernel as fast as two cores allow; a gap of a dump or two would be seen.
  const watch = (async () => {
    while (watching) {
      if ((await w.standard.router.runAsync(['ip', 'route', 'get', STANDARD.inet.noc])).status !== 0) misses++;
    }
  })();
  const agent = w.run({ ...BESIDE, onStop: 'withdraw' });
  await eventually(() => adopted(w) && backupIn(w), { what: 'taken over while FRR is not there' });
  await agent.stop('SIGTERM');
  t.notOk(backupIn(w));
  t.notOk(adopted(w), 'given back before ours was withdrawn');
  watching = false;
  await watch;
  t.equal(misses, 0);
});

t.test('crashes', async (t) => {
  const w = await world(t, 'crash');
  besideRoutes(w);
  const before = w.foreign();

  let agent = w.run(BESIDE);
  await eventually(() => adopted(w), { what: 'taken over' });
  await agent.stop('SIGKILL');
  t.ok(adopted(w), 'a crash changes nothing');
  t.match(w.restore(), { status: 0, stdout: /^ip route add default via 10\.255\.0\.1 dev mgmt0/ });
  t.equal(w.foreign(), before, 'restore gives it back as it was');
  t.match(w.restore(), { status: 0, stdout: 'nothing to give back\n' });

  agent = w.run(BESIDE);
  await eventually(() => adopted(w), { what: 'taken over' });
  await agent.stop('SIGKILL');
  const listener = createServer().listen(join(w.directory, 'control.sock'));
  await once(listener, 'listening');
  const refused = await w.command('restore');
  t.match(refused, { status: 1, stderr: /the agent runs/ }, 'restore refuses while a daemon answers');
  t.match(await w.command('restore', '--dry-run'), {
    status: 0,
    stdout: /^ip route add default via 10\.255\.0\.1 dev mgmt0/,
  });
  t.ok(adopted(w), 'and a dry run changes nothing');
  t.match(await w.command('restore', '--force'), { status: 0 });
  t.equal(w.foreign(), before);
  listener.close();

  agent = w.run(BESIDE);
  await eventually(() => adopted(w), { what: 'taken over' });
  await agent.stop('SIGKILL');
  t.match(
    await w.command('restore', '--after-stop', { SERVICE_RESULT: 'signal' }),
    { status: 0, stdout: '' },
    'after a crash the next process goes on',
  );
  t.ok(adopted(w));
  t.match(
    await w.command('flush'),
    { status: 0, stdout: /^ip route add .*\nip rule del [\s\S]*\nip route del / },
    'flush gives back before it removes',
  );
  t.equal(w.foreign(), before);
  t.notOk(backupIn(w));

  agent = w.run(BESIDE, 'record');
  t.match(await agent.exited, { signal: 'SIGKILL' }, 'killed between the record and the deletion');
  t.equal(w.foreign(), before, 'nothing was taken');
  t.equal(w.recorded(), 1);
  t.match(w.restore(), { status: 0 }, 'what is there already counts as given back');
  t.equal(w.foreign(), before);
  t.equal(w.recorded(), 0);

  agent = w.run(BESIDE, 'record');
  await agent.exited;
  agent = w.run(BESIDE, 'delete');
  t.match(
    await agent.exited,
    { signal: 'SIGKILL' },
    'the record of the one before is good enough to delete by; killed right after',
  );
  t.ok(adopted(w) && backupIn(w));

  agent = w.run(BESIDE);
  await eventually(() => w.status().adopted.length === 1, { what: 'the next life knows what it owes' });
  await sleep(200);
  t.match(
    w.status().backupRoutes,
    [{ gateway: STANDARD.inet.gateway, state: 'installed' }],
    'and where the gateway is',
  );
  await agent.stop('SIGKILL');

  w.standard.router.ip('link set mgmt0 down');
  t.match(
    w.restore(),
    { status: 1, stderr: /default via 10\.255\.0\.1 dev mgmt0: / },
    'a route that cannot be given back',
  );
  t.equal(w.recorded(), 1, 'stays recorded');
  w.standard.router.ip('link set mgmt0 up');
  t.match(w.restore(), { status: 0 });
  t.equal(w.foreign(), before);

  agent = w.run(BESIDE);
  await eventually(() => adopted(w), { what: 'taken over' });
  await agent.stop('SIGKILL');
  agent = w.run({
    ...BESIDE,
    managementInterfaces: [{ selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [auto('inet', false)] }],
  });
  await eventually(() => w.foreign() === before && w.recorded() === 0, {
    what: 'a configuration that no longer adopts gives back',
  });
  await eventually(() => backupIn(w), { what: 'address: auto alone' });
  await agent.stop('SIGTERM');
  t.equal(w.foreign(), before);

  agent = w.run(BESIDE);
  await eventually(() => adopted(w), { what: 'taken over' });
  await agent.stop('SIGKILL');
  const path = join(w.directory, 'adopted.json');
  const place = (readRecord(path)!['place'] as string).replace(/net:\[\d+\]/, 'net:[1]');
  writeFileSync(path, recordText({ ...readRecord(path), place }));
  t.match(
    w.restore(),
    { status: 0, stdout: 'nothing to give back\n' },
    'the record of another namespace is none of ours',
  );
});

t.test('somebody puts it back', async (t) => {
  const w = await world(t, 'fight');
  besideRoutes(w);
  const { router } = w.standard;
  const agent = w.run(BESIDE);
  await eventually(() => adopted(w), { what: 'taken over' });

  // How it reads is seen in a table that the agent leaves alone: from main it is gone at once.
  router.ip('route add default via 10.255.0.77 dev mgmt0 proto 16 src 10.255.0.2 mtu 1400 table 77');
  const changed = router.run(['ip', '-N', '-d', 'route', 'show', 'default', 'table', '77']);
  router.ip('route add default via 10.255.0.77 dev mgmt0 proto 16 src 10.255.0.2 mtu 1400');
  await eventually(() => adopted(w), { what: 'the changed route is taken over too' });
  await eventually(() => ownRoutes(router, 'inet').some((route) => route.gateway === '10.255.0.77'), {
    what: 'the gateway follows',
  });
  await eventually(() => ownRoutes(router, 'inet').length === 1, { what: 'the former gateway goes' });
  t.equal(w.recorded(), 1, 'it supersedes the former one');

  const end = performance.now() + 4000;
  let times = 0;
  while (performance.now() < end)
    if (
      router.tryRun([
        'ip',
        'route',
        'add',
        'default',
        'via',
        '10.255.0.77',
        'dev',
        'mgmt0',
        'proto',
        '16',
        'src',
        '10.255.0.2',
        'mtu',
        '1400',
      ]).status === 0
    )
      times++;
  t.ok(
    times >= 2 && times < 14,
    `put back at once ${times} times in 4 s: at full speed a few times, then ever more slowly`,
  );
  await eventually(() => agent.lines.some((line) => line.includes('route-keeps-coming-back')), {
    what: 'a word in the log',
  });

  await agent.stop('SIGTERM');
  t.match(
    router.run(['ip', '-N', '-d', 'route', 'show', 'default']),
    changed.trim(),
    'what is given back is the last one, to the byte',
  );
});

t.test('IPv6, attributes, and lifetimes, and what is left alone', async (t) => {
  const w = await world(t, 'inet6');
  besideRoutes(w);
  const { router } = w.standard;
  router.ip('route del default');
  for (const line of [
    `-6 route add default via ${STANDARD.inet6.gatewayLinkLocal} dev mgmt0 proto 16 metric 512 mtu 1400 advmss 1300 pref high`,
    `-6 route add default via ${STANDARD.inet6.gateway} dev mgmt0 proto ra metric 1024 expires 600`,
    `-6 route add default via ${STANDARD.inet6.peer} dev data0 metric 2048`,
    `route add default via ${STANDARD.inet.gateway} dev mgmt0 onlink proto dhcp src ${STANDARD.inet.mgmt} metric 100 mtu lock 1400 realm 7 initcwnd 20`,
    `route add default via ${STANDARD.inet.peer} dev data0 metric 3`,
    `route add default via 10.255.0.3 dev mgmt0 proto bird metric 32`,
    'route add 10.123.0.0/16 via 10.255.0.1 dev mgmt0 proto dhcp metric 100',
  ])
    router.ip(line);
  const before = w.foreign().replace(/ expires \d+sec/g, '');
  const agent = w.run({
    ...BESIDE,
    managementInterfaces: [
      { selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [auto('inet', true), auto('inet6', true)] },
    ],
  });
  await eventually(() => !/metric 512|metric 100 |metric 1024/.test(w.foreign()), {
    what: 'all three are taken over',
  });
  await sleep(300);
  t.match(
    w.foreign().replace(/ expires \d+sec/g, ''),
    new RegExp(`^default via ${STANDARD.inet.peer} dev data0 .* metric 3 |proto 12 `),
    'others are not',
  );
  t.equal(
    w
      .foreign()
      .split('\n')
      .filter((line) => line !== '').length,
    before.split('\n').filter((line) => line !== '').length - 3,
  );
  t.match(
    ownRoutes(router, 'inet6'),
    [{ gateway: STANDARD.inet6.gatewayLinkLocal }],
    'the best of them names the gateway',
  );
  t.equal(router.sysctl('net.ipv6.conf.mgmt0.ra_defrtr_metric', 4278190080), '4278190080', 'the remedy exists');
  await agent.stop('SIGTERM');
  t.equal(w.foreign().replace(/ expires \d+sec/g, ''), before, 'given back to the byte');
  const left = Number(/metric 1024 .*expires (\d+)sec/.exec(w.foreign())?.[1]);
  t.ok(left > 500 && left <= 600, `and its lifetime goes on: ${left} s`);
});

t.test('beside a healthy FRR: a restart, and a renewal by DHCP', async (t) => {
  const w = await world(t, 'healthy');
  await w.frr.start();
  let agent = w.run();
  await eventually(() => w.status().routes.phase === 'out' && w.frrDefault(), {
    timeoutMs: 20_000,
    what: 'out',
  });
  await agent.stop('SIGKILL');
  agent = w.run();
  await eventually(() => w.status().routes.phase === 'out' && w.status().adopted.length === 1, {
    timeoutMs: 20_000,
    what: 'out again, with the record',
  });
  w.standard.router.ip(`route add ${RUNTIME_DEFAULT}`);
  await eventually(() => adopted(w) && w.frrDefault() && w.status().routes.phase === 'out', {
    timeoutMs: 20_000,
    what: 'taken over again',
  });
  await agent.stop('SIGTERM');
  t.notOk(adopted(w));
});

for (const renewed of [false, true]) {
  t.test(
    `a lease with another address while BIRD is dead${renewed ? ', and its default route' : ''}`,
    { skip: birdProgram() === undefined && 'bird is not installed' },
    async (t) => {
      const w = await world(t, 'lease');
      const { lab, router } = w.standard;
      const { inet, inet6 } = STANDARD;
      router.ip('route del default');
      router.ip(`route add default via ${inet.gateway} dev mgmt0 proto dhcp src ${inet.mgmt} metric 100`);
      router.ip(`-6 route add default via ${inet6.gateway} dev mgmt0 proto dhcp src ${inet6.mgmt} metric 100`);
      const bird = new Bird(lab, router, { config: staticBird('10.0.0.2', inet.peer, inet6.peer) });
      bird.start();
      const agent = w.run({
        routingDaemons: [{ kind: 'bird', socket: bird.socket }],
        managementInterfaces: [
          { selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [auto('inet', true), auto('inet6', true)] },
        ],
        convergenceTimeoutMs: 3000,
        preemptAfterMs: 1000,
      });
      const out = (count: number): boolean => w.status().routes.phase === 'out' && w.status().adopted.length === count;
      await eventually(() => out(2), { timeoutMs: 15_000, what: 'both are taken over, and ours are out' });

      await bird.signal('SIGKILL');
      await eventually(() => w.status().routes.phase === 'in', { what: 'in' });
      await sleep(1500);
      router.ip(`addr del ${inet.mgmt}/24 dev mgmt0`);
      router.ip(`addr del ${inet6.mgmt}/64 dev mgmt0`);
      await sleep(300);
      router.ip('addr add 10.255.0.50/24 dev mgmt0');
      router.ip('addr add 2001:db8:ff::50/64 dev mgmt0 nodad');
      if (renewed) router.ip('route add default via 10.255.0.3 dev mgmt0 proto dhcp src 10.255.0.50 metric 100');
      await eventually(() => agent.lines.some((line) => line.includes('adoption-void')), {
        what: 'the word that the IPv4 route is not given back',
      });
      bird.start();
      await eventually(() => out(renewed ? 2 : 1), { timeoutMs: 15_000, what: 'out' });
      await sleep(1500);
      t.ok(out(renewed ? 2 : 1), 'and it stays so');
      t.equal(w.recorded(), renewed ? 2 : 1);
      t.notOk(backupIn(w));
      t.strictSame(
        agent.lines.filter((line) => line.includes('change-failed') && line.includes('prefsrc')),
        [],
        'nothing was tried in vain',
      );
      t.match(w.status().faults, []);

      await agent.stop('SIGTERM');
      const given = w.foreign();
      t.notMatch(given, new RegExp(`via ${inet.gateway} `), 'the IPv4 route went with its address');
      t.equal(/via 10\.255\.0\.3 dev mgmt0 .* src 10\.255\.0\.50/.test(given), renewed);
      t.match(given, new RegExp(`via ${inet6.gateway} dev mgmt0 (?!.*src)`), 'the IPv6 route goes on without it');
      t.equal(w.recorded(), 0);

      // The same for who gives back without the agent.
      if (!renewed) return;
      const again = w.run({ ...BESIDE, routingDaemons: [{ kind: 'bird', socket: bird.socket }] });
      await eventually(() => w.recorded() === 1 && !/10\.255\.0\.3/.test(w.foreign()), { what: 'taken over again' });
      await again.stop('SIGKILL');
      router.ip('addr del 10.255.0.50/24 dev mgmt0');
      t.match(w.restore(), { status: 0, stdout: 'nothing to give back\n' });
      t.equal(w.recorded(), 0);
    },
  );
}

t.test('address: auto follows, in placement main too', async (t) => {
  const w = await world(t, 'auto');
  const { router } = w.standard;
  const management = (adopt: boolean): Partial<Config> => ({
    placement: 'main',
    managementInterfaces: [
      {
        selector: { kind: 'name', name: 'mgmt0' },
        backupRouters: [{ ...auto('inet', adopt), destinations: [parsePrefix('10.99.0.0/16')!] }],
      },
    ],
  });
  router.ip('route del default');
  const agent = w.run(management(false));
  await eventually(() => w.status().waiting.some((wait) => /to take the gateway from yet/.test(wait.reason)), {
    what: 'nothing to go by',
  });
  router.ip(`route add ${RUNTIME_DEFAULT} proto dhcp metric 100`);
  await eventually(() => ownRoutes(router, 'inet').some((route) => route.gateway === STANDARD.inet.gateway), {
    what: 'the gateway',
  });
  router.ip('route replace default via 10.255.0.9 dev mgmt0 proto dhcp metric 100');
  await eventually(
    () => ownRoutes(router, 'inet').length === 1 && ownRoutes(router, 'inet')[0]?.gateway === '10.255.0.9',
    { what: 'the other gateway' },
  );
  router.ip('route del default');
  await eventually(() => w.status().waiting.some((wait) => /is gone; 10\.255\.0\.9/.test(wait.reason)), {
    what: 'the guess, told',
  });
  t.match(ownRoutes(router, 'inet'), [{ gateway: '10.255.0.9' }]);
  router.ip('link set mgmt0 down');
  router.ip('link set mgmt0 up');
  await eventually(() => ownRoutes(router, 'inet')[0]?.gateway === '10.255.0.9', {
    what: 'the same after the link was down',
  });
  await agent.stop('SIGKILL');
  const next = w.run(management(false));
  await eventually(() => w.status().agent.pid === next.pid && w.status().routes.phase === 'in', {
    what: 'a new life',
  });
  await sleep(300);
  t.match(ownRoutes(router, 'inet'), [{ gateway: '10.255.0.9' }], 'which keeps what it finds');
  router.ip(`route add ${RUNTIME_DEFAULT} proto dhcp metric 100`);
  await eventually(
    () => ownRoutes(router, 'inet').length === 1 && ownRoutes(router, 'inet')[0]?.gateway === STANDARD.inet.gateway,
    { what: 'and knows the route of a gateway that nobody names any more as its own' },
  );
  await next.stop('SIGTERM');
});

t.test(
  'router advertisements',
  { skip: installed('bird') === undefined && 'bird, which advertises here, is not installed' },
  async (t) => {
    const w = await world(t, 'ra');
    besideRoutes(w);
    const { lab, gw, router } = w.standard;
    router.sysctls({ 'net.ipv6.conf.mgmt0.accept_ra': 2 });
    const radv =
      'router id 10.255.0.1;\nprotocol device { }\nprotocol radv { interface "router0" { min ra interval 3; max ra interval 4; default lifetime 30; prefix 2001:db8:ff::/64 { autonomous no; }; }; }\n';
    const advertiser = new Bird(lab, gw, { config: radv });
    advertiser.start();
    const advertised = (): string =>
      w
        .foreign()
        .split('\n')
        .find((line) => / proto 9 /.test(line)) ?? '';
    const lifetime = (): number => Number(/expires (\d+)sec/.exec(advertised())?.[1]);
    await eventually(() => advertised() !== '', {
      timeoutMs: 20_000,
      what: 'the default route of an advertisement',
    });
    const monitor = await Monitor.open(router);
    const startedMs = Date.now();
    const agent = w.run({
      ...BESIDE,
      managementInterfaces: [{ selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [auto('inet6', true)] }],
    });
    await eventually(() => advertised() === '' && ownRoutes(router, 'inet6').length === 1, {
      timeoutMs: 20_000,
      what: 'it is taken over',
    });
    // Each advertisement brings it back, and it is taken over anew.
    await eventually(() => w.status().adopted[0]?.text === 'default via fe80::1 dev mgmt0 proto 9 metric 1024', {
      what: 'which the status names',
    });
    const came = /^default via fe80::1 .*proto 9/;
    await eventually(async () => (await monitor.since(startedMs, came)).length >= 2, {
      timeoutMs: 15_000,
      what: 'two more advertisements',
    });
    await eventually(() => advertised() === '', { what: 'and each time it is taken over again' });
    const [renewed] = await monitor.since(startedMs, came);
    const gone = await monitor.next(/^Deleted default via fe80::1 .*proto 9/, renewed!.atMs);
    t.comment(`MEASURED an advertised default route stands for ${(gone.atMs - renewed!.atMs).toFixed(1)} ms`);
    t.same(ownRoutes(router, 'inet6').length, 1, 'ours has stood all the while');
    t.same(await monitor.since(startedMs, /^Deleted .*proto 157/), []);

    t.match(await agent.stop('SIGTERM'), { status: 0 });
    const left = lifetime();
    t.ok(left > 20 && left <= 30, `given back with what is left of its lifetime: ${left} s`);
    await eventually(() => lifetime() >= 28, {
      timeoutMs: 20_000,
      intervalMs: 100,
      what: 'the next advertisement renews it',
    });
    t.equal(w.foreign().match(/ proto 9 /g)?.length, 1, 'the same one');
  },
);
