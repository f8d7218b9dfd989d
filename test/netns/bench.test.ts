/**
 * scripts/bench still works: one or two rounds of everything, with small numbers. The values are
 * not judged. Every contestant must have a value for every condition, none may be missing, and the
 * tables must have the announced width.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Report } from '../bench/render.js';

const needed = ['/usr/bin/gcc', '/usr/sbin/keepalived', '/usr/lib/frr/zebra'];
const missing = needed.filter((path) => !existsSync(path));

t.test('scripts/bench --smoke', { skip: missing.length > 0 && `not installed: ${missing.join(', ')}` }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'br-bench-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'results.json');
  // Tests run at the top of the project.
  const { status, stdout, stderr } = spawnSync('scripts/bench', ['--smoke', '--json', file], {
    encoding: 'utf8',
    env: { ...process.env, BENCH_NO_SETUP: '1', NODE_OPTIONS: '' },
    timeout: 200_000,
  });
  t.equal(status, 0, 'it ends well') || t.comment(stderr);
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  t.strictSame(
    report.sections.map(({ id }) => id),
    ['death', 'start', 'commands', 'changes', 'scale', 'others', 'hang'],
  );
  t.match(report.machine, { kernel: /^\d/, node: /^v\d/, frr: /^\d/, keepalived: /^\d/ });

  const groups = report.sections.flatMap(({ id, groups }) =>
    groups.map((group) => ({ name: `${id}/${group.id}`, group })),
  );
  for (const { name, group } of groups) {
    t.ok(group.rows.length > 0, `${name} has rows`);
    for (const { id, summary } of group.rows) {
      t.ok(
        summary.count > 0 &&
          Number.isFinite(summary.median) &&
          summary.maximum >= summary.median &&
          summary.median >= summary.minimum,
        `${name}: ${id} gave numbers`,
      );
      t.equal(summary.missed, 0, `${name}: ${id} missed nothing`);
    }
  }
  const rowsOf = (wanted: string): readonly string[] =>
    groups.find(({ name }) => name === wanted)?.group.rows.map(({ id }) => id) ?? [];
  const fast = [
    'floor',
    'floor-again',
    'floor-rules',
    'floor-events',
    'node',
    'agent-main',
    'agent-local',
    'agent-local-eof',
    'keepalived',
    'keepalived-script',
  ];
  for (const condition of ['zebra', 'bgpd', 'cores', 'flood'])
    t.strictSame(rowsOf(`death/${condition}`), fast, condition);
  t.strictSame(rowsOf('death/slow'), ['agent-local', 'keepalived-routes', 'vtysh']);

  for (const { title, value } of report.sections.flatMap(({ targets }) => targets))
    t.ok(Number.isFinite(value), `a number for: ${title}`);
  t.match(stdout, /^contestant +n +missed +median +p99 +max/m);
  t.notMatch(stdout, /NaN|undefined/);
});

t.test('wrong arguments are explained', async (t) => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['dist/test/bench/main.js', ...args], { encoding: 'utf8' });
  t.match(run('--only', 'speed'), { status: 64, stderr: /--only: speed is none of death, start/ });
  t.match(run('--rounds', '0'), { status: 64, stderr: /--rounds: a whole number from 1, not 0/ });
  t.match(run('--help'), { status: 0, stdout: /^usage: scripts\/bench/ });
});
