/**
 * The bytes of every kind of request. The expected ones with `iproute2` in their name were captured from
 * iproute2 6.1 doing the same thing (strace -e write), so they are a witness of their own; the order of
 * attributes means nothing in netlink and is ignored there. The others were checked by hand against uapi.
 */

import t from 'tap';
import type { Step } from '../../../src/core/ports.js';
import { writeStep } from '../../../src/kernel/apply.js';
import { encodeAddressDump } from '../../../src/kernel/messages/address.js';
import { encodeLinkDump } from '../../../src/kernel/messages/link.js';
import { encodeNeighbourDump, writeProbe } from '../../../src/kernel/messages/neighbour.js';
import { encodeRouteDump } from '../../../src/kernel/messages/route.js';
import { encodeRuleDump } from '../../../src/kernel/messages/rule.js';
import { alone } from '../../../src/kernel/netlink/codec.js';
import { defaultPrefix, type Prefix, parsePrefix } from '../../../src/model/prefix.js';
import type { Route, Rule } from '../../../src/model/route.js';

const p = (text: string): Prefix => parsePrefix(text)!;
const via = (gateway: string | undefined): Route['nexthops'][number] => ({
  gateway,
  interfaceIndex: 7,
  dead: false,
});

const route: Route = {
  family: 'inet',
  table: 25500,
  destination: defaultPrefix('inet'),
  metric: 1,
  tos: 0,
  protocol: 157,
  type: 'unicast',
  nexthops: [via('198.51.100.1')],
};
const rule: Rule = {
  family: 'inet',
  priority: 31000,
  table: 25500,
  suppressPrefixLength: undefined,
  inputInterface: 'lo',
  protocol: 157,
  foreign: false,
};
const rule6: Rule = {
  family: 'inet6',
  priority: 31001,
  table: 254,
  suppressPrefixLength: 0,
  inputInterface: undefined,
  protocol: 157,
  foreign: false,
};

const encoded = (step: Step): Buffer => alone((writer) => writeStep(writer, step));

/** Length, type and flags, the family's own header, and the attributes sorted. The sequence number differs. */
function parts(message: Buffer, header: number): readonly string[] {
  const attributes: string[] = [];
  for (let at = 16 + header; at < message.length; ) {
    const length = (message.readUInt16LE(at) + 3) & ~3;
    attributes.push(message.toString('hex', at, at + length));
    at += length;
  }
  return [message.toString('hex', 0, 8), message.toString('hex', 16, 16 + header), ...attributes.sort()];
}

const SAME_AS_IPROUTE2: readonly (readonly [string, Buffer, string])[] = [
  [
    'ip route add default via 198.51.100.1 dev a0 table 25500 metric 1 proto 157',
    encoded({ kind: 'add-route', route }),
    '3c000000180005062754016b0000000002000000009d00010000000008000500c633640108000f009c63000008000600010000000800040007000000',
  ],
  [
    'ip -6 route add 2001:db8:100::/40 via fe80::1 dev a0 table 25540 metric 1 proto 157',
    encoded({
      kind: 'add-route',
      route: {
        ...route,
        family: 'inet6',
        destination: p('2001:db8:100::/40'),
        table: 25540,
        nexthops: [via('fe80::1')],
      },
    }),
    '5c000000180005062754016b000000000a280000009d0001000000001400010020010db801000000000000000000000014000500fe80000000000000000000000000000108000f00c463000008000600010000000800040007000000',
  ],
  [
    'ip route add 10.0.0.0/8 table 25500 metric 1 proto 157 nexthop via 198.51.100.1 dev a0 nexthop via 198.51.100.9 dev a0',
    encoded({
      kind: 'add-route',
      route: { ...route, destination: p('10.0.0.0/8'), nexthops: [via('198.51.100.1'), via('198.51.100.9')] },
    }),
    '5800000018000506c854016b0000000002080000009d000100000000080001000a00000008000f009c630000080006000100000024000900100000000700000008000500c6336401100000000700000008000500c6336409',
  ],
  [
    'ip rule add pref 31000 iif lo lookup 25500 protocol 157',
    encoded({ kind: 'add-rule', rule }),
    '3c000000200005062754016b000000000200000000000001000000000800060018790000070003006c6f000008000f009c630000050015009d000000',
  ],
];

t.test('creating is what iproute2 sends', async (t) => {
  for (const [command, ours, theirs] of SAME_AS_IPROUTE2) {
    const header = 12;
    t.same(parts(ours, header), parts(Buffer.from(theirs, 'hex'), header), command);
  }
});

/** name, ours, expected: every byte, with a space between the parts. */
const EXACT: readonly (readonly [string, Buffer, string])[] = [
  [
    'add a default route',
    encoded({ kind: 'add-route', route }),
    '3c000000180005060000000000000000 02000000009d000100000000 08000f009c630000 0800060001000000 08000500c6336401 0800040007000000',
  ],
  [
    'delete it: type and scope too',
    encoded({ kind: 'delete-route', route }),
    '3c000000190005000000000000000000 02000000009d000100000000 08000f009c630000 0800060001000000 08000500c6336401 0800040007000000',
  ],
  [
    'on-link is scope link (253)',
    encoded({
      kind: 'add-route',
      route: { ...route, destination: p('203.0.113.0/24'), table: 254, nexthops: [via(undefined)] },
    }),
    '3c000000180005060000000000000000 02180000fe9dfd0100000000 08000100cb007100 08000f00fe000000 0800060001000000 0800040007000000',
  ],
  [
    'a gateway of the other family is RTA_VIA',
    encoded({ kind: 'add-route', route: { ...route, nexthops: [via('fe80::1')] } }),
    '4c000000180005060000000000000000 02000000009d000100000000 08000f009c630000 0800060001000000 160012000a00fe8000000000000000000000000000010000 0800040007000000',
  ],
  [
    'blackhole has no next hop',
    encoded({ kind: 'add-route', route: { ...route, type: 'blackhole', nexthops: [] } }),
    '2c000000180005060000000000000000 02000000009d000600000000 08000f009c630000 0800060001000000',
  ],
  [
    'delete a rule',
    encoded({ kind: 'delete-rule', rule }),
    '3c000000210005000000000000000000 020000000000000100000000 0800060018790000 08000f009c630000 050015009d000000 070003006c6f0000',
  ],
  [
    'add a suppressing IPv6 rule',
    encoded({ kind: 'add-rule', rule: rule6 }),
    '3c000000200005060000000000000000 0a000000fe00000100000000 0800060019790000 08000f00fe000000 050015009d000000 08000e0000000000',
  ],
  [
    'dump links without counters',
    encodeLinkDump(),
    '28000000120001030000000000000000 00000000000000000000000000000000 08001d0008000000',
  ],
  ['dump addresses', encodeAddressDump(), '18000000160001030000000000000000 0000000000000000'],
  ['dump neighbours', encodeNeighbourDump(), '1c0000001e0001030000000000000000 000000000000000000000000'],
  [
    'probe a neighbour that is known: NUD_PROBE, nothing is created',
    alone((writer) => writeProbe(writer, { interfaceIndex: 7, address: '198.51.100.1' }, 'known')),
    '240000001c0005000000000000000000 020000000700000010000000 08000100c6336401',
  ],
  [
    'probe one that is not: NTF_USE',
    alone((writer) => writeProbe(writer, { interfaceIndex: 7, address: 'fe80::1' }, 'unresolved')),
    '300000001c0005000000000000000000 0a0000000700000000000100 14000100fe800000000000000000000000000001',
  ],
  [
    'probe one without an entry: NTF_USE, created unless there is one by then',
    alone((writer) => writeProbe(writer, { interfaceIndex: 7, address: 'fe80::1' }, 'absent')),
    '300000001c0005060000000000000000 0a0000000700000000000100 14000100fe800000000000000000000000000001',
  ],
  ['dump rules', encodeRuleDump(), '1c000000220001030000000000000000 000000000000000000000000'],
  [
    'dump own IPv6 routes',
    encodeRouteDump('inet6', { protocol: 157 }),
    '1c0000001a0001030000000000000000 0a000000009d000000000000',
  ],
  [
    'dump main',
    encodeRouteDump('inet', { table: 254 }),
    '240000001a0001030000000000000000 020000000000000000000000 08000f00fe000000',
  ],
];

t.test('every byte', async (t) => {
  for (const [name, ours, expected] of EXACT) t.equal(ours.toString('hex'), expected.replaceAll(' ', ''), name);
});
