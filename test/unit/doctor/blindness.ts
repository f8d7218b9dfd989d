/**
 * How the look of each check can fail, one row a check: no permission, no file, a daemon that may not be asked, a kernel that does not
 * answer, a container. unseen.test.ts holds that the verdict is `unknown` there, and never `ok`.
 */

import type { FileEntry } from '../../../src/doctor/files.js';
import { seen, unseen } from '../../../src/doctor/seen.js';
import { hostWith, type Spoil, socket } from './fixture.js';
import { BIRD, config, MAIN } from './row.js';

const WHY = unseen('no permission');
const CLOSED: FileEntry = { kind: 'unreadable', why: 'no permission to read it' };
const base = hostWith();
const SELF = { who: 'this user', uid: 1000, groups: [1000], capabilities: 0n };
const DENIED = ['frr/zebra', 'frr/bgpd'].map((id) =>
  socket(id, { outcome: 'denied', detail: 'EACCES', steps: [{ path: '/run/frr', mode: 0o40755, uid: 101, gid: 101 }] }),
);
const closed = (...paths: readonly string[]): Spoil => ({
  files: Object.fromEntries(paths.map((path) => [path, CLOSED])),
});
const SYSCTLS = [...base.files.keys()].filter((path) => path.startsWith('/proc/sys'));
const without = (paths: readonly string[]): Spoil => ({
  files: Object.fromEntries(paths.map((path) => [path, undefined])),
});
/** An ordinary user of a host on which no agent runs. */
const STRANGER: Spoil = {
  status: seen(undefined),
  more: { self: SELF, agent: { ...base.agent, status: seen(undefined), identity: undefined } },
};
const NO_UNIT: Spoil = { files: { '/usr/lib/systemd/system/backup-router.service': undefined } };

/** Ways in which something cannot be looked at. */
export const WAYS = {
  kernel: { more: { kernel: WHY } },
  rules: { more: { rules: WHY } },
  'no rules at all': { rules: [] },
  'sockets denied': { ...STRANGER, more: { ...STRANGER.more, sockets: DENIED } },
  'sockets denied, no unit': { ...STRANGER, ...NO_UNIT, more: { ...STRANGER.more, sockets: DENIED } },
  'files of FRR closed': { ...closed('/etc/frr'), more: { runningComplete: WHY } },
  'no file of FRR, and no daemon': { files: { '/etc/frr/frr.conf': undefined }, more: { runningComplete: WHY } },
  'one daemon of FRR silent, no file': {
    files: { '/etc/frr/frr.conf': undefined },
    more: { running: [{ daemon: 'zebra', sockets: '/run/frr', text: 'frr version 8.4.4\n' }], runningComplete: WHY },
  },
  'zebra says nothing of next hops': { files: { '/etc/frr/frr.conf': 'hostname r1\n' } },
  'next hops not asked for': { files: { '/etc/frr/frr.conf': 'ip route 172.20.0.0/16 10.9.9.9\n' } },
  'file daemons closed': closed('/etc/frr/daemons'),
  'files of BIRD closed': closed('/etc/bird/bird.conf'),
  'no file of BIRD': {},
  'an included file of BIRD closed': {
    files: { '/etc/bird/bird.conf': 'include "k.conf";\n', '/etc/bird/k.conf': CLOSED },
  },
  'BIRD with a file that is not known': {
    more: { birdFiles: WHY },
    files: { '/etc/bird/bird.conf': 'protocol device {}\n' },
  },
  'a setting of the kernel closed': closed(...SYSCTLS),
  'a setting of the kernel missing': without(SYSCTLS.filter((path) => /mgmt0|ip_forward/.test(path))),
  'processes hidden': { more: { processes: WHY } },
  'other agents hidden': { more: { agent: { ...base.agent, others: WHY } } },
  'agent may not be asked': { status: WHY, more: { agent: { ...base.agent, status: WHY } } },
  'agent in another pid namespace': { more: { agent: { ...base.agent, identity: undefined } } },
  'no agent, no unit, an ordinary user': { ...STRANGER, ...NO_UNIT },
  "the unit's user unknown": {
    ...STRANGER,
    files: { '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n' },
  },
  'systemctl silent': { more: { systemd: WHY } },
  'unit closed': closed('/usr/lib/systemd/system/backup-router.service'),
  'drop-ins closed': closed('/etc/systemd/system/backup-router.service.d'),
  'links that enable closed': {
    files: {
      '/etc/systemd/system/multi-user.target.wants/backup-router.service': CLOSED,
      '/etc/systemd/system/multi-user.target.wants/backup-router-start.target': CLOSED,
    },
  },
  'start target closed': closed('/usr/lib/systemd/system/backup-router-start.target'),
  'system.conf closed': closed('/etc/systemd/system.conf'),
  'no unit to compare with': { more: { shippedUnit: WHY } },
  'passwd closed': closed('/etc/passwd'),
  'group closed': closed('/etc/group'),
  'state directory hidden': { more: { stateDirectory: { ...base.stateDirectory, exists: 'unseen', steps: [] } } },
  'copy closed': { more: { configuration: { ...base.configuration, kept: WHY } } },
  'networkd closed': closed('/usr/lib/systemd/networkd.conf.d'),
  'links of networkd closed': closed('/run/systemd/netif/links'),
  'NetworkManager closed': closed('/run/NetworkManager/devices'),
  'interfaces closed': closed('/etc/network/interfaces.d'),
  'netplan closed': closed('/etc/netplan'),
  'names closed': {
    files: { '/etc/iproute2/rt_protos.d': CLOSED, '/etc/iproute2/rt_protos.d/backup-router.conf': undefined },
  },
  'gateways not asked': { kernelMore: { asked: unseen('asking needs CAP_NET_ADMIN'), neighbours: [] } },
  'age of the program unknown': { more: { clock: { now: 1, built: 0 } } },
  'no mark of a time service': {},
} as const satisfies Readonly<Record<string, Spoil & { readonly kernelMore?: Spoil['kernel'] }>>;

export type WayName = keyof typeof WAYS;

export interface Blindness {
  /** A host for which the check has a meaning, beside the host in order. */
  readonly on?: Spoil;
  readonly ways: readonly WayName[];
}

const FRR_MAIN: Spoil = { config: MAIN };
const FRR_LOOKS: readonly WayName[] = [
  'kernel',
  'files of FRR closed',
  'no file of FRR, and no daemon',
  'one daemon of FRR silent, no file',
];
const FRR: Blindness = { on: FRR_MAIN, ways: FRR_LOOKS };
const KERNEL: Blindness = { ways: ['kernel'] };
const AGENT: Blindness = { ways: ['agent may not be asked'] };
const DAEMONS: Blindness = { ways: ['file daemons closed'] };
const UNIT: Blindness = { ways: ['unit closed', 'drop-ins closed'] };
const BIRD_LOOKS: readonly WayName[] = [
  'files of BIRD closed',
  'no file of BIRD',
  'an included file of BIRD closed',
  'BIRD with a file that is not known',
];
const AUTO: Spoil = { config: config('', undefined, '{address: auto}', '{address: auto}') };
const REPLIES: Spoil = { config: config('', undefined, '{address: 10.255.0.1, symmetric-replies: true}') };

/** By code. A text says why the look cannot fail. */
export const BLINDNESS: Readonly<Record<string, Blindness | string>> = {
  'config-missing': 'the configuration has been read, or it is missing: one of the two',
  'config-faults': 'what the reader of the configuration says',
  'config-not-running': AGENT,
  'destination-nested': 'the configuration alone',
  'destination-over-subnet': KERNEL,
  'probe-timeout-short': 'the configuration alone',
  'interface-missing': KERNEL,
  'interface-ambiguous': KERNEL,
  'interface-down': KERNEL,
  'interface-no-carrier': KERNEL,
  'interface-no-address': KERNEL,
  'interface-enslaved': KERNEL,
  'interface-not-in-vrf': { on: { config: config('placement: vrf') }, ways: ['kernel'] },
  'inet6-disabled': { ways: ['kernel', 'a setting of the kernel closed', 'a setting of the kernel missing'] },
  'inet6-address-lost': { ways: ['kernel', 'a setting of the kernel closed', 'a setting of the kernel missing'] },
  'accept-ra-forwarding': {
    on: AUTO,
    ways: ['kernel', 'a setting of the kernel closed', 'a setting of the kernel missing'],
  },
  'rp-filter-strict': { ways: ['kernel', 'a setting of the kernel closed', 'a setting of the kernel missing'] },
  'gateway-off-link': KERNEL,
  'gateway-own-address': KERNEL,
  'gateway-dead': { ways: ['kernel', 'gateways not asked'] },
  'gateway-auto-none': { on: AUTO, ways: ['kernel'] },
  'gateway-none': { on: { config: config('', undefined, '{address: none}') }, ways: ['kernel'] },
  'default-distance-zero': KERNEL,
  'static-overlap': {
    on: { config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}') },
    ways: [...FRR_LOOKS, 'next hops not asked for'],
  },
  'redistribute-kernel': FRR,
  'network-default': FRR,
  'default-originate': FRR,
  'nht-resolve-via-default': { on: FRR_MAIN, ways: [...FRR_LOOKS, 'zebra says nothing of next hops'] },
  'transit-forwarding': {
    on: {
      config: MAIN,
      files: { '/proc/sys/net/ipv4/ip_forward': '0\n', '/proc/sys/net/ipv6/conf/all/forwarding': '0\n' },
    },
    ways: ['kernel', 'a setting of the kernel closed', 'a setting of the kernel missing'],
  },
  'metric-collision': { on: FRR_MAIN, ways: ['kernel'] },
  'stale-routes': { ways: ['kernel', 'sockets denied'] },
  'refusal-hides': KERNEL,
  'nexthop-objects-inet6': KERNEL,
  'bird-learn': { on: { config: config('placement: main', BIRD) }, ways: ['kernel', ...BIRD_LOOKS] },
  'bird-persist': { on: { config: config('', BIRD) }, ways: BIRD_LOOKS },
  'socket-denied': {
    ways: ['sockets denied', 'sockets denied, no unit', 'agent in another pid namespace', "the unit's user unknown"],
  },
  'socket-absent': { ways: ['sockets denied'] },
  'socket-stale': { ways: ['sockets denied'] },
  'socket-silent': { ways: ['sockets denied'] },
  'frr-daemon-disabled': DAEMONS,
  'frr-watchfrr-off': DAEMONS,
  'unit-of-frr': 'the configuration alone',
  'frr-zebra-keeps-routes': DAEMONS,
  'frr-zebra-sweeps-late': DAEMONS,
  'pid1-does-not-reap': { ways: ['processes hidden'] },
  'networkd-foreign-routes': { ways: ['networkd closed', 'links of networkd closed'] },
  'networkd-foreign-rules': { ways: ['networkd closed', 'links of networkd closed'] },
  'networkmanager-managed': {
    on: { files: { '/run/NetworkManager': { kind: 'directory' } } },
    ways: ['kernel', 'NetworkManager closed'],
  },
  'ifupdown-default': { ways: ['interfaces closed'] },
  'netplan-default': { ways: ['netplan closed'] },
  'protocol-reserved': 'the configuration alone',
  'protocol-foreign-routes': KERNEL,
  'table-in-use': KERNEL,
  'number-named-otherwise': { ways: ['names closed'] },
  'rule-place': { ways: ['rules', 'no rules at all'] },
  'rule-before-ours': { ways: ['rules', 'no rules at all'] },
  'rule-overtaken': { on: { config: config('rule-priority-base: 20000') }, ways: ['rules', 'no rules at all'] },
  'replies-overtaken': { on: REPLIES, ways: ['rules', 'kernel'] },
  'kernel-policy-rules': { ways: ['rules'] },
  'names-not-installed': { ways: ['names closed'] },
  'agent-not-running': AGENT,
  'agent-not-in-state': AGENT,
  'destination-uncovered': AGENT,
  'model-disagrees': AGENT,
  'carries-nothing': AGENT,
  'replies-not-in': { on: REPLIES, ways: ['agent may not be asked'] },
  'agent-interference': AGENT,
  'agent-dry-run': AGENT,
  'two-agents': { ways: ['other agents hidden'] },
  'agent-old-version': AGENT,
  'capability-missing': {
    ways: ['agent in another pid namespace', 'no agent, no unit, an ordinary user', "the unit's user unknown"],
  },
  'state-not-writable': {
    ways: [
      'agent in another pid namespace',
      'no agent, no unit, an ordinary user',
      "the unit's user unknown",
      'state directory hidden',
    ],
  },
  'last-known-good-missing': { ways: ['copy closed'] },
  'native-missing': 'the library has been loaded, or it has not: one of the two',
  'no-systemd': 'a directory that everybody may see (sd_booted(3))',
  'unit-not-installed': 'a file that is there, whoever may read it',
  'unit-masked': { ways: ['unit closed'] },
  'unit-not-enabled': { ways: ['unit closed', 'links that enable closed'] },
  'unit-not-active': { ways: ['systemctl silent'] },
  'unit-user-missing': { ways: ['unit closed', 'passwd closed', 'group closed'] },
  'unit-needs-reload': { ways: ['unit closed', 'systemctl silent'] },
  'unit-differs': { ways: ['unit closed', 'no unit to compare with'] },
  'unit-sandbox': UNIT,
  'unit-no-watchdog': UNIT,
  'unit-no-restart': UNIT,
  'unit-ordering': { ways: ['unit closed', 'start target closed', 'links that enable closed'] },
  'runtime-watchdog-off': { ways: ['system.conf closed'] },
  'clock-before-build': { ways: ['age of the program unknown'] },
  'clock-not-synchronised': {
    on: { config: config('', '[{pidfile: /run/x.pid}]') },
    ways: ['no mark of a time service'],
  },
};

/** Checks that have nothing to look at where the interface is missing: interface-missing tells. The others do not depend on it. */
export const OF_THE_INTERFACE: readonly string[] = [
  'destination-over-subnet',
  'interface-down',
  'interface-no-carrier',
  'interface-no-address',
  'interface-enslaved',
  'interface-not-in-vrf',
  'inet6-disabled',
  'inet6-address-lost',
  'accept-ra-forwarding',
  'rp-filter-strict',
  'gateway-off-link',
  'gateway-own-address',
  'gateway-dead',
  'gateway-auto-none',
  'gateway-none',
  'networkmanager-managed',
  'replies-overtaken',
];

/** One host of both spoils. */
export function both(one: Spoil, other: Spoil & { readonly kernelMore?: Spoil['kernel'] }): Spoil {
  return {
    ...one,
    ...other,
    ...(one.config === undefined ? {} : { config: one.config }),
    files: { ...one.files, ...other.files },
    more: { ...one.more, ...other.more },
    ...(other.kernelMore === undefined ? {} : { kernel: other.kernelMore }),
  };
}
