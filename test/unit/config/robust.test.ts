/** Nothing that a file may hold makes the parser throw, hang, abort the process or flood the terminal. */

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { renderDiagnostics } from '../../../src/config/diagnostic.js';
import { parseConfig } from '../../../src/config/parse.js';
import { cpuSeconds, runs } from '../runs.js';

const BASE = 'management-interface: eth0\nbackup-router: {address: 192.0.2.1}\n';

/** Parses, renders, and checks what holds for every text. */
function survives(text: string): readonly string[] {
  const { config, partial, diagnostics } = parseConfig(text, 'f');
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.some((d) => d.code === 'reader-failed')) throw new Error(errors[0]!.message);
  if ((config === undefined) !== errors.length > 0) throw new Error('a configuration and an error, or neither');
  if (config !== undefined && partial !== config) throw new Error('the valid part of a valid file is the file');
  if (renderDiagnostics(diagnostics).length > 200_000) throw new Error('too much output');
  // A return ends a line where nothing else does.
  const lineCount = text.split(text.includes('\n') ? '\n' : '\r').length;
  for (const d of diagnostics)
    if (d.line > lineCount || (d.endColumn <= d.column && d.line > 0))
      throw new Error(`no such place: ${JSON.stringify(d)}`);
  return diagnostics.map((d) => d.code);
}

t.test('a reader that throws is a fault of the file', async (t) => {
  const thrown = parseConfig(BASE, 'f', {}, false, () => {
    throw new RangeError('Maximum call stack size exceeded');
  });
  t.match(thrown, {
    config: undefined,
    partial: undefined,
    diagnostics: [{ code: 'reader-failed', file: 'f', line: 0 }],
  });
  t.match(renderDiagnostics(thrown.diagnostics), /Maximum call stack size exceeded/);
});

t.test('random text', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void survives(text)),
    { numRuns: runs(500) },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => void survives(Buffer.from(bytes).toString('utf8'))),
    { numRuns: runs(500) },
  );
  const pieces = fc.constantFrom(
    'management-interface',
    'name',
    'mac',
    'backup-router',
    'address',
    'adopt',
    'auto',
    'destination',
    'role',
    'file',
    'exec',
    ':',
    ': ',
    '\n',
    '\n  ',
    '\t',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '"',
    "'",
    '#',
    '|\n',
    '>',
    '!!str ',
    '? ',
    '---\n',
    '%',
    '@',
    '192.0.2.1',
    '10.0.0.0/8',
    'fe80::',
    'never',
    '5',
    '~',
    '<<',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void survives(parts.join(''))),
    { numRuns: runs(1000) },
  );
});

t.test('a valid file with anything done to it', async () => {
  const text = `${BASE}withdraw: {hold-time: 5s}\nrouting-daemon:\n  - frr: {daemons: [zebra, bgpd]}\n`;
  const several =
    'management-interface:\n  - name: eth0\n    backup-router: &r {address: auto, adopt: true}\n  - {mac: 52-54-00-aa-bb-cc, backup-router: *r}\nplacement: vrf\nrole: {exec: {command: [/bin/role], interval: 5s}}\n';
  for (const whole of [text, several]) {
    if (survives(whole).length > 0) throw new Error('it has a fault before anything is done to it');
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.nat(5),
        fc.string({ unit: 'binary', maxLength: 4 }),
        (at, length, other) => void survives(whole.slice(0, at) + other + whole.slice(at + length)),
      ),
      { numRuns: runs(1000) },
    );
  }
});

t.test('bombs', async (t) => {
  const levels = Array.from(
    { length: 20 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
  ).join('\n');
  const size = runs(250_000);
  const seconds = cpuSeconds();
  t.ok(survives(`l0: &l0 [a]\n${levels}\n${BASE.replace('192.0.2.1', '*l20')}`).includes('wrong-type'), 'aliases');
  for (const open of ['[', '{', '- ', '? ', 'a: ', 'a: [\n', '- [', '"', '&a ', '!!seq '])
    t.ok(
      survives(open.repeat(Math.floor(size / open.length))).length > 0,
      `${size} characters of ${JSON.stringify(open)}`,
    );
  t.ok(seconds() < 30, 'in bounded time');
});

t.test('a megabyte of garbage', async (t) => {
  const letters = Array.from({ length: 1 << 20 }, (_, i) => String.fromCharCode(32 + (((i * 7919) ^ (i >> 3)) % 95)));
  t.strictSame(survives(letters.join('')), ['too-large']);
  const lines = letters
    .map((letter, i) => (i % 37 === 0 ? '\n' : letter))
    .slice(0, 1 << 18)
    .join('');
  t.notSame(survives(lines), []);
  t.notSame(survives(lines), ['too-large']);
});

t.test('many faults are counted, not listed', async (t) => {
  const codes = survives(
    `management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination:\n${'  - 10.0.0.1/8\n'.repeat(5000)}`,
  );
  t.equal(codes.length, 101);
  t.equal(codes.at(-1), 'too-many-faults');
});

t.test('many faults are not explained in vain', async (t) => {
  const seconds = cpuSeconds();
  t.equal(
    survives(
      `management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination:\n${'  - 10.0.0.1/8\n'.repeat(100_000)}`,
    ).length,
    101,
  );
  t.ok(seconds() < 3);
});

t.test('four megabytes of anything', async (t) => {
  const seconds = cpuSeconds();
  for (const piece of ['[', '\n', 'a ', '- ', '10.0.0.0/8,', '[10.0.0.0/8', '#\n', ' ', 'a: [10.0.0.0/8,\n']) {
    t.ok(survives(piece.repeat(Math.floor((1 << 22) / piece.length))).includes('too-large'), JSON.stringify(piece));
  }
  t.ok(seconds() < 15, 'in bounded time');
});

t.test('ip-num is loaded for a fault only', async (t) => {
  const loaded = (text: string): string =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `
    import { createRequire } from 'node:module';
    import { parseConfig } from ${JSON.stringify(new URL('../../../src/config/parse.js', import.meta.url).href)};
    parseConfig(${JSON.stringify(text)}, 'f');
    console.log(Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache).some((path) => path.includes('/ip-num/')));
  `,
      ],
      { encoding: 'utf8' },
    ).trim();
  t.equal(loaded(BASE), 'false');
  t.equal(loaded(BASE.replace('}', ', destination: 10.0.0.1/8}')), 'true');
});
