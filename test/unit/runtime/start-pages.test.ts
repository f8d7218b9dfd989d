/** What the start alone needed is let go of: clean code, nothing else, and the process goes on. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { sleep } from '../../../src/drill/lab/wait.js';
import { disableLibc } from '../../../src/native/libc.js';
import { codeMappings, releaseStartPages } from '../../../src/runtime/start-pages.js';

const mapping = (head: string, anonymous: number, swap = 0): string =>
  `${head}\nSize:                 80 kB\nRss:                  80 kB\nAnonymous:    ${String(anonymous).padStart(9)} kB\nAnonHugePages:         0 kB\nSwap:         ${String(swap).padStart(9)} kB\nSwapPss:               0 kB\nVmFlags: rd ex mr mw me \n`;

t.test('code that is the file, to the byte', async (t) => {
  const smaps = [
    mapping('00400000-00500000 r--p 00000000 fe:00 42                         /usr/bin/node', 0),
    mapping('7f0000001000-7f0000003000 r-xp 00100000 fe:00 42                         /usr/bin/node', 0),
    mapping('7f0000003000-7f0000004000 r-xp 00100000 fe:00 42                         /usr/bin/node', 4),
    mapping('7f0000004000-7f0000005000 r-xp 00100000 fe:00 42                         /usr/bin/node', 0, 4),
    mapping('7f0000005000-7f0000006000 rwxp 00100000 fe:00 42                         /usr/bin/node', 0),
    mapping('7f0000006000-7f0000007000 r-xp 00000000 00:00 0 ', 0),
    mapping('7f0000007000-7f0000008000 r-xs 00000000 00:01 7                          /memfd:x', 0),
    mapping('7f0000009000-7f000000a000 r-xp 00001000 fe:00 7                          /lib/a library.so', 0),
    mapping('ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]', 0),
  ].join('');
  t.strictSame(codeMappings(smaps), [
    { address: 0x7f0000001000n, size: 0x2000 },
    { address: 0x7f0000009000n, size: 0x1000 },
  ]);
  t.strictSame(
    codeMappings(smaps.replaceAll(/^Anonymous.*\n/gm, '')),
    [],
    'a kernel that does not say whose the pages are',
  );
  t.strictSame(codeMappings(''), []);
});

t.test('once, when the start has settled', async (t) => {
  const before = residentFileKiB();
  releaseStartPages(60_000);
  await sleep(20);
  t.ok(before - residentFileKiB() < 1024, 'not before, nor does it keep the process from ending');
  releaseStartPages(1);
  await sleep(20);
  const after = residentFileKiB();
  t.ok(before - after > 8 * 1024, `from ${before} to ${after} KiB of files`);
  t.ok(
    codeMappings(readFileSync('/proc/self/smaps', 'utf8')).some(({ size }) => size > 10 << 20),
    'the program is still mapped, and runs',
  );
});

t.test('without koffi: nothing', async (t) => {
  const before = residentFileKiB();
  disableLibc();
  releaseStartPages(1);
  await sleep(20);
  t.ok(before - residentFileKiB() < 1024);
});

function residentFileKiB(): number {
  return Number(/^RssFile:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}
