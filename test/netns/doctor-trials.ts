/**
 * The states for doctor-remedies.test.ts: remedies that act on the kernel or on a daemon, and the
 * hazards that cause them. Each scene creates several hazards at once. The test carries out what
 * doctor prints and runs doctor again. A remedy is identified by the code and the command
 * (shapeOf).
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../../src/drill/lab/agent.js';
import { Bird } from '../../src/drill/lab/bird.js';
import { prepareFrr } from '../../src/drill/lab/frr.js';
import { bgpConfig, zebraConfig } from '../../src/drill/lab/frr-conf.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { STANDARD, type StandardLab, type StandardOptions } from '../lab/standard.js';
import { agentIn, type Case, type ConfigOptions, configText, statusWhere, turned, zebraOnly } from './agent-support.js';
import { BIRDS } from './birds.js';
import { agentOfNobody, type Examination, examine, examineAlone } from './doctor-support.js';

export interface Scene {
  readonly what: string;
  readonly lab?: StandardOptions;
  readonly shapes: readonly string[];
  /** Why it cannot be played here. */
  readonly skip?: string | false;
  /** Makes the state; what it returns looks at it. */
  make(t: Case, std: StandardLab): Promise<Hands>;
}

export interface Hands {
  look(): Promise<Examination>;
  /** In place of the command as it stands: what an operator puts into it, or a line of a configuration. */
  readonly instead?: Readonly<Record<string, (line: string) => string | (() => unknown)>>;
  /** `backup-router` on this command line. */
  readonly agent?: Agent;
  /** What is told, beside that it is. */
  told?(before: Examination): void;
}

const { inet, inet6 } = STANDARD;

const KERNEL: Scene = {
  what: 'the kernel',
  lab: { rpFilter: 1 },
  shapes: [
    'inet6-disabled: sysctl -w',
    'inet6-address-lost: sysctl -w',
    'accept-ra-forwarding: sysctl -w',
    'rp-filter-strict: sysctl -w',
    'default-distance-zero: ip route',
    'refusal-hides: ip route',
  ],
  async make(_t, std) {
    const { router } = std;
    for (const [key, value] of Object.entries({ disable_ipv6: 1, keep_addr_on_down: 0, accept_ra: 1, forwarding: 1 }))
      router.sysctl(`net.ipv6.conf.mgmt0.${key}`, value);
    router.ipBatch([
      `route add default via ${inet.gateway} dev mgmt0`,
      `route add default via ${inet.peer} dev data0 metric 50`,
      'route add blackhole 10.0.0.0/8 metric 20',
    ]);
    const config = {
      'management-interface': 'mgmt0',
      'backup-router': { address: inet.gateway, destination: ['10.99.0.0/16'] },
      'inet6-backup-router': { address: 'auto' },
      'routing-daemon': { frr: { 'socket-directory': join(std.lab.directory, 'none') } },
    };
    return { look: () => examineAlone(std, JSON.stringify(config)) };
  },
};

const LINK: Scene = {
  what: 'a link that is down',
  shapes: ['interface-down: ip link'],
  async make(_t, std) {
    std.router.ip('link set mgmt0 down');
    return { look: () => examineAlone(std, {}) };
  },
};

const OFF_LINK: Scene = {
  what: 'a gateway of another subnet, and a table of somebody else',
  shapes: ['gateway-off-link: ip address', 'table-in-use: table-base'],
  async make(_t, std) {
    std.router.ip(`route add 10.7.0.0/16 via ${inet.peer} table 25500`);
    let more: NonNullable<ConfigOptions['more']> = {};
    return {
      look: () => examineAlone(std, { gateway: { inet: '10.254.7.1' }, more }),
      instead: {
        'gateway-off-link: ip address': (line) => line.replace('ADDRESS/LENGTH', '10.254.7.2/24'),
        'table-in-use: table-base': (line) => () => {
          more = { 'table-base': Number(line.split(' ')[1]) };
        },
      },
    };
  },
};

const FRR: Scene = {
  what: 'FRR beside placement main',
  shapes: [
    'static-overlap: vtysh',
    'redistribute-kernel: vtysh',
    'network-default: vtysh',
    'default-originate: vtysh',
    'nht-resolve-via-default: vtysh',
  ],
  async make(t, std) {
    // Somebody's own route to a part of the management network, and a static that is resolved by it.
    std.router.ip(`route add 10.250.0.0/16 via ${inet.gateway}`);
    const frr = prepareFrr(std.router, {
      directory: join(std.lab.directory, 'frr'),
      daemons: {
        zebra: zebraConfig(['ip nht resolve-via-default', 'ipv6 nht resolve-via-default']),
        bgpd: bgpConfig({
          asn: 65002,
          routerId: inet.loopback,
          neighbours: [],
          networks: ['0.0.0.0/0', '::/0'],
          redistribute: ['kernel'],
        }),
        ospfd: 'router ospf\n default-information originate metric 7\nexit',
        staticd: [
          `ip route 10.99.0.0/24 ${inet.gateway}`,
          'ip route 10.99.1.0/24 10.250.0.9',
          'ip route 10.99.2.0/24 Null0',
          `ipv6 route 2001:db8:99::/64 ${inet6.gatewayLinkLocal} mgmt0`,
          `ip route 10.99.3.0/24 ${inet.peer}`,
        ].join('\n'),
      },
    });
    await frr.start();
    const config: ConfigOptions = {
      frr,
      placement: 'main',
      destinations: { inet: ['0.0.0.0/0', '10.99.0.0/16'], inet6: ['2001:db8:99::/48', '::/0'] },
    };
    return {
      look: () => examineAlone(std, config),
      told(before) {
        const statics = before.of('static-overlap').flatMap(({ evidence }) => evidence);
        for (const [what, found] of [
          ['the subnet', `staticd (running): ip route 10.99.0.0/24 ${inet.gateway}`],
          [
            'a next hop that is reached through it',
            `staticd (running): ip route 10.99.1.0/24 10.250.0.9; 10.250.0.9 by 10.250.0.0/16 via ${inet.gateway} dev mgmt0 proto 3`,
          ],
          ['a refusal', 'staticd (running): ip route 10.99.2.0/24 Null0'],
          ['the interface', `staticd (running): ipv6 route 2001:db8:99::/64 ${inet6.gatewayLinkLocal} mgmt0`],
        ])
          t.ok(statics.includes(found!), `${what}: ${statics.join('\n')}`);
        t.ok(!statics.some((line) => line.includes('10.99.3.0')), 'not the one by the data port');
      },
    };
  },
};

const REFUSAL: Scene = {
  what: 'a blackhole of FRR',
  shapes: ['refusal-hides: vtysh'],
  async make(_t, std) {
    const frr = prepareFrr(std.router, {
      directory: join(std.lab.directory, 'frr'),
      daemons: { zebra: zebraConfig(), staticd: 'ip route 10.0.0.0/8 blackhole' },
    });
    await frr.start();
    await eventually(() => std.router.ip('route show 10.0.0.0/8').includes('blackhole'), {
      timeoutMs: 15_000,
      what: 'the route of staticd',
    });
    return {
      look: () => examineAlone(std, { frr, daemons: ['zebra'], destinations: { inet: ['10.99.0.0/16'] } }),
    };
  },
};

/** In a mount namespace in which FRR runs in /run/frr, as doctor looks for it. */
const ELSEWHERE: Scene = {
  what: 'FRR in /run/frr, and a configuration that looks elsewhere',
  shapes: ['socket-absent: socket-directory:'],
  async make(t, std) {
    const frr = zebraOnly(std);
    await frr.start();
    std.router.ip(`route add 192.0.2.0/24 via ${inet.peer} proto 186`);
    const wrapper = [
      'unshare',
      '--mount',
      'sh',
      '-ec',
      'mount -t tmpfs none /run; mkdir -p /run/frr/core1; mount --bind "$0" /run/frr/core1; exec "$@"',
      frr.directory,
    ];
    let directory = '/run/frr';
    const config = (): string =>
      configText({
        daemons: ['zebra'],
        more: { 'routing-daemon': { frr: { daemons: ['zebra'], 'socket-directory': directory } } },
      });
    return {
      look: () => examineAlone(std, config(), {}, wrapper),
      instead: {
        'socket-absent: socket-directory:': (line) => () => {
          directory = line.split(' ')[1]!;
        },
      },
      told(before) {
        t.same(
          before.of('socket-absent').map(({ severity, evidence }) => `${severity} ${evidence.join('; ')}`),
          ['error /run/frr/zebra.vty: ENOENT; /run/frr/core1/zebra.vty: answers'],
          'where it answers',
        );
        t.same(before.of('stale-routes'), [], 'its routes are not those of a dead daemon');
      },
    };
  },
};

const LEARNING: Scene = {
  what: 'a BIRD that learns',
  shapes: ['bird-learn: import'],
  skip: BIRDS[0]!.skip,
  async make(t, std) {
    const directory = join(std.lab.directory, 'bird');
    const text = (filter: string): string =>
      `router id 10.0.0.2;\nprotocol device {}\nprotocol kernel {\n  learn;\n  ipv4 { ${filter} export all; };\n}\n`;
    const bird = new Bird(std.router, { directory, program: BIRDS[0]!.program, config: text('') });
    bird.start();
    t.teardown(() => bird.signal('SIGKILL'));
    await bird.listening();
    // What placement main puts there.
    std.router.ip(`route add default via ${inet.gateway} dev mgmt0 proto 157 metric 4278194176`);
    const birdc = (...words: readonly string[]): string => std.router.run(['birdc', '-s', bird.socket, ...words]);
    await eventually(() => birdc('show', 'route').includes('0.0.0.0/0'), { timeoutMs: 15_000, what: 'BIRD to learn' });
    const config = configText({
      placement: 'main',
      more: { 'routing-daemon': { bird: { socket: bird.socket } } },
    });
    let written = text('');
    return {
      look: () => examineAlone(std, config, { '/etc/bird/bird.conf': written }),
      instead: {
        'bird-learn: import': (line) => async () => {
          written = text(line);
          writeFileSync(join(directory, 'bird.conf'), written);
          t.ok(/Reconfigured/.test(birdc('configure')), 'BIRD takes the filter');
          await eventually(() => !birdc('show', 'route').includes('0.0.0.0/0'), {
            timeoutMs: 15_000,
            what: 'BIRD to forget the backup route',
          });
        },
      },
    };
  },
};

const AGENT: Scene = {
  what: 'a changed file, a daemon that hangs, a second agent',
  shapes: ['config-not-running: diff', 'socket-silent: ps', 'two-agents: kill'],
  async make(t, std) {
    const frr = prepareFrr(std.router, {
      directory: join(std.lab.directory, 'frr'),
      daemons: { zebra: zebraConfig(), staticd: '' },
    });
    await frr.start();
    const options: ConfigOptions = { frr, daemons: ['zebra', 'staticd'], probeTimeout: '1s' };
    const agent = agentIn(std, options);
    await agent.waitForLog(/ ready /, 15_000);
    const other = agentIn(std, options);
    await other.waitForLog(/ ready /, 15_000);
    const copy = join(agent.directory, 'state/last-known-good.yaml');
    await eventually(() => existsSync(copy), { timeoutMs: 15_000, what: 'the last known good copy' });
    agent.configure(configText({ ...options, convergence: '7s' }));
    frr.pause('staticd');
    return {
      agent,
      look: () => examine(std, agent),
      instead: {
        // It shows every staticd of this machine; ours is among them, and stopped.
        'socket-silent: ps': (line) => () => {
          t.ok(
            new RegExp(`^ *${frr.process('staticd').pid} +T`, 'm').test(std.router.run(['sh', '-c', line])),
            'ps shows that it is stopped',
          );
          frr.resume('staticd');
        },
      },
    };
  },
};

const CLOSED: Scene = {
  what: 'a state directory of root, and an agent of nobody',
  shapes: ['state-not-writable: install'],
  async make(_t, std) {
    const agent = agentOfNobody(std, {});
    await agent.waitForLog(/ ready /, 15_000);
    return { agent, look: () => examine(std, agent) };
  },
};

const UNCOVERED: Scene = {
  what: 'a daemon that has nothing for a destination',
  shapes: ['destination-uncovered: backup-router hold'],
  async make(_t, std) {
    const frr = zebraOnly(std);
    await frr.start();
    const options: ConfigOptions = { frr, daemons: ['zebra'], convergence: '1s' };
    const agent = agentIn(std, options);
    await turned(agent, 'out');
    await statusWhere(agent, ({ routes }) => routes.uncovered.length > 0, 15_000);
    return {
      agent,
      look: () => examine(std, agent),
      instead: {
        'destination-uncovered: backup-router hold': (line) => async () => {
          if (line.startsWith('withdraw:')) return;
          await agent.cli('hold');
          await turned(agent, 'in', 1);
        },
      },
    };
  },
};

export const SCENES: readonly Scene[] = [
  KERNEL,
  LINK,
  OFF_LINK,
  FRR,
  REFUSAL,
  ELSEWHERE,
  LEARNING,
  AGENT,
  CLOSED,
  UNCOVERED,
];

/** Remedies that other files carry out in the state that evokes them. */
export const TRIED_BESIDE: Readonly<Record<string, string>> = {
  'rule-place: ip rule': 'doctor-rules.test.ts',
  'nexthop-objects-inet6: no': 'doctor-placement.test.ts',
  'config-not-running: backup-router check': 'outputs.test.ts',
  'config-not-running: backup-router reload': 'outputs.test.ts',
};
