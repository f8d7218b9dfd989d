/** Nothing that a text may hold makes the reader throw or hang, and a configuration of any real size is read in good time. */

import fc from 'fast-check';
import t from 'tap';
import { renderDiagnostics } from '../../../../src/config/diagnostic.js';
import { readJunos } from '../../../../src/config/junos/read.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { allBackupRouters } from '../../../../src/model/config.js';
import { prefixText } from '../../../../src/model/prefix.js';
import { cpuSeconds, runs } from '../../runs.js';

/** Reads as Junos whatever it looks like, renders, and checks what holds for every text. */
function survives(text: string): number {
  const { config, partial, diagnostics } = readJunos(text, 'f', { interface: 'eth0', hostName: 'r1-re0' });
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  if ((config === undefined) !== errors > 0) throw new Error('a configuration and an error, or neither');
  if (config !== undefined && partial !== config) throw new Error('the valid part of a valid text is the text');
  if (renderDiagnostics(diagnostics).length > 200_000) throw new Error('too much output');
  const lines = text.split('\n').length;
  for (const d of diagnostics)
    if (d.line > lines || (d.line > 0 && d.endColumn <= d.column))
      throw new Error(`no such place: ${JSON.stringify(d)}`);
  return errors;
}

const CURLY =
  '{master}\na@b> show configuration\nsystem {\n    backup-router 10.9.0.1 destination [ 172.16.0.0/13 172.16.128.0/13 ]; ## x\n}\ngroups { re0 { system { inet6-backup-router { fe80::1; inactive: destination "::/0"; } } } }\napply-groups "${node}";\n/* c */\n';
const SET =
  '[edit system]\na@b# set backup-router 10.9.0.1 destination [ 172.16.0.0/13 10.0.0.0/9 ]\ndeactivate system backup-router\nset groups <*> x\nset apply-groups [ re0 re1 ]\nset apply-groups-except re0\n# backup-router: member re0\n';

t.test('random text', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void survives(text)),
    { numRuns: runs(500) },
  );
  const pieces = fc.constantFrom(
    'system',
    'groups',
    're0',
    'apply-groups',
    'apply-groups-except',
    '"${node}"',
    'backup-router',
    'inet6-backup-router',
    'destination',
    '10.9.0.1',
    '172.16.128.0/13',
    'fe80::1',
    'interfaces',
    'fxp0',
    'set',
    'delete',
    'deactivate',
    'edit',
    'top',
    'up',
    'exit',
    'inactive:',
    'delete:',
    '{',
    '}',
    '[',
    ']',
    ';',
    '\n',
    '\n    ',
    '"',
    '\\',
    '/*',
    '*/',
    '#',
    '# backup-router: interface ',
    '<*>',
    '<[a',
    '${',
    '{master:0}',
    '[edit system]',
    'a@b> show ',
    'a@b# ',
    '\u0000',
    '\r\n',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 80 }), (parts) => void survives(parts.join(' '))),
    { numRuns: runs(1500) },
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => void survives(parts.join(''))),
    { numRuns: runs(500) },
  );
});

t.test('good texts with anything done to them', async () => {
  for (const whole of [CURLY, SET]) {
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.nat(8),
        fc.string({ unit: 'binary', maxLength: 4 }),
        (at, length, other) => void survives(whole.slice(0, at) + other + whole.slice(at + length)),
      ),
      { numRuns: runs(1000) },
    );
  }
});

t.test('a loss never makes a default route', async (t) => {
  const whole =
    'system {\n    host-name r1;\n    backup-router 10.9.0.1 destination [ 172.16.0.0/12 192.168.0.0/16 ];\n    services {\n        ssh;\n    }\n}\n';
  fc.assert(
    fc.property(fc.nat(whole.length), fc.constantFrom(...'{};[]"#/*'.split(''), '/*', '', ' ', '\n'), (at, other) => {
      const { partial, config } = readJunos(whole.slice(0, at) + other + whole.slice(at + 1), 'f', {
        interface: 'eth0',
      });
      // What is still valid has the list whole, or says that there is none.
      if (config !== undefined && !/destination/.test(whole.slice(0, at) + other + whole.slice(at + 1))) return;
      for (const router of partial === undefined ? [] : allBackupRouters(partial))
        for (const p of router.destinations) if (p.length === 0) throw new Error(prefixText(p));
    }),
    { numRuns: runs(2000) },
  );
  // A semicolon too many: valid to the eye, and the list is nobody's.
  const { config, partial, diagnostics } = readJunos(whole.replace('10.9.0.1 ', '10.9.0.1; '), 'f', {
    interface: 'eth0',
  });
  t.same([config, partial], [undefined, undefined]);
  t.match(diagnostics, [
    { severity: 'error', line: 3, message: "'destination' stands beside a backup router, and not in it" },
  ]);
});

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

t.test('chains, loops and fans of groups; levels upon levels', async (t) => {
  const base = 'set system backup-router 10.9.0.1\nset apply-groups g0\n';
  const chain = (count: number): string =>
    range(count)
      .map((i) => `set groups g${i} apply-groups g${i + 1}\n`)
      .join('');
  const codes = (text: string): readonly string[] => [
    ...new Set(readJunos(text, 'f', { interface: 'eth0' }).diagnostics.map((d) => `${d.line} ${d.code}`)),
  ];
  for (const count of [100, 3_000, 30_000])
    t.same(
      codes(`${base}${chain(count)}set groups g${count} system host-name x\n`),
      ['66 too-deep'],
      `${count} groups`,
    );
  t.same(codes(`${base}${chain(60)}set groups g60 system host-name x\n`), [], 'no more than anybody has');
  const inner = (count: number): string =>
    range(count)
      .map((i) => `set groups g${i} system apply-groups g${i + 1}\n`)
      .join('');
  t.same(codes(`${base}${inner(3_000)}set groups g3000 system host-name x\n`), ['67 too-deep'], 'further in');
  t.same(codes(`${base}set groups g0 apply-groups g1\nset groups g1 apply-groups [ g0 g1 ]\n`), [], 'a loop');
  const fan = range(300).map(
    (i) =>
      `set groups g${i} apply-groups [ ${range(300)
        .map((j) => `g${j}`)
        .join(' ')} ]\n`,
  );
  survives(`${base}${fan.join('')}`);
  t.match(codes(`edit a\n${'edit b\n'.repeat(50_000)}top\n${base.split('\n')[0]}\n`), ['257 too-deep']);
  t.match(codes(`${'edit a b c d\n'.repeat(20_000)}top\n${base.split('\n')[0]}\n`)[0], /^65 too-deep/);
});

t.test('a megabyte of anything', async (t) => {
  const seconds = cpuSeconds();
  const size = runs(1 << 20);
  for (const piece of [
    '"',
    '\\"',
    '{',
    '}',
    '[',
    ']',
    ';',
    '<',
    '${',
    '/*',
    '/*\n',
    '/**/',
    '#',
    '\n',
    'set a\n',
    'set [',
    'a ',
    'a;',
    'a{',
    'inactive: ',
    'a@b> show ',
    '[edit a',
    '{master',
    'groups{',
    'apply-groups a;',
    '"x',
    '"\n',
    'x@',
    'backup-router ',
    'system backup-router 1.1.1.1;',
    'groups { a { apply-groups b; } }',
  ]) {
    survives(`system { backup-router 10.9.0.1; }\n${piece.repeat(Math.floor(size / piece.length))}`);
  }
  t.ok(seconds() < 120, 'in bounded time');
});

t.test('a whole configuration of 100,000 lines', async (t) => {
  const count = 12_000;
  const curly = [
    '## Last commit: 2024-03-01 10:00:00 UTC by admin',
    'version 21.4R1.12;',
    'system {',
    '    host-name big;',
    '    backup-router 10.9.0.1 destination [ 172.16.0.0/13 172.24.0.0/13 ];',
    '}',
    'interfaces {',
  ];
  const set = [
    'set version 21.4R1.12',
    'set system host-name big',
    'set system backup-router 10.9.0.1',
    'set system backup-router destination 172.16.0.0/13',
    'set system backup-router destination 172.24.0.0/13',
  ];
  for (let i = 0; i < count; i++) {
    const address = `10.${i >> 14}.${(i >> 6) & 255}.${(i & 63) << 2}`;
    curly.push(
      `    ge-0/0/${i} {`,
      `        description "to {${i}}; # ${address}";`,
      '        unit 0 {',
      '            family inet {',
      `                address ${address}/30;`,
      '            }',
      '        }',
      '    }',
    );
    set.push(
      `set interfaces ge-0/0/${i} description "to {${i}}; # ${address}"`,
      `set interfaces ge-0/0/${i} unit 0 family inet address ${address}/30`,
    );
  }
  curly.push('}', 'policy-options {');
  for (let i = 0; i < count / 4; i++) {
    curly.push(
      `    prefix-list p${i} {`,
      `        10.0.${i & 255}.0/24;`,
      '    }',
      `    policy-statement s${i} {`,
      '        term a {',
      `            from prefix-list p${i};`,
      '            then accept;',
      '        }',
      '    }',
    );
    set.push(
      `set policy-options prefix-list p${i} 10.0.${i & 255}.0/24`,
      `set policy-options policy-statement s${i} term a from prefix-list p${i}`,
      `set policy-options policy-statement s${i} term a then accept`,
    );
  }
  curly.push('}', 'firewall {', '    family inet {');
  for (let i = 0; i < count; i++) {
    set.push(
      ...[
        'source-address 10.0.0.0/8',
        'destination-address 172.16.0.0/12',
        'protocol tcp',
        'destination-port [ ssh bgp ]',
      ].map((match) => `set firewall family inet filter f${i} term t from ${match}`),
      `set firewall family inet filter f${i} term t then discard`,
    );
    if (i % 16 === 0)
      curly.push(
        `        filter f${i} {`,
        '            term t {',
        '                from {',
        '                    destination-address {',
        '                        172.16.0.0/12;',
        '                    }',
        '                }',
        '                then discard;',
        '            }',
        '        }',
      );
  }
  curly.push('    }', '}');
  for (const [form, lines] of Object.entries({ curly, set })) {
    t.ok(lines.length > 90_000, `${form}: ${lines.length} lines`);
    const before = process.cpuUsage();
    const { config, diagnostics } = parseConfig(`${lines.join('\n')}\n`, 'f', { interface: 'eth0' });
    const { user, system } = process.cpuUsage(before);
    t.strictSame(diagnostics, []);
    t.strictSame(
      allBackupRouters(config!).map((router) => router.destinations.map(prefixText)),
      [['172.16.0.0/13', '172.24.0.0/13']],
    );
    t.ok(user + system < 6_000_000, `${form}: ${Math.round((user + system) / 1000)} ms of CPU`);
  }
});
