/**
 * The machine that the numbers are of, and how disturbed it was: numbers without it cannot be compared with anything.
 */

import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { tryCommand } from '../../src/drill/lab/command.js';

export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly frr: string;
  readonly keepalived: string;
  readonly iproute2: string;
}

/** Counters of the machine at one time. */
export interface Load {
  /** Of the last minute. */
  readonly average: number;
  /** CPU time that the hypervisor gave to others, of all cores, in clock ticks. */
  readonly stealTicks: number;
  readonly allTicks: number;
}

export function machine(): Machine {
  return {
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    frr: version(['/usr/lib/frr/zebra', '--version'], /version (\S+)/),
    keepalived: version(['keepalived', '--version'], /v(\d\S*)/),
    iproute2: version(['ip', '-V'], /iproute2-(\S+?),?(?:\s|$)/),
  };
}

export function load(): Load {
  const ticks = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number);
  // user nice system idle iowait irq softirq steal (proc_stat(5)); guest time is part of user.
  return {
    average: loadavg()[0]!,
    stealTicks: ticks[7] ?? 0,
    allTicks: ticks.slice(0, 8).reduce((sum, one) => sum + one, 0),
  };
}

/** Per cent of the CPU time between two moments that the hypervisor gave to others. */
export function stolenPercent(from: Load, to: Load): number {
  return (100 * (to.stealTicks - from.stealTicks)) / Math.max(1, to.allTicks - from.allTicks);
}

function version(argv: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = tryCommand(argv);
  return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? 'unknown';
}
