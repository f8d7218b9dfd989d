/** Each check on evidence: what it must tell, with severity, evidence and remedy, and what looks like it and is in order. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { CATALOGUE } from '../../../src/doctor/catalogue.js';
import { diagnose } from '../../../src/doctor/report.js';
import { hostWith, judge, ROOT } from './fixture.js';
import { HOST_ROWS } from './rows-host.js';
import { LINK_ROWS } from './rows-link.js';
import { ROUTE_ROWS } from './rows-routes.js';

const ROWS = [...LINK_ROWS, ...ROUTE_ROWS, ...HOST_ROWS];
const manual = readFileSync(`${ROOT}docs/DOCTOR.md`, 'utf8');

t.test('every check has a row', async (t) => {
  const covered = new Set(ROWS.map(({ code }) => code));
  t.strictSame(
    CATALOGUE.flatMap(({ checks }) => checks.map(({ code }) => code)).filter((code) => !covered.has(code)),
    [],
  );
});

t.test('every severity of a row is one that the manual names for its code', async (t) => {
  for (const { code, severity } of ROWS)
    if (severity !== 'unknown')
      t.match(manual, new RegExp(`^- \`${code}\` [^(:]*\\b${severity}\\b`, 'm'), `${code}: ${severity}`);
});

for (const { code, what, bad, severity, evidence, remedy, near } of ROWS) {
  t.test(`${code}: ${what}`, async (t) => {
    const found = judge(code, bad);
    if (found === 'not-applicable' || found.length === 0) return void t.fail(`tells nothing: ${JSON.stringify(found)}`);
    const first = found[0]!;
    t.equal(first.severity, severity);
    t.match(first.evidence.join('\n'), evidence);
    if (severity === 'unknown') t.match(first.message, /^could not look: ./);
    if (remedy === undefined) t.equal(first.remedy, undefined);
    else t.match(first.remedy ?? '', remedy);
    const fine = judge(code, near);
    t.ok(fine === 'not-applicable' || fine.length === 0, `in order: ${JSON.stringify(fine)}`);
  });
}

t.test('where systemd does not run, no remedy asks it', async (t) => {
  const asking = ROWS.filter(({ code, bad }) => /systemctl|journalctl/.test(JSON.stringify(judge(code, bad))));
  t.ok(asking.length > 10, `${asking.length} rows`);
  for (const { code, what, bad } of asking) {
    const files = { ...bad.files, '/run/systemd/system': undefined };
    for (const { remedy } of diagnose(hostWith({ ...bad, files })).findings)
      t.notMatch(remedy ?? '', /systemctl|journalctl/, `${code}: ${what}`);
  }
});
