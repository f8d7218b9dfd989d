/**
 * A seed -> a life of a router, as lines of a scenario: its configuration, the world it starts in, and what happens to it.
 * Actions may make no sense where they stand (a link that is gone, a route that is there): play.ts leaves those out.
 */

import { type Dice, dice } from './dice.js';

export interface Line {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly command: string;
  /** No shorter life is without it. */
  readonly kept?: true;
}

export interface Life {
  readonly config: readonly string[];
  readonly given: readonly string[];
  readonly lines: readonly Line[];
}

/** With nothing else going on, everything has come to rest after that. */
const REST_MS = 150_000;
/** With nothing else going on, whatever was lost is there again after that: the next resync, and a little. */
export const RESYNC_BOUND_MS = 33_000;

/** What is broken on purpose is mended, so that it can be asked for. A role command answers within its time-out. */
const MENDED = ['kernel works', 'kernel delay 0ms', 'agent start', 'role says primary'] as const;

const DESTINATIONS = ['0.0.0.0/0', '10.0.0.0/8', '11.0.0.0/8', '10.1.0.0/16', '::/0', '2001:db8:4000::/34'] as const;
const FOREIGN = [...DESTINATIONS, '10.1.2.0/24', '0.0.0.0/1', '10.0.0.0/9', '2001:db8::/32'] as const;

/** `link ... up` gives the addresses that are not there again. */
const PORTS: Readonly<Record<string, string>> = {
  mgmt0: 'link mgmt0 up 10.255.0.2/24 2001:db8:255::2/64 fe80::2/64',
  mgmt1: 'link mgmt1 up 10.254.0.2/24 2001:db8:254::2/64 fe80::3/64',
  data0: 'link data0 up 198.51.100.2/24 2001:db8:100::2/64 fe80::4/64',
};
const ADDRESSES: readonly (readonly [string, string])[] = [
  ['mgmt0', '10.255.0.2/24'],
  ['mgmt0', '10.255.0.7/24'],
  ['mgmt0', '2001:db8:255::2/64'],
  ['mgmt1', '10.254.0.2/24'],
  ['data0', '198.51.100.2/24'],
];
const NEIGHBOURS: readonly (readonly [string, string])[] = [
  ['10.255.0.1', 'mgmt0'],
  ['10.255.0.3', 'mgmt0'],
  ['2001:db8:255::1', 'mgmt0'],
  ['10.254.0.1', 'mgmt1'],
  ['198.51.100.1', 'data0'],
  ['2001:db8:100::1', 'data0'],
];

export function lifeOf(seed: number, acts: number): Life {
  const d = dice(seed);
  // Not by the dice: the lives of the other seeds stay what they were.
  const config = [...configOf(d), ...(seed % 3 === 0 ? ['symmetric-replies'] : [])];
  const given = [
    PORTS['mgmt0']!,
    PORTS['data0']!,
    ...(d.oneIn(2) ? [PORTS['mgmt1']!] : []),
    ...(d.oneIn(4) ? ['link red add vrf-table 10'] : []),
    ...(d.oneIn(2) ? [routeOf(d)] : []),
    ...(d.oneIn(6) ? [ruleOf(d)] : []),
  ];
  const lines: Line[] = [];
  let at = 0;
  for (let i = 0; i < acts; i++) {
    at += d.weighed([
      [6, 0],
      [5, 3],
      [4, 40],
      [4, 900],
      [3, 3_100],
      [3, 7_300],
      [2, 12_700],
      [1, 31_000],
    ]);
    lines.push({ at, command: actOf(d) });
    if (!d.oneIn(16)) continue;
    for (const command of MENDED) lines.push({ at, command });
    at += d.oneIn(5) ? REST_MS : RESYNC_BOUND_MS;
    lines.push({ at, command: 'expect sound' });
  }
  for (const command of MENDED) lines.push({ at, command });
  at += REST_MS;
  // Then a look at everything finds nothing to do.
  for (const command of ['expect sound', 'mark', 'overflow']) lines.push({ at, command, kept: true });
  for (const command of ['expect unchanged', 'expect sound']) lines.push({ at: at + 1_000, command, kept: true });
  return { config, given, lines };
}

function configOf(d: Dice): string[] {
  const inet6 = d.oneIn(3);
  const second = d.oneIn(4);
  const some = (): string => {
    const chosen = DESTINATIONS.filter((text) => (inet6 || !text.includes(':')) && d.oneIn(3));
    return chosen.length === 0 ? '0.0.0.0/0' : chosen.join(' ');
  };
  return [
    `gateway 10.255.0.1${d.oneIn(3) ? ' 10.255.0.3' : ''}`,
    ...(inet6 ? ['gateway 2001:db8:255::1'] : []),
    `destination ${some()}`,
    ...(d.oneIn(12) ? ['onlink'] : []),
    ...(d.oneIn(12) ? ['source 10.255.0.2'] : []),
    ...(second ? ['also mgmt1', 'gateway 10.254.0.1', `destination ${some()}`] : []),
    `daemons ${d.of(['zebra', 'zebra', 'zebra bgpd'])}`,
    ...settings(d),
  ];
}

function settings(d: Dice): string[] {
  return [
    ...(d.oneIn(4) ? [`placement ${d.of(['main', 'local', 'vrf'])}`] : []),
    ...(d.oneIn(3) ? [`convergence-timeout ${d.of(['0', 'never', '3s'])}`] : []),
    ...(d.oneIn(3) ? [`preempt-after ${d.of(['0', 'never', '1s'])}`] : []),
    ...(d.oneIn(3) ? [`on-stop ${d.of(['keep', 'withdraw'])}`] : []),
    ...(d.oneIn(8) ? [`role ${d.of(['standby', 'file', 'exec'])}`] : []),
    ...(d.oneIn(8) ? [`table-base ${d.of(['25500', '26000'])}`] : []),
    ...(d.oneIn(8) ? [`route-protocol ${d.of(['157', '158'])}`] : []),
  ];
}

function routeOf(d: Dice): string {
  const destination = d.of(FOREIGN);
  const inet6 = destination.includes(':');
  if (d.oneIn(12)) return `route ${d.of(['blackhole', 'unreachable', 'prohibit'])} ${destination} metric 50`;
  const via = inet6
    ? '2001:db8:100::1 dev data0'
    : d.of(['198.51.100.1 dev data0', '198.51.100.1 dev data0', '10.254.0.9 dev mgmt1']);
  const table = d.oneIn(8) ? ` table ${d.of([10, 99, 25500, 253])}` : '';
  return `route ${destination} via ${via} proto ${d.of([4, 186, 186, 11, 16])} metric ${d.of([20, 20, 20, 1, inet6 ? 1024 : 0])}${table}`;
}

function ruleOf(d: Dice): string {
  return d.of([
    'rule 32765 lookup 99',
    'rule 500 lookup 254',
    'rule 100 lookup 99',
    'rule 100 lookup 254 from 10.255.0.2/32',
    'rule 32766 lookup 99',
    'rule 40000 lookup 254',
    'rule 32764 lookup 253 iif data0',
  ]);
}

function actOf(d: Dice): string {
  return d.weighed<() => string>([
    [
      10,
      () =>
        `${d.of(['frr', 'frr', 'zebra', 'bgpd'])} ${d.of(['responsive', 'responsive', 'responsive aged 1h', 'eof', 'stopped', 'hang', 'appeared', 'down'])}`,
    ],
    [8, () => routeOf(d)],
    [6, () => `no ${routeOf(d)}`],
    [4, () => `rib ${d.of(['holds', 'holds', 'lost'])} ${d.of(FOREIGN)}`],
    [1, () => d.of(['rib mute', 'rib speaks', 'rib speaks'])],
    [6, () => link(d)],
    [3, () => address(d)],
    [4, () => neighbour(d)],
    [2, () => ruleOf(d)],
    [2, () => `no rule ${d.of([32765, 500, 100, 32766, 40000, 32764])}`],
    [
      2,
      () =>
        d.of([
          'flush table 25500',
          'flush table 25508',
          'flush table 254',
          'flush rules',
          'flush rules',
          'flush rules all',
        ]),
    ],
    [1, () => 'overflow'],
    [1, () => `append route ${d.of(['::/0 via 2001:db8:100::1', '2001:db8:4000::/34 via 2001:db8:100::1'])} dev data0`],
    [2, () => `kernel delay ${d.of(['0ms', '5ms', '200ms', '3s'])}`],
    [1, () => d.of(['kernel fails EBUSY', 'kernel fails ENOBUFS', 'kernel works', 'kernel works'])],
    [3, () => `config ${d.of(configOf(d))}`],
    [3, () => 'reload'],
    [2, () => d.of(['agent kill', 'agent stop'])],
    [4, () => 'agent start'],
    [1, () => `hold ${d.of(['off', 'off', '10s', '1m', 'never'])}`],
    [1, () => `role ${d.of(['primary', 'standby', 'auto', 'auto', 'says primary', 'says standby', 'fails'])}`],
    [1, () => `wall-clock ${d.of(['+1h', '-1h', '+30s'])}`],
  ])();
}

function link(d: Dice): string {
  const name = d.of(['mgmt0', 'mgmt0', 'data0', 'data0', 'mgmt1']);
  return d.weighed<string>([
    [3, `link ${name} down`],
    [5, PORTS[name]!],
    [2, `link ${name} no-carrier`],
    [2, `link ${name} carrier`],
    [1, `link ${name} delete`],
    [1, `link ${name} rename other`],
    [1, `link other rename ${name}`],
    [1, 'link mgmt1 master red'],
    [1, 'link mgmt1 no-master'],
  ]);
}

function address(d: Dice): string {
  const [name, text] = d.of(ADDRESSES);
  return d.weighed<string>([
    [3, `address ${name} add ${text}`],
    [1, `address ${name} add ${text} noprefixroute`],
    [1, `address ${name} add ${text} tentative`],
    [1, `address ${name} settled ${text}`],
    [2, `address ${name} remove ${text}`],
  ]);
}

function neighbour(d: Dice): string {
  const [address, dev] = d.of(NEIGHBOURS);
  return `neighbour ${address} dev ${dev} ${d.of(['failed', 'known', 'known', 'absent', 'incomplete', 'permanent'])}`;
}
