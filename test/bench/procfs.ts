/**
 * What a process has cost so far, as the kernel counted it (proc(5)).
 *
 * CPU time is the sum over its threads of schedstat's first number, which counts nanoseconds; utime and stime of `stat`
 * count ticks of 10 ms. Node's threads live as long as the process, so none is missing from the sum.
 */

import { readdirSync, readFileSync } from 'node:fs';

export interface Cost {
  readonly cpuMs: number;
  /** Times that a thread of it went to sleep by itself, and so was woken again. */
  readonly sleeps: number;
  readonly residentMiB: number;
  /** Of that what is its own: the rest is files, above all the pages of its program that were ever touched, which it shares and can lose. */
  readonly anonymousMiB: number;
  /** The most it ever was. */
  readonly peakMiB: number;
}

export function costOf(pid: number): Cost {
  let [cpuNs, sleeps] = [0, 0];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const directory = `/proc/${pid}/task/${thread}`;
    cpuNs += Number(readFileSync(`${directory}/schedstat`, 'utf8').split(' ', 1)[0]);
    sleeps += field(readFileSync(`${directory}/status`, 'utf8'), 'voluntary_ctxt_switches');
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuMs: cpuNs / 1e6,
    sleeps,
    residentMiB: field(status, 'VmRSS') / 1024,
    anonymousMiB: field(status, 'RssAnon') / 1024,
    peakMiB: field(status, 'VmHWM') / 1024,
  };
}

function field(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text);
  if (match === null) throw new Error(`no ${name} in /proc`);
  return Number(match[1]);
}
