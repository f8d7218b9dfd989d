/**
 * The findings of a host as one value, as stable JSON (docs/DOCTOR.md) and as wrapped text. The
 * worst findings come first. Text that can be pasted is not wrapped. Pure.
 */

import { EXIT } from '../model/exit.js';
import { ipWords } from '../model/route-text.js';
import { counted, oneLine, type Paint, wrap } from '../model/text.js';
import { checksFor } from './catalogue.js';
import { exists } from './files.js';
import type { FindingSeverity } from './finding.js';
import type { Host } from './host.js';
import { withoutSystemd } from './without-systemd.js';

/** Fields are added, never renamed or removed, while `version` is 1. */
export interface DoctorReport {
  readonly version: 1;
  readonly configuration: string;
  readonly findings: readonly ReportedFinding[];
  readonly summary: {
    readonly errors: number;
    readonly warnings: number;
    readonly notes: number;
    readonly ok: number;
    readonly unknown: number;
    readonly notApplicable: number;
  };
}

export interface ReportedFinding {
  readonly code: string;
  readonly group: string;
  readonly severity: FindingSeverity;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly remedy: string | null;
}

const ORDER: readonly FindingSeverity[] = ['error', 'warning', 'note', 'unknown', 'ok'];

/**
 * Runs every check. Each finding of a check counts. A check without findings counts as ok and
 * reports its title.
 */
export function diagnose(host: Host): DoctorReport {
  const findings: ReportedFinding[] = [];
  let notApplicable = 0;
  const systemd = exists(host.files, '/run/systemd/system');
  const { missing = [] } = host.configuration;
  for (const { name: group, checks } of checksFor(missing.length === 0)) {
    for (const { code, title, run } of checks) {
      const outcome = run(host);
      if (outcome === 'not-applicable') notApplicable++;
      else if (outcome.length === 0)
        findings.push({ code, group, severity: 'ok', message: title, evidence: [], remedy: null });
      else
        findings.push(
          ...outcome.map(({ severity, message, evidence, remedy }) => ({
            code,
            group,
            severity,
            message,
            evidence,
            remedy: remedy === undefined ? null : systemd ? remedy : withoutSystemd(remedy),
          })),
        );
    }
  }
  const count = (severity: FindingSeverity): number => findings.filter((one) => one.severity === severity).length;
  const sorted = ORDER.flatMap((severity) => findings.filter((one) => one.severity === severity));
  return {
    version: 1,
    configuration: host.configuration.file,
    findings: sorted,
    summary: {
      errors: count('error'),
      warnings: count('warning'),
      notes: count('note'),
      ok: count('ok'),
      unknown: count('unknown'),
      notApplicable,
    },
  };
}

/** 78 if the configuration itself has errors, else 1 if a finding is worse than a note, else 0. */
export function exitStatusOf(report: DoctorReport): number {
  if (report.findings.some(({ code, severity }) => code === 'config-faults' && severity === 'error'))
    return EXIT.CONFIG;
  return report.summary.errors + report.summary.warnings > 0 ? EXIT.NOT_IN_STATE : EXIT.OK;
}

const COLOUR = { error: 'red', warning: 'yellow', note: 'bold', unknown: 'dim', ok: 'green' } as const;
const WORD: Readonly<Record<FindingSeverity, string>> = {
  error: 'ERROR',
  warning: 'WARNING',
  note: 'NOTE',
  unknown: 'UNKNOWN',
  ok: 'OK',
};
/** The left margin of a finding's text. */
const MARGIN = '         ';
const WIDTH = 80;

type Format = Required<Pick<RenderOptions, 'paint' | 'width'>>;

interface RenderOptions {
  /** Also print the checks that found nothing, and in full what could not be looked at. */
  readonly verbose: boolean;
  readonly paint: Paint;
  /** The width in columns, default 80. Infinity disables wrapping. */
  readonly width?: number;
}

export function render(report: DoctorReport, { verbose, paint, width = WIDTH }: RenderOptions): string {
  const blocks: string[] = [];
  for (const finding of report.findings) {
    if (finding.severity === 'ok' || finding.severity === 'unknown') continue;
    blocks.push(block(finding, { paint, width }));
  }
  const brief = report.findings.filter(({ severity }) => severity === 'unknown' || (severity === 'ok' && verbose));
  if (brief.length > 0) blocks.push(brief.map((finding) => line(finding, { paint, width })).join(''));
  const { errors, warnings, notes, ok, unknown } = report.summary;
  const last = `${counted(errors, 'error')}, ${counted(warnings, 'warning')}, ${counted(notes, 'note')}, ${counted(ok, 'check')} ok, ${unknown} not possible`;
  return `${[...blocks, `${paint(errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', last)}\n`].join('\n')}`;
}

function block(
  { severity, code, group, message, evidence, remedy }: ReportedFinding,
  { paint, width }: Format,
): string {
  const lines = [
    `${paint(COLOUR[severity], WORD[severity].padEnd(MARGIN.length))}${paint('bold', code)}  ${paint('dim', group)}`,
    ...wrap(oneLine(ipWords(message)), width - MARGIN.length).map((text) => `${MARGIN}${text}`),
    ...labelled(
      'seen',
      evidence.flatMap((text) => wrap(oneLine(ipWords(text)), width - MARGIN.length - 6, '  ')),
    ),
    // Not wrapped, so that it can be pasted.
    ...labelled('do', (remedy?.split('\n') ?? []).map(oneLine)),
  ];
  return `${lines.map((text) => `${text.trimEnd()}\n`).join('')}`;
}

function line({ severity, code, message }: ReportedFinding, { paint, width }: Format): string {
  const [first, ...rest] = wrap(oneLine(ipWords(`${code}: ${message}`)), width - MARGIN.length);
  return `${paint(COLOUR[severity], WORD[severity].padEnd(MARGIN.length))}${first}\n${rest.map((text) => `${MARGIN}${text}\n`).join('')}`;
}

function labelled(label: string, lines: readonly string[]): readonly string[] {
  return lines.map((text, i) => `${MARGIN}${(i === 0 ? label : '').padEnd(6)}${text}`);
}
