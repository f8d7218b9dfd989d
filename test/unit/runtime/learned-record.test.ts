/** What `auto` has learned survives a restart; a record that is damaged or absent is an empty one. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Learned, LearnedWay } from '../../../src/core/takeover-state.js';
import { readLearned, writeLearned } from '../../../src/runtime/learned-record.js';

const directory = mkdtempSync(join(tmpdir(), 'br-learned-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'learned.json');

const WHOLE = { gateway: '192.0.2.1', onlink: true, source: '192.0.2.7', metrics: '0800020078050000' } as const;

t.test('what was written is read, as remembered', (t) => {
  t.equal(readLearned(path).size, 0, 'no file');
  const learned: Learned = new Map<string, LearnedWay>([
    ['inet eth0', WHOLE],
    ['inet6 02:00:00:00:00:01', { gateway: 'fe80::1' }],
    ['inet wwan0', { gateway: undefined }],
  ]);
  t.equal(writeLearned(path, learned), undefined);
  const expected = [...learned].map(([key, way]) => [key, { ...way, remembered: true as const }] as const);
  t.match(readLearned(path), new Map(expected));
  t.equal(writeLearned(path, readLearned(path)), undefined);
  t.match(readLearned(path), new Map(expected), 'and again');
  t.match(writeLearned(join(path, 'learned.json'), learned), /EEXIST|ENOTDIR/);
  t.end();
});

t.test('damage is nothing', (t) => {
  const way = JSON.stringify(WHOLE);
  const whole = (learned: string): string => `{"version":1,"learned":${learned}}`;
  for (const text of ['', '{', '[]', 'null', '{"version":1}', `{"version":2,"learned":{"inet eth0":${way}}}`]) {
    writeFileSync(path, text);
    t.equal(readLearned(path).size, 0, text);
  }
  for (const bad of [
    { gateway: '192.0.2' },
    { gateway: 7 },
    { onlink: 'yes' },
    { source: 'fe80::1' },
    { metrics: '08' },
    { metrics: 'zzzzzzzz' },
  ]) {
    writeFileSync(path, whole(`{"inet eth0":${JSON.stringify({ ...WHOLE, ...bad })},"inet eth1":${way}}`));
    t.same([...readLearned(path).keys()], ['inet eth1'], JSON.stringify(bad));
  }
  writeFileSync(path, whole(`{"eth0":${way},"inet4 eth0":${way},"inet eth0":null}`));
  t.equal(readLearned(path).size, 0, 'keys');
  writeFileSync(path, `{"version":1,"learned":{"inet eth0":${way}},"crc32":"00000000"}`);
  t.equal(readLearned(path).size, 0, 'checksum');
  t.end();
});
