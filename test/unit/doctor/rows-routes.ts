/** Rows of routes and rules of others: defaults, FRR, BIRD, numbers. */

import type { Answered } from '../../../src/doctor/host.js';
import { seen, unseen } from '../../../src/doctor/seen.js';
import { prefix } from '../../../src/model/prefix.js';
import { byRoute, KERNEL_RULES, link, route, rule, socket, status } from './fixture.js';
import { BIRD, config, INET, MAIN, type Row } from './row.js';

const BGP = route('0.0.0.0', 0, { protocol: 186, metric: 20, via: '10.1.0.1', dev: 3 });
const BLACKHOLE = route('0.0.0.0', 0, { protocol: 186, type: 'blackhole', metric: 20 });
const HIDDEN_DEFAULT = seen(
  status({
    backupRoutes: [
      {
        destination: 'default',
        gateway: '10.255.0.1',
        interface: 'mgmt0',
        table: 25_500,
        metric: 0,
        state: 'installed',
        preempting: true,
        hiddenBy: 'blackhole default (proto 186)',
      },
    ],
  }),
);
const VRF_LINKS = [link('lo', 1), link('mgmt0', 2, { master: 9 }), link('blue', 9, { kind: 'vrf', vrfTable: 10 })];
const FRR = '/etc/frr/frr.conf';
const PRIVATE = config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}');
const BY_DEFAULT = byRoute(BGP);
const bgp = (line: string): string =>
  `router bgp 65002\n address-family ipv4 unicast\n  ${line}\n exit-address-family\nexit\n`;
const own = (o: Parameters<typeof route>[2] = {}): ReturnType<typeof route> =>
  route('0.0.0.0', 0, { protocol: 157, table: 25_500, via: '10.255.0.1', ...o });
const nht = (family: string, word: string): Answered => ({
  sockets: '/run/frr',
  command: `show ${family} nht vrf all`,
  text: `VRF default:\n Resolve via default: ${word}\n`,
});
const refused = { evidence: /^$/, remedy: /sudo/, severity: 'unknown' } as const;
const closed = { kind: 'unreadable', why: 'no permission' } as const;

const INSTALLED = {
  destination: 'default',
  gateway: '192.0.2.1',
  interface: 'mgmt0',
  table: 25500,
  metric: 0,
  state: 'installed',
  preempting: false,
} as const;

const SYMMETRIC = config('', undefined, '{address: 10.255.0.1, symmetric-replies: true}', '');
const REPLIES = {
  family: 'inet',
  interface: 'mgmt0',
  sources: ['10.255.0.2'],
  gateway: '10.255.0.1',
  table: 25_629,
  state: 'installed',
  reason: null,
} as const;

export const ROUTE_ROWS: readonly Row[] = [
  {
    code: 'default-distance-zero',
    what: 'of a container runtime',
    bad: { routes: [route('0.0.0.0', 0, { via: '10.255.0.1' })], files: { '/.dockerenv': '' } },
    severity: 'warning',
    evidence: /default via 10\.255\.0\.1 dev mgmt0 proto 3\n\/\.dockerenv/,
    remedy: /adopt: true[\s\S]*ip route del default via 10\.255\.0\.1 dev mgmt0 metric 0/,
    near: { routes: [route('0.0.0.0', 0, { via: '10.255.0.1', metric: 0xff000000 }), BGP] },
  },
  {
    code: 'default-distance-zero',
    what: 'of DHCP',
    bad: { routes: [route('0.0.0.0', 0, { via: '10.255.0.1', protocol: 16, metric: 1024 })] },
    severity: 'warning',
    evidence: /proto 16 metric 1024/,
    remedy: /\[DHCPv4\]\nRouteMetric=4278190080/,
    near: { routes: [BGP, route('0.0.0.0', 0, { protocol: 12, metric: 32, via: '10.1.0.1', dev: 3 })] },
  },
  {
    code: 'default-distance-zero',
    what: 'of a router advertisement',
    bad: { routes: [route('::', 0, { via: 'fe80::1', protocol: 9, metric: 1024 })] },
    severity: 'warning',
    evidence: /-6 default via fe80::1/,
    remedy: /ra_defrtr_metric=4278190080/,
    near: { routes: [route('2001:db8::', 32, { via: 'fe80::1' })] },
  },
  {
    code: 'default-distance-zero',
    what: 'on another interface',
    bad: { routes: [route('0.0.0.0', 0, { via: '10.1.0.1', dev: 3 })] },
    severity: 'warning',
    evidence: /dev data0/,
    remedy: /ip route add default via 10\.1\.0\.1/,
    near: { routes: [route('0.0.0.0', 0, { type: 'blackhole' })] },
  },
  {
    code: 'default-distance-zero',
    what: 'in the VRF',
    bad: { links: VRF_LINKS, routes: [route('0.0.0.0', 0, { via: '10.255.0.1', table: 10 })] },
    severity: 'warning',
    evidence: /table 10/,
    remedy: /adopt/,
    near: { routes: [route('0.0.0.0', 0, { via: '10.255.0.1', table: 10 })] },
  },
  {
    code: 'default-distance-zero',
    what: 'which is adopted',
    bad: {
      config: config('', undefined, '{address: auto, adopt: true}'),
      routes: [route('0.0.0.0', 0, { via: '10.255.0.1' })],
    },
    severity: 'note',
    evidence: /default via/,
    near: { config: config('', undefined, '{address: auto, adopt: true}'), routes: [] },
  },
  {
    code: 'default-distance-zero',
    what: 'advertised, and adopted',
    bad: {
      config: config('', undefined, undefined, '{address: auto, adopt: true}'),
      routes: [route('::', 0, { via: 'fe80::1', protocol: 9, metric: 1024 })],
    },
    severity: 'note',
    evidence: /proto 9/,
    remedy: /^sysctl -w net\.ipv6\.conf\.mgmt0\.ra_defrtr_metric/,
    near: { routes: [route('::', 0, { via: 'fe80::1', protocol: 9, metric: 0xff000000 })] },
  },
  {
    code: 'static-overlap',
    what: 'in the file, through the subnet',
    bad: {
      config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
      files: { [FRR]: 'ip route 172.16.0.0/12 10.255.0.1\n' },
    },
    severity: 'warning',
    evidence: /frr\.conf:1: ip route 172\.16/,
    remedy: /^sed -i '1d' \/etc\/frr\/frr\.conf$/m,
    near: {
      config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/13}'),
      files: { [FRR]: 'ip route 172.16.0.0/12 10.255.0.1\n' },
    },
  },
  {
    code: 'static-overlap',
    what: 'words of BFD behind the next hop are no interface',
    bad: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.255.0.1 bfd multi-hop source 10.255.0.2\n' },
    },
    severity: 'warning',
    evidence: /frr\.conf:1: ip route 172\.20/,
    remedy: /^sed -i '1d' /m,
    near: { config: PRIVATE, files: { [FRR]: 'ip route 172.20.0.0/16 10.1.0.1 bfd profile mgmt0\n' } },
  },
  {
    code: 'static-overlap',
    what: 'for the packets of a source',
    bad: { files: { [FRR]: 'ipv6 route ::/0 from 2001:db8:ff::/64 fe80::1 mgmt0\n' } },
    severity: 'warning',
    evidence: /frr\.conf:1: ipv6 route ::\/0 from/,
    remedy: /^sed -i '1d' /m,
    near: { files: { [FRR]: 'ipv6 route ::/0 from 2001:db8:ff::/64 fe80::1 data0\n' } },
  },
  {
    code: 'static-overlap',
    what: 'by interface, in staticd.conf',
    bad: {
      config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
      files: { [FRR]: undefined, '/etc/frr/staticd.conf': 'ip route 172.20.0.0/16 mgmt0\n' },
    },
    severity: 'warning',
    evidence: /staticd\.conf:1/,
    remedy: /^sed -i '1d' \/etc\/frr\/staticd\.conf$/m,
    near: {
      config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
      files: { '/etc/frr/staticd.conf': 'ip route 172.20.0.0/16 10.1.0.1\n' },
    },
  },
  ...[
    'ip route 172.20.0.0/16 10.255.0.1 vrf red',
    'ip route 172.20.0.0/16 10.255.0.1 nexthop-vrf red',
    'vrf red\n ip route 172.20.0.0/16 10.255.0.1\nexit-vrf',
  ].map(
    (line): Row => ({
      code: 'static-overlap',
      what: `not in a VRF: ${line}`,
      bad: {
        config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
        files: { [FRR]: 'ip route 172.20.0.0/16 10.255.0.1\n' },
      },
      severity: 'warning',
      evidence: /frr\.conf:1/,
      remedy: /^sed -i '1d' /m,
      near: {
        config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
        files: { [FRR]: `${line}\n` },
      },
    }),
  ),
  ...['blackhole', 'Null0', 'reject'].map(
    (word): Row => ({
      code: 'static-overlap',
      what: word,
      bad: {
        config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
        files: { [FRR]: `ip route 172.20.0.0/16 ${word} 250\n` },
      },
      severity: 'warning',
      evidence: /frr\.conf:1/,
      remedy: /^sed -i '1d' \/etc\/frr\/frr\.conf$/m,
      near: {
        config: config('', undefined, '{address: 10.255.0.1, destination: 172.16.0.0/12}'),
        files: { [FRR]: `ip route 172.32.0.0/16 ${word}\n` },
      },
    }),
  ),
  {
    code: 'static-overlap',
    what: 'over a next hop that the management network reaches',
    bad: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.250.0.9\n' },
      more: { nextHops: seen(new Map([['10.250.0.9', byRoute(route('10.250.0.0', 16, { via: '10.255.0.1' }))]])) },
    },
    severity: 'warning',
    evidence:
      /frr\.conf:1: ip route 172\.20\.0\.0\/16 10\.250\.0\.9; 10\.250\.0\.9 by 10\.250\.0\.0\/16 via 10\.255\.0\.1 dev mgmt0/,
    remedy: /^sed -i '1d' \/etc\/frr\/frr\.conf$/m,
    near: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.250.0.9\n' },
      more: {
        nextHops: seen(new Map([['10.250.0.9', byRoute(route('10.250.0.0', 16, { via: '10.1.0.1', dev: 3 }))]])),
      },
    },
  },
  {
    code: 'static-overlap',
    what: 'over a next hop that another static reaches',
    bad: {
      config: PRIVATE,
      files: {
        [FRR]: 'ip route 172.20.0.0/16 10.250.0.9\nip route 10.250.0.0/24 10.251.0.1\nip route 10.251.0.0/24 mgmt0\n',
      },
      more: {
        nextHops: seen(
          new Map([
            ['10.250.0.9', BY_DEFAULT],
            ['10.251.0.1', BY_DEFAULT],
          ]),
        ),
      },
    },
    severity: 'warning',
    evidence:
      /frr\.conf:1: .*; 10\.250\.0\.9 by ip route 10\.250\.0\.0\/24 10\.251\.0\.1; 10\.251\.0\.1 by ip route 10\.251/,
    remedy: /^sed -i '1d' /m,
    near: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.250.0.9\nip route 10.250.0.0/24 data0\nip route 10.0.0.0/8 mgmt0\n' },
      more: { nextHops: seen(new Map([['10.250.0.9', BY_DEFAULT]])) },
    },
  },
  {
    code: 'static-overlap',
    what: 'over a next hop by the default route of the management network, where FRR resolves by it',
    bad: {
      config: PRIVATE,
      files: { [FRR]: 'frr version 10.3\nip route 172.20.0.0/16 10.250.0.9\n' },
      more: { nextHops: seen(new Map([['10.250.0.9', byRoute(route('0.0.0.0', 0, { via: '10.255.0.1' }))]])) },
    },
    severity: 'warning',
    evidence: /frr\.conf:2: .*; 10\.250\.0\.9 by default via 10\.255\.0\.1 dev mgmt0/,
    remedy: /^sed -i '2d' /m,
    near: {
      config: PRIVATE,
      files: { [FRR]: 'frr version 8.4.4\nip route 172.20.0.0/16 10.250.0.9\n' },
      more: { nextHops: seen(new Map([['10.250.0.9', byRoute(route('0.0.0.0', 0, { via: '10.255.0.1' }))]])) },
    },
  },
  {
    code: 'static-overlap',
    what: 'by the backup route itself, no more than while that is in',
    bad: { config: PRIVATE, files: { [FRR]: 'ip route 172.20.0.0 255.255.0.0 10.255.0.1\n' } },
    severity: 'warning',
    evidence: /frr\.conf:1: ip route 172\.20\.0\.0 255\.255\.0\.0 10\.255\.0\.1/,
    remedy: /^sed -i '1d' /m,
    near: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.250.0.9\n' },
      more: {
        nextHops: seen(
          new Map([['10.250.0.9', byRoute(route('0.0.0.0', 0, { via: '10.255.0.1', protocol: 157, table: 25_500 }))]]),
        ),
      },
    },
  },
  {
    code: 'static-overlap',
    what: 'not in another table; host bits as FRR takes them',
    bad: { config: PRIVATE, files: { [FRR]: 'ip route 172.20.5.5/16 10.255.0.1 tag 7 200\n' } },
    severity: 'warning',
    evidence: /frr\.conf:1: ip route 172\.20\.5\.5\/16 10\.255\.0\.1 tag 7 200/,
    remedy: /^sed -i '1d' /m,
    near: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.255.0.1 table 77\n! ip route 172.20.0.0/16 10.255.0.1\n' },
    },
  },
  {
    code: 'static-overlap',
    what: 'running, in a pathspace, IPv6',
    bad: {
      config: config(
        '',
        '[{frr: {socket-directory: /run/frr/core1}}]',
        undefined,
        "{address: 'fe80::1', destination: '2001:db8:5::/48'}",
      ),
      more: {
        running: [{ daemon: 'staticd', sockets: '/run/frr/core1', text: 'ipv6 route 2001:db8:5::/48 fe80::1 mgmt0\n' }],
      },
    },
    severity: 'warning',
    evidence: /^staticd \(running\): ipv6 route 2001:db8:5::\/48 fe80::1 mgmt0$/,
    remedy: /^vtysh -N core1 -c 'configure terminal' -c 'no ipv6 route 2001:db8:5::\/48 fe80::1 mgmt0'$/m,
    near: {
      config: config('', '[{frr: {socket-directory: /run/frr/core1}}]'),
      more: {
        running: [{ daemon: 'staticd', sockets: '/run/frr/core1', text: 'ipv6 route 2001:db8:5::/48 fe80::1 mgmt0\n' }],
      },
    },
  },
  {
    code: 'static-overlap',
    what: 'the way to the next hop cannot be asked for',
    bad: {
      config: PRIVATE,
      files: { [FRR]: 'ip route 172.20.0.0/16 10.250.0.9\n' },
      more: { nextHops: unseen('no netlink') },
    },
    ...refused,
    near: { config: PRIVATE, more: { nextHops: unseen('no netlink') } },
  },
  {
    code: 'redistribute-kernel',
    what: 'written by hand, without indentation',
    bad: { config: MAIN, files: { [FRR]: 'router bgp 65002\naddress-family ipv6 unicast\nredistribute kernel\n' } },
    severity: 'warning',
    evidence: /frr\.conf:3: router bgp 65002 > address-family ipv6 unicast > redistribute kernel/,
    remedy: /^sed -i '3d' /m,
    near: { config: MAIN, files: { [FRR]: 'router bgp 65002\n!redistribute kernel\n#redistribute kernel\n' } },
  },
  {
    code: 'redistribute-kernel',
    what: 'in the files of a pathspace',
    bad: {
      config: config('placement: main', '[{frr: {socket-directory: /run/frr/core1}}]'),
      files: { '/etc/frr/core1/frr.conf': bgp('redistribute kernel') },
    },
    severity: 'warning',
    evidence: /core1\/frr\.conf:3/,
    remedy: /^sed -i '3d' \/etc\/frr\/core1\/frr\.conf$/m,
    near: { config: MAIN, files: { '/etc/frr/core1/frr.conf': bgp('redistribute kernel') } },
  },
  {
    code: 'redistribute-kernel',
    what: 'not in files that FRR does not read',
    bad: { config: MAIN, files: { [FRR]: bgp('redistribute kernel') } },
    severity: 'warning',
    evidence: /frr\.conf:3/,
    remedy: /^sed -i '3d' /m,
    near: {
      config: MAIN,
      files: { '/etc/frr/frr-old.conf': bgp('redistribute kernel'), '/etc/frr/bgpd.conf': bgp('redistribute kernel') },
    },
  },
  {
    code: 'static-overlap',
    what: 'in the kernel',
    bad: { kernel: { frrStatics: [route('0.0.0.0', 0, { protocol: 196, via: '10.255.0.1' })] } },
    severity: 'warning',
    evidence: /proto 196/,
    remedy: /no ip route/,
    near: {
      kernel: {
        frrStatics: [
          route('0.0.0.0', 0, { protocol: 196, via: '10.1.0.1', dev: 3 }),
          route('10.7.0.0', 16, { protocol: 196, via: '10.255.0.1' }),
        ],
      },
    },
  },
  {
    code: 'static-overlap',
    what: 'nothing to read',
    bad: { files: { '/etc/frr': closed } },
    ...refused,
    near: {},
  },
  {
    code: 'redistribute-kernel',
    what: 'in the file',
    bad: { config: MAIN, files: { [FRR]: bgp('redistribute kernel route-map X') } },
    severity: 'warning',
    evidence: /frr\.conf:3: router bgp 65002 > address-family ipv4 unicast > redistribute kernel route-map X$/,
    remedy: /^sed -i '3d' \/etc\/frr\/frr\.conf$/m,
    near: { files: { [FRR]: bgp('redistribute kernel') } },
  },
  {
    code: 'redistribute-kernel',
    what: 'running only',
    bad: {
      config: MAIN,
      more: { running: [{ daemon: 'bgpd', sockets: '/run/frr', text: bgp('redistribute kernel') }] },
    },
    severity: 'warning',
    evidence: /bgpd \(running\): router bgp 65002 > address-family ipv4 unicast > redistribute kernel/,
    remedy:
      /^vtysh -c 'configure terminal' -c 'router bgp 65002' -c 'address-family ipv4 unicast' -c 'no redistribute kernel'$[\s\S]*placement: local/m,
    near: { config: MAIN, files: { [FRR]: bgp('redistribute connected\n  ! redistribute kernel') } },
  },
  {
    code: 'redistribute-kernel',
    what: 'a VRF shares its table too',
    bad: { links: VRF_LINKS, files: { [FRR]: bgp('redistribute kernel').replace('65002', '65002 vrf blue') } },
    severity: 'warning',
    evidence: /redistribute kernel/,
    remedy: /^sed -i '3d' \/etc\/frr\/frr\.conf$/,
    near: { config: config('placement: main', BIRD), files: { [FRR]: bgp('redistribute kernel') } },
  },
  {
    code: 'redistribute-kernel',
    what: 'of one family, in the words of IS-IS; not of another VRF',
    bad: { config: MAIN, files: { [FRR]: 'router isis 1\n redistribute ipv4 kernel level-2\nexit\n' } },
    severity: 'warning',
    evidence: /frr\.conf:2: router isis 1 > redistribute ipv4 kernel level-2$/,
    remedy: /^sed -i '2d' /m,
    near: { config: MAIN, files: { [FRR]: 'router bgp 65002 vrf red\n redistribute kernel\nexit\n' } },
  },
  {
    code: 'redistribute-kernel',
    what: 'of a family that has backup routes',
    bad: {
      config: config('placement: main', undefined, undefined, ''),
      files: { [FRR]: 'router ospf\n redistribute kernel\nexit\n' },
    },
    severity: 'warning',
    evidence: /router ospf > redistribute kernel/,
    remedy: /^sed -i '2d' /m,
    near: {
      config: config('placement: main', undefined, undefined, ''),
      files: { [FRR]: 'router ospf6\n redistribute kernel\nexit\n' },
    },
  },
  {
    code: 'redistribute-kernel',
    what: 'not to be read',
    bad: { config: MAIN, files: { [FRR]: closed } },
    ...refused,
    near: { config: MAIN },
  },
  {
    code: 'network-default',
    what: 'IPv4',
    bad: { config: MAIN, files: { [FRR]: bgp('network 0.0.0.0/0') } },
    severity: 'warning',
    evidence: /network 0\.0\.0\.0\/0/,
    remedy: /default-originate/,
    near: { config: MAIN, files: { [FRR]: bgp('network 10.0.0.0/8') } },
  },
  {
    code: 'nht-resolve-via-default',
    what: 'on',
    bad: { config: MAIN, files: { [FRR]: 'ip nht resolve-via-default\n' } },
    severity: 'warning',
    evidence: /frr\.conf:1: ip nht/,
    remedy: /no ip nht resolve-via-default/,
    near: { config: MAIN, files: { [FRR]: 'no ip nht resolve-via-default\nno ipv6 nht resolve-via-default\n' } },
  },
  {
    code: 'nht-resolve-via-default',
    what: 'by default since 9.1',
    bad: { config: MAIN, files: { [FRR]: 'frr version 10.3\nfrr defaults traditional\n' } },
    severity: 'warning',
    evidence: /frr version 10\.3: on by default/,
    remedy: /no ip nht resolve-via-default/,
    near: { config: MAIN, files: { [FRR]: 'frr version 9.0.1\nfrr defaults traditional\n' } },
  },
  {
    code: 'nht-resolve-via-default',
    what: 'zebra says so',
    bad: {
      config: MAIN,
      more: { nexthopTracking: [nht('ip', 'on')] },
    },
    severity: 'warning',
    evidence: /^zebra, 'show ip nht vrf all': Resolve via default: on$/,
    remedy: /no ip nht resolve-via-default/,
    near: {
      config: MAIN,
      files: { [FRR]: 'frr version 10.3\n' },
      more: { nexthopTracking: [nht('ip', 'off'), nht('ipv6', 'off')] },
    },
  },
  {
    code: 'nht-resolve-via-default',
    what: 'no version',
    bad: { config: MAIN, files: { [FRR]: 'hostname r1\n' } },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /show ip nht/,
    near: { config: MAIN },
  },
  ...['ospf', 'ospf6', 'isis CORE'].map(
    (protocol): Row => ({
      code: 'default-originate',
      what: protocol,
      bad: { config: MAIN, files: { [FRR]: `router ${protocol}\n default-information originate\nexit\n` } },
      severity: 'warning',
      evidence: new RegExp(`frr\\.conf:2: router ${protocol} > default-information originate`),
      remedy: /^sed -i '2d' \/etc\/frr\/frr\.conf$/m,
      near: { config: MAIN, files: { [FRR]: `router ${protocol}\n default-information originate always\nexit\n` } },
    }),
  ),
  {
    code: 'transit-forwarding',
    what: 'placement main',
    bad: { config: MAIN },
    severity: 'warning',
    evidence: /ip_forward = 1\n.*forwarding = 1/,
    remedy: /placement: local/,
    near: {
      config: MAIN,
      files: { '/proc/sys/net/ipv4/ip_forward': '0\n', '/proc/sys/net/ipv6/conf/all/forwarding': '0\n' },
    },
  },
  {
    code: 'metric-collision',
    what: 'BIRD at metric 1',
    bad: {
      config: config('placement: main', BIRD),
      routes: [route('0.0.0.0', 0, { protocol: 12, metric: 1, via: '10.1.0.1', dev: 3 })],
    },
    severity: 'warning',
    evidence: /proto 12 metric 1/,
    remedy: /placement: local/,
    near: {
      config: config('placement: main', BIRD),
      routes: [
        route('0.0.0.0', 0, { protocol: 12, metric: 32, via: '10.1.0.1', dev: 3 }),
        route('0.0.0.0', 0, { protocol: 4, metric: 1 }),
      ],
    },
  },
  {
    code: 'stale-routes',
    what: 'zebra was killed',
    bad: { more: { sockets: [socket('frr/zebra', { outcome: 'stale' })] } },
    severity: 'note',
    evidence: /default via 10\.1\.0\.1 dev data0 proto 186/,
    remedy: /restart frr/,
    near: { more: { sockets: [socket('frr/zebra'), socket('frr/bgpd', { outcome: 'stale' })] } },
  },
  {
    code: 'refusal-hides',
    what: 'an aggregate',
    bad: {
      config: config('', undefined, '{address: 10.255.0.1, destination: 10.99.0.0/16}'),
      routes: [route('10.0.0.0', 8, { protocol: 196, type: 'blackhole', metric: 20 })],
    },
    severity: 'error',
    evidence: /^blackhole 10\.0\.0\.0\/8 proto 196 metric 20$/,
    remedy: /no ip route 10\.0\.0\.0\/8 blackhole[\s\S]*placement: main/,
    near: {
      config: config('placement: main', undefined, '{address: 10.255.0.1, destination: 10.99.0.0/16}'),
      routes: [route('10.0.0.0', 8, { protocol: 196, type: 'blackhole', metric: 20 })],
    },
  },
  {
    code: 'refusal-hides',
    what: 'of an operator, IPv6',
    bad: {
      config: config('', undefined, undefined, "{address: 'fe80::1', destination: '2001:db8:9::/48'}"),
      routes: [route('2001:db8::', 32, { type: 'blackhole', metric: 1024 })],
    },
    severity: 'error',
    evidence: /^-6 blackhole 2001:db8::\/32/,
    remedy: /ip -6 route del blackhole 2001:db8::\/32 metric 1024/,
    near: { routes: [route('192.0.2.0', 24, { type: 'blackhole' })] },
  },
  {
    code: 'refusal-hides',
    what: 'one half, by a next hop that is gone',
    bad: { routes: [route('128.0.0.0', 1, { protocol: 4, via: '10.77.0.1', dev: 9 })] },
    severity: 'warning',
    evidence: /^128\.0\.0\.0\/1 via 10\.77\.0\.1 dev if9 proto 4$/,
    remedy: /^ip route del unicast 128\.0\.0\.0\/1 /,
    near: { routes: [route('128.0.0.0', 1, { protocol: 4, via: '10.1.0.1', dev: 3 })] },
  },
  {
    code: 'refusal-hides',
    what: 'a part, by an aggregate',
    bad: { routes: [route('10.0.0.0', 8, { protocol: 196, type: 'blackhole', metric: 20 })] },
    severity: 'note',
    evidence: /^blackhole 10\.0\.0\.0\/8 proto 196 metric 20$/,
    remedy: /no ip route 10\.0\.0\.0\/8 blackhole/,
    near: { routes: [route('192.0.2.0', 24, { protocol: 196, type: 'blackhole', metric: 20 })] },
  },
  {
    code: 'refusal-hides',
    what: 'both halves, by a static of FRR whose next hop is gone, IPv6',
    bad: {
      routes: [
        route('2000::', 4, { protocol: 196, metric: 20, via: '2001:db8:77::1', dev: 9 }),
        route('3000::', 4, { protocol: 196, metric: 20, via: '2001:db8:77::1', dev: 9 }),
      ],
    },
    severity: 'error',
    evidence: /^-6 2000::\/4 via .*\n-6 3000::\/4 via /,
    remedy: /no ipv6 route 2000::\/4 2001:db8:77::1[\s\S]*no ipv6 route 3000::\/4 2001:db8:77::1/,
    near: {
      routes: [
        route('2000::', 4, { protocol: 196, metric: 20, via: '2001:db8:1::1', dev: 3 }),
        route('3000::', 4, { protocol: 196, metric: 20, via: '2001:db8:1::1', dev: 3 }),
      ],
    },
  },
  {
    code: 'refusal-hides',
    what: 'a tie that is to be taken',
    bad: { routes: [BLACKHOLE], status: HIDDEN_DEFAULT },
    severity: 'error',
    evidence: /^blackhole default proto 186 metric 20$/,
    remedy: /^ip route del blackhole default metric 20 [\s\S]*placement: main/,
    near: { status: HIDDEN_DEFAULT },
  },
  {
    code: 'refusal-hides',
    what: 'a tie once stale',
    bad: { routes: [BLACKHOLE, route('::', 0, { type: 'unreachable', metric: 1024 })] },
    severity: 'warning',
    evidence: /^blackhole default proto 186 metric 20\n-6 unreachable default proto 3 metric 1024$/,
    remedy: /once that route is stale[\s\S]*placement: main/,
    near: {
      routes: [BLACKHOLE, route('0.0.0.0', 0, { protocol: 186, metric: 10, via: '10.1.0.1', dev: 3 })],
    },
  },
  {
    code: 'refusal-hides',
    what: 'a default of last resort, behind that of the daemon',
    bad: {
      routes: [
        route('0.0.0.0', 0, { protocol: 186, metric: 20, via: '10.1.0.1', dev: 3 }),
        route('0.0.0.0', 0, { type: 'unreachable', metric: 4278198272 }),
      ],
    },
    severity: 'warning',
    evidence: /^unreachable default proto 3 metric 4278198272$/,
    remedy: /^ip route del unreachable default metric 4278198272 [\s\S]*placement: main/,
    near: {
      routes: [
        route('0.0.0.0', 0, { protocol: 186, metric: 20, via: '10.1.0.1', dev: 3 }),
        route('0.0.0.0', 0, { protocol: 186, type: 'unreachable', metric: 4278198272 }),
      ],
    },
  },
  {
    code: 'refusal-hides',
    what: 'a rule that refuses everything',
    bad: { rules: [...KERNEL_RULES, rule(100, 0, { protocol: 3 }, { action: 'prohibit' })] },
    severity: 'error',
    evidence: /^100: from all prohibit proto 3$/,
    remedy: /^backup-router explain \d+\.\d+\.\d+\.\d+\n# the rule may leave/,
    near: { rules: [...KERNEL_RULES, rule(100, 0, {}, { action: 'prohibit', from: prefix('10.9.0.0', 16) })] },
  },
  {
    code: 'refusal-hides',
    what: 'a table before main',
    bad: {
      rules: [...KERNEL_RULES, rule(100, 77)],
      connected: [route('0.0.0.0', 0, { type: 'unreachable', table: 77 })],
    },
    severity: 'error',
    evidence: /^unreachable default table 77 proto 3$/,
    remedy: /^backup-router explain/,
    near: {
      rules: [...KERNEL_RULES, rule(100, 77)],
      connected: [route('0.0.0.0', 0, { table: 77, via: '10.1.0.1', dev: 3 })],
    },
  },
  {
    code: 'refusal-hides',
    what: 'placement main behind a default of metric 0 that leads nowhere',
    bad: { config: MAIN, routes: [route('0.0.0.0', 0, { via: '10.77.0.1', dev: 9 })] },
    severity: 'error',
    evidence: /^default via 10\.77\.0\.1 dev if9 proto 3$/,
    remedy: /^# where the backup route takes the tie[^\n]*\nplacement: local$/,
    near: { config: MAIN, routes: [route('0.0.0.0', 0, { via: '10.77.0.1', dev: 9, metric: 5 })] },
  },
  {
    code: 'refusal-hides',
    what: 'placement main behind a throw',
    bad: { config: MAIN, routes: [route('0.0.0.0', 0, { type: 'throw' })] },
    severity: 'error',
    evidence: /^throw default /,
    remedy: /placement: local$/,
    near: { routes: [route('0.0.0.0', 0, { type: 'throw' })] },
  },
  {
    code: 'nexthop-objects-inet6',
    what: 'as zebra does',
    bad: {
      kernel: {
        nexthopObjects: {
          total: 9,
          first: [{ route: route('2001:db8:9::', 48, { protocol: 186, via: '2001:db8:1::1', dev: 3 }), id: 16 }],
        },
      },
    },
    severity: 'warning',
    evidence: /^-6 2001:db8:9::\/48 via 2001:db8:1::1 dev data0 proto 186 nhid 16\n\.\.\. and 8 more$/,
    remedy: /no zebra nexthop kernel enable/,
    near: {
      config: config('', undefined, undefined, ''),
      kernel: { nexthopObjects: { total: 9, first: [] } },
    },
  },
  {
    code: 'nexthop-objects-inet6',
    what: 'beside a rule of a stranger, as wg-quick makes it',
    bad: {
      config: config('', undefined, undefined, ''),
      rules: [...KERNEL_RULES, rule(100, 254, { family: 'inet6', protocol: 3, suppressPrefixLength: 0 })],
      kernel: {
        nexthopObjects: {
          total: 1,
          first: [{ route: route('::', 0, { protocol: 186, via: '2001:db8:1::1', dev: 3 }), id: 16 }],
        },
      },
    },
    severity: 'warning',
    evidence: /nhid 16\n-6 100: from all lookup main suppress_prefixlength 0/,
    remedy: /^# in FRR's configuration[^\n]*\nno zebra nexthop kernel enable$/,
    near: {
      config: config('', undefined, undefined, ''),
      rules: [...KERNEL_RULES, rule(100, 254, { protocol: 3, suppressPrefixLength: 0 })],
      kernel: { nexthopObjects: { total: 9, first: [] } },
    },
  },
  {
    code: 'bird-learn',
    what: 'on',
    bad: {
      config: config('placement: main', BIRD),
      files: { '/etc/bird/bird.conf': 'protocol kernel {\n  learn;\n}\n' },
    },
    severity: 'warning',
    evidence: /bird\.conf:2: learn;/,
    remedy: /krt_source != 157/,
    near: {
      config: config('placement: main', BIRD),
      files: { '/etc/bird/bird.conf': 'protocol kernel {\n  # learn;\n  learn off;\n}\n' },
    },
  },
  {
    code: 'bird-learn',
    what: 'not in a protocol that is disabled',
    bad: {
      config: config('placement: main', BIRD),
      files: { '/etc/bird/bird.conf': 'protocol kernel { disabled no; learn; }\n' },
    },
    severity: 'warning',
    evidence: /bird\.conf:1: learn;/,
    remedy: /krt_source/,
    near: {
      config: config('placement: main', BIRD),
      files: { '/etc/bird/bird.conf': 'protocol kernel { disabled; learn; }\nprotocol kernel { learn false; }\n' },
    },
  },
  {
    code: 'bird-learn',
    what: 'in an included file',
    bad: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf': 'include "peers/*.conf";\n',
        '/etc/bird/peers/k.conf': 'protocol kernel { learn; }\n',
      },
    },
    severity: 'warning',
    evidence: /peers\/k\.conf:1/,
    remedy: /krt_source/,
    near: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf': 'include "peers/*.conf";\n/* protocol kernel {\n  learn;\n} */\n',
        '/etc/bird/peers/k.conf': '# learn;\nprotocol device {}\n',
        '/etc/bird/other.conf': 'protocol kernel { learn; }\n',
      },
    },
  },
  {
    code: 'bird-learn',
    what: 'included inside the protocol',
    bad: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf': 'protocol kernel k4 {\n  ipv4 { export all; };\n  include "learn.conf";\n}\n',
        '/etc/bird/learn.conf': 'scan time 20;\nlearn all;\n',
      },
    },
    severity: 'warning',
    evidence: /^\/etc\/bird\/learn\.conf:2: learn all;$/,
    remedy: /birdc configure/,
    near: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf':
          'protocol kernel k4 { kernel table 100; learn; }\nfunction learn_it() { learn; }\nprotocol kernel { learn no; }\n',
      },
    },
  },
  {
    code: 'bird-learn',
    what: 'of a table by a name that nobody defines',
    bad: {
      config: config('placement: main', BIRD),
      files: { '/etc/bird/bird.conf': 'protocol kernel { kernel table T; learn; ipv4 { import all; }; }\n' },
    },
    severity: 'warning',
    evidence: /learn/,
    remedy: /krt_source/,
    near: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf':
          'define T = 100;\nprotocol kernel { kernel table T; learn; }\nprotocol kernel { learn; ipv4 { import where krt_source != 157; }; }\nprotocol kernel { learn; ipv4 { import none; }; }\n',
      },
    },
  },
  {
    code: 'bird-learn',
    what: 'BIRD was started with a file of its own',
    bad: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf': 'protocol kernel { }\n',
        '/etc/bird/edge.conf': 'protocol kernel { learn; }\n',
      },
      more: { birdFiles: seen(['/etc/bird/edge.conf']) },
    },
    severity: 'warning',
    evidence: /^\/etc\/bird\/edge\.conf:1: learn;$/,
    remedy: /krt_source/,
    near: {
      config: config('placement: main', BIRD),
      files: {
        '/etc/bird/bird.conf': 'protocol kernel { learn; }\n',
        '/etc/bird/edge.conf': 'protocol kernel { }\n',
      },
      more: { birdFiles: seen(['/etc/bird/edge.conf']) },
    },
  },
  {
    code: 'bird-learn',
    what: 'an included file that was not read',
    bad: {
      config: config('placement: main', BIRD),
      files: { '/etc/bird/bird.conf': 'include "gone.conf";\n' },
    },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /sudo/,
    near: { config: config('placement: main', BIRD), files: { '/etc/bird/bird.conf': 'protocol device {}\n' } },
  },
  {
    code: 'bird-persist',
    what: 'on',
    bad: { config: config('', BIRD), files: { '/etc/bird/bird.conf': 'protocol kernel { persist; }\n' } },
    severity: 'note',
    evidence: /persist/,
    near: {
      config: config('', BIRD),
      files: { '/etc/bird/bird.conf': 'protocol kernel { scan time 20; }\n' },
    },
  },
  {
    code: 'bird-persist',
    what: 'no file to read',
    bad: { config: config('', BIRD) },
    severity: 'unknown',
    evidence: /^$/,
    near: {},
  },
  {
    code: 'protocol-reserved',
    what: 'of another program',
    bad: { config: config('route-protocol: 99') },
    severity: 'warning',
    evidence: /99/,
    remedy: /route-protocol: 157/,
    near: { config: config('route-protocol: 200') },
  },
  {
    code: 'protocol-foreign-routes',
    what: 'a gateway of nobody',
    bad: { ownRoutes: [route('10.7.0.0', 16, { protocol: 157, via: '10.1.0.9', dev: 3, metric: 100 })] },
    severity: 'warning',
    evidence: /10\.7\.0\.0\/16 via 10\.1\.0\.9 dev data0 proto 157/,
    remedy: /ip route show table all proto 157/,
    near: { ownRoutes: [own()] },
  },
  {
    code: 'table-in-use',
    what: 'a route of an operator',
    bad: {
      kernel: {
        ownTables: [route('10.7.0.0', 16, { protocol: 3, table: 25_500, via: '10.1.0.1', dev: 3 }), own()],
      },
    },
    severity: 'warning',
    evidence: /^10\.7\.0\.0\/16 .* table 25500 proto 3$/,
    remedy: /table-base: 26500/,
    near: { kernel: { ownTables: [own()] } },
  },
  {
    code: 'table-in-use',
    what: 'in the place of a backup route',
    bad: { kernel: { ownTables: [route('0.0.0.0', 0, { table: 25_500, via: '10.255.0.9' })] } },
    severity: 'error',
    evidence: /^default via 10\.255\.0\.9 .* table 25500 proto 3$/,
    remedy: /table-base: 26500/,
    near: { config: config('placement: main'), kernel: { ownTables: [own()] } },
  },
  {
    code: 'table-in-use',
    what: 'before a backup route of the same table, prefix and metric',
    bad: { kernel: { ownTables: [route('0.0.0.0', 0, { table: 25_500, via: '10.255.0.9' }), own()] } },
    severity: 'warning',
    evidence: /^default via 10\.255\.0\.9 .* table 25500 proto 3$/,
    remedy: /table-base: 26500/,
    near: { kernel: { ownTables: [own()] } },
  },
  {
    code: 'table-in-use',
    what: 'behind a backup route of the same table, prefix and metric: nobody meets it',
    bad: { kernel: { ownTables: [own(), route('0.0.0.0', 0, { table: 25_500, via: '10.255.0.9' })] } },
    severity: 'note',
    evidence: /^default via 10\.255\.0\.9 .* table 25500 proto 3$/,
    remedy: /table-base: 26500/,
    near: { kernel: { ownTables: [own()] } },
  },
  {
    code: 'table-in-use',
    what: 'of others, where main has the same: nobody meets it',
    bad: {
      routes: [route('10.7.0.0', 16, { via: '10.1.0.1', dev: 3 })],
      kernel: { ownTables: [route('10.7.0.0', 16, { table: 25_500, via: '10.255.0.9' })] },
    },
    severity: 'note',
    evidence: /^10\.7\.0\.0\/16 via 10\.255\.0\.9 /,
    remedy: /table-base: 26500/,
    near: { kernel: { ownTables: [own()] } },
  },
  {
    code: 'number-named-otherwise',
    what: 'the protocol',
    bad: { files: { '/etc/iproute2/rt_protos.d/x.conf': '157 mine # other\n' } },
    severity: 'warning',
    evidence: /x\.conf:1: 157 mine/,
    remedy: /route-protocol/,
    near: { files: { '/etc/iproute2/rt_protos.d/x.conf': '# 157 mine\n158 mine\n' } },
  },
  {
    code: 'number-named-otherwise',
    what: 'a table',
    bad: { files: { '/etc/iproute2/rt_tables': '0x639c isp2\n' } },
    severity: 'warning',
    evidence: /0x639c isp2/,
    remedy: /table-base/,
    near: { files: { '/etc/iproute2/rt_tables': '25501 isp2\n' } },
  },
  {
    code: 'rule-place',
    what: 'main for some packets only',
    bad: { rules: [rule(0, 255), rule(32_766, 254, {}, { from: prefix('10.9.0.0', 16) })] },
    severity: 'error',
    evidence: /32766: from 10\.9\.0\.0\/16 lookup main/,
    remedy: /rule add pref 32767 lookup main/,
    near: { rules: [...KERNEL_RULES, rule(32_765, 254, {}, { from: prefix('10.9.0.0', 16) })] },
  },
  {
    code: 'rule-place',
    what: 'an older rule of the same priority',
    bad: {
      rules: [
        rule(0, 255),
        rule(32_766, 77, { protocol: 3 }, { from: prefix('10.9.0.0', 16) }),
        ...KERNEL_RULES.filter(({ priority }) => priority > 0),
      ],
    },
    severity: 'warning',
    evidence: /32766: from 10\.9\.0\.0\/16 lookup 77/,
    remedy: /rule add pref 32765 from 10\.9\.0\.0\/16 lookup 77/,
    near: { rules: [...KERNEL_RULES, rule(32_766, 77, { protocol: 3 }, { from: prefix('10.9.0.0', 16) })] },
  },
  {
    code: 'rule-place',
    what: 'own addresses behind main',
    bad: { rules: [rule(32_766, 254), rule(32_767, 255)] },
    severity: 'warning',
    evidence: /32767: from all lookup local/,
    remedy: /rule add pref 32765 lookup local/,
    near: { config: INET, rules: [rule(32_765, 255), rule(32_766, 254)] },
  },
  {
    code: 'rule-place',
    what: 'a number in front of own addresses',
    bad: {
      config: config('rule-priority-base: 701'),
      rules: [rule(1000, 0, {}, { l3mdev: true }), rule(32_765, 255), rule(32_766, 254)],
    },
    severity: 'warning',
    evidence: /32765: from all lookup local/,
    remedy: /rule-priority-base: auto/,
    near: { config: config('rule-priority-base: 701'), rules: KERNEL_RULES },
  },
  {
    code: 'rule-before-ours',
    what: 'everything',
    bad: { rules: [...KERNEL_RULES.slice(0, 1), rule(100, 77, { protocol: 3 }), ...KERNEL_RULES.slice(1)] },
    severity: 'warning',
    evidence: /100: from all lookup 77/,
    near: {
      rules: [
        rule(0, 255),
        rule(100, 77, { inputInterface: 'data0' }),
        rule(1000, 0, {}, { l3mdev: true }),
        rule(32_766, 254),
      ],
    },
  },
  {
    code: 'rule-before-ours',
    what: 'with a selector',
    bad: {
      rules: [
        rule(0, 255),
        rule(1000, 254, { protocol: 3 }, { mark: { value: 1, mask: 0xffffffff } }),
        rule(32_766, 254),
      ],
    },
    severity: 'note',
    evidence: /fwmark 0x1/,
    remedy: /placement: main/,
    near: {
      config: INET,
      rules: [rule(1000, 77, { family: 'inet6' }, { mark: { value: 1, mask: 0xffffffff } }), ...KERNEL_RULES],
    },
  },
  {
    code: 'rule-before-ours',
    what: 'of wg-quick',
    bad: {
      rules: [
        rule(0, 255),
        rule(32_764, 254, { suppressPrefixLength: 0 }),
        rule(32_765, 51_820, {}, { inverted: true, mark: { value: 51_820, mask: 0xffffffff } }),
        rule(32_766, 254),
      ],
    },
    severity: 'note',
    evidence: /32765: not from all fwmark 0xca6c lookup 51820/,
    near: { rules: KERNEL_RULES },
  },
  {
    code: 'rule-overtaken',
    what: 'as `ip rule add` makes it',
    bad: {
      config: config('rule-priority-base: 31000'),
      rules: [rule(0, 255), rule(32_765, 77, { protocol: 3 }, { from: prefix('10.9.0.0', 16) }), rule(32_766, 254)],
    },
    severity: 'warning',
    evidence: /32765:/,
    remedy: /rule-priority-base: auto/,
    near: {
      config: INET,
      rules: [rule(0, 255), rule(32_765, 77, { protocol: 3 }, { from: prefix('10.9.0.0', 16) }), rule(32_766, 254)],
    },
  },
  {
    code: 'kernel-policy-rules',
    what: 'none',
    bad: { rules: [] },
    severity: 'error',
    evidence: /nothing/,
    remedy: /placement: main/,
    near: { config: MAIN, rules: [] },
  },
  {
    code: 'rule-before-ours',
    what: 'with ports',
    bad: {
      rules: [
        rule(0, 255),
        rule(1000, 77, { protocol: 3 }, { destinationPorts: { first: 22, last: 22 } }),
        rule(32_766, 254),
      ],
    },
    severity: 'note',
    evidence: /1000: from all dport 22-22 lookup 77 proto 3/,
    near: { rules: KERNEL_RULES },
  },
  {
    code: 'names-not-installed',
    what: 'neither',
    bad: {
      files: {
        '/etc/iproute2/rt_protos.d/backup-router.conf': undefined,
        '/etc/iproute2/rt_tables.d/backup-router.conf': undefined,
      },
    },
    severity: 'note',
    evidence: /no 157\nrt_tables/,
    remedy: /echo 157 backup-router/,
    near: {
      files: {
        '/etc/iproute2/rt_protos.d/backup-router.conf': undefined,
        '/usr/share/iproute2/rt_protos': '157\tbackup-router\n',
      },
    },
  },
  {
    code: 'agent-interference',
    what: 'lately',
    bad: {
      status: seen(
        status({
          interference: {
            episodes: 7,
            last: 'deleted route default by pid 9 (systemd-networkd)',
            lastAt: '2026-01-01T00:00:00.000Z',
            pauseMs: 200,
          },
        }),
      ),
    },
    severity: 'warning',
    evidence: /systemd-networkd/,
    remedy: /events/,
    near: {},
  },
  {
    code: 'destination-uncovered',
    what: 'never covered',
    bad: {
      status: seen(
        status({ routes: { ...status().routes, phase: 'out', cause: 'uncovered', uncovered: ['10.0.0.0/8'] } }),
      ),
    },
    severity: 'error',
    evidence: /nothing covers 10\.0\.0\.0\/8/,
    remedy: /convergence-timeout: never/,
    near: { status: seen(status({ routes: { ...status().routes, coveredBefore: ['10.0.0.0/8'] } })) },
  },
  {
    code: 'model-disagrees',
    what: 'the kernel does not carry what counts as covered',
    bad: {
      status: seen(
        status({
          disagreements: [
            {
              destination: '0.0.0.0/0',
              model: 'default via 198.51.100.1 dev data0 proto 186 metric 20',
              kernel: 'unreachable (ENETUNREACH)',
              since: '2026-01-01T00:00:00.000Z',
              forMs: 1000,
              leftMs: 9000,
            },
          ],
        }),
      ),
    },
    severity: 'error',
    evidence: /0\.0\.0\.0\/0: should go by "default via 198\.51\.100\.1 .*ENETUNREACH/,
    remedy: /explain/,
    near: { status: seen(status()) },
  },
  {
    code: 'replies-not-in',
    what: 'no address yet',
    bad: {
      config: SYMMETRIC,
      status: seen(
        status({ symmetricReplies: [{ ...REPLIES, state: 'absent', reason: 'mgmt0 has no inet address yet' }] }),
      ),
    },
    severity: 'error',
    evidence: /inet on mgmt0: mgmt0 has no inet address yet/,
    remedy: /backup-router status/,
    near: { config: SYMMETRIC, status: seen(status({ symmetricReplies: [REPLIES] })) },
  },
  {
    code: 'replies-overtaken',
    what: 'by a rule for the address',
    bad: {
      config: SYMMETRIC,
      rules: [
        rule(0, 255),
        rule(5000, 77, { protocol: 3 }, { from: prefix('10.255.0.2', 32) }),
        rule(
          32_765,
          25_629,
          { protocol: 157, inputInterface: 'lo', foreign: false },
          { from: prefix('10.255.0.2', 32) },
        ),
        rule(32_766, 254),
      ],
    },
    severity: 'note',
    evidence: /^5000: from 10\.255\.0\.2\/32 lookup 77 proto 3$/,
    near: {
      config: SYMMETRIC,
      rules: [
        rule(0, 255),
        rule(5000, 77, { protocol: 3 }, { from: prefix('10.1.0.2', 32) }),
        rule(5000, 77, { protocol: 3, inputInterface: 'data0' }),
        rule(5000, 77, { protocol: 3 }, { from: prefix('10.255.0.2', 32), mark: { value: 1, mask: 1 } }),
        rule(32_766, 254),
        rule(40_000, 77, { protocol: 3 }, { from: prefix('10.255.0.2', 32) }),
      ],
    },
  },
  {
    code: 'carries-nothing',
    what: 'the kernel refuses the packets',
    bad: { status: seen(status({ backupRoutes: [{ ...INSTALLED, carriesNothing: 'blackhole default proto 4' }] })) },
    severity: 'error',
    evidence: /default: blackhole default proto 4/,
    remedy: /explain/,
    near: { status: seen(status({ backupRoutes: [INSTALLED] })) },
  },
  {
    code: 'agent-not-in-state',
    what: 'absent',
    bad: {
      status: seen(
        status({
          routes: { ...status().routes, phase: 'in' },
          waiting: [{ subject: 'mgmt0', reason: 'interface is down' }],
          backupRoutes: [
            {
              destination: 'default',
              gateway: '10.255.0.1',
              interface: 'mgmt0',
              table: 25_500,
              metric: 0,
              state: 'absent',
              preempting: false,
            },
          ],
        }),
      ),
    },
    severity: 'error',
    evidence: /waiting for mgmt0: interface is down\ndefault via 10\.255\.0\.1 dev mgmt0: absent/,
    remedy: /status/,
    near: {
      status: seen(
        status({
          backupRoutes: [
            {
              destination: 'default',
              gateway: '10.255.0.1',
              interface: 'mgmt0',
              table: 25_500,
              metric: 0,
              state: 'withdrawn',
              preempting: false,
            },
          ],
        }),
      ),
    },
  },
];
