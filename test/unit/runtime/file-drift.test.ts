/** Whether a file still says what was read from it: each way in which it can change, and that it is read once for each. */

import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../../src/config/load.js';
import { createDrift } from '../../../src/runtime/file-drift.js';

t.test('drift', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'br-drift-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'config.yaml');
  const [old, next] = ['management-interface: eth0\n', 'management-interface: eth1\n'];
  writeFileSync(file, old);
  let reads = 0;
  const drift = createDrift(file, () => {
    reads++;
    return loadConfig(file).text;
  });
  t.equal(drift.changed(old), false);
  t.equal(reads, 0, 'not read as long as it is the same file');
  utimesSync(file, 1, 1);
  t.equal(drift.changed(old), false, 'touched');
  t.equal(drift.changed(undefined), true, 'and of what was never taken, any change counts');
  writeFileSync(`${file}.new`, next);
  renameSync(`${file}.new`, file);
  t.equal(drift.changed(old), true, 'replaced');
  const before = reads;
  for (let i = 0; i < 100; i++) drift.changed(old);
  t.equal(reads, before, 'it is read once for each change');
  t.equal(drift.changed(next), false, 'what it says runs');
  drift.taken(drift.look());
  t.equal(drift.changed(undefined), false, 'read again');
  rmSync(file);
  t.equal(drift.changed(next), true, 'gone');
  writeFileSync(file, next);
  t.equal(drift.changed(next), false, 'there again, with what runs');
});
