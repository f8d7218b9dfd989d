/** One mistake is one fault, where it was made, with what to write in its place. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { faultsOf } from './told.js';

const IF = 'management-interface: eth0\n';
const ROUTER = 'backup-router: {address: 192.0.2.1}\n';
const BASE = IF + ROUTER;
const BLOCK = `${IF}backup-router:\n  address: 192.0.2.1\n`;
const FRR = `${BASE}routing-daemon:\n`;

/** The text, the place with severity and code, and the suggestion or its beginning. */
const ROWS: readonly (readonly [text: string, at: string, suggestion: string])[] = [
  // Names
  ['management-interface: ｅth0\n' + ROUTER, '1:23 warning interface-name', 'write eth0'],
  ['management-interface: \u0435th0\n' + ROUTER, '1:23 warning interface-name', 'type the name again'],
  ['management-interface: eth0\ufeff\n' + ROUTER, '1:23 warning interface-name', 'write eth0'],
  ['management-interface: "eth0 "\n' + ROUTER, '1:23 error interface-name', 'write eth0'],
  ['management-interface: eth0"\n' + ROUTER, '1:23 warning interface-name', 'write eth0'],
  ['management-interface: eth0\\n\n' + ROUTER, '1:23 warning interface-name', 'write eth0'],
  ['management-interface: auto\n' + ROUTER, '1:23 warning interface-name', "write a name that 'ip -brief link' shows"],
  ['management-interface: eth0:\n' + ROUTER, '1:23 error syntax', "write 'eth0', without the colon"],
  ['management-interface: `eth0`\n' + ROUTER, '1:23 error syntax', 'write the value itself'],
  ["management-interface: 'eth0\n" + ROUTER, '1:23 error syntax', 'write "\'" behind its last character'],
  ['management-interface: {eth0}\n' + ROUTER, '1:24 error wrong-type', 'write management-interface: eth0'],
  [
    'management-interface:\n  eth0: {backup-router: {address: 192.0.2.1}}\n  eth1: {backup-router: {address: 192.0.2.9}}\n',
    '2:3 error wrong-type',
    "write a list, with '- name: eth0' for 'eth0:'",
  ],
  // Keys
  ['management-interface eth0\n' + ROUTER, '1:1 error syntax', "write 'management-interface: eth0', with a colon"],
  ['iface: eth0\n' + ROUTER, '1:1 error unknown-key', "did you mean 'management-interface'?"],
  ['management\u200b-interface: eth0\n' + ROUTER, '1:1 error unknown-key', 'write management-interface'],
  [`${IF}\ufeff${ROUTER}`, '2:1 error unknown-key', 'write backup-router'],
  [`${IF}backup-router: {address=192.0.2.1}\n`, '2:17 error unknown-key', "write 'address: 192.0.2.1'"],
  [`${FRR}  - frr:\n    daemons: [zebra, bgpd]\n`, '4:5 error empty-value', "write '  daemons: ...', with two spaces"],
  // Lists
  [`${BLOCK}  destination:\n- 10.0.0.0/8\n`, '5:1 error syntax', "write '    - 10.0.0.0/8'"],
  [`${BLOCK}  destination:\n\t- 10.0.0.0/8\n`, '5:1 error tab-indent', 'indent with spaces'],
  [
    `${BLOCK}  destination: 10.0.0.0/8\n    - 172.16.0.0/12\n`,
    '4:16 error prefix-syntax',
    'write a list: [10.0.0.0/8, 172.16.0.0/12]',
  ],
  [
    `${BLOCK}  destination: (10.0.0.0/8, 172.16.0.0/12)\n`,
    '4:16 error prefix-syntax',
    'write a list: [10.0.0.0/8, 172.16.0.0/12]',
  ],
  [
    `${BLOCK}  destination:\n    – 10.0.0.0/8\n    – 172.16.0.0/12\n`,
    '5:5 error prefix-syntax',
    'write a list: [10.0.0.0/8, 172.16.0.0/12]',
  ],
  [
    `${BLOCK}  destination:\n    - [10.0.0.0/8, 172.16.0.0/12]\n`,
    '5:7 error wrong-type',
    'take one level of the list away',
  ],
  [
    `${BLOCK}  destination: [10.0.0.0/8, 172.16.0.0/12\nrole: standby\n`,
    '4:16 error syntax',
    "write ']' behind its last item",
  ],
  [`${FRR}  frr: {daemons: "zebra, bgpd"}\n`, '4:18 error unknown-daemon', 'write a list: [zebra, bgpd]'],
  [
    '{\n  "management-interface": "eth0"\n  "backup-router": {"address": "192.0.2.1"}\n}\n',
    '3:3 error syntax',
    "write ',' behind the one before",
  ],
  // Prefixes, numbers, times, paths
  [`${BLOCK}  destination: “10.0.0.0/8”\n`, '4:16 error prefix-syntax', 'write 10.0.0.0/8'],
  [`${BLOCK}  destination: 10.0.0.0⁄8\n`, '4:16 error prefix-syntax', 'write 10.0.0.0/8'],
  [`${BLOCK}  destination: 10.0.0.0/0.255.255.255\n`, '4:16 error prefix-syntax', 'write 10.0.0.0/8'],
  [`${IF}backup-router: {address: 192.0.2.1.}\n`, '2:26 error address-syntax', 'write 192.0.2.1'],
  [`${BASE}rule-priority-base: Auto\n`, '3:21 error wrong-type', 'write auto'],
  [`${BASE}rule-priority-base: none\n`, '3:21 error wrong-type', 'write auto, or a number from 1 to 32508'],
  [`${BASE}withdraw: {convergence-timeout: off}\n`, '3:33 error duration-syntax', 'write never'],
  [`${FRR}  frr: {socket-directory: /run/frr/zebra.vty}\n`, '4:27 warning relative-path', 'write /run/frr'],
  [`${BLOCK}  destination: 10.0.0.0 /8\n`, '4:16 error prefix-syntax', 'write 10.0.0.0/8'],
  [`${BLOCK}  destination: /etc/networks\n`, '4:16 error prefix-syntax', 'write ADDRESS/LENGTH'],
  [`${FRR}  process: bgpd*\n`, '4:12 error process-name', "'ps -e -o comm' lists the names"],
  [
    `${FRR}  exec: {command: "vtysh -c show | grep x"}\n`,
    '4:19 error wrong-type',
    "write a list with a shell: [/bin/sh, -c, 'vtysh -c show | grep x']",
  ],
  // Templates, comments, characters
  [`${IF}{% if x %}\n${ROUTER}{% endif %}\n`, '2:1 error syntax', 'render it first'],
  [`${IF}{# a note #}\n${ROUTER}`, '2:1 error syntax', 'render it first'],
  [`${IF}backup-router: {address: <%= @gw %>}\n`, '2:26 error syntax', 'render it first'],
  [`${IF}backup-router: {address: \${GW}}\n`, '2:26 error syntax', 'write the value itself'],
  [`${IF}backup-router: {address: "{{ gw }}"}\n`, '2:26 error address-syntax', 'write the address itself'],
  [`${IF}; a note\n${ROUTER}`, '2:1 error syntax', "write '#' for ';'"],
  [`${IF}-- a note\n${ROUTER}`, '2:1 error syntax', "write '#' for '--'"],
  [`${IF}! a note\n${ROUTER}`, '2:1 error syntax', "write '#' for '!'"],
  [`${IF}<!-- a note -->\n${ROUTER}`, '2:1 error syntax', "write '#' for '<!--'"],
  [`${IF}/*\n a note\n*/\n${ROUTER}`, '2:1 error syntax', "write '#' for '/*'"],
  [`management-interface: eth0\u2028${ROUTER}`, '1:27 error syntax', 'write an ordinary line end'],
  // Other files
  ['{}\n', '1:1 error empty-file', 'the smallest one is'],
  [
    '{"network": {"version": 2, "ethernets": {"eth0": {"dhcp4": true}}}}\n',
    '1:2 error wrong-type',
    'the smallest one is',
  ],
  ['name: lab\ntopology:\n  nodes:\n    r1: {kind: linux}\n', '1:1 error wrong-type', 'the smallest one is'],
  [
    `#cloud-config\nwrite_files:\n  - content: |\n      management-interface: eth0\n      ${ROUTER}`,
    '2:1 error wrong-type',
    'what is read begins in line 4',
  ],
  ['[Unit]\nDescription=x\n', '1:1 error wrong-type', "write a colon and a space in place of '='"],
  ['[RoutingPolicyRule]\nFrom=10.0.0.1\n', '1:1 error wrong-type', 'the smallest one of backup-router'],
  ['template bgp x {\n local as 65000;\n}\n', '1:1 error wrong-type', 'the smallest one of backup-router'],
  [
    'interface "eth0" {\n  supersede routers 192.0.2.9;\n}\n',
    '1:1 error wrong-type',
    'the smallest one of backup-router is\nmanagement-interface: eth0\nbackup-router:\n  address: 192.0.2.9',
  ],
];

for (const [i, [text, at, suggestion]] of ROWS.entries())
  t.test(`${i}: ${at}`, async (t) => {
    const { config, diagnostics } = parseConfig(text, 'f');
    t.strictSame(faultsOf(diagnostics), [at]);
    t.equal(config === undefined, at.includes(' error '));
    t.ok(diagnostics[0]?.suggestion.startsWith(suggestion), `${diagnostics[0]?.suggestion}: ${suggestion}`);
  });

t.test('a name that is only unusual is no mistake', async (t) => {
  for (const name of ['enp0s31f6', 'mgmt-A_1.100', 'ETH0', 'a-very-long-alternative-name'])
    t.strictSame(parseConfig(`management-interface: ${name}\n${ROUTER}`, 'f').diagnostics, []);
});
