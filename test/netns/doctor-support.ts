/**
 * What the doctor-*.test.ts files share: the command, run in the laboratory's router with a
 * directory in place of the host's files, and its JSON.
 *
 * Invariant: nothing of this machine's /etc, /run or /usr is read. Kernel, sockets and processes
 * are the router's own.
 */

import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DoctorReport, ReportedFinding } from '../../src/doctor/report.js';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { CommandResult } from '../../src/drill/lab/command.js';
import type { StandardLab } from '../lab/standard.js';
import { agentIn, type ConfigOptions, configText } from './agent-support.js';

const CLI = fileURLToPath(new URL('../../bin/backup-router.cjs', import.meta.url));
const NAMES: Readonly<Record<string, string>> = {
  '/etc/iproute2/rt_protos.d/backup-router.conf': '157 backup-router\n',
  '/etc/iproute2/rt_tables.d/backup-router.conf': '25500 backup-router-0\n',
};

/** A directory with these files, and the names that an installation brings. */
export function hostFiles(std: StandardLab, files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(std.lab.directory, 'host-'));
  // For those who look as somebody else.
  chmodSync(root, 0o755);
  for (const [path, text] of Object.entries({ ...NAMES, ...files })) {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, text);
  }
  return root;
}

export interface Examination {
  readonly status: number;
  readonly report: DoctorReport;
  /** The findings of one code. */
  of(code: string): readonly ReportedFinding[];
}

function examined(result: CommandResult): Examination {
  let report: DoctorReport;
  try {
    report = JSON.parse(result.stdout) as DoctorReport;
  } catch (error) {
    throw new Error(`doctor --json: exit status ${result.status}: ${result.stderr || result.stdout}`, {
      cause: error,
    });
  }
  return {
    status: result.status,
    report,
    of: (code) => report.findings.filter((finding) => finding.code === code && finding.severity !== 'ok'),
  };
}

/** An agent in the router that is nobody, with CAP_NET_ADMIN alone; its state directory belongs to root. */
export function agentOfNobody(std: StandardLab, options: ConfigOptions): Agent {
  const forAll = (name: string, mode: number): string => {
    const path = join(std.lab.directory, name);
    mkdirSync(path);
    chmodSync(path, mode);
    return path;
  };
  return agentIn(std, options, {
    directory: forAll('agent-of-nobody', 0o755),
    runtimeDirectory: forAll('run-of-nobody', 0o777),
    wrapper: [
      ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
      ...['--inh-caps', '+net_admin', '--ambient-caps', '+net_admin', '--bounding-set', '-all,+net_admin'],
    ],
  });
}

/** Beside a running agent. */
export async function examine(
  std: StandardLab,
  agent: Agent,
  files: Readonly<Record<string, string>> = {},
): Promise<Examination> {
  return examined(await agent.cli('doctor', '--json', '-c', agent.configFile, '--root', hostFiles(std, files)));
}

/** Without an agent, as whoever the wrapper makes of it. */
export async function examineAlone(
  std: StandardLab,
  config: ConfigOptions | string,
  files: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<Examination> {
  const root = hostFiles(std, files);
  const file = join(root, 'config.yaml');
  writeFileSync(file, typeof config === 'string' ? config : configText(config));
  const environment = [
    `PATH=${process.env['PATH']}`,
    `RUNTIME_DIRECTORY=${root}/run/backup-router`,
    `STATE_DIRECTORY=${root}/var/lib/backup-router`,
  ];
  return examined(
    await std.router.runAsync([
      'env',
      '-i',
      ...environment,
      ...wrapper,
      process.execPath,
      CLI,
      'doctor',
      '--json',
      '-c',
      file,
      '--root',
      root,
    ]),
  );
}

/** `code severity` of everything worse than a note, for a test that wants none. */
export function complaints({ report }: Examination): readonly string[] {
  return report.findings
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .map(({ code, severity, message, evidence }) => `${severity} ${code}: ${message} (${evidence.join('; ')})`);
}
