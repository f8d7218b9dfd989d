/** What `doctor` says under a real systemd: the steps of boot.test.ts that need no boot of their own. */

import type { Test } from 'tap';
import type { DoctorReport, ReportedFinding } from '../../src/doctor/report.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Router } from './router.js';

const NETWORKD = ['networkd-foreign-routes', 'networkd-foreign-rules'] as const;

function doctor({ machine }: Router): DoctorReport {
  const { stdout, stderr } = machine.try('backup-router', 'doctor', '--json', '--verbose');
  if (!stdout.startsWith('{')) throw new Error(`doctor --json: ${stderr}${stdout}`);
  return JSON.parse(stdout) as DoctorReport;
}

function of(report: DoctorReport, code: string): readonly ReportedFinding[] {
  return report.findings.filter((finding) => finding.code === code && finding.severity !== 'ok');
}

/** After the installation, beside an FRR that has converged: nothing false. */
export function installedIsInOrder(t: Test, router: Router): void {
  const report = doctor(router);
  t.same(
    report.findings
      .filter(({ severity }) => severity === 'error')
      .map(({ code, message, evidence }) => `${code}: ${message} (${evidence.join('; ')})`),
    [],
    'no error',
  );
  const all = report.findings.map(({ code, severity }) => `${code} ${severity}`);
  for (const code of [
    'unit-not-installed',
    'unit-not-enabled',
    'unit-not-active',
    'unit-needs-reload',
    'unit-user-missing',
    'unit-differs',
    'unit-sandbox',
    'unit-no-watchdog',
    'unit-ordering',
    'agent-not-running',
    'capability-missing',
    'socket-denied',
    ...NETWORKD,
  ])
    t.ok(all.includes(`${code} ok`), `${code} is ok`);
  t.match(
    report.findings.filter(({ group, severity }) => group === 'unit' && severity === 'unknown'),
    [],
    'systemd could be asked everything',
  );
}

/**
 * networkd runs and manages the interface: found; its remedy pasted: gone, and the next start deletes nothing. `watch` restarts it and
 * ends with what of IPv6 was deleted: networkd 252 takes its own IPv4 address away and adds it again at each start, and with it go all
 * IPv4 routes through the interface (fact K2), drop-in or not.
 */
export async function networkdRemedyHelps(
  t: Test,
  router: Router,
  watch: () => Promise<readonly string[]>,
): Promise<void> {
  const { machine } = router;
  machine.run('systemctl', 'start', 'systemd-networkd');
  await eventually(() => of(doctor(router), NETWORKD[0]).length > 0, {
    timeoutMs: 20_000,
    what: 'doctor to see networkd',
  });
  const report = doctor(router);
  for (const code of NETWORKD) {
    const [found] = of(report, code);
    t.match(found, { severity: 'warning', remedy: /ManageForeignRoutes=no/ }, code);
    t.match(found?.evidence.join('\n'), /ADMIN_STATE=configured[\s\S]*not set, so yes/, 'with what was seen');
  }
  machine.run('sh', '-ec', of(report, NETWORKD[0])[0]!.remedy!);
  const cured = doctor(router);
  for (const code of NETWORKD) t.same(of(cured, code), [], `${code} is gone`);
  t.same(await watch(), [], 'and networkd deletes nothing of ours at its next start');
  machine.run('rm', '/etc/systemd/networkd.conf.d/backup-router.conf');
  machine.run('systemctl', 'stop', 'systemd-networkd');
}
