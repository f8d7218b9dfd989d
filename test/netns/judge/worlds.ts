/**
 * Random policy rules, tables, nexthop objects and packets for judge.test.ts: lines for `ip
 * -batch`, and packets in the form that the judge takes. A line that the kernel refuses adds
 * nothing; the dump shows what exists.
 */

import fc from 'fast-check';
import type { Packet } from '../../../src/fib/packet.js';
import type { Family } from '../../../src/model/address.js';
import { familyBits } from '../../../src/model/address.js';
import { prefix } from '../../../src/model/prefix.js';

/** rtm_protocol of all that is made here. */
export const PROTOCOL = 77;
export const DEVICES = ['d0', 'd1', 'd2'] as const;

interface Pool {
  readonly prefixes: readonly string[];
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly sources: readonly string[];
  readonly sourcePrefixes: readonly string[];
}

export const POOLS: Readonly<Record<Family, Pool>> = {
  inet: {
    prefixes: [
      'default',
      'default',
      '20.0.0.0/8',
      '20.0.0.0/16',
      '20.0.0.0/24',
      '20.64.0.0/10',
      '20.99.0.0/16',
      '20.99.1.0/24',
      '20.99.1.7/32',
    ],
    addresses: [
      '20.99.1.7',
      '20.99.1.8',
      '20.99.2.1',
      '20.65.0.1',
      '20.0.0.9',
      '20.0.7.9',
      '30.0.0.1',
      '10.1.0.9',
      '10.1.0.2',
    ],
    gateways: ['10.1.0.1', '10.1.0.3', '10.2.0.1', '10.2.0.3', '10.3.0.1'],
    sources: ['10.1.0.2', '10.2.0.2', '10.9.0.2'],
    sourcePrefixes: ['10.1.0.0/16', '10.0.0.0/8', '10.9.0.2/32'],
  },
  inet6: {
    prefixes: [
      'default',
      'default',
      '2001:db8:20::/44',
      '2001:db8:20::/48',
      '2001:db8:20:1::/64',
      '2001:db8:20:1::7/128',
      '3fff::/20',
      '2001:db8::/32',
    ],
    addresses: [
      '2001:db8:20:1::7',
      '2001:db8:20:1::8',
      '2001:db8:20:2::1',
      '2001:db8:2f::1',
      '2001:db8:99::1',
      '3fff::9',
      '2001:4860::1',
      '2001:db8:1::9',
      '2001:db8:1::2',
    ],
    gateways: ['2001:db8:1::1', '2001:db8:1::3', '2001:db8:2::1', '2001:db8:2::3', '2001:db8:3::1'],
    sources: ['2001:db8:1::2', '2001:db8:2::2', '2001:db8:9::2'],
    sourcePrefixes: ['2001:db8:1::/48', '2001:db8::/32', '2001:db8:9::2/128'],
  },
};

/** The device that a gateway is behind. */
function deviceOf(family: Family, gateway: string): string {
  return DEVICES[Number(gateway.split(family === 'inet' ? '.' : ':')[family === 'inet' ? 1 : 2]) - 1]!;
}

const TABLES = ['main', '100', '101', '102'];

export interface World {
  readonly family: Family;
  /** For `ip -force -batch`. */
  readonly lines: readonly string[];
  readonly packets: readonly Packet[];
  /** Gateways to be tried. */
  readonly uses: readonly { readonly gateway: string; readonly device: string; readonly table: number }[];
}

/** Where the `n`th of them would lead. */
export function triedDestination(family: Family, n: number): string {
  return family === 'inet' ? `50.0.0.${n + 1}/32` : `3fff:50::${n + 1}/128`;
}

function selector(family: Family): fc.Arbitrary<string> {
  const { sourcePrefixes, prefixes } = POOLS[family];
  const one = fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    fc.constantFrom(...sourcePrefixes).map((text) => `from ${text}`),
    fc.constantFrom(...prefixes.slice(1)).map((text) => `to ${text}`),
    fc.constantFrom('iif lo', 'iif d0', 'iif gone', 'oif d0', 'oif d1', 'oif gone'),
    fc.constantFrom('fwmark 0x1', 'fwmark 0x1/0x3', 'fwmark 0x0/0xff', 'fwmark 0x80000/0xff0000'),
    fc.constantFrom('tos 0x10', 'tos 0x8', 'tos 0x04'),
    fc.constantFrom('uidrange 0-0', 'uidrange 1000-2000', 'ipproto tcp', 'ipproto udp', 'ipproto icmp'),
    fc.constantFrom('ipproto tcp dport 22', 'dport 20-30', 'sport 1000-2000', 'ipproto udp sport 53'),
    fc.constantFrom('tun_id 5'),
  );
  return fc
    .record({ not: fc.nat(5), parts: fc.array(one, { minLength: 1, maxLength: 2 }) })
    .map(({ not, parts }) => `${not === 0 ? 'not ' : ''}${parts.join(' ')}`.trim());
}

function ruleLine(family: Family): fc.Arbitrary<string> {
  const lookups = TABLES.map((table) => `lookup ${table}`);
  return fc
    .record({
      selector: selector(family),
      priority: fc.constantFrom(...[...Array(8).keys()].map((i) => 100 + 10 * i), 32766, 40000),
      action: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...lookups, 'lookup main', 'lookup 100') },
        {
          weight: 1,
          arbitrary: fc.constantFrom('blackhole', 'unreachable', 'prohibit', 'nop', 'goto 140', 'goto 170', 'goto 175'),
        },
      ),
      suppress: fc.constantFrom(
        '',
        '',
        '',
        'suppress_prefixlength 0',
        'suppress_prefixlength 16',
        'suppress_prefixlength 48',
        'suppress_ifgroup 7',
      ),
    })
    .map(
      ({ selector: words, priority, action, suppress }) =>
        `rule add ${words} pref ${priority} ${action} ${action.startsWith('lookup') ? suppress : ''}`,
    );
}

/** Objects 1 to 5 and 8, which need the family, and the groups, which have none. */
export function nexthopLines(family: Family): {
  readonly single: readonly string[];
  readonly groups: readonly string[];
} {
  const { gateways } = POOLS[family];
  const singles = gateways.map(
    (gateway, i) => `nexthop add id ${i + 1} via ${gateway} dev ${deviceOf(family, gateway)}`,
  );
  return {
    single: [...singles, 'nexthop add id 8 blackhole'],
    groups: ['nexthop add id 11 group 1/3', 'nexthop add id 12 group 2,3/4', 'nexthop add id 13 group 8'],
  };
}

function exits(family: Family): fc.Arbitrary<string> {
  const { gateways } = POOLS[family];
  const via = fc.constantFrom(...gateways).map((gateway) => `via ${gateway} dev ${deviceOf(family, gateway)}`);
  return fc.oneof(
    { weight: 6, arbitrary: via },
    { weight: 1, arbitrary: fc.constantFrom(...DEVICES).map((device) => `dev ${device}`) },
    {
      weight: 2,
      arbitrary: fc
        .uniqueArray(via, { minLength: 2, maxLength: 3 })
        .map((all) => all.map((one, i) => `nexthop ${one} weight ${i + 1}`).join(' ')),
    },
    { weight: 3, arbitrary: fc.constantFrom(1, 2, 3, 5, 8, 11, 12, 13).map((id) => `nhid ${id}`) },
    ...(family === 'inet' ? [{ weight: 1, arbitrary: fc.constant('via inet6 2001:db8:1::1 dev d0') }] : []),
  );
}

function routeLine(family: Family): fc.Arbitrary<string> {
  const { prefixes, sourcePrefixes } = POOLS[family];
  return fc
    .record({
      prefix: fc.constantFrom(...prefixes),
      table: fc.constantFrom(...TABLES),
      metric: fc.integer({ min: 1, max: 3 }),
      refusal: fc.constantFrom(...Array(16).fill(''), 'blackhole', 'unreachable', 'prohibit', 'throw'),
      exits: exits(family),
      verb: fc.constantFrom('add', 'add', 'add', 'append'),
      extra:
        family === 'inet'
          ? fc.constantFrom('', '', '', 'tos 0x10', 'tos 0x8', 'scope link')
          : fc.constantFrom('', '', '', 'pref high', 'pref low', ...sourcePrefixes.map((text) => `from ${text}`)),
    })
    .map(({ prefix: text, table, metric, refusal, exits: way, verb, extra }) => {
      const end = `table ${table} metric ${metric} proto ${PROTOCOL}`;
      const [where, pref] = extra.startsWith('pref') ? ['', extra] : [extra, ''];
      return refusal === ''
        ? `route ${verb} ${text} ${where} ${end} ${pref} ${way}`
        : `route ${verb} ${refusal} ${text} ${where.startsWith('scope') ? '' : where} ${end}`;
    });
}

/** Whether `nud failed` is true of a gateway. */
function neighbourLine(family: Family): fc.Arbitrary<string> {
  return fc
    .constantFrom(...POOLS[family].gateways)
    .map((gateway) => `neigh replace ${gateway} dev ${deviceOf(family, gateway)} lladdr 02:00:00:00:00:09 nud failed`);
}

function packet(family: Family, indexOf: (device: string) => number): fc.Arbitrary<Packet> {
  const { addresses, sources } = POOLS[family];
  const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined, freq: 2 });
  return fc
    .record({
      destination: fc.constantFrom(...addresses),
      source: some(fc.constantFrom(...sources)),
      device: fc.option(fc.constantFrom(...DEVICES), { nil: undefined, freq: 6 }),
      mark: some(fc.constantFrom(1, 2, 5, 0x80000)),
      tos: some(fc.constantFrom(0x04, 0x08, 0x10, 0x30, 0x48, 0x50)),
      user: some(fc.constantFrom(1000, 1500, 4711)),
      ipProtocol: some(fc.constantFrom(6, 17, family === 'inet' ? 1 : 58)),
      sourcePort: some(fc.constantFrom(53, 1000, 1500)),
      destinationPort: some(fc.constantFrom(22, 25, 80)),
    })
    .map(({ destination, device, ...rest }) => ({
      destination: prefix(destination, familyBits(family)),
      ...(device === undefined ? {} : { outputInterface: { name: device, index: indexOf(device) } }),
      ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    }));
}

export function world(family: Family, indexOf: (device: string) => number): fc.Arbitrary<World> {
  return fc
    .record({
      rules: fc.array(ruleLine(family), { minLength: 1, maxLength: 9 }),
      routes: fc.array(routeLine(family), { minLength: 6, maxLength: 26 }),
      neighbours: fc.array(neighbourLine(family), { maxLength: 2 }),
      local: fc.nat(7),
      uses: fc.array(
        fc.record({
          gateway: fc.constantFrom(
            ...POOLS[family].gateways,
            ...POOLS[family].addresses,
            ...POOLS[family].sources,
            ...(family === 'inet' ? [] : ['fe80::1']),
          ),
          device: fc.constantFrom(...DEVICES),
          table: fc.constantFrom(254, 100, 103),
        }),
        { minLength: 8, maxLength: 8 },
      ),
      packets: fc.array(packet(family, indexOf), { minLength: 40, maxLength: 40 }),
    })
    .map(({ rules, routes, neighbours, local, packets, uses }) => ({
      family,
      lines: [
        ...routes,
        ...rules,
        ...neighbours,
        // As hosts with VRFs have it.
        ...(local === 0 ? ['rule add pref 32765 lookup local', 'rule del pref 0'] : []),
      ],
      packets,
      uses,
    }));
}

/** Where selectors begin and end: rare among random ones. */
export function edges(family: Family): World {
  const [, second, ...others] = POOLS[family].gateways;
  const way = (gateway: string): string => `via ${gateway} dev ${deviceOf(family, gateway)}`;
  const destination = prefix(POOLS[family].addresses.at(-4)!, familyBits(family));
  const fields: readonly (readonly [keyof Packet, readonly number[]])[] = [
    ['tos', [0, 0x04, 0x0c, 0x10, 0x18, 0x30, 0x50, 0xb0]],
    ['user', [999, 1000, 2000, 2001]],
    ['mark', [0, 1, 2, 3, 5, 0x100, 0x101]],
    ['sourcePort', [1000, 1001]],
  ];
  return {
    family,
    lines: [
      ...['main', ...others.map((_, i) => String(100 + i))].map(
        (table, i) => `route add default table ${table} metric 1 proto ${PROTOCOL} ${way([second!, ...others][i]!)}`,
      ),
      'rule add tos 0x10 pref 100 lookup 100',
      'rule add uidrange 1000-2000 pref 110 lookup 101',
      'rule add fwmark 0x1/0x3 pref 120 lookup 102',
      'rule add ipproto udp sport 1000 pref 130 lookup 100',
    ],
    packets: fields.flatMap(([field, values]) =>
      values.map((value) => ({
        destination,
        ...(field === 'sourcePort' ? { ipProtocol: 17 } : {}),
        [field]: value,
      })),
    ),
    uses: [],
  };
}
