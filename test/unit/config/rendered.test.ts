/** The very text that an operator reads, whole. */

import t from 'tap';
import { renderDiagnostics } from '../../../src/config/diagnostic.js';
import { parseConfig } from '../../../src/config/parse.js';

const rendered = (text: string): string => renderDiagnostics(parseConfig(text, 'config.yaml').diagnostics);

t.test('golden', async (t) => {
  t.equal(
    rendered(
      'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination:\n    - 10.0.0.0/8\n    - 172.16.128.0/13\nwithdraw: {hold_time: 5s}\n',
    ),
    `\
config.yaml:6:7: error: host bits set in 172.16.128.0/13 [host-bits]
    6 |     - 172.16.128.0/13
      |       ^^^^^^^^^^^^^^^
  help: did you mean 172.16.0.0/13 or 172.24.0.0/13?
config.yaml:7:12: error: unknown key 'hold_time' in withdraw [unknown-key]
    7 | withdraw: {hold_time: 5s}
      |            ^^^^^^^^^
  help: did you mean 'hold-time'?
`,
  );
  t.equal(
    rendered('management-interface: eth0\nbackup-router: {address: 192.0.2.1}\nplacement: VRF\n'),
    `\
config.yaml:3:12: error: 'VRF' is not a valid placement [unknown-value]
    3 | placement: VRF
      |            ^^^
  help: did you mean vrf?
`,
  );
  t.equal(
    rendered(
      'management-interface:\n  - name: eth0\n    backup-router: {address: 192.0.2.1}\n  - name: eth1\ninet6-backup-router: {address: [fe80::1, auto]}\n',
    ),
    `\
config.yaml:5:1: error: inet6-backup-router stands at the top level, and the stanzas of management-interface have their own [conflicting-keys]
    5 | inet6-backup-router: {address: [fe80::1, auto]}
      | ^^^^^^^^^^^^^^^^^^^
  help: move it into the stanza of the interface behind which that router is
config.yaml:5:42: error: 'auto' finds the gateway itself, so it cannot be one of a list [auto-in-list]
    5 | inet6-backup-router: {address: [fe80::1, auto]}
      |                                          ^^^^
  help: write address: auto alone, or only the gateways, in order of preference
`,
  );
});

t.test('remedies', async (t) => {
  const help = (destination: string): string =>
    parseConfig(
      `management-interface: e\ninet6-backup-router: {address: fe80::1}\nbackup-router:\n  address: 192.0.2.1\n  destination: ${destination}\n`,
      'f',
    ).diagnostics[0]!.suggestion;
  t.equal(help('10.0.0.0'), 'write 10.0.0.0/8, or 10.0.0.0/32 for the one host');
  t.equal(help('172.16.0.0'), 'write 172.16.0.0/16, or 172.16.0.0/32 for the one host');
  t.equal(help('10.1.2.3'), 'write 10.1.2.3/32 for the one host');
  t.equal(help('10/8'), 'write 10.0.0.0/8');
  t.equal(help('172.16/12'), 'write 172.16.0.0/12');
  t.equal(help('10.0.0.0/255.240.0.0'), 'write 10.0.0.0/12');
  t.equal(help('10.0.0.0 255.0.0.0'), 'write 10.0.0.0/8');
  t.equal(help('10.1.0.0/08'), 'write 10.0.0.0/8');
  t.equal(help('::ffff:10.0.0.0/104'), 'write 10.0.0.0/8, under backup-router');
  t.equal(help('"2001:db8::"'), 'write 2001:db8::/32, or 2001:db8::/128 for the one host');
  t.equal(help('2001:db8::%eth0/32'), 'write 2001:db8::/32');
  t.equal(help('2001:db8:1::/40'), 'did you mean 2001:db8::/40 or 2001:db8:100::/40?');
  t.equal(help('223.255.255.255/8'), 'did you mean 223.0.0.0/8?', 'no multicast neighbour');
});

t.test('a terminal is safe from the file', async (t) => {
  const text = rendered(
    'management-interface: "\u001b[2J\u202e"\nbackup-router: {address: "\\u001b]0;x\\u0007"}\n\u001b: 1\n',
  );
  t.match(text, 'interface-name');
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

t.test('long lines are cut around the fault, tabs keep the caret in place', async (t) => {
  const long = `management-interface: eth0\nbackup-router: {address: 192.0.2.1, destination: [${Array.from({ length: 200 }, (_, i) => `10.${i}.0.0/16, `).join('')}10.0.0.1/8]}\n`;
  const fault = parseConfig(long, 'f').diagnostics.find((d) => d.code === 'host-bits')!;
  t.ok(fault.source.length <= 160);
  t.equal(fault.source.slice(fault.column - fault.sourceColumn, fault.endColumn - fault.sourceColumn), '10.0.0.1/8');
  t.match(renderDiagnostics([fault]), /\n {6}\| {81}\^{10}\n/);
  const tab = rendered('management-interface:\tlo\nbackup-router: {address: 192.0.2.1}\n');
  t.match(tab, `    1 | management-interface:\tlo\n      | ${' '.repeat(21)}\t^^\n`);
});
