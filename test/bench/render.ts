/**
 * Results as text: aligned columns for a terminal, pipes for docs/BENCHMARKS.md. Decides nothing but the looks.
 */

import type { Machine } from './machine.js';
import type { Group, Section, Target } from './results.js';

export interface Report {
  readonly machine: Machine;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly tookS: number;
  readonly loadAverage: readonly [before: number, after: number];
  readonly stolenPercent: number;
  readonly sections: readonly Section[];
}

type Cells = readonly string[];

export function render(report: Report, markdown: boolean): string {
  const heading = (level: number, text: string): string =>
    markdown ? `${'#'.repeat(level + 2)} ${text}` : level === 0 ? `${text}\n${'='.repeat(text.length)}` : text;
  const table = (rows: readonly Cells[]): string => (markdown ? piped(rows) : aligned(rows));
  const blocks = [conditions(report)];
  for (const section of report.sections) {
    blocks.push(heading(0, section.title), section.method);
    for (const group of section.groups)
      blocks.push(heading(1, `${group.title} (${group.unit})`), table(cellsOf(group)));
    if (section.targets.length > 0) blocks.push(heading(1, 'Targets'), table(targetCells(section.targets)));
    if (section.notes.length > 0) blocks.push(section.notes.join('\n'));
  }
  return `${blocks.join('\n\n')}\n`;
}

function conditions({ machine, startedAt, tookS, loadAverage, stolenPercent }: Report): string {
  const { kernel, cpu, cores, memoryGiB, node, frr, keepalived, iproute2 } = machine;
  return [
    `Kernel ${kernel}, ${cores} x ${cpu}, ${memoryGiB} GiB; Node ${node.slice(1)}, FRR ${frr}, keepalived ${keepalived}, iproute2 ${iproute2}.`,
    `${startedAt}, ${Math.round(tookS)} s; load average ${loadAverage[0].toFixed(2)} before, ${loadAverage[1].toFixed(2)} after; ${stolenPercent.toFixed(2)} % of the CPU time went to other guests.`,
  ].join('\n');
}

function cellsOf(group: Group): readonly Cells[] {
  return [
    ['contestant', 'n', 'missed', 'median', 'p99', 'max', ...group.by.map((id) => `x ${id}`)],
    ...group.rows.map(({ title, summary: s, ratios }) => [
      title,
      String(s.count),
      String(s.missed),
      number(s.median),
      number(s.p99),
      number(s.maximum),
      ...group.by.map((id) => ratio(ratios[id])),
    ]),
  ];
}

function targetCells(targets: readonly Target[]): readonly Cells[] {
  return [
    ['target', 'found', 'limit', 'met'],
    ...targets.map(({ title, value, limit, atLeast, unit, met }) => [
      title,
      withUnit(number(value), unit),
      `${atLeast === true ? '>=' : '<='} ${withUnit(String(limit), unit)}`,
      met ? 'yes' : 'NO',
    ]),
  ];
}

function withUnit(text: string, unit: string): string {
  return unit === '' ? text : `${text} ${unit}`;
}

/** Three significant digits, no exponents. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function ratio(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(2);
}

function aligned(rows: readonly Cells[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function piped([head, ...rows]: readonly Cells[]): string {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |`;
  return [line(head!), `|---${'|---:'.repeat(head!.length - 1)}|`, ...rows.map(line)].join('\n');
}
