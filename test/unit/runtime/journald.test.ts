/** Entries for journald, read by a socket as journald's: their bytes, and what becomes of them where there is none or it is full. */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../../../src/drill/lab/wait.js';
import { fieldName } from '../../../src/model/field-name.js';
import { disableLibc, loadLibc } from '../../../src/native/libc.js';
import { journalEntry, leadsToJournal, sendEntry, takesMore } from '../../../src/runtime/journald.js';

const directory = mkdtempSync(join(tmpdir(), 'br-journald-'));
t.teardown(() => rmSync(directory, { recursive: true }));

t.test('the bytes of an entry', async (t) => {
  t.equal(
    journalEntry([
      ['MESSAGE', 'routes phase=in'],
      ['PRIORITY', '5'],
    ]).toString(),
    'MESSAGE=routes phase=in\nPRIORITY=5\n',
  );
  t.strictSame(
    journalEntry([['MESSAGE', 'a\nb=é']]),
    Buffer.concat([Buffer.from('MESSAGE\n'), Buffer.from([6, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('a\nb=é\n')]),
    'a line feed cannot begin another field',
  );
  t.equal(fieldName('was_for_ms'), 'BACKUP_ROUTER_WAS_FOR_MS');
  t.equal(fieldName('wasForMs'), 'BACKUP_ROUTER_WAS_FOR_MS');
  t.equal(fieldName('id'), 'BACKUP_ROUTER_DAEMON');
  t.match(fieldName(`what é-${'x'.repeat(90)}`), /^[A-Z0-9_]{64}$/);
});

t.test('whether standard error leads to journald', async (t) => {
  const file = openSync(join(directory, 'stderr'), 'w');
  const { dev, ino } = fstatSync(file, { bigint: true });
  t.equal(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, file), true);
  t.equal(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino + 1n}` }, file), false, 'it was sent elsewhere');
  t.equal(leadsToJournal({}, file), false);
  closeSync(file);
  t.equal(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, file), false, 'it is closed');
});

t.test('an entry arrives; a socket that is full, not there or no socket takes none', async (t) => {
  const enable = disableLibc();
  t.equal(sendEntry([['MESSAGE', 'x']], '/dev/null'), false, 'nothing is loaded for it');
  t.equal(takesMore(2), true, 'and nothing is known of stderr');
  enable();
  t.ok(loadLibc(), 'koffi is there');
  const path = join(directory, 'socket');
  const reader = spawn('python3', [
    '-c',
    'import socket,sys; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("ready",flush=True); d=s.recv(65536).decode(); print(repr(d),flush=True); sys.stdin.read()',
    path,
  ]);
  t.teardown(() => reader.kill('SIGKILL'));
  let said = '';
  reader.stdout.on('data', (chunk) => (said += String(chunk)));
  t.equal(sendEntry([['MESSAGE', 'x']], join(directory, 'nothing')), false);
  await eventually(() => said.includes('ready'), { what: 'the socket' });
  t.equal(
    sendEntry(
      [
        ['MESSAGE', 'hello'],
        ['BACKUP_ROUTER_EVENT', 'ready'],
      ],
      path,
    ),
    true,
  );
  await eventually(() => said.includes('hello'), { what: 'the entry' });
  t.match(said, "'MESSAGE=hello\\nBACKUP_ROUTER_EVENT=ready\\n'");
  const before = performance.now();
  let taken = 0;
  while (taken < 100_000 && sendEntry([['MESSAGE', 'x'.repeat(1000)]], path)) taken++;
  t.ok(taken > 0 && taken < 100_000, `nobody reads: full after ${taken}`);
  t.ok(performance.now() - before < 10_000, 'nothing waited');
  t.equal(sendEntry([['MESSAGE', 'x'.repeat(10_000_000)]], path), false, 'too large');
});

t.test('a log whose stderr nobody reads does not wait, and tells how much is lost', async (t) => {
  // A log in a process of its own: its stderr is a socket as journald's stream, which is not read for a while.
  const script = `
    import { createLog } from ${JSON.stringify(new URL('../../../src/runtime/log.js', import.meta.url).href)};
    import { loadLibc } from ${JSON.stringify(new URL('../../../src/native/libc.js', import.meta.url).href)};
    import { fstatSync, writeFileSync } from 'node:fs';
    loadLibc();
    const { dev, ino } = fstatSync(2, { bigint: true });
    const log = createLog({ JOURNAL_STREAM: dev + ':' + ino }, false, undefined, '/nonexistent');
    const begun = performance.now();
    for (let i = 0; i < 5000; i++) log('notice', 'order', { what: 'x'.repeat(200), i });
    writeFileSync(process.argv[1], String(performance.now() - begun));
    setTimeout(() => log('notice', 'order', { what: 'last' }), 1000);
  `;
  const took = join(directory, 'took');
  const reader = spawnSync(
    'python3',
    [
      '-c',
      'import socket,subprocess,sys,time\n' +
        'a,b=socket.socketpair()\n' +
        'p=subprocess.Popen(sys.argv[1:],stderr=b.fileno(),close_fds=True)\nb.close()\n' +
        'import os\n' +
        'for _ in range(500):\n' +
        '  if os.path.exists(sys.argv[-1]): break\n' +
        '  time.sleep(0.05)\n' +
        'd=b""\n' +
        'while True:\n  c=a.recv(65536)\n  if not c: break\n  d+=c\n' +
        'sys.stdout.write(d.decode())\n',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      took,
    ],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], NODE_OPTIONS: '' }, timeout: 60_000, maxBuffer: 1 << 26 },
  );
  const lines = reader.stdout.split('\n').filter((line) => line !== '');
  // Who waited would wait for the reader, 25 s.
  t.ok(Number(readFileSync(took, 'utf8')) < 20_000, 'it went on');
  t.ok(lines.length > 10 && lines.length < 5_000, `${lines.length} lines fitted`);
  t.ok(
    lines.every((line) => line.startsWith('<5>order ')),
    'with their priority',
  );
  const lost = Number(/lines_lost=(\d+)/.exec(lines.at(-1) ?? '')?.[1]);
  t.equal(lost + lines.length, 5_001, 'the last one tells of those that did not');
});
