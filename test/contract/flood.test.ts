/**
 * Floods of events that would abort the process with the unmodified netlink package (fact N2), and
 * listeners that throw. Each case is a process of its own and must not end by a signal.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { NAMESPACE_MARK } from './real-world.js';

const ROUTES = 120_000;

interface Report {
  readonly thrown: number;
  readonly added: readonly { readonly ok: boolean }[];
  readonly again: readonly { readonly ok: boolean }[];
  readonly foreignRoutes: number;
  readonly ownDeleted: readonly string[];
  readonly overflow: readonly string[];
  readonly routeHints: number;
  readonly linkHints: number;
  readonly cpuMs: number;
}

function run(
  mode: string,
  routes = ROUTES,
): {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly report: Report | undefined;
} {
  const child = fileURLToPath(new URL('flood-child.js', import.meta.url));
  const env = { ...process.env, [NAMESPACE_MARK]: 'yes' };
  const { status, signal, stdout, stderr } = spawnSync(
    'unshare',
    ['--net', process.execPath, child, mode, String(routes)],
    { encoding: 'utf8', env },
  );
  return {
    status,
    signal,
    stderr,
    report: stdout.startsWith('{') ? (JSON.parse(stdout) as Report) : undefined,
  };
}

const options = { skip: process.getuid?.() !== 0 && 'needs root for a network namespace' };

t.test(
  'a flood that the filter keeps out: our own deleted route is heard, nothing is lost',
  options,
  async (t: Test) => {
    const { status, signal, stderr, report } = run('narrow');
    t.same([status, signal], [0, null], stderr);
    t.equal(report?.ownDeleted.length, 1);
    t.match(
      report?.ownDeleted[0],
      /^deleted route default via 198\.51\.100\.1 dev mgmt0 table 25500 proto 157 metric 1 by /,
    );
    t.same(report?.overflow, []);
    t.ok(report!.linkHints >= ROUTES / 100 - 1, `${report?.linkHints} link hints`);
    t.ok(report!.foreignRoutes > ROUTES);
    t.match(report?.again, [{ ok: true }]);
    t.comment(`${report?.cpuMs} ms CPU`);
  },
);

t.test(
  'a flood that the filter lets in overflows: one hint says so, and the process goes on',
  options,
  async (t: Test) => {
    const { status, signal, stderr, report } = run('wide');
    t.same([status, signal], [0, null], stderr);
    t.ok(report!.overflow.length >= 1 && report!.overflow.length <= 3, String(report?.overflow));
    t.match(report?.overflow[0], /^\d+ kernel events lost$/);
    t.ok(report!.routeHints < ROUTES, 'it was a real overflow');
    t.ok(report!.foreignRoutes > ROUTES, 'looking again finds everything');
    t.match(report?.again, [{ ok: true }]);
  },
);

t.test('a listener that throws: an ordinary uncaught exception, never an abort', options, async (t: Test) => {
  const caught = run('throw', 1000);
  t.same([caught.status, caught.signal], [0, null], caught.stderr);
  t.ok(caught.report!.thrown >= 10);
  t.match(caught.report?.again, [{ ok: true }]);
  const bare = run('throw-bare', 1000);
  t.same([bare.status, bare.signal], [1, null]);
  t.match(bare.stderr, /a listener with a bug/);
});

t.test(
  'without koffi: no event socket that could abort, a hint to look each second, everything else works',
  options,
  async (t: Test) => {
    const { status, signal, stderr, report } = run('no-koffi', 20_000);
    t.same([status, signal], [0, null], stderr);
    t.match(report?.added, [{ ok: true }]);
    t.match(report?.again, [{ ok: true }]);
    t.ok(report!.overflow.length >= 1);
    t.ok(report!.foreignRoutes > 20_000);
  },
);
