/**
 * Every fault that a file can have, by its place and code: `line:column severity code`. The rows are the specification
 * of the diagnostics; their wording is in rendered.test.ts. Those of management interfaces, roles and routing daemons have
 * files of their own.
 */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { checkRows, type Row } from './fault-rows.js';

const IF = 'management-interface: eth0\n';
const V4 = 'backup-router: {address: 192.0.2.1}\n';
const BASE = IF + V4;
const gateway = (text: string): string => `${IF}backup-router:\n  address: ${text}\n`;
const gateway6 = (text: string): string => `${IF}inet6-backup-router:\n  address: ${text}\n`;
const destination = (text: string): string => `${gateway('192.0.2.1')}  destination: ${text}\n`;
const destination6 = (text: string): string => `${gateway6('fe80::1')}  destination: ${text}\n`;

const FILE: readonly Row[] = [
  ['empty', '', '1:1 error empty-file'],
  ['only comments', '# nothing\n\n', '1:1 error empty-file'],
  ['a word', 'hello', '1:1 error wrong-type'],
  ['a list', '- a\n', '1:1 error wrong-type'],
  ['two documents', `${BASE}---\na: 1\n`, '3:1 error several-documents'],
  ['NUL', `${BASE}# \u0000\n`, '3:3 error control-character'],
  ['tabs', `${IF}backup-router:\n\taddress: 192.0.2.1\n`, '3:1 error tab-indent'],
  ['unclosed bracket', destination('[10.0.0.0/8'), '4:16 error syntax'],
  ['unclosed quote', gateway('"192.0.2.1'), '3:12 error syntax'],
  ['indented too far', `${IF}backup-router:\n  address: 192.0.2.1\n   destination: 10.0.0.0/8\n`, '3:12 error syntax'],
  ['no space behind the colon', `${IF}backup-router: {address:192.0.2.1}\n`, '2:17 error unknown-key'],
  ['alias without anchor', destination('*nets'), '4:16 error unknown-alias'],
  ['alias within its own anchor', destination('&a [*a]'), '4:20 error unknown-alias'],
  ['tag', gateway('!ip 192.0.2.1'), '3:12 warning unknown-tag'],
  ['nested too deeply', `${BASE}x: ${'['.repeat(40)}${']'.repeat(40)}\n`, '3:35 error too-deep'],
  ['one key a hundred times in a line', `${BASE}note: ${'a: '.repeat(2000)}\nb: c\n`, '3:100 error too-deep'],
  ['too large', `${BASE}#${'x'.repeat(1 << 18)}`, '1:1 error too-large'],
];

const KEYS: readonly Row[] = [
  ['no interface', V4, '1:1 error missing-key'],
  ['no backup router', IF, '1:1 error missing-key'],
  ['duplicate interface', `${IF}${BASE}`, '2:1 error duplicate-key'],
  ['duplicate stanza', `${BASE}${V4}`, '3:1 error duplicate-key'],
  ['unknown key', `${BASE}colour: red\n`, '3:1 error unknown-key'],
  ['unknown key in a section', `${BASE}withdraw: {hold: 5s}\n`, '3:12 error unknown-key'],
  ['key in the wrong place', `${BASE}hold-time: 5s\n`, '3:1 error unknown-key'],
  ['not indented', `${IF}backup-router:\naddress: 192.0.2.1\n`, '2:1 error empty-value'],
  ['no address', `${IF}backup-router:\n  destination: 10.0.0.0/8\n`, '2:1 error missing-key'],
  ['stanza is an address', `${IF}backup-router: 192.0.2.1\n`, '2:16 error wrong-type'],
  ['section is a time', `${BASE}withdraw: 5s\n`, '3:11 error wrong-type'],
  ['section without keys', `${BASE}withdraw:\n`, '3:1 error empty-value'],
  ['key that is a list', `${BASE}? [a]\n: 1\n`, '3:3 error syntax'],
];

const ADDRESSES: readonly Row[] = [
  ['IPv6 in the IPv4 stanza', gateway('fe80::1'), '3:12 error family-mismatch'],
  ['IPv4 in the IPv6 stanza', gateway6('192.0.2.1'), '3:12 error family-mismatch'],
  ['IPv4-mapped', gateway6('::ffff:192.0.2.1'), '3:12 error ipv4-mapped'],
  ['zone id', gateway6('fe80::1%eth0'), '3:12 error zone-id'],
  ['leading zeros', gateway('192.000.002.001'), '3:12 error leading-zeros'],
  ['octet', gateway('192.0.2.256'), '3:12 error address-syntax'],
  ['three numbers', gateway('192.0.2'), '3:12 error address-syntax'],
  ['a number', gateway('5'), '3:12 error address-syntax'],
  ['name', gateway('gw.example.net'), '3:12 error address-syntax'],
  ['two in one', gateway('192.0.2.1, 192.0.2.2'), '3:12 error address-syntax'],
  ['with length', gateway('192.0.2.1/24'), '3:12 error unexpected-length'],
  ['multicast', gateway('224.0.0.5'), '3:12 error unusable-gateway'],
  ['loopback', gateway('127.0.0.1'), '3:12 error unusable-gateway'],
  ['unspecified', gateway('0.0.0.0'), '3:12 error unusable-gateway'],
  ['broadcast', gateway('255.255.255.255'), '3:12 error unusable-gateway'],
  ['IPv6 multicast', gateway6('ff02::1'), '3:12 error unusable-gateway'],
  ['IPv6 loopback', gateway6('::1'), '3:12 error unusable-gateway'],
  ['IPv6 unspecified', gateway6('"::"'), '3:12 error unusable-gateway'],
  ['IPv6 without interface id', gateway6('"fe80::"'), '3:12 error unusable-gateway'],
  ['IPv6 too short', gateway6('2001:db8:1'), '3:12 error address-syntax'],
  ['IPv6 two ::', gateway6('2001::db8::1'), '3:12 error address-syntax'],
  ['IPv6 colon at the end, unquoted', gateway6('2001:db8::'), '3:12 error syntax'],
  ['IPv6 colon at the end, in a list', gateway6('[2001:db8::]'), '3:13 error wrong-type'],
  ['empty list', gateway('[]'), '3:12 error empty-value'],
  ['item without value', gateway('[192.0.2.1, ~]'), '3:24 error wrong-type'],
  ['twice', gateway('[192.0.2.1, 192.0.2.1]'), '3:24 warning duplicate-gateway'],
];

const DESTINATIONS: readonly Row[] = [
  ['host bits', destination('172.16.128.0/13'), '4:16 error host-bits'],
  ['IPv6 host bits', destination6('2001:db8:1::/40'), '4:16 error host-bits'],
  ['family', destination('2001:db8::/32'), '4:16 error family-mismatch'],
  ['IPv6 family', destination6('10.0.0.0/8'), '4:16 error family-mismatch'],
  ['IPv4-mapped', destination6('::ffff:10.0.0.0/104'), '4:16 error ipv4-mapped'],
  ['zone id', destination6('2001:db8::%eth0/32'), '4:16 error zone-id'],
  ['leading zeros', destination('010.0.0.0/8'), '4:16 error leading-zeros'],
  ['leading zeros in the length', destination('10.0.0.0/08'), '4:16 error leading-zeros'],
  ['no length', destination('10.0.0.0'), '4:16 error missing-length'],
  ['length 33', destination('10.0.0.0/33'), '4:16 error prefix-length'],
  ['length 129', destination6('2001:db8::/129'), '4:16 error prefix-length'],
  ['length of letters', destination('10.0.0.0/x'), '4:16 error prefix-length'],
  ['negative length', destination('10.0.0.0/-8'), '4:16 error prefix-length'],
  ['netmask', destination('10.0.0.0/255.0.0.0'), '4:16 error prefix-syntax'],
  ['netmask behind a space', destination('10.0.0.0 255.0.0.0'), '4:16 error prefix-syntax'],
  ['short form', destination('10/8'), '4:16 error prefix-syntax'],
  ['default', destination('default'), '4:16 error prefix-syntax'],
  ['two in one', destination('10.0.0.0/8 11.0.0.0/8'), '4:16 error prefix-syntax'],
  ['loopback', destination('127.0.0.0/8'), '4:16 error unusable-destination'],
  ['multicast', destination('224.0.0.0/4'), '4:16 error unusable-destination'],
  ['link-local', destination6('fe80::/64'), '4:16 error unusable-destination'],
  ['nothing', destination(''), '4:3 error empty-value'],
  ['empty list', destination('[]'), '4:16 error empty-value'],
  ['empty text', destination("''"), '4:16 error empty-value'],
  ['list in a list', destination('[[10.0.0.0/8]]'), '4:17 error wrong-type'],
  ['duplicate', destination('[10.0.0.0/8, 10.0.0.0/8]'), '4:29 warning duplicate-destination'],
  ['nested', destination('[10.0.0.0/8, 10.1.0.0/16]'), '4:29 warning nested-destination'],
  ['nested, inner one first', destination('[10.1.0.0/16, 0.0.0.0/0]'), '4:17 warning nested-destination'],
  ['contains the gateway, which the connected prefix mends', destination('192.0.0.0/16')],
  ['default contains the gateway', destination('0.0.0.0/0')],
  ['is the gateway', destination('192.0.2.1/32'), '4:16 error destination-is-gateway'],
  [
    'is the IPv6 gateway',
    `${gateway6('2001:db8::1')}  destination: 2001:db8::1/128\n`,
    '4:16 error destination-is-gateway',
  ],
];

const SETTINGS: readonly Row[] = [
  ['time without unit', `${BASE}withdraw: {hold-time: 5}\n`, '3:23 error missing-unit'],
  ['time zero', `${BASE}withdraw: {hold-time: 0, convergence-timeout: 0}\nstale: {preempt-after: 0}\n`],
  ['unknown unit', `${BASE}withdraw: {hold-time: 5sec}\n`, '3:23 error unknown-unit'],
  ['several units', `${BASE}withdraw: {hold-time: 1m30s}\n`, '3:23 error duration-syntax'],
  ['negative time', `${BASE}withdraw: {hold-time: -5s}\n`, '3:23 error duration-syntax'],
  ['hold-time never', `${BASE}withdraw: {hold-time: never}\n`, '3:23 error out-of-range'],
  ['time of two days', `${BASE}withdraw: {convergence-timeout: 48h}\n`, '3:33 error out-of-range'],
  ['time that is a list', `${BASE}withdraw: {hold-time: [5s]}\n`, '3:23 error wrong-type'],
  ['probe-interval 0', `${BASE}detect: {probe-interval: 0}\n`, '3:26 error out-of-range'],
  [
    'timeout below interval',
    `${BASE}detect: {probe-interval: 5s, probe-timeout: 2s}\n`,
    '3:45 error probe-timeout-too-short',
  ],
  [
    'interval above the default timeout',
    `${BASE}detect: {probe-interval: 20s}\n`,
    '3:26 error probe-timeout-too-short',
  ],
  ['placement vrf', `${BASE}placement: vrf\n`],
  ['placement', `${BASE}placement: Local\n`, '3:12 error unknown-value'],
  ['on-stop', `${BASE}on-stop: remove\n`, '3:10 error unknown-value'],
  ['protocol 0', `${BASE}route-protocol: 0\n`, '3:17 error out-of-range'],
  ['protocol 256', `${BASE}route-protocol: 256\n`, '3:17 error out-of-range'],
  ['protocol 1.5', `${BASE}route-protocol: 1.5\n`, '3:17 error wrong-type'],
  ['protocol in quotes', `${BASE}route-protocol: "157"\n`, '3:17 error wrong-type'],
  ['protocol of the kernel', `${BASE}route-protocol: 2\n`, '3:17 error reserved-protocol'],
  ...[11, 42, 186, 192, 198].map(
    (n): Row => [`protocol ${n} of FRR`, `${BASE}route-protocol: ${n}\n`, '3:17 error reserved-protocol'],
  ),
  ...[12, 18, 66, 85, 99, 111].map(
    (n): Row => [`protocol ${n} in use`, `${BASE}route-protocol: ${n}\n`, '3:17 warning protocol-in-use'],
  ),
  ['tables around main', `${BASE}table-base: 126\n`, '3:13 error reserved-table'],
  ['tables from main', `${BASE}table-base: 254\n`, '3:13 error reserved-table'],
  ['tables just clear of the kernel', `${BASE}table-base: 119\n`, '3:13 warning table-imported-by-zebra'],
  ['tables just behind the kernel', `${BASE}table-base: 256\n`],
  ['tables at the end', `${BASE}table-base: 4294967163\n`],
  ['tables beyond the end', `${BASE}table-base: 4294967164\n`, '3:13 error out-of-range'],
  ['priorities', `${BASE}rule-priority-base: 32508\n`],
  ['priorities beside main', `${BASE}rule-priority-base: auto\n`],
  ['priorities beyond main', `${BASE}rule-priority-base: 32509\n`, '3:21 error out-of-range'],
];

for (const [group, rows] of Object.entries({ FILE, KEYS, ADDRESSES, DESTINATIONS, SETTINGS })) {
  t.test(group.toLowerCase(), async (t) => checkRows(t, rows));
}

t.test('all at once', async (t) => {
  const text = `${IF}${destination('[172.16.128.0/13, 10.0.0.0/08]').slice(IF.length)}placement: vfr\nwithdraw: {hold-time: 5}\nroute-protocol: 186\ncolour: red\n`;
  t.strictSame(
    parseConfig(text, 'f').diagnostics.map((d) => `${d.line}:${d.code}`),
    ['4:host-bits', '4:leading-zeros', '5:unknown-value', '6:missing-unit', '7:reserved-protocol', '8:unknown-key'],
  );
});
