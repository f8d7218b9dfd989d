/** Texts as terminals, pagers, editors, mails and devices hand them out, and what is cut off: read whole, or an error at its place. */

import t from 'tap';
import { readJunos } from '../../../../src/config/junos/read.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { faultsOf, routersOf } from '../told.js';

interface Row {
  readonly name: string;
  readonly text: string;
  /** `ADDRESS > PREFIX ...`; undefined: refused. */
  readonly routers?: readonly string[];
  /** `LINE:COLUMN severity code`. */
  readonly faults?: readonly string[];
  /** The beginning of one of the messages. */
  readonly says?: string;
  /** The beginning of what `convert` says beside it. */
  readonly advice?: string;
}

const ONE = ['192.0.2.1 > 10.0.0.0/8'];
const SET = 'set system backup-router 192.0.2.1 destination 10.0.0.0/8\n';
const CURLY = 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n';
const FULL = `version 21.4R3;\nsystem {\n    host-name r1;\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n    services {\n        ssh;\n    }\n}\ninterfaces {\n    ge-0/0/0 {\n        unit 0;\n    }\n}\n`;
const PORTS = Array.from(
  { length: 50 },
  (_, i) => `    ge-0/0/${i} {\n        description "port ${i}";\n        unit 0;\n    }\n`,
).join('');
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
/** Each line in pieces of that length. */
const wrap = (text: string, columns: number): string =>
  text.replace(new RegExp(`[^\\n]{${columns}}(?=[^\\n])`, 'g'), (piece) => `${piece}\n`);
const number = (text: string, prefix: (line: number) => string): string =>
  `${text
    .trimEnd()
    .split('\n')
    .map((line, i) => prefix(i + 1) + line)
    .join('\n')}\n`;

const ROWS: readonly Row[] = [
  {
    name: 'cat -n',
    text: number(FULL, (i) => `${String(i).padStart(6)}\t`),
    routers: ONE,
    faults: ['1:6 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers with a colon',
    text: number(FULL, (i) => `${i}: `),
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers with a bar',
    text: number(FULL, (i) => `${String(i).padStart(4)} | `),
    routers: ONE,
    faults: ['1:4 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers of an editor',
    text: number(FULL, (i) => `${String(i).padStart(4)} `),
    routers: ONE,
    faults: ['1:4 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers with a full stop',
    text: number(FULL, (i) => `${i}. `),
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers without a blank',
    text: number(FULL, (i) => `${i}:`),
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers, but for an empty line',
    text: `1 set system host-name r1\n\n2 ${SET}`,
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers in front of commands',
    text: number(`${SET}set system host-name r1\n`, (i) => `${String(i).padStart(6)}\t`),
    routers: ONE,
    faults: ['1:6 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'numbers that leave lines out',
    text: `3 set system host-name r1\n17 ${SET}`,
    faults: ['1:1 error syntax', '2:60 error missing-key'],
  },
  {
    name: 'a fence of tildes',
    text: `~~~ junos\n${CURLY}~~~\n`,
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: 'a markdown fence is not configuration; it is passed over',
  },
  {
    name: 'a fence with attributes',
    text: `\`\`\`{.junos}\n${CURLY}\`\`\`\n`,
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: 'a markdown fence is not configuration; it is passed over',
  },
  {
    name: 'a mail',
    text: number(CURLY, () => '> '),
    routers: ONE,
    faults: ['1:1 warning syntax'],
    says: "there is a '>' in front of each line, which is passed over",
  },
  {
    name: "a line of '!' within",
    text: 'system {\n!\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n!\n}\n',
    routers: ONE,
    faults: ['2:1 warning syntax'],
    says: "'!' begins a comment in other systems, not in Junos; the lin",
  },
  {
    name: 'inherited',
    text: "system {\n    ##\n    ## '192.0.2.1' was inherited from group 'x'\n    ## 'destination' was inherited from group 'x'\n    ##\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n",
    routers: ONE,
  },
  {
    name: 'inherited, beside the group',
    text: `groups {\n    x { system { backup-router 192.0.2.1 destination 10.0.0.0/8; } }\n}\napply-groups x;\n${CURLY}`,
    routers: ONE,
  },
  {
    name: 'remarks behind',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8; ## SECRET-DATA\n    host-name r1; # from group x\n}\n',
    routers: ONE,
  },
  {
    name: 'a remark in place of the end',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8 # from group x\n    host-name r1;\n}\n',
    faults: ['2:50 error syntax'],
  },
  {
    name: 'no brace at the end',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n    host-name r1;\n',
    routers: ONE,
    faults: ['1:8 warning syntax'],
  },
  {
    name: 'no brace at the end, of another block',
    text: `${CURLY}interfaces {\n${PORTS}`,
    routers: ONE,
    faults: ['4:12 warning syntax'],
  },
  {
    name: 'no brace in one line',
    text: 'system { backup-router 192.0.2.1 destination 10.0.0.0/8;\n',
    routers: ONE,
    faults: ['1:8 warning syntax'],
  },
  {
    name: 'three braces',
    text: `${CURLY}interfaces {\n${PORTS}    lo0 {\n        unit 0 {\n`,
    routers: ONE,
    faults: ['206:16 warning syntax'],
    says: 'the block that begins here does not end, nor do the 2 around',
  },
  {
    name: 'no brace, nothing indented',
    text: 'system {\nbackup-router 192.0.2.1 destination 10.0.0.0/8;\nhost-name r1;\n',
    faults: ['1:8 error syntax'],
  },
  {
    name: 'no brace, of the groups',
    text: `apply-groups x;\n${CURLY}groups {\n    x { system { inet6-backup-router fe80::1; } }\n`,
    faults: ['5:8 error syntax'],
  },
  {
    name: 'no brace, a group has it',
    text: 'groups { x { system { backup-router 192.0.2.1; } } }\napply-groups x;\nsystem {\n    host-name r1;\n',
    faults: ['3:8 error syntax'],
  },
  {
    name: 'cut off in the list',
    text: 'system {\n    backup-router 192.0.2.1 destination [ 10.0.0.0/8\n',
    faults: ['1:8 error syntax', '2:41 error syntax', '2:52 error syntax'],
  },
  {
    name: 'cut off behind the address',
    text: 'system {\n    backup-router 192.0.2.1',
    faults: ['1:8 error syntax', '2:27 error syntax'],
  },
  {
    name: 'cut off behind a destination',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8',
    faults: ['1:8 error syntax', '2:50 error syntax'],
  },
  {
    name: 'cut off in a command',
    text: `${SET}set system backup-router 192.0.2.1 dest`,
    faults: ['2:36 error unknown-key'],
    says: "unknown statement 'dest' in backup-router",
  },
  {
    name: 'a string, behind',
    text: `${CURLY}interfaces {\n${PORTS}    lo0 {\n        description "loop;\n    }\n}\n`,
    routers: ONE,
    faults: ['206:21 warning syntax'],
  },
  {
    name: 'a string, behind in system',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n    login {\n        message "Hello;\n    }\n}\n',
    routers: ONE,
    faults: ['4:17 warning syntax'],
  },
  {
    name: 'a string, before in system',
    text: 'system {\n    login {\n        message "Hello;\n    }\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
    faults: ['3:17 warning syntax'],
  },
  {
    name: 'a string, cut off',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n    host-name "r1',
    faults: ['1:8 error syntax', '3:15 error syntax', '3:17 error syntax'],
  },
  {
    name: 'a string of a group',
    text: `groups { x { system { backup-router 192.0.2.9; } } }\napply-groups "x;\n${CURLY}`,
    faults: ['2:14 error syntax'],
  },
  {
    name: 'two strings',
    text: `snmp {\n    location "here;\n}\n${CURLY}policy-options {\n    x "y;\n}\n`,
    routers: ONE,
    faults: ['2:14 warning syntax', '8:7 warning syntax'],
  },
  {
    name: 'a comment',
    text: `${CURLY}interfaces {\n    /* x\n    lo0;\n}\n`,
    routers: ONE,
    faults: ['5:5 warning syntax'],
  },
  {
    name: 'a brace before it',
    text: 'system {\n    services {\n        ssh {\n            root-login deny;\n    }\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\ninterfaces {\n    lo0;\n}\n',
    faults: ['3:13 error syntax'],
  },
  {
    name: 'a brace behind it',
    text: 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n    services {\n        ssh;\n}\ninterfaces {\n    lo0;\n}\n',
    routers: ONE,
    faults: ['3:14 warning syntax'],
  },
  {
    name: 'misspelt beside a good one',
    text: `${SET}set system inet6-backup-ruoter fe80::1\n`,
    faults: ['2:12 error unknown-key'],
    says: "unknown statement 'inet6-backup-ruoter' in system",
  },
  {
    name: 'misspelt alone',
    text: 'set system bakup-router 192.0.2.1\n',
    faults: ['1:12 error unknown-key'],
    says: "unknown statement 'bakup-router' in system",
  },
  {
    name: 'refused by the device',
    text:
      '[edit]\nuser@r1# set system backup-router 192.0.2.9 destinatoin 10.0.0.0/8\n                                             ^\nsyntax error.\n\n[edit]\nuser@r1# ' +
      SET,
    routers: ONE,
  },
  { name: 'CRLF set', text: crlf(SET), routers: ONE },
  { name: 'CRLF curly', text: crlf(CURLY), routers: ONE },
  { name: 'CR CR LF', text: CURLY.replaceAll('\n', '\r\r\n'), routers: ONE },
  {
    name: 'cat -n CRLF',
    text: crlf(number(CURLY, (i) => `${String(i).padStart(6)}\t`)),
    routers: ONE,
    faults: ['1:6 warning syntax'],
    says: 'there are line numbers in front of each line, which is passe',
  },
  {
    name: 'ANSI colours',
    text: `\u001b[32mset\u001b[0m system \u001b[1;34mbackup-router\u001b[m 192.0.2.1 destination 10.0.0.0/8\n`,
    routers: ONE,
  },
  {
    name: 'bracketed paste',
    text: `\u001b[?2004huser@r1> show configuration | display set\n\u001b[?2004l` + SET,
    routers: ONE,
  },
  { name: 'backspaces', text: 'user@r1> show configuratiom\b \bn | display set\n' + SET, routers: ONE },
  {
    name: 'OSC title',
    text: `\u001b]0;user@r1: ~\u0007user@r1> show configuration | display set\n` + SET,
    routers: ONE,
  },
  {
    name: 'wrapped at 80 set',
    text: wrap(
      'user@r1> show configuration | display set\nset system host-name router-in-a-place-with-a-long-name\nset system backup-router 192.0.2.1 destination 10.100.200.0/24 destination 172.16.0.0/12\n',
      80,
    ),
    faults: ['4:1 error syntax', '4:8 error missing-key'],
    says: 'this line is the rest of the one above: the terminal has wra',
  },
  {
    name: 'wrapped list',
    text: wrap(
      'set system backup-router 192.0.2.1 destination [ 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 198.51.100.0/24 203.0.113.0/24 ]\n',
      80,
    ),
    faults: ['2:1 error syntax', '2:41 error missing-key'],
    says: 'this line is the rest of the one above: the terminal has wra',
  },
  {
    name: 'wrapped description far',
    text: wrap(
      'set interfaces ge-0/0/0 description "a very long description which is wrapped by the terminal at eighty columns, and goes on"\n' +
        SET,
      80,
    ),
    routers: ONE,
    faults: ['2:1 warning syntax'],
    says: 'this line is the rest of the one above: the terminal has wra',
  },
  {
    name: 'wrapped curly word',
    text: 'system {\n    backup-router 192.0.2.1 destination [ 10.0.0.0/8 172.16.0.\n0/12 ];\n}\n',
    faults: ['2:54 error address-syntax', '3:1 error prefix-syntax'],
  },
  {
    name: 'master',
    text: `{master:0}\nuser@sw1> show configuration | display set\n` + SET + `\n{master:0}\nuser@sw1>\n`,
    routers: ONE,
  },
  {
    name: 'master edit',
    text: `{master:0}[edit]\nuser@sw1# show\n` + CURLY + `\n{master:0}[edit]\nuser@sw1# \n`,
    routers: ONE,
  },
  {
    name: 'secondary',
    text: `{secondary:node1}[edit system]\nuser@srx# show\nbackup-router 192.0.2.1 destination 10.0.0.0/8;\n`,
    routers: ONE,
  },
  {
    name: 'show at level, whole',
    text: `[edit system]\nuser@r1# show backup-router\n192.0.2.1 destination 10.0.0.0/8;\n`,
    routers: ONE,
  },
  {
    name: 'show configuration system',
    text: `user@r1> show configuration system backup-router\n192.0.2.1 destination 10.0.0.0/8;\n`,
    routers: ONE,
  },
  {
    name: 'compare rollback',
    text: `user@r1> show configuration | compare rollback 1\n[edit system]\n+   backup-router 192.0.2.1 destination 10.0.0.0/8;\n-   backup-router 192.0.2.9;\n`,
    faults: ['1:1 error missing-key', '3:1 warning syntax'],
  },
  {
    name: 'compare then show',
    text:
      `user@r1# show | compare\n[edit system]\n-   backup-router 192.0.2.9;\n+   backup-router 192.0.2.1;\n\n[edit]\nuser@r1# run show configuration | display set\n` +
      SET,
    routers: ONE,
    faults: ['3:1 warning syntax'],
  },
  {
    name: 'show compare rollback then config',
    text:
      `[edit]\nuser@r1# show | compare rollback 1\n[edit system]\n+   backup-router 192.0.2.9;\n\n[edit]\nuser@r1# show\n` +
      CURLY,
    routers: ONE,
    faults: ['4:1 warning syntax'],
  },
  {
    name: 'commit messages',
    text:
      SET +
      `\n[edit]\nuser@r1# commit comment "backup router"\nre0:\nconfiguration check succeeds\nre1:\nconfiguration check succeeds\ncommit complete\nre0:\ncommit complete\n`,
    routers: ONE,
  },
  {
    name: 'commit errors',
    text: `[edit]\nuser@r1# ${SET}[edit]\nuser@r1# commit\n[edit system]\n  'backup-router'\n    warning: statement has no contents; ignored\ncommit complete\n`,
    routers: ONE,
  },
  {
    name: 'commit confirmed',
    text: `[edit]\nuser@r1# ${SET}[edit]\nuser@r1# commit confirmed 5\ncommit confirmed will be automatically rolled back in 5 minutes unless confirmed\ncommit complete\n\n# commit confirmed will be rolled back in 5 minutes\n[edit]\nuser@r1#\n`,
    routers: ONE,
  },
  {
    name: 'annotation',
    text: 'system {\n    /* the way home; "quoted */\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
  },
  { name: 'annotate cmd', text: SET + 'annotate system backup-router "the way home"\n', routers: ONE },
  {
    name: 'protect',
    text: 'protect: system {\n    protect: backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
  },
  {
    name: 'inactive system',
    text: 'inactive: system {\n    backup-router 192.0.2.1;\n}\n',
    faults: ['1:1 error missing-key', '1:11 warning inactive'],
  },
  {
    name: 'inactive in list',
    text: 'system {\n    backup-router 192.0.2.1 destination [ 10.0.0.0/8 inactive: 172.16.0.0/12 ];\n}\n',
    routers: ONE,
  },
  {
    name: 'inactive protect',
    text: 'system {\n    inactive: protect: backup-router 192.0.2.1;\n    inet6-backup-router fe80::1;\n}\n',
    routers: ['fe80::1 > ::/0'],
  },
  {
    name: 'inactive before apply-groups',
    text: 'groups { g { system { backup-router 192.0.2.9; } } }\ninactive: apply-groups g;\n' + CURLY,
    routers: ONE,
  },
  {
    name: 'inactive destination',
    text: 'system {\n    backup-router 192.0.2.1 {\n        inactive: destination 10.0.0.0/8;\n        destination 172.16.0.0/12;\n    }\n}\n',
    routers: ['192.0.2.1 > 172.16.0.0/12'],
  },
  {
    name: 'inactive space',
    text: 'system {\n    inactive : backup-router 192.0.2.1;\n}\n',
    faults: ['2:16 error missing-key'],
  },
  {
    name: 'quoted names',
    text: 'groups {\n    "a b" { system { backup-router 192.0.2.1 destination 10.0.0.0/8; } }\n}\napply-groups "a b";\n',
    routers: ONE,
  },
  {
    name: 'quoted names set',
    text: 'set groups "a b" system backup-router 192.0.2.1 destination 10.0.0.0/8\nset apply-groups "a b"\n',
    routers: ONE,
  },
  { name: 'quoted address', text: 'set system backup-router "192.0.2.1" destination "10.0.0.0/8"\n', routers: ONE },
  {
    name: 'nested list',
    text: 'set system backup-router 192.0.2.1 destination [ 10.0.0.0/8 [ 172.16.0.0/12 ] ]\n',
    faults: ['1:61 error syntax'],
  },
  {
    name: 'nested list curly',
    text: 'system {\n    backup-router 192.0.2.1 destination [ 10.0.0.0/8 [ 172.16.0.0/12 ] ];\n}\n',
    faults: ['2:54 error syntax'],
  },
  {
    name: 'commas',
    text: 'set system backup-router 192.0.2.1 destination [ 10.0.0.0/8, 172.16.0.0/12 ]\n',
    faults: ['1:60 error syntax'],
    says: 'the items of a list have no comma between them',
  },
  {
    name: 'commas curly',
    text: 'system { backup-router 192.0.2.1 destination [ 10.0.0.0/8, 172.16.0.0/12 ]; }\n',
    faults: ['1:58 error syntax'],
    says: 'the items of a list have no comma between them',
  },
  {
    name: 'empty list',
    text: 'set system backup-router 192.0.2.1 destination [ ]\n',
    faults: ['1:36 error empty-value'],
  },
  {
    name: 'wildcard group',
    text: 'groups { all { system { <*> { destination 10.0.0.0/8; } } } }\napply-groups all;\nsystem { backup-router 192.0.2.1; }\n',
    routers: ONE,
  },
  {
    name: 'wildcard in interfaces',
    text: 'groups { mtu { interfaces { <ge-*> { mtu 9000; } } } }\napply-groups mtu;\n' + CURLY,
    routers: ONE,
  },
  {
    name: 'except',
    text: 'groups { g { system { backup-router 192.0.2.9; } } }\napply-groups g;\nsystem { apply-groups-except g; inet6-backup-router fe80::1; }\n',
    routers: ['fe80::1 > ::/0'],
  },
  {
    name: 'except in stanza',
    text: 'groups { g { system { backup-router { destination 172.16.0.0/12; } } } }\napply-groups g;\nsystem { backup-router { apply-groups-except g; 192.0.2.1; destination 10.0.0.0/8; } }\n',
    routers: ONE,
  },
  {
    name: 'apply-path',
    text: 'policy-options { prefix-list x { apply-path "system backup-router <*> destination <*>"; } }\n' + CURLY,
    routers: ONE,
  },
  {
    name: 'load set terminal',
    text: `[edit]\nuser@r1# load set terminal\n[Type ^D at a new line to end input]\n${SET}load complete\n\n[edit]\nuser@r1# commit\ncommit complete\n`,
    routers: ONE,
  },
  {
    name: 'load merge terminal',
    text: `[edit]\nuser@r1# load merge terminal\n[Type ^D at a new line to end input]\n${CURLY}load complete\n`,
    routers: ONE,
  },
  {
    name: 'load merge relative',
    text: `[edit system]\nuser@r1# load merge terminal relative\n[Type ^D at a new line to end input]\nbackup-router 192.0.2.1 destination 10.0.0.0/8;\nload complete\n`,
    routers: ONE,
  },
  { name: 'load override', text: `user@r1# load override /var/tmp/x.conf\nload complete\n` + CURLY, routers: ONE },
  {
    name: 'replace',
    text: 'system {\n    replace: backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
  },
  {
    name: 'delete',
    text: 'system {\n    delete: inet6-backup-router;\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
  },
  {
    name: 'delete the one',
    text: 'system { backup-router 192.0.2.9; }\nsystem { delete: backup-router; inet6-backup-router fe80::1; }\n',
    routers: ['fe80::1 > ::/0'],
  },
  {
    name: 'replace takes the place',
    text: 'system { backup-router 192.0.2.9 destination 172.16.0.0/12; }\nsystem { replace: backup-router 192.0.2.1 destination 10.0.0.0/8; }\n',
    routers: ONE,
  },
  {
    name: 'logical-systems',
    text: 'logical-systems { a { system { backup-router 192.0.2.9; } } }\n' + CURLY,
    routers: ONE,
    faults: ['1:32 warning unknown-key'],
  },
  {
    name: 'tenants',
    text: 'set tenants t1 system backup-router 192.0.2.9\n' + SET,
    routers: ONE,
    faults: ['1:23 warning unknown-key'],
  },
  {
    name: 'routing-instances',
    text: 'routing-instances { mgmt { system { backup-router 192.0.2.9; } } }\n' + CURLY,
    routers: ONE,
    faults: ['1:37 warning unknown-key'],
  },
  {
    name: 'only routing-instances',
    text: 'set routing-instances mgmt system backup-router 192.0.2.9\n',
    faults: ['1:35 error missing-key'],
  },
  {
    name: 'mgmt_junos',
    text:
      'set system management-instance\nset routing-instances mgmt_junos routing-options static route 0.0.0.0/0 next-hop 192.0.2.1\n' +
      SET,
    routers: ONE,
  },
  {
    name: 'more remains',
    text: 'system {\n    host-name r1;\n--More-- (43%)\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n',
    routers: ONE,
  },
  {
    name: 'pager percent',
    text: 'set system host-name r1\n---(more 52%)---\x08\x08\x08                                        \x08\x08' + SET,
    routers: ONE,
  },
  { name: 'more END', text: SET + '(END)\n', routers: ONE },
  { name: 'less colon', text: SET + ':\n', routers: ONE },
  {
    name: 'no-more prompt',
    text: 'user@r1> show configuration | display set | no-more \n' + SET + '\nuser@r1> ',
    routers: ONE,
  },
  {
    name: 'scp fetched header',
    text: '## Last commit: 2026-10-01 10:00:00 UTC by root\nversion 21.4R3.15;\n' + CURLY,
    routers: ONE,
  },
  { name: 'tabs', text: 'system {\n\tbackup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n', routers: ONE },
  { name: 'nbsp', text: 'set system backup-router\u00a0192.0.2.1 destination 10.0.0.0/8\n', routers: ONE },
  {
    name: 'smart quotes',
    text: 'set groups “a” system backup-router 192.0.2.1 destination 10.0.0.0/8\nset apply-groups “a”\n',
    routers: ONE,
  },
  {
    name: 'zero width',
    text: 'set system backup-router 192.0.2.1\u200b destination 10.0.0.0/8\n',
    faults: ['1:26 error address-syntax'],
  },
  {
    name: 'semicolons on set',
    text: 'set system backup-router 192.0.2.1 destination 10.0.0.0/8;\n',
    faults: ['1:58 error syntax'],
  },
  {
    name: 'set within braces',
    text: 'system {\n    set backup-router 192.0.2.1;\n}\n',
    faults: ['2:9 error missing-key'],
  },
  {
    name: 'capitals',
    text: 'Set System Backup-Router 192.0.2.1\n',
    faults: ['1:1 error wrong-type'],
    says: "a configuration is a mapping of keys, not 'Set System Backup",
  },
  {
    name: 'set -- dash',
    text: 'set system backup–router 192.0.2.1\n',
    faults: ['1:12 error unknown-key'],
    says: "unknown statement 'backup–router' in system",
  },
  {
    name: 'netmask',
    text: 'set system backup-router 192.0.2.1 destination 10.0.0.0 255.0.0.0\n',
    faults: ['1:57 error unknown-key'],
    says: "'255.0.0.0' follows a destination",
  },
  {
    name: 'default word',
    text: 'set system backup-router 192.0.2.1 destination default\n',
    faults: ['1:48 error prefix-syntax'],
  },
  { name: 'host', text: 'set system backup-router 192.0.2.1/24\n', faults: ['1:26 error unexpected-length'] },
  {
    name: 'syslog prefix',
    text: 'Nov 28 00:00:00 r1 mgd[123]: UI_CFG_AUDIT_SET: set system backup-router 192.0.2.9\n' + SET,
    faults: ['1:59 warning unknown-key', '1:81 error syntax'],
  },
  {
    name: 'cli prefix',
    text: 'cli> ' + SET,
    faults: ['1:1 error missing-key', '1:1 warning syntax'],
    says: 'the prompt is that of operational mode, which has no such co',
  },
  {
    name: 'ansible cmd',
    text: '- set system backup-router 192.0.2.1 destination 10.0.0.0/8\n- set system host-name r1\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with '-' in front of it",
  },
  {
    name: 'quoted lines',
    text: '"set system backup-router 192.0.2.1 destination 10.0.0.0/8"\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with '\"' in front of it",
  },
  {
    name: 'csv',
    text: "'set system backup-router 192.0.2.1 destination 10.0.0.0/8',\n",
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with ''' in front of it",
  },
  {
    name: 'heredoc',
    text: 'cli -c "configure; set system backup-router 192.0.2.1 destination 10.0.0.0/8; commit"\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with 'cli -c \"configure;' in front of it",
  },
  {
    name: 'jinja',
    text: '{% if x %}\nset system backup-router {{ gw }} destination 10.0.0.0/8\n{% endif %}\n',
    faults: ['1:1 error syntax'],
    says: 'this is a template that has not been rendered',
  },
  {
    name: 'bullets',
    text: '* set system backup-router 192.0.2.1 destination 10.0.0.0/8\n* set system host-name r1\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with '*' in front of it",
  },
  {
    name: 'backtick line',
    text: '`set system backup-router 192.0.2.1 destination 10.0.0.0/8`\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with '`' in front of it",
  },
  {
    name: 'trailing backslash',
    text: 'set system backup-router 192.0.2.1 \\\n    destination 10.0.0.0/8\n',
    faults: ['1:26 warning overridden', '1:36 error address-syntax', '2:26 error syntax'],
  },
  {
    name: 'grep -n',
    text: '12:set system backup-router 192.0.2.1 destination 10.0.0.0/8\n40:set system host-name r1\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with '12:' in front of it",
  },
  {
    name: 'grep -n curly',
    text: '12:    backup-router 192.0.2.1 destination 10.0.0.0/8;\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with '12:' in front of it",
  },
  {
    name: 'file:N:',
    text: 'router.conf:12:set system backup-router 192.0.2.1 destination 10.0.0.0/8\n',
    faults: ['1:1 error wrong-type'],
    says: "this is Junos text with 'router.conf:12:' in front of it",
  },
  { name: 'match', text: 'user@r1> show configuration | display set | match backup\n' + SET, routers: ONE },
  {
    name: 'match curly',
    text: 'user@r1> show configuration | match backup-router\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n',
    faults: ['2:5 error missing-key'],
  },
  {
    name: 'display omit/detail',
    text: 'user@r1> show configuration | display detail\n##\n## system: System parameters\n##\n' + CURLY,
    routers: ONE,
  },
  {
    name: 'activate after deactivate',
    text: SET + 'deactivate system backup-router\nactivate system backup-router\n',
    routers: ONE,
  },
  {
    name: 'delete then set',
    text: SET + 'delete system backup-router\nset system backup-router 192.0.2.3\n',
    routers: ['192.0.2.3 > 0.0.0.0/0'],
  },
  {
    name: 'edit within',
    text: 'edit system backup-router\nset 192.0.2.1\nset destination 10.0.0.0/8\ntop\nset system host-name r1\n',
    routers: ONE,
  },
];

for (const row of ROWS)
  t.test(row.name, async (t) => {
    const { config, diagnostics } = parseConfig(row.text, 'f', { interface: 'eth0' });
    t.strictSame(routersOf(config), row.routers);
    t.strictSame(faultsOf(diagnostics), row.faults ?? []);
    if (row.says !== undefined)
      t.ok(
        diagnostics.some(({ message }) => message.startsWith(row.says!)),
        row.says,
      );
    if (row.advice !== undefined)
      t.ok(readJunos(row.text, 'f', { interface: 'eth0' }).advice[0]?.startsWith(row.advice), row.advice);
  });
