/** Texts as people have them: captures of terminals, abbreviations, slips. Each is read whole, or is an error where it was made. */

import t from 'tap';
import { looksLikeJunos } from '../../../../src/config/junos/detect.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { faultsOf, routersOf } from '../told.js';

interface Row {
  readonly name: string;
  readonly text: string;
  readonly member?: string;
  /** `ADDRESS > PREFIX ...`; undefined: refused. */
  readonly routers?: readonly string[];
  /** `LINE:COLUMN severity code`. */
  readonly faults?: readonly string[];
  /** In one of the messages or suggestions. */
  readonly says?: RegExp;
}

const BOTH = ['192.0.2.1 > 10.0.0.0/8 172.16.0.0/12'];
const ONE = ['192.0.2.1 > 10.0.0.0/8'];
const SET = 'set system backup-router 192.0.2.1 destination 10.0.0.0/8\n';
const CURLY = 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n';
const conditional = (more = ''): string =>
  `groups { a { when { routing-engine re0; ${more}} system { backup-router 192.0.2.9 destination 172.16.0.0/12; } } b { when { routing-engine re1; } system { backup-router 192.0.2.1 destination 10.0.0.0/8; } } }\napply-groups [ a b ];\n`;
const noise = (lines: number): string =>
  Array.from({ length: lines }, (_, i) => `set interfaces ge-0/0/${i} description "port ${i}"\n`).join('');

const ROWS: readonly Row[] = [
  // Several destinations
  {
    name: 'two in a command',
    text: 'set system backup-router 192.0.2.1 destination 10.0.0.0/8 destination 172.16.0.0/12\n',
    routers: BOTH,
  },
  {
    name: 'two in braces',
    text: 'system { backup-router 192.0.2.1 destination 10.0.0.0/8 destination 172.16.0.0/12; }\n',
    routers: BOTH,
  },
  {
    name: 'two without a list',
    text: 'set system backup-router 192.0.2.1 destination 10.0.0.0/8 172.16.0.0/12\n',
    faults: ['1:59 error unknown-key'],
    says: /are a list/,
  },
  {
    name: 'two without a list, in braces',
    text: 'system { backup-router 192.0.2.1 destination 10.0.0.0/8 172.16.0.0/12; }\n',
    faults: ['1:57 error unknown-key'],
  },
  {
    name: 'a word behind',
    text: 'set system backup-router 192.0.2.1 destination 10.0.0.0/8 garbage\n',
    faults: ['1:59 error unknown-key'],
  },
  {
    name: 'a block behind',
    text: 'system { backup-router { 192.0.2.1; destination 10.0.0.0/8 { metric 5; } } }\n',
    faults: ['1:62 error unknown-key'],
  },
  {
    name: 'IPv6, two',
    text: 'set system inet6-backup-router fe80::1 destination 2001:db8::/32 destination 2001:db9::/32\n',
    routers: ['fe80::1 > 2001:db8::/32 2001:db9::/32'],
  },
  {
    name: 'groups without a list',
    text: `set apply-groups a b\nset groups a system backup-router 192.0.2.1\nset groups b system services ssh\n`,
    faults: ['1:20 error syntax'],
    says: /apply-groups \[ a b \]/,
  },

  // The pager
  {
    name: 'the pager on a line of its own',
    text: `system {\n    host-name r1;\n---(more)---\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\ngroups { g { system { backup-router 192.0.2.9; } } }\napply-groups g;\n`,
    routers: ONE,
  },
  {
    name: 'the pager, wiped out',
    text: `system {\n    host-name r1;\n---(more 43%)---\r                \r    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n`,
    routers: ONE,
  },
  {
    name: 'a line without an end',
    text: `system {\n    host-name\n        backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n`,
    faults: ['2:13 error syntax'],
    says: /';' is missing/,
  },
  { name: 'escape sequences', text: `\u001b[7mroot@r1> \u001b[0mshow configuration\n${CURLY}`, routers: ONE },

  // Conditions
  { name: 'when, re1', text: conditional(), member: 're1', routers: ONE },
  { name: 'when, re0', text: conditional(), member: 're0', routers: ['192.0.2.9 > 172.16.0.0/12'] },
  { name: 'when, nobody says which', text: conditional(), faults: ['1:1 error missing-member'] },
  {
    name: 'when, of the model',
    text: conditional('model mx960; '),
    member: 're0',
    routers: ['192.0.2.9 > 172.16.0.0/12'],
    faults: ['1:41 warning not-supported-yet'],
    says: /'model' of the group 'a'/,
  },
  {
    name: 'when, in a group without a backup router',
    text: `groups { a { when { model mx960; } system { services { ssh; } } } }\napply-groups a;\n${CURLY}`,
    routers: ONE,
  },

  // Commands
  {
    name: 'short commands',
    text: `${SET}del interfaces ge-0/0/4 unit 0\ndeact interfaces ge-0/0/1\nact interfaces ge-0/0/1\ned system\nset services ssh\n`,
    routers: ONE,
  },
  {
    name: 'short and about us',
    text: `${SET}deact system backup-router\n`,
    faults: ['1:1 error missing-key', '2:14 warning inactive'],
  },
  {
    name: 'rewrites of other things',
    text: `${SET}wildcard range set interfaces ge-0/0/[0-3] mtu 9000\nrename interfaces ge-0/0/1 to ge-0/0/2\ncopy interfaces a to b\nreplace interfaces xe-0/0/0\nrename system login user a to user b\n`,
    routers: ONE,
  },
  {
    name: 'replace pattern',
    text: `${SET}replace pattern 192.0.2.1 with 192.0.2.9\n`,
    faults: ['2:1 error not-supported-yet'],
  },
  { name: 'rename of a group', text: `${SET}rename groups a to b\n`, faults: ['2:1 error not-supported-yet'] },
  { name: 'rollback', text: `${SET}rollback 0\n`, faults: ['2:1 error not-supported-yet'] },

  // One fault far away
  {
    name: 'a last statement without an end',
    text: `interfaces { lo0 { unit 0 { family inet { address 198.51.100.1/32\n} } } }\nprotocols {\n    lldp;\n}\n${CURLY}`,
    routers: ONE,
    faults: ['1:65 warning syntax'],
  },
  {
    name: 'a string without an end in many lines',
    text: `${noise(1000)}set interfaces lo0 description "x\n${noise(1000)}${SET}`,
    routers: ONE,
    faults: ['1001:32 warning syntax'],
  },
  {
    name: 'a brace that is missing far away',
    text: `interfaces {\n    lo0 {\n        unit 0;\n}\nprotocols {\n    lldp;\n}\n${CURLY}`,
    routers: ONE,
    faults: ['2:9 warning syntax'],
  },
  {
    name: 'a brace that is missing in system',
    text: `system {\n    login {\n        class x;\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n`,
    faults: ['2:11 error syntax'],
  },
  {
    name: 'a brace too many in system',
    text: `system {\n    services {\n        ssh;\n    }\n    }\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n`,
    says: /outside of 'system'/,
    faults: ['6:5 error missing-key', '7:1 error syntax'],
  },
  {
    name: 'a string that takes a backup router with it',
    text: `system {\n    host-name "r1;\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n    domain-name x" ;\n    inet6-backup-router fe80::1;\n}\n`,
    faults: ['2:15 error syntax'],
  },
  {
    name: 'a comment that takes a backup router with it',
    text: `/* one\nsystem {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n/* two */\nset system inet6-backup-router fe80::1\n`,
    faults: ['1:1 error syntax'],
  },
  { name: 'what is commented out whole', text: `/*\nset system backup-router 192.0.2.9\n*/\n${SET}`, routers: ONE },

  // Sessions
  {
    name: 'a session, braces',
    text: `Last login: Mon Jan  1 00:00:00 2026 from 198.51.100.9\n--- JUNOS 21.4R3 Kernel 64-bit\nroot> show version\nHostname: r1\nModel: mx960\n\nroot> show configuration\n## Last commit: 2026-01-01\nversion 21.4R3;\n${CURLY}\nroot> exit\n\n`,
    routers: ONE,
  },
  {
    name: 'a session, commands',
    text: `user@r1> configure\nEntering configuration mode\n\n[edit]\nuser@r1# edit system\n\n[edit system]\nuser@r1# set backup-router 192.0.2.1\n\n[edit system]\nuser@r1# set bakup-router 192.0.2.9\n                         ^\nsyntax error.\n\n[edit system]\nuser@r1# set backup-router destination 10.0.0.0/8\n\n[edit system]\nuser@r1# show | compare\n[edit system]\n+  services {\n+      ssh;\n+  }\n\n[edit system]\nuser@r1# commit check\nconfiguration check succeeds\n\n[edit system]\nuser@r1# commit and-quit\ncommit complete\nExiting configuration mode\n\nuser@r1> show interfaces terse\nInterface               Admin Link Proto    Local                 Remote\nge-0/0/0                up    up\n\nuser@r1> \n`,
    routers: ONE,
  },
  {
    name: 'a device without a name',
    text: `root#\nroot# ${SET}root# commit\ncommit complete\n\nroot#\n`,
    routers: ONE,
  },
  { name: 'display set at a level', text: `[edit system]\nuser@r1# show | display set\n${SET}`, routers: ONE },
  {
    name: 'display set relative',
    text: `user@r1> show configuration system | display set relative\nset backup-router 192.0.2.1 destination 10.0.0.0/8\n`,
    routers: ONE,
  },
  {
    name: 'a cluster',
    text: `{primary:node0}\nuser@r1> show configuration | display set\nnode0:\n--------------------------------------------------------------------------\n${SET}\n{primary:node0}\nuser@r1>\n`,
    routers: ONE,
  },
  {
    name: 'a difference alone',
    text: `[edit]\nuser@r1# show | compare\n[edit system]\n+  backup-router 192.0.2.1 destination 10.0.0.0/8;\n`,
    faults: ['1:1 error missing-key', '4:1 warning syntax'],
  },

  // Other forms
  {
    name: 'XML',
    text: `<rpc-reply xmlns:junos="http://xml.juniper.net/junos/21.4R0/junos">\n    <configuration>\n    </configuration>\n</rpc-reply>\n`,
    faults: ['1:1 error wrong-type'],
    says: /Junos XML[\s\S]*display set/,
  },
  {
    name: 'XML behind a prompt',
    text: `user@r1> show configuration | display xml\n<rpc-reply xmlns="x">\n`,
    faults: ['2:1 error wrong-type'],
  },
  {
    name: 'JSON',
    text: `{\n    "configuration" : {\n        "system" : {}\n    }\n}\n`,
    faults: ['1:1 error wrong-type'],
    says: /Junos JSON/,
  },
  {
    name: 'the pager of another program',
    text: 'system {\n    host-name r1;\n--More--\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
  },
  {
    name: 'from the shell',
    text: `root@r1:~ # cli\nroot@r1> show configuration | display set\n${SET}`,
    routers: ONE,
  },
  {
    name: 'a markdown fence',
    text: `\`\`\`junos\n${SET}\`\`\`\n`,
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: /markdown/,
  },
  {
    name: 'line numbers',
    text: `1: set system host-name r1\n2: ${SET}`,
    says: /line numbers/,
    routers: ONE,
    faults: ['1:1 warning syntax'],
  },
  { name: "lines of '!'", text: `!\n${SET}!\n`, routers: ONE, faults: ['1:1 warning syntax'], says: /not in Junos/ },
  {
    name: 'a quoted mail',
    text: `> ${SET}`,
    says: /'>' in front/,
    routers: ONE,
    faults: ['1:1 warning syntax'],
  },

  // Values and places
  { name: 'short prefix', text: 'set system backup-router 192.0.2.1 destination 10/8\n', routers: ONE },
  {
    name: 'short prefix with host bits',
    text: 'set system backup-router 192.0.2.1 destination 10.1/8\n',
    routers: ONE,
    faults: ['1:48 warning host-bits'],
  },
  {
    name: 'address as destination',
    text: 'set system backup-router 192.0.2.1 destination 10.0.0.5\n',
    routers: ['192.0.2.1 > 10.0.0.5/32'],
    faults: ['1:48 warning missing-length'],
  },
  {
    name: 'IPv6 address as destination',
    text: 'set system inet6-backup-router fe80::1 destination 2001:db8::5\n',
    routers: ['fe80::1 > 2001:db8::5/128'],
    faults: ['1:52 warning missing-length'],
  },
  {
    name: 'in routing-options',
    text: 'routing-options { backup-router 192.0.2.1; }\n',
    faults: ['1:19 error missing-key'],
    says: /in 'routing-options', not in 'system'/,
  },
  {
    name: 'in routing-options, beside one that is read',
    text: `${SET}set routing-options inet6-backup-router fe80::1\n`,
    routers: ONE,
    faults: ['2:21 warning unknown-key'],
  },
  {
    name: 'syntax is the cause',
    text: 'system {\n    bakup-router 192.0.2.1\n    host-name r1;\n}\n',
    faults: ['2:5 error unknown-key', '2:26 error syntax'],
  },
];

for (const row of ROWS)
  t.test(row.name, async (t) => {
    t.ok(looksLikeJunos(row.text), 'is Junos');
    const { config, diagnostics } = parseConfig(row.text, 'f', {
      interface: 'eth0',
      ...(row.member === undefined ? {} : { member: row.member }),
    });
    t.strictSame(routersOf(config), row.routers);
    t.strictSame(faultsOf(diagnostics), row.faults ?? []);
    if (row.says !== undefined) t.match(diagnostics.map((d) => `${d.message} ${d.suggestion}`).join('\n'), row.says);
  });
