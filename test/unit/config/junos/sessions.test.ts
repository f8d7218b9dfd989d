/** What terminals, devices and people put around and into Junos text: passed over, or one fault that says what to write. */

import t from 'tap';
import { readJunos } from '../../../../src/config/junos/read.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { faultsOf, routersOf } from '../told.js';

const ONE = ['192.0.2.1 > 10.0.0.0/8'];
const SET = 'set system backup-router 192.0.2.1 destination 10.0.0.0/8\n';
const CURLY = 'system {\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n';
const IN = `[edit]\nuser@r1# ${SET}`;
const HINTS = { interface: 'eth0' };

t.test('read, and nothing is said', async (t) => {
  for (const [name, text] of [
    [
      'delete',
      `[edit]\nuser@r1# delete\nThis will delete the entire configuration\nDelete everything under this level? [yes,no] (no) yes\n\n${IN}`,
    ],
    [
      'exit',
      `${IN}\n[edit]\nuser@r1# exit\nThe configuration has been changed but not committed\nExit with uncommitted changes? [yes,no] (yes) yes\n\nExiting configuration mode\n`,
    ],
    [
      'other users',
      `user@r1> configure private\nUsers currently editing the configuration:\n  bob terminal p0 (pid 1234) on since 2026-01-01 00:00:00 UTC, idle 00:01:00\n      [edit]\n\n${IN}`,
    ],
    [
      'completions',
      `[edit]\nuser@r1# set system backup-router ?\nPossible completions:\n  <address>            Address of router to use while booting\n+ destination          Destination network reachable through the router\n${IN}`,
    ],
    ['timestamps', `Jan 01 00:00:00\n\nuser@r1> show configuration | display set\nJan 01 00:00:01\n${SET}`],
    [
      'a refused commit',
      `[edit]\nuser@r1# commit\n[edit system backup-router]\n  'destination 0.0.0.0/0'\n    Backup router destination must not be the default route\nerror: configuration check-out failed\n\n${IN}`,
    ],
    [
      'ssh',
      `The authenticity of host 'r1 (198.51.100.7)' can't be established.\nECDSA key fingerprint is SHA256:abc.\nPassword:\nuser@r1> show configuration\n${CURLY}`,
    ],
    ['a greeting', `*****************\n* Keep out!     *\n*****************\nuser@r1> show configuration\n${CURLY}`],
    ['a console', `FreeBSD/amd64 (r1) (ttyu0)\n\nlogin: root\nroot@r1:~ # cli\nroot@r1> show configuration\n${CURLY}`],
    [
      'a pager that was left',
      `system {\n---(more 12%)---[abort]\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n`,
    ],
    ['a pager that goes back', `set system host-name r1\n---(less 10%)---\n${SET}`],
    ['taken back while typing', 'user@r1# set systen\b \bm backup-router 192.0.2.1 destination 10.0.0.0/8\n'],
    [
      'a cursor that moves back',
      'user@r1# set systen\b\b\b\b\b\bsystem backup-router 192.0.2.1 destination 10.0.0.0/8\n',
    ],
    ['commands alone, in short', `${SET}com\nexi\n`],
    ['a level behind a word', `user@r1# run nonsense\nwhat is this\n${IN}`],
  ] as const) {
    const { config, diagnostics } = parseConfig(text, 'f', HINTS);
    t.strictSame([routersOf(config), faultsOf(diagnostics)], [ONE, []], name);
  }
});

t.test('a list and another destination behind it', async (t) => {
  for (const text of [
    'set system backup-router 192.0.2.1 destination [ 10.0.0.0/8 172.16.0.0/12 ] destination 192.168.0.0/16\n',
    'system { backup-router 192.0.2.1 destination [ 10.0.0.0/8 172.16.0.0/12 ] destination 192.168.0.0/16; }\n',
    'set system backup-router destination [ 10.0.0.0/8 172.16.0.0/12 ] 192.168.0.0/16\nset system backup-router 192.0.2.1\n',
  ])
    t.strictSame(
      routersOf(parseConfig(text, 'f', HINTS).config),
      ['192.0.2.1 > 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16'],
      text,
    );
});

t.test('what is left out is told, and the rest is read', async (t) => {
  for (const mark of ['...', '[...]', '<output omitted>', '--snip--', '…']) {
    const text = `system {\n    host-name r1;\n    ${mark}\n    backup-router 192.0.2.1 destination 10.0.0.0/8;\n}\n`;
    const { config, diagnostics } = parseConfig(text, 'f', HINTS);
    t.strictSame([routersOf(config), faultsOf(diagnostics)], [ONE, ['3:5 warning syntax']], mark);
    t.match(diagnostics[0]?.message, 'left out');
  }
});

t.test('one fault, and what to write', async (t) => {
  for (const [text, at, suggestion] of [
    [
      'set system backup-router 192.0.2.1 destination 10.0.0.0 /8\n',
      '1:57 error unknown-key',
      "write 'destination 10.0.0.0/8'",
    ],
    [
      'set system backup-router 192.0.2.1 destination 10.0.0.0/ 8\n',
      '1:58 error unknown-key',
      "write 'destination 10.0.0.0/8'",
    ],
    [
      'set system backup-router destination 10.0.0.0/8 192.0.2.1\n',
      '1:49 error unknown-key',
      "write the address first: 'backup-router 192.0.2.1 destination PREFIX'",
    ],
    ['set system backup-router next-hop 192.0.2.1\n', '1:26 error unknown-key', "write 'backup-router 192.0.2.1'"],
    ['set system backup-router inet6 fe80::1\n', '1:26 error unknown-key', "write 'inet6-backup-router fe80::1'"],
    [
      'set system backup-router gw.example.net destination 10.0.0.0/8\n',
      '1:26 error address-syntax',
      'write the address in figures: before routing works, no name can be resolved',
    ],
    ['set system backup-router $GW destination 10.0.0.0/8\n', '1:26 error address-syntax', 'write the address itself'],
    [
      'set system backup-router <gateway> destination 10.0.0.0/8\n',
      '1:26 error address-syntax',
      'write the address itself',
    ],
    ['set system backup 192.0.2.1\n', '1:12 error unknown-key', "did you mean 'backup-router'?"],
    ['set system default-gateway 192.0.2.1\n', '1:12 error unknown-key', "did you mean 'backup-router'?"],
    ['set system ipv6-backup fe80::1\n', '1:12 error unknown-key', "did you mean 'inet6-backup-router'?"],
    [
      "set groups node0 system backup-router 192.0.2.1\nset apply-groups '${node}'\n",
      '2:18 error unknown-group',
      'write "${node}": Junos has double quotes alone',
    ],
    [
      `${SET}load override /var/tmp/x.conf\n`,
      '2:1 error not-supported-yet',
      "run it on the device and use the output of 'show configuration | display set'",
    ],
    [
      '<system>\n  <backup-router>\n    <address>192.0.2.1</address>\n  </backup-router>\n</system>\n',
      '1:1 error wrong-type',
      "take the output of 'show configuration | display set | no-more'",
    ],
  ] as const) {
    const { diagnostics } = parseConfig(text, 'f', { ...HINTS, member: text.includes('node0') ? 'node0' : undefined });
    t.strictSame([faultsOf(diagnostics), diagnostics[0]?.suggestion], [[at], suggestion], text);
  }
});

t.test('a difference without the command that made it is not read', async (t) => {
  for (const [text, faults] of [
    [
      '[edit system]\n-  backup-router 192.0.2.9;\n+  backup-router 192.0.2.1;\n',
      ['1:1 error missing-key', '2:1 warning syntax'],
    ],
    [
      '+ set system backup-router 192.0.2.1\n- set system backup-router 192.0.2.9\n',
      ['1:1 error syntax', '2:36 error missing-key'],
    ],
  ] as const) {
    const { config, diagnostics } = parseConfig(text, 'f', HINTS);
    t.equal(config, undefined);
    t.strictSame(faultsOf(diagnostics), faults, text);
  }
});

t.test('a tag in a list', async (t) => {
  const text = 'system {\n    backup-router 192.0.2.1 destination [ protect: 10.0.0.0/8 ];\n}\n';
  t.strictSame(routersOf(parseConfig(text, 'f', HINTS).config), ONE);
});

t.test('a destination of zeros is the default route to its author', async (t) => {
  const { diagnostics } = parseConfig('set system backup-router 192.0.2.1 destination 0.0.0.0\n', 'f', HINTS);
  t.strictSame(faultsOf(diagnostics), ['1:48 warning missing-length']);
  t.equal(diagnostics[0]?.suggestion, "for the default route, remove 'destination'");
});

t.test('static twins in other words', async (t) => {
  for (const twin of ['10/8 next-hop 192.0.2.1', '10.0.0.0/8 qualified-next-hop 192.0.2.1 preference 250'])
    t.match(
      readJunos(`${SET}set routing-options static route ${twin}\n`, 'f', HINTS).advice[0],
      'not needed here',
      twin,
    );
});
