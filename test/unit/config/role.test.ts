/** `role`: a word, a file or a command; every fault by its place and code, the remedies, and the valid part. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import type { RoleSource } from '../../../src/model/config.js';
import { checkRows, type Row } from './fault-rows.js';

const BASE = 'management-interface: eth0\nbackup-router: {address: 192.0.2.1}\n';
const role = (text: string): string => `${BASE}role: ${text}\n`;

t.test('forms', async (t) => {
  const cases: readonly (readonly [string, RoleSource])[] = [
    ['primary', { kind: 'fixed', role: 'primary' }],
    ['standby', { kind: 'fixed', role: 'standby' }],
    ["'standby'", { kind: 'fixed', role: 'standby' }],
    ['{file: /run/keepalived/role}', { kind: 'file', path: '/run/keepalived/role' }],
    [
      '{exec: /usr/local/bin/role}',
      { kind: 'exec', command: ['/usr/local/bin/role'], intervalMs: 5000, timeoutMs: 2000 },
    ],
    [
      '{exec: [/bin/sh, -c, "cat role", 5]}',
      { kind: 'exec', command: ['/bin/sh', '-c', 'cat role', '5'], intervalMs: 5000, timeoutMs: 2000 },
    ],
    ['{exec: {command: [/bin/role]}}', { kind: 'exec', command: ['/bin/role'], intervalMs: 5000, timeoutMs: 2000 }],
    [
      '{exec: {command: /bin/role, interval: 1s}}',
      { kind: 'exec', command: ['/bin/role'], intervalMs: 1000, timeoutMs: 1000 },
    ],
    [
      '{exec: {command: /bin/role, interval: 1m, timeout: 500ms}}',
      { kind: 'exec', command: ['/bin/role'], intervalMs: 60_000, timeoutMs: 500 },
    ],
  ];
  for (const [text, source] of cases) {
    const { config, diagnostics } = parseConfig(role(text), 'f');
    t.strictSame(diagnostics, [], text);
    t.strictSame(config?.role, source, text);
  }
  t.strictSame(parseConfig(BASE, 'f').config?.role, { kind: 'fixed', role: 'primary' }, 'the default');
});

const FAULTS: readonly Row[] = [
  ['word', role('master'), '3:7 error unknown-value'],
  ['of the prototype', role('constructor'), '3:7 error unknown-value'],
  ['nothing', role(''), '3:1 error empty-value'],
  ['a path', role('/run/role'), '3:7 error wrong-type'],
  ['a list', role('[/bin/role, -x]'), '3:7 error wrong-type'],
  ['empty mapping', role('{}'), '3:1 error missing-key'],
  ['unknown key', role('{flie: /run/role}'), '3:8 error unknown-key'],
  ['both', role('{exec: [/bin/role], file: /run/role}'), '3:27 error conflicting-keys'],
  ['file of nothing', role('{file: }'), '3:8 error empty-value'],
  ['relative file', role('{file: run/role}'), '3:14 error relative-path'],
  ['file with a zero', role('{file: "/run/\\0"}'), '3:14 error control-character'],
  ['files in a list', role('{file: [/run/role]}'), '3:14 error wrong-type'],
  ['command without path', role('{exec: [role]}'), '3:15 error relative-path'],
  ['a line for a shell', role('{exec: /bin/role -x}'), '3:14 error wrong-type'],
  ['empty command', role('{exec: []}'), '3:14 error empty-value'],
  ['no command', role('{exec: {}}'), '3:8 error missing-key'],
  ['its own times', role('{exec: {command: /bin/role, timeout: 6s}}'), '3:44 error exec-timeout-too-long'],
  ['too often', role('{exec: {command: /bin/role, interval: 1ms}}'), '3:45 error out-of-range'],
  ['no protocols', role('{exec: {command: /bin/role, route-protocols: bgp}}'), '3:35 error unknown-key'],
  ['times beside exec', role('{exec: [/bin/role], interval: 1s}'), '3:27 error unknown-key'],
  ['at the top level', `${BASE}file: /run/role\n`, '3:1 error unknown-key'],
];

t.test('faults', async (t) => checkRows(t, FAULTS));

t.test('remedies', async (t) => {
  const help = (text: string): string => parseConfig(role(text), 'f').diagnostics[0]!.suggestion;
  t.equal(help('master'), 'write primary');
  t.equal(help('backup'), 'write standby');
  t.equal(help('Primary'), 'did you mean primary?');
  t.equal(help('auto'), 'write primary or standby');
  t.equal(help('/run/role'), 'write role: {file: /run/role} or role: {exec: [/run/role]}');
  t.equal(help('[/bin/role, -x]'), 'write role: {exec: [/bin/role, -x]}');
  t.equal(help('{exec: /bin/role -x}'), 'write a list: [/bin/role, -x]');
  t.equal(help('{exec: [role]}'), "write the whole path, which 'command -v role' prints");
  t.equal(help('{path: /run/role}'), 'write role: {file: /run/backup-router-role}');
  t.equal(
    help('{command: /bin/role}'),
    "'command' belongs under 'exec': role: {exec: {command: [/usr/local/bin/role]}}",
  );
  t.equal(
    parseConfig(`${BASE}file: /run/role\n`, 'f').diagnostics[0]!.suggestion,
    "'file' belongs under 'role'; is it indented too little?",
  );
});

t.test('the valid part', async (t) => {
  const part = (text: string): RoleSource | undefined => parseConfig(role(text), 'f').partial?.role;
  t.strictSame(part('{file: role}'), { kind: 'fixed', role: 'primary' }, 'the default');
  t.strictSame(part('{exec: {command: /bin/role, interval: 1s, timeout: 2s}}'), {
    kind: 'exec',
    command: ['/bin/role'],
    intervalMs: 5000,
    timeoutMs: 2000,
  });
  t.strictSame(part('{file: /run/role, colour: red}'), { kind: 'file', path: '/run/role' });
  t.strictSame(part('{file: /run/role, exec: [/bin/role]}'), { kind: 'fixed', role: 'primary' });
});
