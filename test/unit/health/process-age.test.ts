/** How long a daemon has existed; undefined for every doubt. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ageFromProc, ageFromSocket, processAgeMs, socketAgeMs } from '../../../src/health/process-age.js';
import { directory, FakeVty, sleep } from './fake-vty.js';

/** proc(5): fields 4 to 21 do not matter here. */
const stat = (comm: string, state: string, ticks: number): string =>
  `77 (${comm}) ${state} ${'0 '.repeat(18)}${ticks} 0 0\n`;

t.test('from the texts of proc(5)', async (t) => {
  t.equal(ageFromProc(stat('zebra', 'S', 1000), '12.34 0.00\n', 'zebra'), 2340);
  t.equal(ageFromProc(stat('z) (x', 'S', 1000), '12.34 0.00\n', 'z) (x'), 2340);
  t.equal(
    ageFromProc(stat('bash', 'S', 1000), '12.34 0.00\n', 'zebra'),
    undefined,
    'the number now belongs to another',
  );
  t.equal(ageFromProc(stat('zebra', 'Z', 1000), '12.34 0.00\n', 'zebra'), undefined, 'a zombie');
  t.equal(ageFromProc(stat('zebra', 'S', 5000), '12.34 0.00\n', 'zebra'), 0, 'from the future');
  t.equal(ageFromProc('', '', 'zebra'), undefined);
  t.equal(ageFromProc('77 (zebra) S', '12.34', 'zebra'), undefined);
});

t.test('of this very process', async (t) => {
  const { path, remove } = directory();
  t.teardown(remove);
  const file = join(path, 'x.pid');
  t.equal(processAgeMs(file, 'node'), undefined, 'no file');
  writeFileSync(file, 'soon\n');
  t.equal(processAgeMs(file, 'node'), undefined, 'no number');
  writeFileSync(file, `${process.pid}\n`);
  t.equal(processAgeMs(file, 'zebra'), undefined, 'another name');
  await sleep(50);
  const comm = readFileSync('/proc/self/comm', 'latin1').trim();
  const uptimeMs = process.uptime() * 1000;
  t.ok(Math.abs(processAgeMs(file, comm)! - uptimeMs) < 1_000, 'as old as it is');
});

t.test('of a socket: since it was made, unless the clock has been set', async (t) => {
  t.equal(ageFromSocket(1000, 4000, 60_000), 3000);
  t.equal(ageFromSocket(4000, 1000, 60_000), undefined, 'the clock was set back');
  t.equal(ageFromSocket(1000, 1_800_000_000_000, 60_000), undefined, 'older than this boot: the clock was set');
  const { path, remove } = directory();
  t.teardown(remove);
  const file = join(path, 'x.vty');
  t.equal(socketAgeMs(file), undefined, 'there is none');
  const server = await new FakeVty().listen(file);
  t.teardown(() => server.die());
  await sleep(60);
  const ageMs = socketAgeMs(file)!;
  t.ok(ageMs >= 50 && ageMs < 5000, `${ageMs} ms`);
});
