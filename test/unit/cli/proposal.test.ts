/**
 * What `init` proposes for hosts of every shape: a whole proposal is a configuration without an error or a warning, and whatever cannot
 * be told is named and stands in no key.
 */

import t from 'tap';
import { type InitEvidence, propose } from '../../../src/cli/proposal.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { Link } from '../../../src/model/link.js';
import type { Route } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { address, link, route } from '../doctor/fixture.js';

interface Shape {
  readonly what: string;
  readonly links?: readonly Link[];
  readonly addresses?: InitEvidence['snapshot']['addresses'];
  readonly routes: readonly Route[];
  readonly frr?: Partial<InitEvidence['frr']>;
  readonly bird?: string;
  /** Lines of the proposal; none of them may be missing. */
  readonly has?: readonly string[];
  readonly not?: RegExp;
  /** What cannot be told. */
  readonly missing?: readonly RegExp[];
}

const PORTS = [link('lo', 1, { mac: undefined }), link('eth0', 2), link('eth1', 3)];
const ADDRESSES = [address(1, '127.0.0.1', 8), address(2, '192.0.2.7', 24), address(3, '10.1.0.2', 24)];
const dhcp = route('0.0.0.0', 0, { protocol: 16, via: '192.0.2.1', dev: 2, metric: 100 });
const FRR = { sockets: ['zebra', 'bgpd', 'mgmtd', 'staticd', 'watchfrr'], enabled: ['zebra', 'bgpd'] };

const SHAPES: readonly Shape[] = [
  {
    what: 'DHCP on one port, BGP on the other',
    routes: [dhcp, route('0.0.0.0', 0, { protocol: 186, via: '10.1.0.1', dev: 3, metric: 20 })],
    frr: FRR,
    has: ['management-interface: eth0', 'backup-router:', '  address: auto', '  - frr: {daemons: [zebra, bgpd]}'],
    not: /eth1|^ {2}adopt/m,
  },
  {
    what: 'a static default, IPv6 by router advertisement',
    routes: [
      route('0.0.0.0', 0, { protocol: 4, via: '192.0.2.1', dev: 2 }),
      route('::', 0, { protocol: 9, via: 'fe80::1', dev: 2, metric: 1024 }),
    ],
    bird: '/run/bird/bird.ctl',
    has: ['  address: 192.0.2.1', 'inet6-backup-router:', '  address: auto', '  - bird: {socket: /run/bird/bird.ctl}'],
    not: /frr/,
  },
  {
    what: 'a static route of FRR, an odd name, a link-local gateway',
    links: [link('lo', 1), link('mgmt-a.4000', 2), link('eth1', 3)],
    routes: [
      route('0.0.0.0', 0, { protocol: 196, via: '192.0.2.1', dev: 2 }),
      route('::', 0, { protocol: 3, via: 'fe80::1', dev: 2 }),
    ],
    frr: { sockets: [], enabled: ['zebra', 'ospfd'] },
    has: [
      'management-interface: mgmt-a.4000',
      '# It is a static route of FRR: take it out there, or it covers every destination.',
      "  address: 'fe80::1'",
      '  - frr: {daemons: [zebra, ospfd]}',
    ],
  },
  {
    what: 'a tunnel without neighbours',
    links: [link('lo', 1), link('wg0', 2, { mac: undefined, withoutNeighbours: true }), link('eth1', 3)],
    routes: [route('0.0.0.0', 0, { protocol: 3, dev: 2 })],
    frr: FRR,
    has: ['management-interface: wg0', '  address: none'],
  },
  {
    what: 'a management VRF',
    links: [
      link('lo', 1),
      link('mgmt', 9, { kind: 'vrf', vrfTable: 1001 }),
      link('eth0', 2, { master: 9 }),
      link('eth1', 3),
    ],
    routes: [
      route('0.0.0.0', 0, { protocol: 16, via: '192.0.2.1', dev: 2, table: 1001 }),
      route('0.0.0.0', 0, { protocol: 4, via: '10.1.0.1', dev: 3 }),
    ],
    frr: FRR,
    has: ['management-interface: eth0', '  address: auto'],
  },
  {
    what: 'two ports with a default route each',
    routes: [dhcp, route('0.0.0.0', 0, { protocol: 16, via: '10.1.0.1', dev: 3, metric: 200 })],
    frr: FRR,
    missing: [/which port .* eth0 or eth1$/, /which gateway/],
    not: /^(management-interface|backup-router)/m,
  },
  {
    what: 'a named port without a route',
    links: [link('lo', 1), link('mgmt0', 2), link('eth1', 3)],
    routes: [],
    frr: FRR,
    has: ['management-interface: mgmt0'],
    missing: [/which gateway on mgmt0 \(192\.0\.2\.7\/24\)/],
    not: /^backup-router/m,
  },
  { what: 'no routing daemon', routes: [dhcp], missing: [/neither FRR nor BIRD/], not: /^routing-daemon/m },
  {
    what: 'nothing at all',
    links: [link('lo', 1)],
    addresses: [],
    routes: [],
    missing: [/which port/, /which gateway/, /which routing daemon/],
    not: /^[a-z]/m,
  },
];

for (const shape of SHAPES)
  t.test(shape.what, async (t) => {
    const proposal = propose({
      snapshot: {
        ...EMPTY_SNAPSHOT,
        links: shape.links ?? PORTS,
        addresses: shape.addresses ?? ADDRESSES,
        foreignRoutes: shape.routes,
      },
      frr: { directory: '/run/frr', sockets: [], enabled: [], ...shape.frr },
      bird: shape.bird,
    });
    const lines = proposal.text.split('\n');
    for (const line of shape.has ?? []) t.ok(lines.includes(line), `${line}, of\n${proposal.text}`);
    if (shape.not !== undefined) t.notMatch(proposal.text.replace(/^#.*$/gm, ''), shape.not);
    t.equal(proposal.missing.length, shape.missing?.length ?? 0, proposal.missing.join('\n'));
    for (const [i, what] of (shape.missing ?? []).entries()) t.match(proposal.missing[i], what);
    const parsed = parseConfig(proposal.text, 'proposal');
    if (proposal.missing.length === 0) {
      t.not(parsed.config, undefined, 'a configuration');
      t.same(parsed.diagnostics, [], 'without a fault');
    } else t.not(parsed.diagnostics.length === 0 && proposal.missing.length > 1, true, 'and is none');
    t.ok(
      lines.every((line) => line.length <= 100),
      'no line is too long',
    );
  });
