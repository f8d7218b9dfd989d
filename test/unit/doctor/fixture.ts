/**
 * A host without any hazard, as evidence, and ways to spoil it. systemd, FRR with bgpd, an agent that runs under its own user.
 * Invariant: what a test does not mention is in order, so a finding comes from what it does mention.
 */

import { readFileSync } from 'node:fs';
import { parseConfig } from '../../../src/config/parse.js';
import { CATALOGUE } from '../../../src/doctor/catalogue.js';
import type { FileEntry } from '../../../src/doctor/files.js';
import type { Finding } from '../../../src/doctor/finding.js';
import type { Host, KernelEvidence, SocketEvidence } from '../../../src/doctor/host.js';
import { type Seen, seen } from '../../../src/doctor/seen.js';
import { FRR_PROTOCOLS } from '../../../src/model/daemon-protocols.js';
import type { InterfaceAddress, Link } from '../../../src/model/link.js';
import { prefix } from '../../../src/model/prefix.js';
import { REFUSALS, type Route, type Rule } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import type { Status } from '../../../src/model/status.js';
import { VERSION } from '../../../src/model/version.js';
import type { KernelAnswer } from '../../../src/model/ways.js';

export const ROOT = new URL('../../../../', import.meta.url).pathname;
const START_TARGET_TEXT = readFileSync(`${ROOT}systemd/backup-router-start.target`, 'utf8');
export const UNIT_TEXT = readFileSync(`${ROOT}systemd/backup-router.service`, 'utf8');

const CONFIG = `management-interface: mgmt0
backup-router: {address: 10.255.0.1}
inet6-backup-router: {address: 'fe80::1'}
routing-daemon: [{frr: {daemons: [zebra, bgpd]}}]
`;

export function link(name: string, index: number, more: Partial<Link> = {}): Link {
  return {
    index,
    name,
    altNames: [],
    mac: `02:00:00:00:00:0${index}`,
    up: true,
    carrier: true,
    master: undefined,
    kind: undefined,
    vrfTable: undefined,
    ...more,
  };
}

export function address(
  interfaceIndex: number,
  text: string,
  length: number,
  more: Partial<InterfaceAddress> = {},
): InterfaceAddress {
  return {
    interfaceIndex,
    family: text.includes(':') ? 'inet6' : 'inet',
    address: text,
    peer: undefined,
    length,
    tentative: false,
    ...more,
  };
}

/** `route('0.0.0.0', 0, {metric: 0, protocol: 3, via: '10.255.0.1', dev: 2})`. */
export function route(
  destination: string,
  length: number,
  o: {
    readonly metric?: number;
    readonly protocol?: number;
    readonly via?: string;
    readonly dev?: number;
    readonly table?: number;
    readonly type?: Route['type'];
  } = {},
): Route {
  return {
    family: destination.includes(':') ? 'inet6' : 'inet',
    table: o.table ?? 254,
    destination: prefix(destination, length),
    metric: o.metric ?? 0,
    tos: 0,
    protocol: o.protocol ?? 3,
    type: o.type ?? 'unicast',
    nexthops:
      o.type !== undefined && REFUSALS.has(o.type) ? [] : [{ gateway: o.via, interfaceIndex: o.dev ?? 2, dead: false }],
  };
}

/** The route that the kernel makes of an address, unless it is told not to (noprefixroute). */
function connected({ address: own, peer, length, interfaceIndex: dev }: InterfaceAddress): Route {
  return route(peer ?? own, length, { protocol: 2, dev });
}

/** The kernel's answer for a next hop. */
export function byRoute(matched: Route): KernelAnswer {
  const [hop] = matched.nexthops;
  return {
    kind: 'route',
    matched,
    type: matched.type,
    gateway: hop?.gateway,
    interfaceIndex: hop?.interfaceIndex ?? 0,
    source: undefined,
    table: matched.table,
  };
}

export function rule(priority: number, table: number, more: Partial<Rule> = {}, detail?: Partial<RuleDetail>): Rule {
  return {
    family: 'inet',
    priority,
    table,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 2,
    foreign: detail !== undefined,
    ...more,
    ...(detail === undefined ? {} : { detail: { action: 'table', ...detail } }),
  };
}

export function socket(id: string, more: Partial<SocketEvidence> = {}): SocketEvidence {
  const where = `/run/frr/${id.slice(4)}.vty`;
  const steps = [
    ['/run', 0o755, 0, 0],
    ['/run/frr', 0o755, 101, 101],
    [where, 0o770, 101, 102],
  ] as const;
  return {
    id,
    kind: 'frr',
    where,
    outcome: 'answers',
    detail: '',
    steps: steps.map(([path, mode, uid, gid]) => ({ path, mode, uid, gid })),
    ...more,
  };
}

const FILES: Readonly<Record<string, string>> = {
  '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nfrr:x:101:101::/:/bin/false\nbackup-router:x:103:103::/:/bin/false\n',
  '/etc/group': 'root:x:0:\nfrr:x:101:\nfrrvty:x:102:frr,backup-router\nbackup-router:x:103:\n',
  '/etc/frr/frr.conf':
    'frr version 8.4.4\nfrr defaults traditional\n!\nrouter bgp 65002\n bgp router-id 10.0.0.2\n!\n address-family ipv4 unicast\n  network 10.0.0.2/32\n exit-address-family\nexit\n',
  '/etc/frr/daemons': 'bgpd=yes\nospfd=no\nwatchfrr_enable=yes\nzebra_options="  -A 127.0.0.1 -s 90000000"\n',
  '/usr/lib/systemd/system/backup-router.service': UNIT_TEXT,
  '/usr/lib/systemd/system/backup-router-start.target': START_TARGET_TEXT,
  '/etc/iproute2/rt_protos': '2 kernel\n3 boot\n12 bird\n',
  '/etc/iproute2/rt_protos.d/backup-router.conf': '157 backup-router\n',
  '/etc/iproute2/rt_tables.d/backup-router.conf': '25500 backup-router-0\n',
  '/etc/systemd/system.conf': '[Manager]\nRuntimeWatchdogSec=30s\n',
  '/proc/1/comm': 'systemd\n',
  '/proc/sys/net/ipv4/ip_forward': '1\n',
  '/proc/sys/net/ipv6/conf/all/forwarding': '1\n',
  ...Object.fromEntries(
    ['all', 'mgmt0'].flatMap((name) => [
      [`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '2\n'],
      [`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '0\n'],
      [`/proc/sys/net/ipv6/conf/${name}/keep_addr_on_down`, '1\n'],
    ]),
  ),
};

/** The rules of a kernel as it boots. */
export const KERNEL_RULES: readonly Rule[] = [
  rule(0, 255),
  rule(32_766, 254),
  rule(32_767, 253),
  ...[rule(0, 255, { family: 'inet6' }), rule(32_766, 254, { family: 'inet6' })],
];

export interface Spoil {
  /** Replaces the whole configuration file. */
  readonly config?: string;
  /** Added to the files; undefined takes one away, an object is another kind of entry. */
  readonly files?: Readonly<Record<string, string | FileEntry | undefined>>;
  readonly kernel?: Partial<KernelEvidence>;
  readonly links?: readonly Link[];
  readonly addresses?: readonly InterfaceAddress[];
  readonly routes?: readonly Route[];
  /** The routes of the addresses; by default each has its own. */
  readonly connected?: readonly Route[];
  readonly ownRoutes?: readonly Route[];
  readonly rules?: readonly Rule[];
  readonly status?: Seen<Status | undefined>;
  readonly more?: Partial<Host>;
  /** There is no configuration. */
  readonly missing?: readonly string[];
}

export function status(more: Partial<Status> = {}): Status {
  return {
    version: 1,
    agent: { pid: 4711, version: VERSION, forMs: 1000, dryRun: false, networkNamespace: null },
    configuration: {
      file: '/etc/backup-router/config.yaml',
      source: 'file',
      errors: [],
      changed: false,
      unconfirmed: null,
      rolledBackAt: null,
    },
    gateways: [],
    preemption: null,
    lastOutage: null,
    routes: {
      phase: 'out',
      cause: null,
      reason: 'healthy',
      since: '',
      forMs: 1,
      uncovered: [],
      coveredBefore: [],
      stale: [],
      untilMs: null,
      placement: 'local',
      role: 'primary',
      roleReason: 'configured',
    },
    managementInterfaces: [{ selector: 'mgmt0', name: 'mgmt0', index: 2, up: true, carrier: true, addresses: [] }],
    daemons: [],
    backupRoutes: [],
    symmetricReplies: [],
    adopted: [],
    disagreements: [],
    waiting: [],
    faults: [],
    interference: null,
    damping: { deaths: 0, holdMs: 5000, reason: null },
    ...more,
  };
}

export function hostWith(spoil: Spoil = {}): Host {
  const text = spoil.config ?? CONFIG;
  const parsed = parseConfig(text, '/etc/backup-router/config.yaml');
  const config = parsed.config ?? parsed.partial;
  if (config === undefined) throw new Error(JSON.stringify(parsed.diagnostics));
  const files = new Map<string, FileEntry>([
    ['/run/systemd/system', { kind: 'directory' }],
    ['/run/systemd/netif/links', { kind: 'directory' }],
    [
      '/etc/systemd/system/multi-user.target.wants/backup-router.service',
      { kind: 'file', text: '', target: '/usr/lib/systemd/system/backup-router.service' },
    ],
    [
      '/etc/systemd/system/multi-user.target.wants/backup-router-start.target',
      { kind: 'file', text: '', target: '/usr/lib/systemd/system/backup-router-start.target' },
    ],
    ...Object.entries(FILES).map(([path, content]): [string, FileEntry] => [path, { kind: 'file', text: content }]),
  ]);
  for (const [path, entry] of Object.entries(spoil.files ?? {})) {
    if (entry === undefined) files.delete(path);
    else files.set(path, typeof entry === 'string' ? { kind: 'file', text: entry } : entry);
  }
  const addresses = spoil.addresses ?? [
    address(2, '10.255.0.2', 24),
    address(2, 'fe80::2', 64),
    address(2, '2001:db8:ff::2', 64),
    address(3, '10.1.0.2', 24),
  ];
  const kernel: KernelEvidence = {
    snapshot: {
      links: spoil.links ?? [link('lo', 1, { mac: undefined }), link('mgmt0', 2), link('data0', 3)],
      addresses,
      furtherRoutes: spoil.connected ?? addresses.map(connected),
      ownRoutes: spoil.ownRoutes ?? [],
      foreignRoutes: spoil.routes ?? [route('0.0.0.0', 0, { protocol: 186, metric: 20, via: '10.1.0.1', dev: 3 })],
      rules: spoil.rules ?? KERNEL_RULES,
      neighbours: [],
    },
    neighbours: [
      { interfaceIndex: 2, address: '10.255.0.1', state: 'reachable' },
      { interfaceIndex: 2, address: 'fe80::1', state: 'reachable' },
    ],
    asked: seen(true),
    frrStatics: [],
    ownTables: [],
    nexthopObjects: { total: 0, first: [] },
    ...spoil.kernel,
  };
  return {
    config,
    watched: [
      { id: 'frr/zebra', protocols: [...FRR_PROTOCOLS] },
      { id: 'frr/bgpd', protocols: [] },
    ],
    configuration: {
      ...(spoil.missing === undefined ? {} : { missing: spoil.missing }),
      file: '/etc/backup-router/config.yaml',
      diagnostics: parsed.diagnostics,
      text,
      kept: seen(text),
      keptPath: '/var/lib/backup-router/last-known-good.yaml',
    },
    files,
    kernel: seen(kernel),
    rules: seen(spoil.rules ?? KERNEL_RULES),
    sockets: [socket('frr/zebra'), socket('frr/bgpd')],
    running: [],
    runningComplete: seen(true),
    nextHops: seen(new Map([['10.1.0.1', byRoute(route('10.1.0.0', 24, { protocol: 2, dev: 3 }))]])),
    birdFiles: seen([]),
    agent: {
      socket: '/run/backup-router/control.sock',
      status: spoil.status ?? seen(status({ routes: { ...status().routes, placement: config.placement } })),
      identity: {
        who: 'the running agent (pid 4711)',
        uid: 103,
        groups: [103, 102],
        capabilities: 1n << 12n,
      },
      others: seen([]),
    },
    self: { who: 'this user', uid: 0, groups: [0], capabilities: 0x1ffffffffffn },
    processes: seen([
      { pid: 1, parent: 0, name: 'systemd', state: 'S' },
      { pid: 70, parent: 1, name: 'zebra', state: 'S' },
    ]),
    systemd: seen({
      unit: {
        LoadState: 'loaded',
        ActiveState: 'active',
        SubState: 'running',
        Result: 'success',
        NeedDaemonReload: 'no',
        NRestarts: '0',
      },
    }),
    shippedUnit: seen(UNIT_TEXT),
    stateDirectory: {
      path: '/var/lib/backup-router',
      exists: 'yes',
      steps: [
        ['/var', 0o755, 0, 0],
        ['/var/lib', 0o755, 0, 0],
        ['/var/lib/backup-router', 0o755, 103, 103],
      ].map(([path, mode, uid, gid]) => ({
        path: String(path),
        mode: Number(mode),
        uid: Number(uid),
        gid: Number(gid),
      })),
    },
    nativeFault: undefined,
    clock: { now: Date.UTC(2026, 5, 1), built: Date.UTC(2026, 4, 1) },
    ...spoil.more,
  };
}

/** What the check of that code says of the host. */
export function judge(code: string, spoil: Spoil): readonly Finding[] | 'not-applicable' {
  const check = CATALOGUE.flatMap(({ checks }) => checks).find((one) => one.code === code);
  if (check === undefined) throw new Error(`no check ${code}`);
  return check.run(hostWith(spoil));
}
