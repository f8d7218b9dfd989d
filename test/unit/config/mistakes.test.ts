/** What people really write: one mistake, one fault, at its place, with the line to write. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { faultsOf } from './told.js';

const IF = 'management-interface: eth0\n';
const ROUTER = 'backup-router: {address: 192.0.2.1}\n';
const BASE = IF + ROUTER;

/** Expected: place, severity and code; then what the message and the suggestion have in them. */
type Mistake = readonly [name: string, text: string, at: string, message: string, suggestion: string];

const named = (name: string): string => `management-interface: ${name}\n${ROUTER}`;

const NAMES: readonly Mistake[] = [
  [
    'typographic quotes',
    named('“eth0”'),
    '1:23 warning interface-name',
    'typographic quote in it, U+201C',
    'write eth0',
  ],
  ['zero width', named('eth0\u200b'), '1:23 warning interface-name', 'U+200B', 'write eth0'],
  ['direction', named('\u202eeth0'), '1:23 warning interface-name', 'U+202E', 'write eth0'],
  ['a variable', named('${MGMT_IF}'), '1:23 warning interface-name', 'a variable', 'write the name itself'],
  ['a placeholder', named('<MGMT>'), '1:23 warning interface-name', 'a placeholder', 'write the name itself'],
  ['a pattern', named('eth*'), '1:23 warning interface-name', 'a pattern', 'write one name'],
  ['as ip link shows it', named('mgmt0@if7'), '1:23 warning interface-name', "'ip link' shows mgmt0", 'write mgmt0'],
];

const NUMBERS: readonly Mistake[] = [
  ['octal to some', `${BASE}table-base: 061640\n`, '3:13 error leading-zeros', '061640', 'write 61640'],
  ['the same of a protocol', `${BASE}route-protocol: 0157\n`, '3:17 error leading-zeros', '0157', 'write 157'],
  ['hexadecimal', `${BASE}route-protocol: 0x9d\n`, '3:17 error wrong-type', 'plain decimal digits', 'write 157'],
  ['octal to YAML', `${BASE}route-protocol: 0o235\n`, '3:17 error wrong-type', 'plain decimal digits', 'write 157'],
  ['with an exponent', `${BASE}table-base: 2.55e4\n`, '3:13 error wrong-type', 'plain decimal digits', 'write 25500'],
  [
    'of a daemon',
    `${BASE}routing-daemon: {process: {name: x, route-protocols: 0xba}}\n`,
    '3:54 error wrong-type',
    'plain decimal digits',
    'write 186',
  ],
];

const EMPTY: readonly Mistake[] = [
  [
    'no address',
    `${IF}backup-router: {address: ~}\n`,
    '2:17 error empty-value',
    "'address' needs a value",
    'write address: 192.0.2.1',
  ],
  [
    'no stanza',
    `${IF}backup-router:\n`,
    '2:1 error empty-value',
    "'backup-router' needs a value",
    'write backup-router: {address: 192.0.2.1}',
  ],
  ['no stanza of IPv6', `${IF}inet6-backup-router:\n`, '2:1 error empty-value', 'needs a value', '{address: fe80::1}'],
  [
    'no interface',
    `management-interface:\n${ROUTER}`,
    '1:1 error empty-value',
    'needs a value',
    'write management-interface: eth0',
  ],
  ['a setting', `${BASE}on-stop:\n`, '3:1 error empty-value', 'has no value', 'remove the line for the default'],
];

const KEYS: readonly Mistake[] = [
  [
    'camel case',
    `managementInterface: eth0\n${ROUTER}`,
    '1:1 error unknown-key',
    'managementInterface',
    "did you mean 'management-interface'?",
  ],
  [
    'another word',
    `interface: eth0\n${ROUTER}`,
    '1:1 error unknown-key',
    'interface',
    "did you mean 'management-interface'?",
  ],
  [
    'a stanza',
    `${IF}backup-ruoter: {address: 192.0.2.1}\n`,
    '2:1 error unknown-key',
    'backup-ruoter',
    "did you mean 'backup-router'?",
  ],
  [
    'the address',
    `${IF}backup-router: {adress: 192.0.2.1}\n`,
    '2:17 error unknown-key',
    'adress',
    "did you mean 'address'?",
  ],
  ...['gateway', 'via', 'next-hop'].map(
    (key): Mistake => [
      key,
      `${IF}backup-router: {${key}: 192.0.2.1}\n`,
      '2:17 error unknown-key',
      key,
      "did you mean 'address'?",
    ],
  ),
  [
    'to',
    `${IF}backup-router: {address: 192.0.2.1, to: 10.0.0.0/8}\n`,
    '2:37 error unknown-key',
    'to',
    "did you mean 'destination'?",
  ],
  [
    'several stanzas',
    `${IF}backup-router: [{address: 192.0.2.1}, {address: 192.0.2.2}]\n`,
    '2:16 error wrong-type',
    'address may be a list',
    'write backup-router: {address: [192.0.2.1, 192.0.2.2]}',
  ],
];

const block = (...items: readonly string[]): string =>
  `${IF}backup-router:\n  address: 192.0.2.1\n  destination:\n${items.map((item) => `${item}\n`).join('')}`;

const TEXT: readonly Mistake[] = [
  [
    'one blank too many',
    block('  - 10.0.0.0/8', '   - 172.16.0.0/12', '   - 192.168.0.0/16'),
    '6:4 error syntax',
    'indented further than the one above',
    "write '  - 172.16.0.0/12'",
  ],
  [
    'one blank too few',
    block('    - 10.0.0.0/8', '   - 172.16.0.0/12'),
    '6:4 error syntax',
    'indented less than the one above',
    "write '    - 172.16.0.0/12'",
  ],
  [
    'a no-break space',
    `management-interface:\u00a0eth0\n${ROUTER}`,
    '1:22 error syntax',
    'a no-break space',
    'ordinary space',
  ],
  [
    'one of several',
    `${IF}backup-router:\n\u00a0\u00a0address:\u00a0192.0.2.1\n`,
    '3:1 error syntax',
    'U+00A0',
    'ordinary space',
  ],
  [
    'a tab before an item',
    block('  - 10.0.0.0/8', '\t- 172.16.0.0/12'),
    '6:1 error tab-indent',
    'Tabs',
    'indent with spaces',
  ],
  [
    'a tab before a key',
    `${IF}backup-router:\n\taddress: 192.0.2.1\n`,
    '3:1 error tab-indent',
    'Tabs',
    'indent with spaces',
  ],
  ['returns alone', BASE.replaceAll('\n', '\r'), '1:27 error syntax', 'carriage return alone', "tr '"],
  [
    'a merge key',
    `${BASE}withdraw: {<<: {hold-time: 5s}}\n`,
    '3:12 error unknown-key',
    '<<',
    'write the keys themselves',
  ],
  [
    'a merge key that would have what is needed',
    `${IF}backup-router: {<<: {address: 192.0.2.1}}\n`,
    '2:17 error unknown-key',
    '<<',
    'write the keys themselves',
  ],
  [
    'a wrong value that is used twice',
    `${IF}backup-router: {address: &a 192.0.2.300}\ninet6-backup-router: {address: *a}\n`,
    '2:29 error address-syntax',
    'larger than 255',
    '0 to 255',
  ],
  [
    'a right value where it is wrong',
    `${IF}backup-router: {address: &a 192.0.2.1}\ninet6-backup-router: {address: *a}\n`,
    '3:32 error family-mismatch',
    '192.0.2.1',
    'move it to backup-router',
  ],
  [
    'an item of a list that is wrong where it is used',
    `${IF}backup-router: {address: 192.0.2.1, destination: &d [10.0.0.0/8]}\ninet6-backup-router: {address: fe80::1, destination: *d}\n`,
    '3:54 error family-mismatch',
    '10.0.0.0/8',
    'move it to backup-router',
  ],
  [
    'a template',
    `${IF}backup-router:\n  address: {{ gateway }}\n`,
    '3:12 error syntax',
    'a template',
    'render it first',
  ],
  ['a comment of another language', `${IF}// the NOC\n${ROUTER}`, '2:1 error syntax', 'no comment', "write '#'"],
  [
    'the same behind a value',
    `management-interface: eth0 // port 1\n${ROUTER}`,
    '1:28 error syntax',
    'no comment',
    "write '#'",
  ],
  [
    'a comment in the manner of C',
    `/* the port */\n${BASE}`,
    '1:1 error syntax',
    "'/*' begins no comment",
    "write '#'",
  ],
  [
    'a file of netplan',
    'network:\n  version: 2\n  ethernets: {eth0: {dhcp4: true}}\n',
    '1:1 error wrong-type',
    'netplan',
    'management-interface: eth0',
  ],
  [
    'a file of keepalived',
    '! VRRP\nvrrp_instance VI_1 {\n  state MASTER\n}\n',
    '2:1 error wrong-type',
    'keepalived',
    'management-interface: eth0',
  ],
];

for (const [group, mistakes] of Object.entries({ NAMES, NUMBERS, EMPTY, KEYS, TEXT }))
  t.test(group.toLowerCase(), async (t) => {
    for (const [name, text, at, message, suggestion] of mistakes) {
      const { config, diagnostics } = parseConfig(text, 'f');
      t.strictSame(faultsOf(diagnostics), [at], name);
      t.match(diagnostics[0]?.message, message, `${name}: says what it is`);
      t.match(diagnostics[0]?.suggestion, suggestion, `${name}: says what to write`);
      t.equal(config === undefined, at.includes(' error '), name);
    }
  });

t.test('no warning of what only the running host can know', async (t) => {
  const { diagnostics } = parseConfig(`${IF}backup-router: {address: 10.255.0.1, destination: 10.0.0.0/8}\n`, 'f');
  t.strictSame(diagnostics, []);
});

t.test('what only looks like a slip', async (t) => {
  for (const text of [
    `${BASE}# a\u00a0b // c {{ d }}\n`,
    `${BASE}routing-daemon: {exec: {command: [/usr/bin/docker, inspect, -f, '{{.State}}', "// \u00a0"]}}\n`,
    `${BASE}routing-daemon: {socket: //run/x.sock}\n`,
    `${BASE}routing-daemon: {exec: {command: [/bin/ls, /run/*/x, '/* */']}}\n`,
    `${IF}backup-router:\n  address: 192.0.2.1\n  destination:\n    - 10.0.0.0/8\n\t\n    - 172.16.0.0/12 # here\n`,
  ])
    t.strictSame(parseConfig(text, 'f').diagnostics, [], text);
});
