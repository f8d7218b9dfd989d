/** Rows of the management interface, the backup router and reverse path filters. */

import { seen, unseen } from '../../../src/doctor/seen.js';
import type { NeighbourEntry, NeighbourState } from '../../../src/model/link.js';
import { prefix } from '../../../src/model/prefix.js';
import { address, KERNEL_RULES, link, route, rule, status } from './fixture.js';
import { config, MAIN, type Row } from './row.js';

const LO = link('lo', 1, { mac: undefined });
const sysctl = (version: 4 | 6, name: string, key: string): string => `/proc/sys/net/ipv${version}/conf/${name}/${key}`;
const AUTO = config('', undefined, '{address: auto}', '{address: auto}');
const DEFAULTS = [
  route('0.0.0.0', 0, { protocol: 186, metric: 20, via: '10.255.0.1' }),
  route('::', 0, { protocol: 186, metric: 20, via: 'fe80::1' }),
];
const neighbours = (inet: NeighbourState, inet6: NeighbourState = 'reachable'): readonly NeighbourEntry[] => [
  { interfaceIndex: 2, address: '10.255.0.1', state: inet },
  { interfaceIndex: 2, address: 'fe80::1', state: inet6 },
];

export const LINK_ROWS: readonly Row[] = [
  {
    code: 'interface-missing',
    what: 'no such link',
    bad: { links: [LO, link('eth0', 2)] },
    severity: 'error',
    evidence: /links: lo eth0/,
    remedy: /management-interface: eth0/,
    near: { links: [LO, link('eth0', 2, { altNames: ['mgmt0'] })] },
  },
  {
    code: 'interface-missing',
    what: 'it was renamed while it was up, and the agent uses it',
    bad: {
      links: [LO, link('eth0', 2)],
      status: seen(
        status({
          managementInterfaces: [
            { selector: 'mgmt0', name: 'eth0', index: 2, up: true, carrier: true, addresses: [], renamed: true },
          ],
        }),
      ),
    },
    severity: 'error',
    evidence: /links: lo eth0\nthe running agent uses eth0 for mgmt0/,
    remedy: /management-interface: eth0/,
    near: { links: [LO, link('mgmt0', 2)] },
  },
  {
    code: 'interface-ambiguous',
    what: 'a name and an alternative name',
    bad: { links: [LO, link('mgmt0', 2), link('eth1', 3, { altNames: ['mgmt0'] })] },
    severity: 'warning',
    evidence: /2: mgmt0 .*\n3: eth1/,
    remedy: /mgmt0/,
    near: { links: [LO, link('mgmt0', 2, { altNames: ['enp1s0'] })] },
  },
  {
    code: 'interface-ambiguous',
    what: 'a MAC address of two ports',
    bad: {
      config: config().replace('mgmt0', '{mac: "02:00:00:00:00:02"}'),
      links: [LO, link('mgmt0', 2), link('eth5', 5, { mac: '02:00:00:00:00:02' })],
    },
    severity: 'warning',
    evidence: /eth5/,
    remedy: /mgmt0$/,
    near: {
      config: config().replace('mgmt0', '{mac: "02:00:00:00:00:02"}'),
      links: [LO, link('mgmt0', 2), link('mgmt0.5', 5, { mac: '02:00:00:00:00:02', kind: 'vlan' })],
    },
  },
  {
    code: 'interface-enslaved',
    what: 'a port by its MAC address, which the bridge does not bear',
    bad: {
      config: config().replace('mgmt0', '{mac: "02:00:00:00:00:02"}'),
      links: [LO, link('mgmt0', 2, { master: 9 }), link('br0', 9, { kind: 'bridge' })],
    },
    severity: 'error',
    evidence: /master br0 \(bridge\)/,
    remedy: /management-interface: br0/,
    near: {
      config: config().replace('mgmt0', '{mac: "02:00:00:00:00:02"}'),
      links: [LO, link('eth0', 3, { mac: '02:00:00:00:00:02', master: 2 }), link('br0', 2, { kind: 'bridge' })],
    },
  },
  {
    code: 'interface-down',
    what: 'down',
    bad: { links: [LO, link('mgmt0', 2, { up: false, carrier: false })] },
    severity: 'error',
    evidence: /mgmt0: state DOWN/,
    remedy: /ip link set mgmt0 up/,
    near: { links: [LO, link('mgmt0', 2), link('data0', 3, { up: false })] },
  },
  {
    code: 'interface-no-carrier',
    what: 'no carrier',
    bad: { links: [LO, link('mgmt0', 2, { carrier: false })] },
    severity: 'error',
    evidence: /NO-CARRIER/,
    remedy: /ethtool mgmt0/,
    near: { links: [LO, link('mgmt0', 2, { up: false, carrier: false })] },
  },
  {
    code: 'interface-no-address',
    what: 'none at all',
    bad: { addresses: [address(2, 'fe80::2', 64)] },
    severity: 'error',
    evidence: /no inet address/,
    remedy: /ip address add/,
    near: { config: config('', undefined, undefined, ''), addresses: [address(2, '10.255.0.2', 24)] },
  },
  {
    code: 'interface-no-address',
    what: 'a duplicate',
    bad: { addresses: [address(2, '10.255.0.2', 24), address(2, 'fe80::2', 64, { tentative: true })] },
    severity: 'error',
    evidence: /tentative or dadfailed/,
    remedy: /ip address show/,
    near: {
      addresses: [
        address(2, '10.255.0.2', 24),
        address(2, '2001:db8:ff::2', 64, { tentative: true }),
        address(2, 'fe80::2', 64),
      ],
    },
  },
  {
    code: 'interface-enslaved',
    what: 'a port of a bridge',
    bad: { links: [LO, link('mgmt0', 2, { master: 9 }), link('br0', 9, { kind: 'bridge' })] },
    severity: 'error',
    evidence: /master br0 \(bridge\)/,
    remedy: /management-interface: br0/,
    near: { links: [LO, link('mgmt0', 2, { master: 9 }), link('blue', 9, { kind: 'vrf', vrfTable: 10 })] },
  },
  {
    code: 'interface-not-in-vrf',
    what: 'placement vrf without one',
    bad: { config: config('placement: vrf') },
    severity: 'error',
    evidence: /no master/,
    remedy: /ip link set mgmt0 master/,
    near: {
      config: config('placement: vrf'),
      links: [LO, link('mgmt0', 2, { master: 9 }), link('blue', 9, { kind: 'vrf', vrfTable: 10 })],
    },
  },
  {
    code: 'inet6-disabled',
    what: 'off on the interface',
    bad: { files: { [sysctl(6, 'mgmt0', 'disable_ipv6')]: '1\n' } },
    severity: 'error',
    evidence: /mgmt0\/disable_ipv6 = 1/,
    remedy: /sysctl -w net\.ipv6\.conf\.mgmt0\.disable_ipv6=0/,
    near: { files: { [sysctl(6, 'all', 'disable_ipv6')]: '0\n' } },
  },
  {
    code: 'inet6-address-lost',
    what: 'the default',
    bad: {
      files: {
        [sysctl(6, 'mgmt0', 'keep_addr_on_down')]: '0\n',
        [sysctl(6, 'all', 'keep_addr_on_down')]: '0\n',
      },
    },
    severity: 'note',
    evidence: /keep_addr_on_down = 0/,
    remedy: /keep_addr_on_down=1/,
    near: { files: { [sysctl(6, 'mgmt0', 'keep_addr_on_down')]: '0\n' } },
  },
  {
    code: 'inet6-address-lost',
    what: 'forbidden on the interface',
    bad: { files: { [sysctl(6, 'mgmt0', 'keep_addr_on_down')]: '-1\n' } },
    severity: 'note',
    evidence: /= -1/,
    remedy: /keep/,
    near: {
      config: config('', undefined, undefined, ''),
      files: { [sysctl(6, 'mgmt0', 'keep_addr_on_down')]: '-1\n' },
    },
  },
  {
    code: 'accept-ra-forwarding',
    what: 'accept_ra 1',
    bad: {
      config: AUTO,
      files: { [sysctl(6, 'mgmt0', 'accept_ra')]: '1\n', [sysctl(6, 'mgmt0', 'forwarding')]: '1\n' },
    },
    severity: 'warning',
    evidence: /accept_ra = 1/,
    remedy: /accept_ra=2/,
    near: {
      config: AUTO,
      files: { [sysctl(6, 'mgmt0', 'accept_ra')]: '2\n', [sysctl(6, 'mgmt0', 'forwarding')]: '1\n' },
    },
  },
  {
    code: 'rp-filter-strict',
    what: 'on the interface',
    bad: { files: { [sysctl(4, 'mgmt0', 'rp_filter')]: '1\n', [sysctl(4, 'all', 'rp_filter')]: '0\n' } },
    severity: 'warning',
    evidence: /all\/rp_filter = 0\n.*mgmt0\/rp_filter = 1/,
    remedy: /rp_filter=2/,
    near: { files: { [sysctl(4, 'mgmt0', 'rp_filter')]: '1\n', [sysctl(4, 'all', 'rp_filter')]: '2\n' } },
  },
  {
    code: 'rp-filter-strict',
    what: 'on all, placement main',
    bad: {
      config: MAIN,
      files: { [sysctl(4, 'mgmt0', 'rp_filter')]: '0\n', [sysctl(4, 'all', 'rp_filter')]: '1\n' },
    },
    severity: 'warning',
    evidence: /all\/rp_filter = 1/,
    remedy: /rp_filter=2/,
    near: {
      config: "management-interface: mgmt0\ninet6-backup-router: {address: 'fe80::1'}\n",
      files: { [sysctl(4, 'all', 'rp_filter')]: '1\n', [sysctl(4, 'mgmt0', 'rp_filter')]: '1\n' },
    },
  },
  {
    code: 'rp-filter-strict',
    what: 'symmetric replies to some destinations alone',
    bad: {
      config: config('', undefined, '{address: 10.255.0.1, destination: 10.0.0.0/8, symmetric-replies: true}'),
      files: { [sysctl(4, 'mgmt0', 'rp_filter')]: '1\n', [sysctl(4, 'all', 'rp_filter')]: '0\n' },
    },
    severity: 'warning',
    evidence: /mgmt0\/rp_filter = 1/,
    remedy: /rp_filter=2/,
    near: {
      config: config('', undefined, '{address: 10.255.0.1, symmetric-replies: true}'),
      files: { [sysctl(4, 'mgmt0', 'rp_filter')]: '1\n', [sysctl(4, 'all', 'rp_filter')]: '1\n' },
    },
  },
  {
    code: 'rp-filter-strict',
    what: 'not to be read',
    bad: { files: { [sysctl(4, 'mgmt0', 'rp_filter')]: undefined } },
    severity: 'unknown',
    evidence: /^$/,
    near: {},
  },
  {
    code: 'gateway-off-link',
    what: 'another subnet',
    bad: { addresses: [address(2, '10.9.9.2', 24), address(2, 'fe80::2', 64)] },
    severity: 'error',
    evidence: /mgmt0: inet 10\.9\.9\.2\/24/,
    remedy: /ip address add/,
    near: { addresses: [address(2, '10.255.0.2', 32, { peer: '10.255.0.1' }), address(2, 'fe80::2', 64)] },
  },
  {
    code: 'gateway-off-link',
    what: 'noprefixroute, and no route of its own',
    bad: { connected: [] },
    severity: 'error',
    evidence: /mgmt0: inet 10\.255\.0\.2\/24/,
    remedy: /ip address add/,
    near: { connected: [route('10.255.0.1', 32, { protocol: 4 })] },
  },
  {
    code: 'gateway-off-link',
    what: 'no longer, and installed routes still go by it',
    bad: {
      connected: [],
      ownRoutes: [route('0.0.0.0', 0, { table: 25500, protocol: 157, via: '10.255.0.1', dev: 2 })],
    },
    severity: 'warning',
    evidence: /mgmt0: inet 10\.255\.0\.2\/24/,
    remedy: /ip address add/,
    near: { connected: [route('10.255.0.1', 32, { protocol: 4 })] },
  },
  {
    code: 'gateway-off-link',
    what: 'only by way of another gateway',
    bad: {
      connected: [route('10.255.0.0', 24, { protocol: 4, via: '10.1.0.1', dev: 3 }), route('10.1.0.2', 24, { dev: 3 })],
    },
    severity: 'error',
    evidence: /mgmt0: inet 10\.255\.0\.2\/24/,
    remedy: /ip address add/,
    near: {},
  },
  {
    code: 'gateway-off-link',
    what: 'a rule refuses it',
    bad: {
      rules: [...KERNEL_RULES, rule(100, 0, { protocol: 3 }, { action: 'prohibit', to: prefix('10.255.0.1', 32) })],
    },
    severity: 'error',
    evidence: /^100: from all to 10\.255\.0\.1\/32 prohibit/,
    remedy: /leaves out 10\.255\.0\.1/,
    near: {
      rules: [...KERNEL_RULES, rule(100, 0, { protocol: 3 }, { action: 'prohibit', to: prefix('10.255.0.3', 32) })],
    },
  },
  {
    code: 'gateway-off-link',
    what: 'a rule refuses it, and installed routes still go by it',
    bad: {
      rules: [...KERNEL_RULES, rule(100, 0, { protocol: 3 }, { action: 'blackhole', to: prefix('10.255.0.0', 24) })],
      ownRoutes: [route('0.0.0.0', 0, { table: 25500, protocol: 157, via: '10.255.0.1', dev: 2 })],
    },
    severity: 'warning',
    evidence: /^100: from all to 10\.255\.0\.0\/24 blackhole/,
    remedy: /leaves out 10\.255\.0\.1/,
    near: {
      config: config('', undefined, '{address: 10.255.0.1, onlink: true}'),
      rules: [...KERNEL_RULES, rule(100, 0, { protocol: 3 }, { action: 'blackhole', to: prefix('10.255.0.0', 24) })],
    },
  },
  {
    code: 'gateway-none',
    what: 'on Ethernet',
    bad: { config: config('', undefined, '{address: none}') },
    severity: 'warning',
    evidence: /2: mgmt0: neither POINTOPOINT nor NOARP/,
    remedy: /below backup-router: the address of a router/,
    near: {
      config: config('', undefined, '{address: none}'),
      links: [LO, link('mgmt0', 2, { mac: undefined, kind: 'wireguard', withoutNeighbours: true })],
    },
  },
  {
    code: 'gateway-own-address',
    what: 'on another interface',
    bad: { addresses: [address(2, '10.255.0.2', 24), address(3, '10.255.0.1', 24)] },
    severity: 'error',
    evidence: /data0: inet 10\.255\.0\.1\/24/,
    remedy: /another router/,
    near: {},
  },
  {
    code: 'gateway-dead',
    what: 'failed',
    bad: { kernel: { neighbours: neighbours('failed') } },
    severity: 'error',
    evidence: /10\.255\.0\.1 dev mgmt0 FAILED/,
    remedy: /arping -c 3 -I mgmt0 10\.255\.0\.1/,
    near: { kernel: { neighbours: neighbours('permanent') } },
  },
  {
    code: 'gateway-dead',
    what: 'of two, one answers',
    bad: {
      config: config('', undefined, '{address: [10.255.0.1, 10.255.0.3]}'),
      kernel: {
        neighbours: [...neighbours('failed'), { interfaceIndex: 2, address: '10.255.0.3', state: 'reachable' }],
      },
    },
    severity: 'warning',
    evidence: /10\.255\.0\.1 dev mgmt0 FAILED/,
    remedy: /neighbour show/,
    near: {
      config: config('', undefined, '{address: [10.255.0.1, 10.255.0.3]}'),
      kernel: {
        neighbours: [...neighbours('reachable'), { interfaceIndex: 2, address: '10.255.0.3', state: 'reachable' }],
      },
    },
  },
  {
    code: 'gateway-dead',
    what: 'of two interfaces, one has a gateway that answers',
    bad: {
      config:
        'management-interface:\n  - {name: mgmt0, backup-router: {address: 10.255.0.1}}\n  - {name: data0, backup-router: {address: 10.1.0.1}}\n',
      kernel: {
        neighbours: [...neighbours('failed'), { interfaceIndex: 3, address: '10.1.0.1', state: 'reachable' }],
      },
    },
    severity: 'warning',
    evidence: /10\.255\.0\.1 dev mgmt0 FAILED/,
    remedy: /neighbour show/,
    near: {
      config:
        'management-interface:\n  - {name: mgmt0, backup-router: {address: 10.255.0.1}}\n  - {name: data0, backup-router: {address: 10.1.0.1}}\n',
      kernel: {
        neighbours: [...neighbours('reachable'), { interfaceIndex: 3, address: '10.1.0.1', state: 'reachable' }],
      },
    },
  },
  {
    code: 'gateway-dead',
    what: 'IPv6 incomplete after three seconds',
    bad: { kernel: { neighbours: neighbours('reachable', 'incomplete') } },
    severity: 'error',
    evidence: /fe80::1 dev mgmt0 INCOMPLETE/,
    remedy: /ping -c 3 fe80::1%mgmt0/,
    near: {
      links: [LO, link('mgmt0', 2, { carrier: false })],
      kernel: { neighbours: neighbours('reachable', 'incomplete') },
    },
  },
  {
    code: 'gateway-dead',
    what: 'there is no link-local address to ask from',
    bad: {
      kernel: { neighbours: neighbours('reachable', 'failed') },
      addresses: [address(2, '10.255.0.2', 24), address(2, '2001:db8:ff::2', 64)],
      config: config('', undefined, undefined, "{address: '2001:db8:ff::1', onlink: true}"),
    },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /^$/,
    near: {
      kernel: {
        neighbours: [
          { interfaceIndex: 2, address: '10.255.0.1', state: 'reachable' },
          { interfaceIndex: 2, address: '2001:db8:ff::1', state: 'reachable' },
        ],
      },
      addresses: [address(2, '10.255.0.2', 24), address(2, '2001:db8:ff::2', 64)],
      config: config('', undefined, undefined, "{address: '2001:db8:ff::1', onlink: true}"),
    },
  },
  {
    code: 'gateway-dead',
    what: 'may not be asked',
    bad: { kernel: { neighbours: neighbours('stale'), asked: unseen('needs CAP_NET_ADMIN') } },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /sudo/,
    near: { kernel: { neighbours: neighbours('reachable'), asked: unseen('needs CAP_NET_ADMIN') } },
  },
  {
    code: 'gateway-auto-none',
    what: 'no default route',
    bad: { config: AUTO, routes: [route('::', 0, { via: 'fe80::1' })] },
    severity: 'warning',
    evidence: /ip route show default dev mgmt0: nothing/,
    remedy: /networkctl renew mgmt0/,
    near: { config: AUTO, routes: DEFAULTS },
  },
  {
    code: 'gateway-auto-none',
    what: 'one family missing while the other is adopted',
    bad: {
      config: AUTO,
      routes: [],
      status: seen(status({ adopted: [{ destination: 'default', gateway: 'fe80::1', interface: 'mgmt0', text: '' }] })),
    },
    severity: 'warning',
    evidence: /^ip route/,
    remedy: /renew/,
    near: {
      config: AUTO,
      routes: [DEFAULTS[1]!],
      status: seen(
        status({
          adopted: [{ destination: 'default', gateway: '10.255.0.1', interface: 'mgmt0', text: '' }],
        }),
      ),
    },
  },
  {
    code: 'destination-over-subnet',
    what: 'half of the subnet',
    bad: { config: config('', undefined, '{address: 10.255.0.1, destination: 10.255.0.128/25}') },
    severity: 'warning',
    evidence: /connected 10\.255\.0\.0\/24\ndestination 10\.255\.0\.128\/25/,
    remedy: /remove 10\.255\.0\.128\/25/,
    near: { config: config('', undefined, '{address: 10.255.0.1, destination: 10.255.0.0/24}') },
  },
  {
    code: 'destination-nested',
    what: 'one in another',
    bad: { config: config('', undefined, '{address: 10.255.0.1, destination: [10.0.0.0/8, 10.1.0.0/16]}') },
    severity: 'note',
    evidence: /10\.1\.0\.0\/16 lies inside 10\.0\.0\.0\/8/,
    remedy: /remove/,
    near: { config: config('', undefined, '{address: 10.255.0.1, destination: [10.0.0.0/16, 10.1.0.0/16]}') },
  },
];
