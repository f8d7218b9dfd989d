/** Whatever a file is: its beginning or an error, and never a wait. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { readBounded, readSmallFile } from '../../../src/host/small-file.js';
import { directory } from '../health/fake-vty.js';

t.test('regular files, however large', async (t) => {
  const { path: root, remove } = directory();
  t.teardown(remove);
  const path = join(root, 'file');
  writeFileSync(path, 'primary\n');
  t.equal(readSmallFile(path, 'utf8'), 'primary\n');
  t.equal(readBounded(path, 8), 'primary\n');
  t.throws(() => readBounded(path, 7), { code: 'EFBIG' });
  t.match(readBounded('/proc/self/status', 10_000), /^Name:/, 'one that says it is empty');
  truncateSync(path, 2 ** 40);
  t.equal(readSmallFile(path, 'latin1').length, 4096);
  t.throws(() => readBounded(path, 1 << 20), { code: 'EFBIG' }, 'before a byte of it is read');
});

t.test('what is no file', async (t) => {
  const { path: root, remove } = directory();
  t.teardown(remove);
  const [fifo, folder, socket] = ['fifo', 'folder', 'socket'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  t.equal(spawnSync('mkfifo', [fifo]).status, 0);
  mkdirSync(folder);
  const server = createServer().listen(socket);
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const codes = {
    [fifo]: 'not a regular file',
    [folder]: 'EISDIR',
    [socket]: 'ENXIO',
    '/dev/zero': 'not a regular file',
  };
  for (const [path, code] of Object.entries(codes)) {
    t.throws(() => readSmallFile(path, 'utf8'), { code }, path);
    t.throws(() => readBounded(path, 4096), { code }, path);
  }
  t.throws(() => readSmallFile(join(root, 'none'), 'utf8'), { code: 'ENOENT' });
});
