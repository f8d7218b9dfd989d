/** What Junos text means: its forms, groups, members and the management interface. */

import t from 'tap';
import type { JunosHints } from '../../../../src/config/junos/read.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { DEFAULTS } from '../../../../src/config/settings.js';
import { selectorText } from '../../../../src/model/config.js';
import { defaultPrefix } from '../../../../src/model/prefix.js';
import { routersOf } from '../told.js';

const HINTS: JunosHints = { interface: 'eth0' };
/** `ADDRESS > PREFIX PREFIX`, one a backup router; undefined when the text has an error. */
const routers = (text: string, hints: JunosHints = HINTS): readonly string[] | undefined =>
  routersOf(parseConfig(text, 'f', hints).config);
const codes = (text: string, hints: JunosHints = HINTS): readonly string[] =>
  parseConfig(text, 'f', hints).diagnostics.map((d) => `${d.line}:${d.column} ${d.code}`);

t.test('the same in every form', async (t) => {
  const expected = ['10.9.0.1 > 172.16.0.0/13 172.24.0.0/13', 'fe80::1 > 2001:db8:100::/40'];
  for (const text of [
    'set system backup-router 10.9.0.1 destination [172.16.0.0/13 172.24.0.0/13]\nset system inet6-backup-router fe80::1 destination 2001:db8:100::/40\n',
    'set system backup-router 10.9.0.1\nset system backup-router destination 172.16.0.0/13\nset system backup-router destination 172.24.0.0/13\nset system inet6-backup-router destination 2001:db8:100::/40\nset system inet6-backup-router fe80::1',
    'set system backup-router destination 172.16.0.0/13\r\nset system backup-router 10.9.0.1 destination 172.24.0.0/13\r\nset system inet6-backup-router fe80::1 destination "2001:db8:100::/40"\r\n',
    'edit system backup-router\nset 10.9.0.1\nset destination [ 172.16.0.0/13\n  172.24.0.0/13 ]\nup\nset inet6-backup-router fe80::1\ntop\nset system inet6-backup-router destination 2001:db8:100::/40\n',
    'system {\n    backup-router 10.9.0.1 destination [ 172.16.0.0/13 172.24.0.0/13 ];\n    inet6-backup-router fe80::1 destination 2001:db8:100::/40;\n}\n',
    'system { backup-router 10.9.0.1 destination [ 172.16.0.0/13 172.24.0.0/13 ]; inet6-backup-router fe80::1 destination [ 2001:db8:100::/40 ]; }',
    'system {\n  backup-router {\n    10.9.0.1;\n    destination [\n      172.16.0.0/13\n172.24.0.0/13\n    ];\n  }\n}\nsystem inet6-backup-router {\n  destination 2001:db8:100::/40;\n  fe80::1;\n}\n',
    'system\n{\n\tbackup-router 10.9.0.1 {\n\t\tdestination 172.16.0.0/13;\n\t\tdestination 172.24.0.0/13;\n\t}\n\t/* six */ inet6-backup-router fe80::1 destination 2001:db8:100::/40; ## why not\n}',
  ]) {
    t.strictSame(routers(text), expected, text);
    t.strictSame(codes(text), [], text);
  }
});

t.test('a mask or a length behind a destination: what to write', async (t) => {
  for (const [mask, destination] of [
    ['255.0.0.0', '10.0.0.0/8'],
    ['255.255.255.254', '10.0.0.4/31'],
    ['255.255.255.255', '10.0.0.5/32'],
    ['/24', '10.0.0.0/24'],
  ] as const)
    t.equal(
      parseConfig(`set system backup-router 10.9.0.1 destination 10.0.0.5 ${mask}\n`, 'f', HINTS).diagnostics.at(-1)
        ?.suggestion,
      `write 'destination ${destination}'`,
    );
});

t.test('everything else has its default', async (t) => {
  t.strictSame(parseConfig('set system backup-router 10.9.0.1', 'f', HINTS).config, {
    ...DEFAULTS,
    managementInterfaces: [
      {
        selector: { kind: 'name', name: 'eth0' },
        backupRouters: [
          {
            family: 'inet',
            gateways: ['10.9.0.1'],
            auto: undefined,
            destinations: [defaultPrefix('inet')],
          },
        ],
      },
    ],
  });
});

t.test('the example of the vendor', async (t) => {
  const { config, diagnostics } = parseConfig(
    'set system backup-router 172.29.201.62 destination [172.16.0.0/13 172.16.128.0/13]\n',
    'f',
    HINTS,
  );
  t.strictSame(routersOf(config), ['172.29.201.62 > 172.16.0.0/13']);
  t.match(diagnostics, [{ severity: 'warning', code: 'host-bits', line: 1, column: 67, endColumn: 82 }]);
  t.equal(diagnostics.length, 1, 'one fault is told once');
  t.match(diagnostics[0]!.message, /172\.16\.0\.0\/13, which is listed already/);
  t.match(diagnostics[0]!.suggestion, /^write 172\.24\.0\.0\/13, the other half of 172\.16\.0\.0\/12/);
  t.strictSame(routers('set system backup-router 10.9.0.1 destination 172.16.128.0/13'), ['10.9.0.1 > 172.16.0.0/13']);
  t.strictSame(routers('set system backup-router 10.9.0.1 destination [172.16.128.0/13 172.16.0.0/13]'), [
    '10.9.0.1 > 172.16.0.0/13',
  ]);
  t.strictSame(routers('set system backup-router 10.9.0.1 destination [10.1.2.3/0 223.255.255.255/1]'), [
    '10.9.0.1 > 0.0.0.0/0 128.0.0.0/1',
  ]);
  t.strictSame(routers('set system inet6-backup-router fe80::1 destination 2001:db8:1::/40'), [
    'fe80::1 > 2001:db8::/40',
  ]);
});

t.test('what a device and its terminal add', async (t) => {
  const curly = `
{master:0}
admin@r1-re0> show configuration | no-more
## Last commit: 2024-03-01 10:00:00 UTC by admin
version 21.4R1.12;
system {
    root-authentication {
        encrypted-password "$6$a;b{c}\\"d#e"; ## SECRET-DATA
    }
    /* the way
       back; { */
    backup-router 10.9.0.1 destination 172.16.0.0/12;
    protect: services {
        ssh;
    }
    login {
        message "\\n backup-router 10.9.9.9;\\n";
    }
}
security {
    certificates { local x { "-----BEGIN CERTIFICATE-----
MIIC; { [
-----END CERTIFICATE-----"; } }
}

{master:0}
admin@r1-re0>
`;
  t.strictSame(routers(curly), ['10.9.0.1 > 172.16.0.0/12']);
  t.strictSame(codes(curly), []);
  const set =
    'admin@r1> show configuration | display set | no-more\nset version 21.4R1.12\nset system login message "set system backup-router 10.9.9.9"\nset system backup-router 10.9.0.1\nset system services web-management ; session\n\n{master}[edit]\nadmin@r1# \n'.replace(
      ' ;',
      '',
    );
  t.strictSame(routers(set), ['10.9.0.1 > 0.0.0.0/0']);
  t.strictSame(codes(set), []);
  t.strictSame(
    routers(
      '[edit system]\nadmin@r1# set backup-router 10.9.0.1 destination 172.16.0.0/12\n\n[edit system]\nadmin@r1# top set system services ssh\n\n[edit system]\nadmin@r1# commit\n',
    ),
    ['10.9.0.1 > 172.16.0.0/12'],
  );
  t.strictSame(routers('admin@r1> show configuration system\nhost-name r1;\nbackup-router 10.9.0.1;\n'), [
    '10.9.0.1 > 0.0.0.0/0',
  ]);
  t.strictSame(
    routers('[edit]\nadmin@r1# show system\nhost-name r1;\nbackup-router 10.9.0.1;\n\n[edit]\nadmin@r1#\n'),
    ['10.9.0.1 > 0.0.0.0/0'],
  );
});

t.test('what does not count', async (t) => {
  const base =
    'set system backup-router 10.9.0.1 destination [ 172.16.0.0/12 10.0.0.0/9 ]\nset system inet6-backup-router fe80::1\n';
  t.strictSame(routers(`${base}deactivate system backup-router\n`), ['fe80::1 > ::/0']);
  t.strictSame(routers(`${base}deactivate system backup-router\nactivate system backup-router\n`), [
    '10.9.0.1 > 172.16.0.0/12 10.0.0.0/9',
    'fe80::1 > ::/0',
  ]);
  t.strictSame(
    routers(`${base}delete system backup-router destination 172.16.0.0/12\ndelete system inet6-backup-router\n`),
    ['10.9.0.1 > 10.0.0.0/9'],
  );
  t.strictSame(
    routers(
      `${base}deactivate system backup-router destination 10.0.0.0/9\ndelete system inet6-backup-router fe80::1\nset system inet6-backup-router fe80::2\n`,
    ),
    ['10.9.0.1 > 172.16.0.0/12', 'fe80::2 > ::/0'],
  );
  t.strictSame(
    routers(
      `${base}protect system backup-router\nannotate system "delete; {"\ninsert a before b\ndeactivate no such thing\n`,
    ),
    ['10.9.0.1 > 172.16.0.0/12 10.0.0.0/9', 'fe80::1 > ::/0'],
  );
  t.strictSame(
    routers('system {\n inactive: backup-router 10.9.0.1 destination 10.0.0.0/9;\n inet6-backup-router fe80::1;\n}'),
    ['fe80::1 > ::/0'],
  );
  t.strictSame(routers('system {\n backup-router 10.9.0.1 destination [ 10.0.0.0/9 inactive: 172.16.0.0/12 ];\n}'), [
    '10.9.0.1 > 10.0.0.0/9',
  ]);
  t.strictSame(
    routers('system {\n backup-router {\n 10.9.0.1;\n inactive: destination [ 10.0.0.0/9 ];\n }\n}'),
    ['10.9.0.1 > 0.0.0.0/0'],
    'as Junos has it',
  );
  t.strictSame(
    routers(
      'interfaces { inactive: fxp0 { unit 0; } }\nsystem { backup-router 10.9.0.1; }\nprotocols { backup-router 10.9.9.9; }',
    ),
    ['10.9.0.1 > 0.0.0.0/0'],
  );
});

t.test('groups', async (t) => {
  const a =
    'groups { a { system { backup-router 10.9.0.1 destination 172.16.0.0/12; } } b { system { backup-router 10.9.0.2 destination 10.0.0.0/9; } } }\n';
  t.strictSame(routers(`${a}apply-groups a;`), ['10.9.0.1 > 172.16.0.0/12']);
  t.strictSame(
    routers(`${a}apply-groups [ b a ];`),
    ['10.9.0.2 > 10.0.0.0/9 172.16.0.0/12'],
    'the first one has the say; lists add up',
  );
  t.strictSame(
    routers(`${a}apply-groups [ a b ];\nsystem { backup-router 10.9.0.3 destination 192.168.0.0/16; }`),
    ['10.9.0.3 > 192.168.0.0/16 172.16.0.0/12 10.0.0.0/9'],
    'what is local comes first',
  );
  t.strictSame(routers(`${a}system { apply-groups b; }`), ['10.9.0.2 > 10.0.0.0/9'], 'at a level of its own');
  t.strictSame(routers(`${a}system { backup-router { apply-groups b; } }`), ['10.9.0.2 > 10.0.0.0/9']);
  t.strictSame(
    routers(`${a}apply-groups a;\nsystem { apply-groups b; }`),
    ['10.9.0.2 > 10.0.0.0/9 172.16.0.0/12'],
    'the nearer one first',
  );
  t.strictSame(routers(`${a}apply-groups [ a b ];\nsystem { apply-groups-except a; }`), ['10.9.0.2 > 10.0.0.0/9']);
  t.strictSame(routers(`${a}apply-groups [ a inactive: b ];`), ['10.9.0.1 > 172.16.0.0/12']);
  t.strictSame(routers(`${a}apply-groups a; inactive: apply-groups b;`), undefined, 'one statement, inactive');
  t.strictSame(
    routers(
      'groups { inactive: a { system { backup-router 10.9.0.1; } } b { system { backup-router 10.9.0.2; } } }\napply-groups [ a b ];',
    ),
    ['10.9.0.2 > 0.0.0.0/0'],
  );
  t.strictSame(
    routers('set groups a apply-groups b\nset groups b system backup-router 10.9.0.1\nset apply-groups a\n'),
    ['10.9.0.1 > 0.0.0.0/0'],
    'nested',
  );
  t.strictSame(
    routers(
      'set groups a apply-groups b\nset groups b apply-groups a\nset groups b system backup-router 10.9.0.1\nset apply-groups a\n',
    ),
    ['10.9.0.1 > 0.0.0.0/0'],
    'in a circle',
  );
  t.strictSame(routers('set apply-groups junos-defaults\nset system backup-router 10.9.0.1\n'), [
    '10.9.0.1 > 0.0.0.0/0',
  ]);
});

t.test('wildcards match what is there, and make nothing', async (t) => {
  const group = (pattern: string): string =>
    `groups { w { system { ${pattern} { destination 172.16.0.0/12; } } } }\napply-groups w;\nsystem { inet6-backup-router fe80::1 destination 2001:db8::/32; }`;
  t.strictSame(codes(group('<inet6*>')), ['1:46 family-mismatch']);
  t.strictSame(routers(group('<back*>')), ['fe80::1 > 2001:db8::/32']);
  const both = (pattern: string): string =>
    `groups { w { ${pattern} { backup-router destination 172.16.0.0/12; } } }\napply-groups w;\nsystem { backup-router 10.9.0.1 destination 10.0.0.0/9; }`;
  for (const pattern of ['<*>', '<sys*>', '<s?ste[l-n]>', '<**>'])
    t.strictSame(routers(both(pattern)), ['10.9.0.1 > 10.0.0.0/9 172.16.0.0/12'], pattern);
  for (const pattern of ['<x*>', '<[z-a]*>', '<sys>', '<*e*e*e*e*e*>'])
    t.strictSame(routers(both(pattern)), ['10.9.0.1 > 10.0.0.0/9'], pattern);
});

t.test('members', async (t) => {
  const text = (a: string, b: string, apply: string): string =>
    `groups {\n ${a} { system { host-name left; backup-router 10.9.0.1; } }\n ${b} { system { host-name right; backup-router 10.9.0.2; } }\n}\napply-groups ${apply};\n`;
  const re = text('re0', 're1', '[ re0 re1 ]');
  const node = text('node0', 'node1', '"${node}"');
  t.strictSame(routers(re, { ...HINTS, member: 're1' }), ['10.9.0.2 > 0.0.0.0/0']);
  t.strictSame(routers(node, { ...HINTS, member: 'node1' }), ['10.9.0.2 > 0.0.0.0/0']);
  t.strictSame(
    routers(node.replaceAll('"', ''), { ...HINTS, member: 'node0' }),
    ['10.9.0.1 > 0.0.0.0/0'],
    'without quotes',
  );
  for (const [hostName, address] of [
    ['right', '10.9.0.2'],
    ['left.example.net', '10.9.0.1'],
    ['r1-re1', '10.9.0.2'],
    ['r1-RE0.example.net', '10.9.0.1'],
    ['re1', '10.9.0.2'],
  ] as const) {
    t.strictSame(routers(re, { ...HINTS, hostName }), [`${address} > 0.0.0.0/0`], hostName);
  }
  for (const hostName of ['r1', 'core1', 'r1-re10', 'shore1'])
    t.strictSame(codes(re, { ...HINTS, hostName }), ['2:2 missing-member'], hostName);
  t.strictSame(
    routersOf(parseConfig(re, 'f', HINTS).partial),
    ['10.9.0.1 > 0.0.0.0/0'],
    'in doubt the first one, rather than none',
  );
  t.strictSame(routers(`# backup-router: member re1\n${re}`), ['10.9.0.2 > 0.0.0.0/0'], 'said in the file');
  t.strictSame(
    routers(`# backup-router: member re1\n${re}`, { ...HINTS, member: 're0' }),
    ['10.9.0.1 > 0.0.0.0/0'],
    'the option has the last word',
  );
  t.strictSame(routers(re.replace('10.9.0.2', '10.9.0.1')), ['10.9.0.1 > 0.0.0.0/0'], 'no matter which');
  t.strictSame(codes(re, { ...HINTS, member: 'node0' }), ['1:1 unknown-member']);
  t.strictSame(codes(`# backup-router: member re7\n${re}`), ['1:25 unknown-member']);
  t.strictSame(
    routers('set system backup-router 10.9.0.1', { ...HINTS, member: 're0' }),
    ['10.9.0.1 > 0.0.0.0/0'],
    'no groups, no matter',
  );
  t.strictSame(codes('set system backup-router 10.9.0.1', { ...HINTS, member: 'left' }), ['1:1 unknown-member']);
});

t.test('the management interface', async (t) => {
  const name = (text: string, hints: JunosHints, part: 'config' | 'partial' = 'config'): string | undefined => {
    const selector = parseConfig(text, 'f', hints)[part]?.managementInterfaces[0]?.selector;
    return selector === undefined ? undefined : `${selector.kind} ${selectorText(selector)}`;
  };
  const text = 'system { backup-router 10.9.0.1; }\ninterfaces { fxp0 { unit 0; } ge-0/0/0 { unit 0; } }\n';
  t.equal(name(text, { interface: 'eth1' }), 'name eth1');
  t.equal(name(text, { interface: '52-54-00-12-34-56' }), 'mac 52:54:00:12:34:56');
  t.equal(name(`# backup-router: interface eth2\n${text}`, {}), 'name eth2');
  t.equal(name(`${text}/* backup-router: interface 52:54:00:12:34:56, member re0 */\n`, {}), 'mac 52:54:00:12:34:56');
  t.equal(name(`set system backup-router 10.9.0.1\n# backup-router: interface eth2\n`, {}), 'name eth2');
  t.equal(name(`# backup-router: interface eth2\n${text}`, { interface: 'eth1' }), 'name eth1');
  t.equal(name(text, {}), undefined);
  t.strictSame(codes(text, {}), ['2:14 missing-interface']);
  t.equal(name(text, {}, 'partial'), 'name fxp0', 'it may be an alternative name');
  t.equal(name(text.replace('ge-0/0/0', 'em0'), {}, 'partial'), undefined, 'two of them');
  t.equal(name(text.replace('fxp0', 're0:mgmt-0'), {}, 'partial'), undefined, 'no name that Linux could have');
  t.equal(name('set system backup-router 10.9.0.1', {}, 'partial'), undefined);
  t.strictSame(codes(text, { interface: 'a/b' }), ['1:1 interface-name']);
  t.strictSame(codes(`# backup-router: interface lo\n${text}`, {}), ['1:28 interface-name']);
});

t.test('YAML stays YAML', async (t) => {
  const script =
    'management-interface: eth0\nbackup-router: {address: 192.0.2.1}\nrouting-daemon:\n  - exec:\n      command:\n        - /bin/sh\n        - -c\n        - |\n          set -e\n          system {\n          } ;\n';
  t.ok(parseConfig(script, 'f').config);
  for (const text of [
    script.replace(/^/gm, '  '),
    '{\n"management-interface": "eth0",\n"backup-router": {"address": "192.0.2.1"}}\n',
  ])
    t.ok(parseConfig(text, 'f').config, text);
});
