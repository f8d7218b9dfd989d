/**
 * A full or read-only disk. Each record reports the fault, what was kept before stays complete,
 * nothing is left behind that would keep the disk full, and everything is written again once there
 * is room.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { tryCommand } from '../../src/drill/lab/command.js';

const RECORDS = ['covered', 'orders', 'unconfirmed', 'last known good', 'last known good, by a thread'];

t.test('records on a disk that is full, and read-only', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'br-disk-'));
  t.teardown(() => rmSync(disk, { recursive: true }));
  const script = 'mount -t tmpfs -o size=512k tmpfs "$0" && exec "$@"';
  const child = join(import.meta.dirname, 'disk-child.js');
  const result = tryCommand(['unshare', '--mount', 'sh', '-c', script, disk, process.execPath, child, disk]);
  t.equal(result.status, 0, result.stderr);
  const told = JSON.parse(result.stdout) as Readonly<Record<string, unknown>>;
  for (const name of RECORDS) {
    t.same(told[`room: ${name}`], ['kept', 'one'], name);
    t.same(told[`full: ${name}`], ['fault', 'one'], `${name}, full: told, and the former one is whole`);
    t.same(told[`room again: ${name}`], ['kept', 'second'], `${name}, room again`);
    t.same(told[`read-only: ${name}`], ['fault', 'second'], `${name}, read-only`);
  }
  for (const when of ['room', 'full', 'room again', 'read-only']) t.same(told[`${when}: left behind`], [], when);
  const numbers = told['history'] as readonly number[];
  t.same(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  for (const seq of [1, 3, 5]) t.ok(numbers.includes(seq), `event ${seq} is on disk`);
  t.equal(told['faults of the history'], 2, 'told once each');
});
