/**
 * With the real kernel: `address: auto` learns from every form of default route that the kernel
 * has, and `adopt: true` takes over, unchanged, the routes that can be given back. The routing
 * daemon is a command that is always healthy. A default route of its own coexists, as BIRD's does.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import { defaultPrefix } from '../../src/model/prefix.js';
import type { Status } from '../../src/model/status.js';
import { STANDARD, standardLab } from '../lab/standard.js';
import type { AgentSetup } from './adopt-agent.js';

const AGENT = fileURLToPath(new URL('./adopt-agent.js', import.meta.url));

interface Shape {
  readonly name: string;
  readonly family: Family;
  /** Commands of ip(8) that make it; `G` is the gateway of the laboratory. */
  readonly make: readonly string[];
  /** Our route, as `ip route show table 25500` has it. */
  readonly ours: RegExp;
  /** Why it is not taken over; absent: it is. */
  readonly left?: RegExp;
}

const G = STANDARD.inet.gateway;
const G6 = STANDARD.inet6.gatewayLinkLocal;

const SHAPES: readonly Shape[] = [
  {
    name: 'source, MTU and other metrics',
    family: 'inet',
    make: [
      `route add default via ${G} dev mgmt0 proto dhcp src ${STANDARD.inet.mgmt} metric 100 mtu lock 1400 advmss 1300 initcwnd 20 rto_min 300ms congctl reno`,
    ],
    ours: new RegExp(`^default via ${G} dev mgmt0 proto 157 src ${STANDARD.inet.mgmt} mtu lock 1400 .*congctl reno`),
  },
  {
    name: 'onlink, beyond every prefix',
    family: 'inet',
    make: ['route add default via 10.77.0.1 dev mgmt0 onlink proto dhcp'],
    ours: /^default via 10\.77\.0\.1 dev mgmt0 proto 157 onlink/,
  },
  {
    name: 'several next hops, the first of which answers nobody',
    family: 'inet',
    make: [
      'neigh replace 10.255.0.66 dev mgmt0 nud failed',
      `route add default proto static nexthop via 10.255.0.66 dev mgmt0 weight 3 nexthop via ${G} dev mgmt0 weight 7`,
    ],
    ours: new RegExp(`^default via ${G} dev mgmt0 proto 157`),
  },
  {
    name: 'several next hops, one of them by another interface',
    family: 'inet',
    make: [`route add default nexthop via ${STANDARD.inet.peer} dev data0 nexthop via ${G} dev mgmt0`],
    ours: new RegExp(`^default via ${G} dev mgmt0 proto 157`),
    left: /has next hops on other interfaces/,
  },
  {
    name: 'by the interface alone',
    family: 'inet',
    make: ['route add default dev mgmt0 metric 5'],
    ours: /^default dev mgmt0 proto 157/,
  },
  {
    name: 'a gateway of the other family',
    family: 'inet',
    make: [`-4 route add default via inet6 ${G6} dev mgmt0`],
    ours: new RegExp(`^default via inet6 ${G6} dev mgmt0 proto 157`),
  },
  {
    name: 'a group of nexthop objects',
    family: 'inet',
    make: [
      `nexthop add id 11 via ${G} dev mgmt0`,
      'nexthop add id 12 via 10.255.0.9 dev mgmt0',
      'nexthop add id 13 group 11,5/12,2',
      'route add default nhid 13',
    ],
    ours: new RegExp(`^default via ${G} dev mgmt0 proto 157`),
    left: /uses a nexthop object/,
  },
  {
    name: 'of two of them the one for all packets',
    family: 'inet',
    make: [`route add default via 10.255.0.8 dev mgmt0 tos 0x10`, `route add default via ${G} dev mgmt0 metric 7`],
    ours: new RegExp(`^default via ${G} dev mgmt0 proto 157`),
  },
  {
    name: 'two routers of one metric, one of them preferred',
    family: 'inet6',
    make: [
      `-6 route add default via ${STANDARD.inet6.gateway} dev mgmt0 proto ra metric 1024 pref low`,
      `-6 route append default via ${G6} dev mgmt0 proto ra metric 1024 pref high`,
    ],
    ours: new RegExp(`^default via (?:${G6}|${STANDARD.inet6.gateway}) dev mgmt0 proto 157`),
  },
  {
    name: 'two routers in one route, source and MTU',
    family: 'inet6',
    make: [
      `-6 route add default proto ra metric 1024 expires 1500 src ${STANDARD.inet6.mgmt} mtu 1400 nexthop via ${G6} dev mgmt0 nexthop via fe80::bad dev mgmt0`,
    ],
    ours: new RegExp(`^default via (?:${G6}|fe80::bad) dev mgmt0 proto 157 src ${STANDARD.inet6.mgmt} .*mtu 1400`),
  },
  {
    name: 'a nexthop object',
    family: 'inet6',
    make: [`-6 nexthop add id 21 via ${G6} dev mgmt0`, '-6 route add default nhid 21 metric 512'],
    ours: new RegExp(`^default via ${G6} dev mgmt0 proto 157`),
    left: /uses a nexthop object/,
  },
  {
    name: 'by the interface alone',
    family: 'inet6',
    make: ['-6 route add default dev mgmt0 metric 77'],
    ours: /^default dev mgmt0 proto 157/,
  },
];

t.setTimeout(400_000);

for (const compatible of [1, 0])
  for (const shape of SHAPES.filter(({ make }) => compatible === 1 || make.some((line) => line.includes('nhid'))))
    t.test(`${shape.family}: ${shape.name}, nexthop_compat_mode ${compatible}`, (t) => run(t, shape, compatible));

async function run(t: Test, { family, make, ours, left }: Shape, compatible: number): Promise<void> {
  const standard = standardLab();
  t.teardown(() => standard.close());
  const { router, lab } = standard;
  router.sysctls({ 'net.ipv4.nexthop_compat_mode': compatible });
  const directory = join(lab.directory, 'agent');
  const daemons = family === 'inet' ? STANDARD.inet.peer : STANDARD.inet6.peer;
  router.ip(`${option(family)} route add default via ${daemons} dev data0 proto bird metric 9032`);
  for (const line of make) router.ip(line);
  const before = foreign(router, family);
  const config: AgentSetup['config'] = {
    managementInterfaces: [
      {
        selector: { kind: 'name', name: 'mgmt0' },
        backupRouters: [{ family, gateways: [], auto: { adopt: true }, destinations: [defaultPrefix(family)] }],
      },
    ],
    routingDaemons: [
      { kind: 'exec', command: ['/bin/true'], intervalMs: 1000, timeoutMs: 10_000, routeProtocols: [12] },
    ],
    role: { kind: 'fixed', role: 'standby' },
    holdMs: 500,
  };
  const agent = router.spawn([process.execPath, AGENT, directory, JSON.stringify({ config })]);
  const status = (): Status => JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')) as Status;
  await eventually(() => ours.test(own(router, family)), { timeoutMs: 40_000, what: `ours: ${ours}` });
  if (left === undefined) {
    await eventually(() => foreign(router, family) === '', { timeoutMs: 40_000, what: 'it is taken over' });
    t.match(own(router, family), ours);
    await eventually(() => status().adopted.length > 0, { what: 'status tells' });
  } else {
    await eventually(() => status().waiting.some(({ reason }) => left.test(reason)), { what: 'a word of why not' });
    await sleep(500);
    t.equal(foreign(router, family), before, 'it is left alone');
  }
  t.match(await agent.stop('SIGTERM'), { status: 0 });
  t.equal(foreign(router, family), before, 'afterwards it is as it was, to the byte');
}

function option(family: Family): string {
  return family === 'inet' ? '-4' : '-6';
}

function own(router: Namespace, family: Family): string {
  return router.tryRun(['ip', '-N', option(family), 'route', 'show', 'table', '25500']).stdout;
}

/** Default routes of main, but for the daemon's. */
function foreign(router: Namespace, family: Family): string {
  return router
    .run(['ip', '-N', '-d', option(family), 'route', 'show', 'default'])
    .split('\n')
    .filter((line) => line.trim() !== '' && !/ metric 9032| tos /.test(line))
    .map((line) => line.replace(/ expires \d+sec/, '').trim())
    .join('\n');
}
