/** What is kept across restarts is what was written, or nothing: any bit, any end, any file in its place. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { writeAtomically } from '../../../src/runtime/atomic.js';
import { checksum } from '../../../src/runtime/checksum.js';
import { readLastKnownGood, writeLastKnownGood } from '../../../src/runtime/last-known-good.js';
import { readRecord, recordText } from '../../../src/runtime/record-file.js';

const made = mkdtempSync(join(tmpdir(), 'br-record-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const VALUE = { version: 1, routes: [{ message: '02000000fe1000', name: 'mgmt0' }], ä: null };
const TEXT = 'management-interface: eth0\nbackup-router: {address: 192.0.2.1}\n';

t.test('the checksum is the one that everybody knows', async (t) => {
  t.equal(checksum('123456789'), 'cbf43926');
  t.equal(checksum(''), '00000000');
});

t.test('a record with any one bit turned, or cut anywhere', async (t) => {
  const path = join(made, 'record.json');
  t.equal(readRecord(path), undefined);
  writeAtomically(path, recordText(VALUE));
  t.same(readRecord(path), VALUE);
  const bytes = readFileSync(path);
  const meaning = JSON.stringify(VALUE);
  let refused = 0;
  for (let i = 0; i < bytes.length * 8; i++) {
    const damaged = Buffer.from(bytes);
    damaged[i >> 3]! ^= 1 << (i & 7);
    writeFileSync(path, damaged);
    try {
      const { ...read } = readRecord(path)!;
      // A bit of the key `crc32`, or of a blank.
      if (JSON.stringify(read) !== meaning && !Object.keys(read).some((key) => /crc|rc3/.test(key) || key.length === 5))
        t.fail(`bit ${i}: ${JSON.stringify(read)}`);
    } catch {
      refused++;
    }
  }
  t.ok(refused > bytes.length * 6, `${refused} of ${bytes.length * 8} refused`);
  for (let length = 1; length < bytes.length - 1; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    t.throws(() => readRecord(path), `${length} bytes`);
  }
  writeFileSync(path, JSON.stringify(VALUE));
  t.same(readRecord(path), VALUE, 'one of a version without checksums');
});

t.test('the last known good copy', async (t) => {
  const path = join(made, 'copy.yaml');
  for (const text of [TEXT, TEXT.trimEnd(), '', 'x\n# last known good, crc32 00000000\n']) {
    t.equal(writeLastKnownGood(path, text), undefined);
    t.equal(readLastKnownGood(path), text);
  }
  writeLastKnownGood(path, TEXT);
  const bytes = readFileSync(path);
  const body = Buffer.byteLength(TEXT);
  for (let i = 0; i < body * 8; i++) {
    const damaged = Buffer.from(bytes);
    damaged[i >> 3]! ^= 1 << (i & 7);
    writeFileSync(path, damaged);
    if (readLastKnownGood(path) !== undefined) t.fail(`bit ${i}`);
  }
  writeFileSync(path, TEXT);
  t.equal(readLastKnownGood(path), TEXT, 'one of a version that sealed none');
});

t.test('anything in the place of either', async (t) => {
  const path = join(made, 'anything');
  const puts: readonly (() => void)[] = [
    () => execFileSync('mkfifo', [path]),
    () => mkdirSync(path),
    () => execFileSync('ln', ['-s', '/dev/zero', path]),
    () => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 33);
    },
  ];
  const beganMs = performance.now();
  for (const put of puts) {
    put();
    t.throws(() => readRecord(path));
    t.equal(readLastKnownGood(path), undefined);
    rmSync(path, { recursive: true });
  }
  t.ok(performance.now() - beganMs < 1_000, 'at once');
});
