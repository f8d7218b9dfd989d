/**
 * `routing-daemon`: what each kind's forms mean, every fault by its place and code, the remedies, and who stays
 * when a daemon is named twice.
 */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import type { RoutingDaemon } from '../../../src/model/config.js';
import { checkRows, type Row } from './fault-rows.js';

const BASE = 'management-interface: eth0\nbackup-router: {address: 192.0.2.1}\n';
const one = (text: string): string => `${BASE}routing-daemon: {${text}}\n`;

/** The daemons of a file without faults. */
function daemons(text: string): readonly RoutingDaemon[] | undefined {
  const { config, diagnostics } = parseConfig(text, 'f');
  return diagnostics.length === 0 ? config?.routingDaemons : undefined;
}

t.test('the forms of every kind', async (t) => {
  const cases: readonly (readonly [string, RoutingDaemon])[] = [
    ['bird', { kind: 'bird', socket: '/run/bird/bird.ctl' }],
    ['{bird: {}}', { kind: 'bird', socket: '/run/bird/bird.ctl' }],
    ['{bird: {socket: /run/b.ctl}}', { kind: 'bird', socket: '/run/b.ctl' }],
    ['{unit: frr.service}', { kind: 'unit', unit: 'frr.service', routeProtocols: [] }],
    [
      '{unit: {name: frr@blue.service, route-protocols: [bgp, 186, 198]}}',
      { kind: 'unit', unit: 'frr@blue.service', routeProtocols: [186, 198] },
    ],
    ['{unit: dev-x\\x2dy.slice}', { kind: 'unit', unit: 'dev-x\\x2dy.slice', routeProtocols: [] }],
    ['{pidfile: /run/x.pid}', { kind: 'pidfile', path: '/run/x.pid', routeProtocols: [] }],
    [
      '{pidfile: {path: /run/x.pid, route-protocols: frr-static}}',
      { kind: 'pidfile', path: '/run/x.pid', routeProtocols: [196] },
    ],
    ['{process: gobgpd}', { kind: 'process', name: 'gobgpd', routeProtocols: [] }],
    ["{process: {name: '1', route-protocols: 255}}", { kind: 'process', name: '1', routeProtocols: [255] }],
    ['{socket: /run/x.sock}', { kind: 'socket', endpoint: { kind: 'unix', path: '/run/x.sock' }, routeProtocols: [] }],
    [
      '{socket: 127.0.0.1:179}',
      { kind: 'socket', endpoint: { kind: 'tcp', host: '127.0.0.1', port: 179 }, routeProtocols: [] },
    ],
    [
      "{socket: '[0:0::1]:65535'}",
      { kind: 'socket', endpoint: { kind: 'tcp', host: '::1', port: 65535 }, routeProtocols: [] },
    ],
    [
      '{socket: {path: /run/x.sock, route-protocols: [ospf, isis]}}',
      { kind: 'socket', endpoint: { kind: 'unix', path: '/run/x.sock' }, routeProtocols: [188, 187] },
    ],
    [
      '{socket: {address: 127.9.9.9:1}}',
      { kind: 'socket', endpoint: { kind: 'tcp', host: '127.9.9.9', port: 1 }, routeProtocols: [] },
    ],
    [
      '{exec: {command: /bin/true}}',
      { kind: 'exec', command: ['/bin/true'], intervalMs: 5000, timeoutMs: 2000, routeProtocols: [] },
    ],
    [
      '{exec: {command: [/bin/sh, -c, "exit 0", 5, no, 0x10, 1.50], interval: 10s, timeout: 10s, route-protocols: [babel]}}',
      {
        kind: 'exec',
        command: ['/bin/sh', '-c', 'exit 0', '5', 'no', '0x10', '1.50'],
        intervalMs: 10000,
        timeoutMs: 10000,
        routeProtocols: [42],
      },
    ],
    [
      '{exec: {command: [/bin/true], interval: 500ms}}',
      { kind: 'exec', command: ['/bin/true'], intervalMs: 500, timeoutMs: 500, routeProtocols: [] },
    ],
  ];
  for (const [text, expected] of cases) {
    const warned = parseConfig(`${BASE}routing-daemon: ${text}\n`, 'f');
    t.strictSame(warned.config?.routingDaemons, [expected], text);
    t.strictSame(
      daemons(`${BASE}routing-daemon:\n  - ${text}\n`) ?? warned.diagnostics.map((d) => d.code),
      text.includes('bgp, 186') ? ['duplicate-protocol'] : [expected],
      `${text} in a list`,
    );
  }
});

const KINDS: readonly Row[] = [
  ['just a daemon', `${BASE}routing-daemon: zebra\n`, '3:17 error unknown-value'],
  ['no daemon', `${BASE}routing-daemon: []\n`, '3:17 error empty-value'],
  ['daemon without a kind', `${BASE}routing-daemon: [{}]\n`, '3:18 error empty-value'],
  ['unknown kind', one('brid: {}'), '3:18 error unknown-key'],
  ['kind without value', one('unit:'), '3:18 error empty-value'],
  ['kind alone', `${BASE}routing-daemon: [unit]\n`, '3:18 error empty-value'],
  ['two kinds in one entry', one('bird: {}, unit: a.service'), '3:28 error conflicting-keys'],
  ['kind at the top level', `${BASE}bird: {}\n`, '3:1 error unknown-key'],
  [
    'protocols beside the kind',
    `${BASE}routing-daemon:\n  - unit: a.service\n    route-protocols: bgp\n`,
    '5:5 error unknown-key',
  ],
];

const FRR: readonly Row[] = [
  ['no daemons of FRR', `${BASE}routing-daemon: {frr: {daemons: []}}\n`, '3:33 error empty-value'],
  ['unknown daemon', `${BASE}routing-daemon: {frr: {daemons: [zebra, bgp]}}\n`, '3:41 warning unknown-daemon'],
  [
    'daemon that leaves the directory',
    `${BASE}routing-daemon: {frr: {daemons: ../zebra}}\n`,
    '3:33 error unknown-daemon',
  ],
  ['daemon twice', `${BASE}routing-daemon: {frr: {daemons: [zebra, zebra]}}\n`, '3:41 warning duplicate-daemon'],
  ['relative directory', `${BASE}routing-daemon: {frr: {socket-directory: run/frr}}\n`, '3:42 error relative-path'],
  [
    'directory too long for a socket',
    `${BASE}routing-daemon: {frr: {daemons: zebra, socket-directory: /${'x'.repeat(100)}}}\n`,
    '3:33 error out-of-range',
  ],
];

const BIRD: readonly Row[] = [
  ['a path', one('bird: /run/bird.ctl'), '3:24 error wrong-type'],
  ['relative', one('bird: {socket: bird.ctl}'), '3:33 error relative-path'],
  ['too long for a socket', one(`bird: {socket: /${'x'.repeat(107)}}`), '3:33 error out-of-range'],
  ['just short enough', one(`bird: {socket: /${'x'.repeat(106)}}`)],
  ['unknown key', one('bird: {sock: /run/b.ctl}'), '3:25 error unknown-key'],
  ['its protocol is known', one('bird: {route-protocols: bird}'), '3:25 error unknown-key'],
  ['list', one('bird: [/run/b.ctl]'), '3:24 error wrong-type'],
];

const PROCESSES: readonly Row[] = [
  ['unit without type', one('unit: frr'), '3:24 error unit-name'],
  ['unit that is a path', one('unit: /etc/systemd/system/frr.service'), '3:24 error unit-name'],
  ['unit without processes', one('unit: frr.timer'), '3:24 error unit-name'],
  ['template', one('unit: frr@.service'), '3:24 error unit-name'],
  ['type alone', one('unit: .service'), '3:24 error unit-name'],
  ['unit with a space', one('unit: frr bgp.service'), '3:24 error unit-name'],
  ['unit of 256 characters', one(`unit: ${'x'.repeat(248)}.service`), '3:24 error unit-name'],
  ['unit of 255 characters', one(`unit: ${'x'.repeat(247)}.service`)],
  ['unit without name', one('unit: {route-protocols: bgp}'), '3:18 error missing-key'],
  ['misspelt name', one('unit: {nmae: a.service}'), '3:25 error unknown-key'],
  ['units in a list', one('unit: [a.service, b.service]'), '3:24 error wrong-type'],
  ['empty unit', one("unit: ''"), '3:24 error unit-name'],
  ['relative pidfile', one('pidfile: run/x.pid'), '3:27 error relative-path'],
  ['pidfile with a zero', one('pidfile: "/run/\\0"'), '3:27 error control-character'],
  ['pidfile longer than any path', one(`pidfile: /${'x/'.repeat(2048)}`), '3:27 error out-of-range'],
  ['pidfile of nothing', one('pidfile: {path: }'), '3:28 error empty-value'],
  ['process of 16 bytes', one('process: a234567890123456'), '3:27 error process-name'],
  ['process of 15 bytes', one('process: a23456789012345')],
  ['process that is a path', one('process: /usr/sbin/gobgpd'), '3:27 error process-name'],
  ['process that is a number', one('process: 1'), '3:27 error wrong-type'],
  ['process of nothing', one("process: ' '"), '3:27 error process-name'],
  ['process with a zero', one('process: "a\\0"'), '3:27 error control-character'],
];

const SOCKETS: readonly Row[] = [
  ['another host', one('socket: 192.0.2.9:179'), '3:26 error not-loopback'],
  ['any address', one('socket: 0.0.0.0:179'), '3:26 error not-loopback'],
  ['another host, IPv6', one("socket: '[2001:db8::1]:179'"), '3:26 error not-loopback'],
  ['link-local', one("socket: '[fe80::1%eth0]:179'"), '3:26 error not-loopback'],
  ['no host', one('socket: :179'), '3:26 error not-loopback'],
  ['IPv4-mapped', one("socket: '[::ffff:127.0.0.1]:179'"), '3:26 error ipv4-mapped'],
  ['name', one('socket: localhost:179'), '3:26 error socket-address'],
  ['IPv6 without brackets', one("socket: '::1:179'"), '3:26 error socket-address'],
  ['IPv4 in brackets', one("socket: '[127.0.0.1]:179'"), '3:26 error socket-address'],
  [
    'brackets without quotes',
    `${BASE}routing-daemon:\n  - socket: [::1]:179\n`,
    '4:13 error wrong-type',
    '4:18 error syntax',
  ],
  ['port alone', one('socket: 179'), '3:26 error socket-address'],
  ['address alone', one('socket: 127.0.0.1'), '3:26 error socket-address'],
  ['port 0', one('socket: 127.0.0.1:0'), '3:26 error out-of-range'],
  ['port 65536', one('socket: 127.0.0.1:65536'), '3:26 error out-of-range'],
  ['port of letters', one('socket: 127.0.0.1:bgp'), '3:26 error socket-address'],
  ['port with leading zeros', one('socket: 127.0.0.1:0179'), '3:26 error leading-zeros'],
  ['abstract', one("socket: '@bgp'"), '3:26 error socket-address'],
  ['scheme', one('socket: unix:/run/x.sock'), '3:26 error socket-address'],
  ['relative', one('socket: run/x.sock'), '3:26 error relative-path'],
  ['path too long', one(`socket: /${'x'.repeat(107)}`), '3:26 error out-of-range'],
  ['address as a path', one('socket: {path: 127.0.0.1:179}'), '3:33 error socket-address'],
  ['path as an address', one('socket: {address: /run/x.sock}'), '3:36 error socket-address'],
  ['both', one('socket: {path: /run/x.sock, address: 127.0.0.1:179}'), '3:18 error conflicting-keys'],
  ['neither', one('socket: {}'), '3:18 error missing-key'],
];

const EXEC: readonly Row[] = [
  ['a path', one('exec: /bin/true'), '3:24 error wrong-type'],
  ['a list', one('exec: [/bin/true]'), '3:24 error wrong-type'],
  ['no command', one('exec: {}'), '3:18 error missing-key'],
  ['empty command', one('exec: {command: []}'), '3:34 error empty-value'],
  ['command without path', one('exec: {command: [check, -v]}'), '3:35 error relative-path'],
  ['a line for a shell', one('exec: {command: /bin/check -v}'), '3:34 error wrong-type'],
  ['a list within', one('exec: {command: [/bin/check, [-v]]}'), '3:47 error wrong-type'],
  ['a word of nothing', one('exec: {command: [/bin/check, ~]}'), '3:47 error wrong-type'],
  ['a zero', one('exec: {command: [/bin/check, "\\0"]}'), '3:47 error control-character'],
  [
    'timeout above the interval',
    one('exec: {command: /bin/true, interval: 1s, timeout: 2s}'),
    '3:68 error exec-timeout-too-long',
  ],
  [
    'timeout above the default interval',
    one('exec: {command: /bin/true, timeout: 6s}'),
    '3:54 error exec-timeout-too-long',
  ],
  [
    'faulty interval, long timeout',
    one('exec: {command: /bin/true, interval: 9, timeout: 8s}'),
    '3:55 error missing-unit',
  ],
  ['interval of nothing', one('exec: {command: /bin/true, interval: 0}'), '3:55 error out-of-range'],
  ['timeout never', one('exec: {command: /bin/true, timeout: never}'), '3:54 error out-of-range'],
];

const unit = (protocols: string): string => one(`unit: {name: a.service, route-protocols: ${protocols}}`);
const PROTOCOLS: readonly Row[] = [
  ['unknown name', unit('bpg'), '3:59 error unknown-protocol'],
  ['upper case', unit('BGP'), '3:59 error unknown-protocol'],
  ['of the prototype', unit('constructor'), '3:59 error unknown-protocol'],
  ['number in quotes', unit("'186'"), '3:59 error unknown-protocol'],
  ['0', unit('0'), '3:59 error out-of-range'],
  ['256', unit('[256]'), '3:60 error out-of-range'],
  ['a fraction', unit('1.5'), '3:59 error wrong-type'],
  ['twice, by name and number', unit('[bgp, 186]'), '3:65 warning duplicate-protocol'],
  ['nothing', unit('[]'), '3:59 error empty-value'],
  ["the kernel's", unit('[kernel, 1]'), '3:60 error reserved-protocol', '3:68 error reserved-protocol'],
  ["the agent's", unit('157'), '3:59 error reserved-protocol'],
  ["the agent's, as configured", `${unit('[157, 200]')}route-protocol: 200\n`, '3:65 error reserved-protocol'],
  [
    "an administrator's",
    unit('[static, boot, ra]'),
    '3:60 warning protocol-in-use',
    '3:68 warning protocol-in-use',
    '3:74 warning protocol-in-use',
  ],
  ['others', unit('[dhcp, bird, zebra, keepalived, openr, 255]')],
];

for (const [group, rows] of Object.entries({ KINDS, FRR, BIRD, PROCESSES, SOCKETS, EXEC, PROTOCOLS })) {
  t.test(group.toLowerCase(), async (t) => checkRows(t, rows));
}

t.test('remedies', async (t) => {
  const help = (text: string): string =>
    parseConfig(`${BASE}routing-daemon: ${text}\n`, 'f').diagnostics[0]!.suggestion;
  t.equal(help('frr.service'), 'write unit: frr.service');
  t.equal(help('bgpd'), 'write frr: {daemons: [bgpd]}');
  t.equal(help('brid'), 'write bird: {socket: /run/bird/bird.ctl}');
  t.equal(help('/run/bird.ctl'), 'write bird: {socket: /run/bird.ctl}');
  t.equal(help('/run/x.pid'), 'write pidfile: /run/x.pid');
  t.equal(help('{brid: {}}'), "did you mean 'bird'?");
  t.equal(help('{daemons: [zebra]}'), "'daemons' belongs under 'routing-daemon: frr'; is it indented too little?");
  t.equal(help('{unit: a.service, route-protocols: bgp}'), 'write unit: {name: a.service, route-protocols: [...]}');
  t.equal(
    help('{socket: 127.0.0.1:1, route-protocols: bgp}'),
    'write socket: {address: 127.0.0.1:1, route-protocols: [...]}',
  );
  t.equal(help('{unit: frr}'), 'write frr.service');
  t.equal(help('{unit: frr.timer}'), 'write frr.service');
  t.equal(help('{unit: /lib/frr.service}'), 'write frr.service');
  t.equal(help('{unit: frr@.service}'), 'name one instance: frr@NAME.service');
  t.equal(help('{pidfile: run/x.pid}'), 'write the whole path, such as /run/x.pid');
  t.equal(help('{pidfile: ~/x.pid}'), 'write the whole path, such as /run/x.pid');
  t.equal(help('{process: /usr/sbin/gobgpd}'), 'write gobgpd');
  t.equal(help('{process: systemd-networkd}'), 'write systemd-network');
  t.equal(help('{process: aaaaaaaaaaaaaaé}'), 'write aaaaaaaaaaaaaa', 'no half of a letter');
  t.equal(
    help('{socket: 10.0.0.1:50051}'),
    'let the daemon listen on 127.0.0.1:50051 and write that, or watch it by unit, pidfile or process',
  );
  t.equal(
    help("{socket: '[2001:db8::1]:179'}"),
    "let the daemon listen on '[::1]:179' and write that, or watch it by unit, pidfile or process",
  );
  t.equal(help("{socket: '::1:179'}"), "write '[::1]:179'");
  t.equal(help("{socket: '::1'}"), "write '[::1]:PORT', with the port on which the daemon listens");
  for (const text of ['\n  socket: [::1]:179', '\n  socket:\n    address: [::1]:179']) {
    for (const { suggestion } of parseConfig(`${BASE}routing-daemon: ${text}\n`, 'f').diagnostics)
      t.match(suggestion, "put an IPv6 address with a port in quotes: '[::1]:179'", text);
  }
  t.equal(help("{socket: '[127.0.0.1]:179'}"), 'write 127.0.0.1:179');
  t.equal(help('{socket: localhost:179}'), "write 127.0.0.1:179 or '[::1]:179'");
  t.equal(help('{socket: 179}'), 'write 127.0.0.1:179');
  t.equal(help('{socket: tcp://127.0.0.1:179}'), 'write 127.0.0.1:179');
  t.equal(help('{exec: [/bin/check, -v]}'), 'write exec: {command: [/bin/check, -v]}');
  t.equal(help('{exec: {command: /bin/check -v}}'), 'write a list: [/bin/check, -v]');
  t.equal(help('{exec: {command: check}}'), "write the whole path, which 'command -v check' prints");
  t.equal(help('{exec: {command: /bin/true, timeout: 6s}}'), 'write an interval of at least 6s, or a shorter timeout');
  t.equal(help('{unit: {name: a.service, route-protocols: bpg}}'), 'did you mean bgp?');
  t.equal(help("{unit: {name: a.service, route-protocols: '186'}}"), 'write 186 without quotes');
  t.equal(help('{unit: {name: a.service, route-protocols: bgp ospf}}'), 'write a list: [bgp, ospf]');
  t.match(help('{unit: {name: a.service, route-protocols: static}}'), 'frr-static');
});

t.test('twice', async (t) => {
  const twice = (...items: readonly string[]): readonly string[] => {
    const { config, diagnostics } = parseConfig(
      `${BASE}routing-daemon:\n${items.map((item) => `  - ${item}\n`).join('')}`,
      'f',
    );
    return [
      ...diagnostics.map((d) => `${d.line} ${d.severity} ${d.code}`),
      ...config!.routingDaemons.map((d) => (d.kind === 'frr' ? `frr ${d.daemons.join(' ')}` : d.kind)),
    ];
  };
  t.strictSame(twice('frr: {daemons: [zebra, bgpd]}', 'frr: {daemons: [bgpd, ospfd]}'), [
    '5 warning duplicate-daemon',
    'frr zebra bgpd',
    'frr ospfd',
  ]);
  t.strictSame(
    twice('frr', 'frr: {socket-directory: /run/frr/blue}'),
    ['frr zebra', 'frr zebra'],
    'two instances are two',
  );
  t.strictSame(twice('bird', 'bird: {socket: /run/bird//bird.ctl}'), ['5 warning duplicate-daemon', 'bird']);
  t.strictSame(twice('bird', 'bird: {socket: /run/b2.ctl}'), ['bird', 'bird']);
  t.strictSame(
    twice('socket: /run/bird/bird.ctl', 'bird'),
    ['4 warning duplicate-daemon', 'bird'],
    'who understands it stays',
  );
  t.strictSame(twice('process: zebra', 'socket: /run/frr/zebra.vty', 'frr', 'process: bgpd'), [
    '4 warning duplicate-daemon',
    '5 warning duplicate-daemon',
    'frr zebra',
    'process',
  ]);
  t.strictSame(twice('process: bird', 'bird'), ['4 warning duplicate-daemon', 'bird']);
  t.strictSame(twice('unit: a.service', 'unit: {name: a.service, route-protocols: bgp}', 'unit: b.service'), [
    '5 warning duplicate-daemon',
    'unit',
    'unit',
  ]);
  t.strictSame(twice('pidfile: /run/x.pid', 'pidfile: /run/./x.pid', 'process: x', 'process: x'), [
    '5 warning duplicate-daemon',
    '7 warning duplicate-daemon',
    'pidfile',
    'process',
  ]);
  t.strictSame(twice("socket: '[::1]:179'", "socket: '[0::1]:179'", 'socket: 127.0.0.1:179'), [
    '5 warning duplicate-daemon',
    'socket',
    'socket',
  ]);
  t.strictSame(
    twice('exec: {command: [/bin/a, b]}', 'exec: {command: [/bin/a, b], interval: 9s}', 'exec: {command: [/bin/a b]}'),
    ['5 warning duplicate-daemon', 'exec', 'exec'],
  );
  t.strictSame(
    twice('bird', 'frr', 'unit: x.service', 'bird: {socket: /b}'),
    ['bird', 'frr zebra', 'unit', 'bird'],
    'the order is that of the file',
  );
});

t.test('the valid part', async (t) => {
  const part = (text: string): unknown => parseConfig(`${BASE}routing-daemon: ${text}\n`, 'f').partial?.routingDaemons;
  t.strictSame(part('[bird, {unit: x}]'), [{ kind: 'bird', socket: '/run/bird/bird.ctl' }]);
  t.strictSame(
    part('{unit: x}'),
    [{ kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' }],
    'none left: the default',
  );
  t.strictSame(
    part('{unit: {name: a.service, route-protocols: [bgp, kernel, x]}}'),
    [{ kind: 'unit', unit: 'a.service', routeProtocols: [186] }],
    'less is taken for stale, never more',
  );
  t.match(part('{exec: {command: /bin/true, interval: 1s, timeout: 2s}}'), [{ intervalMs: 5000, timeoutMs: 2000 }]);
  t.match(part('{exec: {command: /bin/true, interval: 9, timeout: 1s}}'), [{ intervalMs: 5000, timeoutMs: 1000 }]);
  t.match(part('{bird: {}, unit: a.service}'), [{ kind: 'bird' }, { kind: 'unit' }]);
});
