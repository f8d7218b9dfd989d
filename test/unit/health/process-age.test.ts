/** How long a process has existed; 0 for every doubt. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ageFromProc, processAgeMs } from '../../../src/health/process-age.js';
import { directory, sleep } from './fake-vty.js';

/** proc(5): fields 4 to 21 do not matter here. */
const stat = (comm: string, state: string, ticks: number): string =>
  `77 (${comm}) ${state} ${'0 '.repeat(18)}${ticks} 0 0\n`;

t.test('from the texts of proc(5)', async (t) => {
  t.equal(ageFromProc(stat('zebra', 'S', 1000), '12.34 0.00\n', 'zebra'), 2340);
  t.equal(ageFromProc(stat('z) (x', 'S', 1000), '12.34 0.00\n', 'z) (x'), 2340);
  t.equal(ageFromProc(stat('bash', 'S', 1000), '12.34 0.00\n', 'zebra'), 0, 'the number now belongs to another');
  t.equal(ageFromProc(stat('zebra', 'Z', 1000), '12.34 0.00\n', 'zebra'), 0, 'a zombie');
  t.equal(ageFromProc(stat('zebra', 'S', 5000), '12.34 0.00\n', 'zebra'), 0, 'from the future');
  t.equal(ageFromProc('', '', 'zebra'), 0);
  t.equal(ageFromProc('77 (zebra) S', '12.34', 'zebra'), 0);
});

t.test('of this very process', async (t) => {
  const { path, remove } = directory();
  t.teardown(remove);
  const file = join(path, 'x.pid');
  t.equal(processAgeMs(file, 'node'), 0, 'no file');
  writeFileSync(file, 'soon\n');
  t.equal(processAgeMs(file, 'node'), 0, 'no number');
  writeFileSync(file, `${process.pid}\n`);
  t.equal(processAgeMs(file, 'zebra'), 0, 'another name');
  await sleep(50);
  const comm = readFileSync('/proc/self/comm', 'latin1').trim();
  const uptimeMs = process.uptime() * 1000;
  t.ok(Math.abs(processAgeMs(file, comm) - uptimeMs) < 150, 'as old as it is');
});
