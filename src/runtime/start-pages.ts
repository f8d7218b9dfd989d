/**
 * Lets go of the pages of programs and libraries that only the start needed: most of what Node touches of its own 90 MB while it boots is
 * never run again, and stays in the resident set all the same. A page that is needed after all is mapped again where it lies, in the page cache.
 *
 * Invariant: only code that is the file's own, to the byte. A mapping with a single page of the process's own (a debugger's breakpoint) is left alone.
 */

import { readFileSync } from 'node:fs';
import { loadLibc } from '../native/libc.js';

/** The end of the start: V8 compiles for some seconds what it found busy. */
const SETTLED_MS = 10_000;

export interface Mapping {
  readonly address: bigint;
  readonly size: number;
}

/** Does it once, when the start has settled, if the process is still there. */
export function releaseStartPages(afterMs = SETTLED_MS): void {
  const timer = setTimeout(() => {
    const libc = loadLibc();
    if (libc === undefined) return;
    for (const { address, size } of codeMappings(readMappings())) libc.dontNeed(address, size);
  }, afterMs);
  timer.unref();
}

/** Mappings of code without a page of the process's own, of the text of /proc/PID/smaps (proc_pid_smaps(5)). */
export function codeMappings(smaps: string): readonly Mapping[] {
  const found: Mapping[] = [];
  for (const block of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ [1-9]/.exec(block);
    // What has no inode V8 has compiled.
    if (head === null || !/^Anonymous: +0 kB$/m.test(block) || /^Swap: +[1-9]/m.test(block)) continue;
    const [from, to] = [BigInt(`0x${head[1]}`), BigInt(`0x${head[2]}`)];
    found.push({ address: from, size: Number(to - from) });
  }
  return found;
}

function readMappings(): string {
  try {
    return readFileSync('/proc/self/smaps', 'utf8');
  } catch {
    return ''; // No /proc: nothing is let go of.
  }
}
