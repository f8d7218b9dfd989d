/** The catalogue as a whole: a host in order has no finding, codes are unique and documented, a blind look is never a false ok. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { CATALOGUE } from '../../../src/doctor/catalogue.js';
import { diagnose, exitStatusOf } from '../../../src/doctor/report.js';
import { unseen } from '../../../src/doctor/seen.js';
import { hostWith, ROOT } from './fixture.js';

const checks = CATALOGUE.flatMap((group) => group.checks);
const manual = readFileSync(`${ROOT}docs/DOCTOR.md`, 'utf8');

t.test('a host in order', async (t) => {
  const report = diagnose(hostWith());
  t.strictSame(
    report.findings.filter(({ severity }) => severity !== 'ok'),
    [],
  );
  t.equal(exitStatusOf(report), 0);
  t.ok(report.summary.ok > 50, `${report.summary.ok} checks ok`);
  t.equal(report.summary.ok + report.summary.notApplicable, checks.length);
});

t.test('codes', async (t) => {
  t.equal(new Set(checks.map(({ code }) => code)).size, checks.length, 'unique');
  for (const { code, title, facts = '' } of checks) {
    t.match(code, /^[a-z0-9]+(-[a-z0-9]+)+$/);
    t.notMatch(title, /\.$/, `${code}: no sentence of its own`);
    for (const fact of facts.split(', ').filter((word) => word !== ''))
      t.match(readFileSync(`${ROOT}docs/FACTS.md`, 'utf8'), new RegExp(`\\b${fact}\\b`), `${code} rests on ${fact}`);
  }
});

t.test('docs/DOCTOR.md has one item for each code, in the order of the catalogue, and no other', async (t) => {
  const rows = [...manual.matchAll(/^- `([a-z0-9-]+)` ([^(:]+)(?: \(([^)]*)\))?: ./gm)];
  t.strictSame(
    rows.map((row) => row[1]),
    checks.map(({ code }) => code),
  );
  for (const [i, { code, facts = '' }] of checks.entries()) {
    t.match(
      rows[i]?.[2] ?? '',
      /^(error|warning|note|unknown)(, (error|warning|note|unknown))*$/,
      `${code}: severities`,
    );
    t.equal(rows[i]?.[3] ?? '', facts, `${code}: facts`);
  }
  for (const { name } of CATALOGUE) t.match(manual, new RegExp(`^### ${name}$`, 'mi'), name);
});

t.test('who can see nothing says so: no check that needs evidence passes without it', async (t) => {
  const why = unseen('no permission');
  const base = hostWith();
  const closed = new Map(
    [...base.files].map(([path, entry]) => [
      path,
      path.startsWith('/run/systemd/system') || path.startsWith('/proc')
        ? entry
        : ({ kind: 'unreadable', why: 'no permission' } as const),
    ]),
  );
  const blind = hostWith({
    more: {
      configuration: { ...base.configuration, kept: why },
      kernel: why,
      rules: why,
      processes: why,
      systemd: why,
      shippedUnit: why,
      runningComplete: why,
      files: closed,
      agent: { ...base.agent, status: why, others: why },
    },
  });
  const report = diagnose(blind);
  const ok = report.findings.filter(({ severity }) => severity === 'ok').map(({ code }) => code);
  // These judge the configuration, the clock, and what was seen all the same: sockets, the agent's identity, that systemd runs, that a unit file is there.
  t.strictSame(
    ok.sort(),
    [
      'capability-missing',
      'clock-before-build',
      'config-missing',
      'config-faults',
      'destination-nested',
      'native-missing',
      'no-systemd',
      'probe-timeout-short',
      'protocol-reserved',
      'socket-absent',
      'socket-denied',
      'socket-silent',
      'socket-stale',
      'state-not-writable',
      'unit-not-installed',
      'unit-of-frr',
    ].sort(),
  );
  t.ok(report.summary.unknown >= 25, `${report.summary.unknown} unknown`);
});
