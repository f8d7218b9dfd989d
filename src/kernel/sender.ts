/**
 * Who caused a notification, in words. nlmsg_pid is a port, usually the process id of the sender's first
 * socket; libnl and its kin put a counter above the low 22 bits (libnl, lib/socket.c).
 */

import { readFileSync } from 'node:fs';

const PID_BITS = 0x3fffff;
const REMEMBER_MS = 1000;
const names = new Map<number, { readonly name: string | undefined; readonly until: number }>();

/** ` by zebra (pid 123)`, ` by port 123` when the process is gone already, nothing for the kernel itself. */
export function senderText(port: number): string {
  if (port === 0) return '';
  const now = performance.now();
  let known = names.get(port);
  if (known === undefined || known.until < now) {
    if (names.size > 100) names.clear();
    known = { name: nameOf(port), until: now + REMEMBER_MS };
    names.set(port, known);
  }
  return known.name === undefined ? ` by port ${port}` : ` by ${known.name}`;
}

function nameOf(port: number): string | undefined {
  for (const pid of new Set([port, port & PID_BITS])) {
    try {
      return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    } catch {
      // Gone, or never a process id.
    }
  }
  return undefined;
}
