/** Every fault that Junos text can have, by its place and code, and the very text that an operator reads. */

import t from 'tap';
import { renderDiagnostics } from '../../../../src/config/diagnostic.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { allBackupRouters } from '../../../../src/model/config.js';
import { prefixText } from '../../../../src/model/prefix.js';
import { faultsOf } from '../told.js';

type Row = readonly [name: string, text: string, ...expected: readonly string[]];

const GOOD = '    backup-router 10.9.0.1 destination 172.16.0.0/12;\n';
const system = (text: string): string => `system {\n${text}}\n`;
const set = (text: string): string => `set system backup-router ${text}\n`;

const SYNTAX: readonly Row[] = [
  ['semicolon, before a line', system(`    host-name r1\n${GOOD}`), '2:16 error syntax'],
  ['semicolon, before a brace', system('    backup-router 10.9.0.1\n'), '2:26 error syntax'],
  ['semicolon, at the end', `${system(GOOD)}version 1`, '4:9 warning syntax'],
  ['brace at the end', `system {\n${GOOD}`, '1:8 warning syntax'],
  [
    'brace in the middle',
    `system {\n    login {\n        class x;\n${GOOD}}\ninterfaces {\n    ge-0/0/0;\n}\n`,
    '2:11 error syntax',
  ],
  [
    'two braces in the middle',
    `system {\n    login {\n        user x {\n            uid 1;\n${GOOD}}\n`,
    '2:11 error syntax',
    '3:16 error syntax',
  ],
  [
    'brace, all in one column',
    `system {\nlogin {\nbackup-router 10.9.0.1;\n}\n`,
    '1:8 error syntax',
    '3:1 error missing-key',
  ],
  [
    'a comment of other systems, and nothing else',
    '! r1\nset system host-name r1\n',
    '1:1 error missing-key',
    '1:1 warning syntax',
  ],
  ['brace too many', `${system(GOOD)}}\n`, '4:1 error syntax'],
  ['block without a name', `${system(GOOD)}{ a; }\n`, '4:1 warning syntax'],
  ['tag without a statement', system(`${GOOD}    inactive: ;\n`), '3:15 error syntax'],
  ['string', system(`    host-name "r1;\n${GOOD}`), '2:15 warning syntax'],
  ['string, with others behind', system(`    host-name "r1;\n    domain-name "x";\n${GOOD}`), '2:15 warning syntax'],
  ['text behind a quote', system(`    host-name "r1"x;\n${GOOD}`), '2:18 error syntax'],
  ['comment', `${system(GOOD)}/* no end\n`, '4:1 warning syntax'],
  [
    'list, before a semicolon',
    system('    backup-router 10.9.0.1 destination [ 172.16.0.0/12 192.168.0.0/16;\n'),
    '2:40 error syntax',
  ],
  [
    'list, before a brace',
    system('    backup-router 10.9.0.1 destination [ 172.16.0.0/12\n'),
    '2:40 error syntax',
    '2:54 error syntax',
  ],
  ['list without a name', system(`${GOOD}    [ a b ];\n`), '3:5 error syntax'],
  ['list in a list', system(`    name-server [ a [ b ];\n${GOOD}`), '2:21 error syntax'],
  ['end of no list', system(`    name-server a ];\n${GOOD}`), '2:19 error syntax'],
  ['too deep', `${system(GOOD)}${'a {\n'.repeat(300)}`, '260:3 error too-deep'],
  ['list of a command', set('10.9.0.1 destination [ 172.16.0.0/12') + 'set system services ssh\n', '1:47 error syntax'],
  ['semicolon of a command', set('10.9.0.1;'), '1:34 error syntax'],
  ['brace in a command', set('10.9.0.1 {'), '1:35 error syntax'],
  ['command without words', `${set('10.9.0.1')}set\n`, '2:1 error syntax'],
  ['neither command nor statement', `${set('10.9.0.1')}destination 172.16.0.0/12\n`, '2:25 error syntax'],
  [
    'a line cut in two',
    `set system backup-router 10.9.0.1\ndestination 172.16.0.0/12\nset version 1\n`,
    '2:25 error syntax',
  ],
  ['rename', `${set('10.9.0.1')}rename groups a to b\n`, '2:1 error not-supported-yet'],
];

const STATEMENTS: readonly Row[] = [
  ['nothing', 'set version 1\n', '1:1 error missing-key'],
  ['not under system', 'backup-router 10.9.0.1;\n', '1:1 error missing-key'],
  ['in a group that is not applied', 'set groups re0 system backup-router 10.9.0.1\n', '1:12 error missing-key'],
  [
    'deactivated',
    `${set('10.9.0.1')}deactivate system backup-router\n`,
    '1:1 error missing-key',
    '2:19 warning inactive',
  ],
  ['inactive system', `inactive: ${system(GOOD)}`, '1:1 error missing-key', '1:11 warning inactive'],
  [
    'inactive address',
    system('    backup-router {\n        inactive: 10.9.0.1;\n    }\n'),
    '1:1 error missing-key',
    '3:19 warning inactive',
  ],
  ['no address', set('destination 172.16.0.0/12'), '1:38 error missing-key'],
  ['nothing in it', system('    backup-router;\n'), '1:1 error missing-key'],
  ['no destination', system('    backup-router 10.9.0.1 destination;\n'), '2:28 error empty-value'],
  ['unknown statement', set('10.9.0.1 destinaton 172.16.0.0/12'), '1:35 error unknown-key'],
  ['unknown statement, not near', set('10.9.0.1 metric 5'), '1:35 error unknown-key'],
  ['two addresses', `${set('10.9.0.1')}${set('10.9.0.2')}`, '1:26 warning overridden'],
  [
    'group',
    'set apply-groups [ r0 ]\nset groups re0 system services ssh\nset system backup-router 10.9.0.1\n',
    '1:20 error unknown-group',
  ],
  [
    '${node} without groups',
    'set apply-groups "${node}"\nset system backup-router 10.9.0.1\n',
    '1:18 error unknown-group',
  ],
  ['comment of ours', `# backup-router: interfaces eth0\n${set('10.9.0.1')}`, '1:18 warning unknown-key'],
  ['comment of ours without a value', `# backup-router: member\n${set('10.9.0.1')}`, '1:18 warning empty-value'],
];

const VALUES: readonly Row[] = [
  ['a name', set('gw.example.net'), '1:26 error address-syntax'],
  ['auto', set('auto'), '1:26 error address-syntax'],
  ['IPv6', set('fe80::1'), '1:26 error family-mismatch'],
  ['IPv4 in inet6', 'set system inet6-backup-router 10.9.0.1\n', '1:32 error family-mismatch'],
  ['length', set('10.9.0.1/24'), '1:26 error unexpected-length'],
  ['octet', set('10.9.0.256'), '1:26 error address-syntax'],
  ['multicast', set('224.0.0.1'), '1:26 error unusable-gateway'],
  ['destination of the other family', set('10.9.0.1 destination 2001:db8::/32'), '1:47 error family-mismatch'],
  ['destination without length', set('10.9.0.1 destination 172.16.0.0'), '1:47 warning missing-length'],
  ['length of a destination', set('10.9.0.1 destination 172.16.0.0/33'), '1:47 error prefix-length'],
  ['a word as destination', set('10.9.0.1 destination default'), '1:47 error prefix-syntax'],
  ['IPv4-mapped', 'set system inet6-backup-router fe80::1 destination ::ffff:10.0.0.0/104\n', '1:52 error ipv4-mapped'],
  ['the router itself', set('10.9.0.1 destination 10.9.0.1/32'), '1:47 error destination-is-gateway'],
  ['host bits', set('10.9.0.1 destination 172.16.128.0/13'), '1:47 warning host-bits'],
  ['nested', set('10.9.0.1 destination [ 172.16.0.0/12 172.16.0.0/16 ]'), '1:63 warning nested-destination'],
];

for (const [group, rows] of Object.entries({ SYNTAX, STATEMENTS, VALUES })) {
  t.test(group.toLowerCase(), async (t) => {
    for (const [name, text, ...expected] of rows) {
      const { config, diagnostics } = parseConfig(text, 'f', { interface: 'eth0' });
      t.strictSame(
        faultsOf(diagnostics),
        [...expected].sort((a, b) => placeOf(a) - placeOf(b)),
        name,
      );
      t.equal(
        config === undefined,
        expected.some((line) => line.includes(' error ')),
        `${name}: a configuration exactly when there is no error`,
      );
      for (const d of diagnostics)
        t.ok(d.suggestion.length > 0 && d.endColumn > d.column, `${name}: has a remedy and underlines something`);
    }
  });
}

function placeOf(row: string): number {
  const [line, column] = row.split(/[: ]/).map(Number);
  return line! * 1000 + column!;
}

t.test('the valid part', async (t) => {
  const part = (text: string): readonly string[] => {
    const { config, partial } = parseConfig(text, 'f', { interface: 'eth0' });
    t.equal(config, undefined, text);
    return partial === undefined
      ? []
      : allBackupRouters(partial).map(
          (router) => `${router.gateways.join(' ')} > ${router.destinations.map(prefixText).join(' ')}`,
        );
  };
  const kept = ['10.9.0.1 > 172.16.0.0/12'];
  for (const [name, text] of SYNTAX.filter(([, text, fault]) => text.includes(GOOD) && fault!.includes('error')))
    t.strictSame(part(text), kept, name);
  t.strictSame(part(system('    backup-router 10.9.0.1 destination [ 172.16.0.0/12 172.16.0.0/99 ];\n')), kept);
  t.strictSame(
    part(system('    backup-router 10.9.0.1\n    ntp { server 10.1.1.1; }\n')),
    ['10.9.0.1 > 0.0.0.0/0'],
    'a default route that was meant stays one',
  );
  for (const [name, text] of [
    ['misspelt', set('10.9.0.1 destinaton 172.16.0.0/12')],
    ['no valid one', set('10.9.0.1 destination 172.16.0.0/99')],
    ['none', set('10.9.0.1 destination')],
    ['in a group that is missing', 'set apply-groups gone\nset system backup-router 10.9.0.1\n'],
    ['in a line of its own', 'set system backup-router 10.9.0.1\ndestination 172.16.0.0/12\n'],
    [
      'in a block that ends too early',
      'system {\n    backup-router {\n        10.9.0.1;\n    }\n        destination 172.16.0.0/12;\n    }\n}\n',
    ],
    ['in a comment without an end', 'system {\n    backup-router 10.9.0.1 /* x\n    destination 172.16.0.0/12;\n}\n'],
  ] as const)
    t.strictSame(part(text), [], `never the default route: ${name}`);
});

t.test('golden', async (t) => {
  const rendered = (text: string): string => renderDiagnostics(parseConfig(text, 'router.conf').diagnostics);
  t.equal(
    rendered(
      'system {\n    backup-router 10.9.0.1 destnation [ 172.16.0.0/13 172.16.128.0/13 ]\n    ntp;\n}\ninterfaces {\n    fxp0 {\n        unit 0;\n}\n',
    ),
    `\
router.conf:2:28: error: unknown statement 'destnation' in backup-router [unknown-key]
    2 |     backup-router 10.9.0.1 destnation [ 172.16.0.0/13 172.16.128.0/13 ]
      |                            ^^^^^^^^^^
  help: did you mean 'destination'?
router.conf:2:71: error: ';' is missing after this statement [syntax]
    2 |     backup-router 10.9.0.1 destnation [ 172.16.0.0/13 172.16.128.0/13 ]
      |                                                                       ^
  help: end it with ';'
router.conf:6:5: error: nothing says which interface of this host takes the place of fxp0 [missing-interface]
    6 |     fxp0 {
      |     ^^^^
  help: add a line '# backup-router: interface eth0' to the file, or give the option --interface eth0; 'ip -brief link' shows the names
router.conf:6:10: error: the block that begins here does not end [syntax]
    6 |     fxp0 {
      |          ^
  help: write '}' in front of line 8
`,
  );
  t.equal(
    rendered(
      '# backup-router: interface eth0\nset system backup-router 172.29.201.62 destination [172.16.0.0/13 172.16.128.0/13]\n',
    ),
    `\
router.conf:2:67: warning: host bits set in 172.16.128.0/13: it is read as 172.16.0.0/13, which is listed already [host-bits]
    2 | set system backup-router 172.29.201.62 destination [172.16.0.0/13 172.16.128.0/13]
      |                                                                   ^^^^^^^^^^^^^^^
  help: write 172.24.0.0/13, the other half of 172.16.0.0/12, if that is meant; otherwise remove it
`,
  );
});
