/** Reading from disk: what can go wrong with the file itself. */

import { execFileSync } from 'node:child_process';
import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { renderDiagnostics } from '../../../src/config/diagnostic.js';
import { loadConfig } from '../../../src/config/load.js';

const TEXT = 'management-interface: eth0\nbackup-router: {address: 192.0.2.1}\n';
const dir = t.testdir({ 'config.yaml': TEXT, directory: {} });
const file = (name: string, content: string | Buffer): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};

t.test('a good file', async (t) => {
  const { config, diagnostics } = loadConfig(join(dir, 'config.yaml'));
  t.strictSame(config?.managementInterfaces[0]?.selector, { kind: 'name', name: 'eth0' });
  t.strictSame(diagnostics, []);
});

t.test('a pipe, which says nothing of its size and comes in pieces', async (t) => {
  const long = file('long.yaml', `# ${'x'.repeat(78)}\n`.repeat(2500) + TEXT);
  t.strictSame(loadConfig(long).config?.managementInterfaces[0]?.selector, { kind: 'name', name: 'eth0' });
  const script = `import { loadConfig } from ${JSON.stringify(new URL('../../../src/config/load.js', import.meta.url).href)}; console.log(loadConfig('/dev/stdin', {}, true).config?.managementInterfaces[0]?.selector.name)`;
  t.equal(
    execFileSync(
      'sh',
      [
        '-c',
        '(cat "$1"; sleep 0.1; echo "role: primary") | "$0" --input-type=module -e "$2"',
        process.execPath,
        long,
        script,
      ],
      { encoding: 'utf8' },
    ),
    'eth0\n',
  );
});

t.test('no file', async (t) => {
  const path = join(dir, 'none.yaml');
  const { config, partial, diagnostics } = loadConfig(path);
  t.strictSame([config, partial], [undefined, undefined]);
  t.equal(
    renderDiagnostics(diagnostics),
    `${path}: error: there is no file ${path} [unreadable]\n  help: backup-router init proposes one; or name another one with -c; the smallest one is\n        management-interface: eth0\n        backup-router:\n          address: 192.0.2.1\n`,
  );
});

t.test('what is no text file', async (t) => {
  const codes = (path: string, pipes = true): readonly string[] =>
    loadConfig(path, {}, pipes).diagnostics.map((d) => `${d.line}:${d.column} ${d.code}`);
  t.strictSame(codes(join(dir, 'directory')), ['0:0 unreadable']);
  t.strictSame(codes(join(dir, 'config.yaml', 'x')), ['0:0 unreadable']);
  t.strictSame(codes('/dev/null'), ['1:1 empty-file']);
  for (const [name, bytes] of [
    ['utf16le.yaml', Buffer.from(TEXT, 'utf16le')],
    ['utf16be.yaml', Buffer.from(TEXT, 'utf16le').swap16()],
  ] as const)
    t.strictSame(codes(file(name, bytes)), ['0:0 not-utf8'], `${name}, without a mark`);
  const wide = (text: string, big: boolean): Buffer => {
    const bytes = Buffer.alloc(4 * text.length);
    for (const [i, char] of [...text].entries())
      if (big) bytes.writeUInt32BE(char.codePointAt(0)!, 4 * i);
      else bytes.writeUInt32LE(char.codePointAt(0)!, 4 * i);
    return bytes;
  };
  for (const big of [false, true])
    for (const mark of ['', '\ufeff']) {
      const path = file(`utf32${big}${mark.length}.yaml`, wide(mark + TEXT, big));
      t.strictSame(codes(path), ['0:0 not-utf8'], 'UTF-32');
      t.match(loadConfig(path).diagnostics[0]?.suggestion, /iconv -f utf-32/);
    }
  t.strictSame(codes('/dev/zero'), ['0:0 too-large']);
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const huge = file('huge', '');
  truncateSync(huge, 2 ** 32);
  const beganMs = performance.now();
  for (const path of ['/dev/zero', '/dev/null', '/dev/tty', fifo])
    t.strictSame(codes(path, false), ['0:0 unreadable'], `${path}, to one who may not wait`);
  t.strictSame(codes(huge, false), ['0:0 too-large']);
  t.ok(performance.now() - beganMs < 1_000, 'at once');
  t.strictSame(codes(file('utf16.yaml', Buffer.from(`\ufeff${TEXT}ü`, 'utf16le'))), ['0:0 not-utf8']);
  t.strictSame(codes(file('nul', Buffer.alloc(10))), ['1:1 control-character']);
});

t.test('a Latin-1 letter in a comment costs nothing but the verdict', async (t) => {
  const { config, partial, diagnostics } = loadConfig(
    file('latin1.yaml', Buffer.from(`${TEXT}# für Köln\n`, 'latin1')),
  );
  t.equal(config, undefined);
  t.strictSame(partial?.managementInterfaces[0]?.selector, { kind: 'name', name: 'eth0' });
  t.match(diagnostics, [{ code: 'not-utf8', line: 3, column: 4, severity: 'error' }]);
});

t.test('a file that may not be read', async (t) => {
  const path = file('secret.yaml', TEXT);
  chmodSync(path, 0);
  // Root reads everything, so the child gives that up first.
  const script = `import { loadConfig } from ${JSON.stringify(new URL('../../../src/config/load.js', import.meta.url).href)};
    if (process.getuid() === 0) process.setuid(65534);
    const [fault] = loadConfig(process.argv[1]).diagnostics; console.log(fault.code, '|', fault.message)`;
  t.equal(
    execFileSync(process.execPath, ['--input-type=module', '-e', script, path], { encoding: 'utf8' }),
    `unreadable | ${path} may not be read by this user\n`,
  );
});
