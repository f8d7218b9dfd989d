/** The bench runs every contestant at the priority that the unit gives the agent; three files must say the same number. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { NICE } from '../../bench/tools.js';

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
}

t.test('one nice value', async (t) => {
  const nice = /^Nice=(-?\d+)$/m.exec(read('systemd/backup-router.service'))?.[1];
  t.ok(nice);
  t.same(NICE, ['nice', '-n', nice]);
  t.match(read('scripts/bench.d/referee.c'), `setpriority(PRIO_PROCESS, 0, ${nice});`);
  t.match(read('docs/BENCHMARKS.md').replaceAll('\n', ' '), `runs at nice ${nice}, as backup-router.service does`);
});
