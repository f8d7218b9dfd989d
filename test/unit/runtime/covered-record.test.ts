/** What has been covered survives a restart; a record that is damaged or absent is an empty one. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readCovered, writeCovered } from '../../../src/runtime/covered-record.js';

const directory = mkdtempSync(join(tmpdir(), 'br-covered-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'covered.json');

t.test('what was written is read', (t) => {
  t.equal(readCovered(path).size, 0, 'no file');
  const covered = new Map([
    ['frr/zebra', new Set(['0.0.0.0/0', '10.0.0.0/8'])],
    ['frr/bgpd', new Set<string>()],
  ]);
  t.equal(writeCovered(path, covered), undefined);
  t.same(readCovered(path), covered);
  t.match(writeCovered(join(path, 'covered.json'), covered), /EEXIST|ENOTDIR/);
  t.end();
});

t.test('damage is nothing', (t) => {
  for (const text of ['', '{', '[]', 'null', '7', '{"version":2,"covered":{"z":["0.0.0.0/0"]}}', '{"version":1}']) {
    writeFileSync(path, text);
    t.equal(readCovered(path).size, 0, text);
  }
  writeFileSync(path, '{"version":1,"covered":{"z":["0.0.0.0/0",7],"y":"no"}}');
  t.same(readCovered(path), new Map([['z', new Set(['0.0.0.0/0'])]]));
  t.end();
});
