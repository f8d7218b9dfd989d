/**
 * Names the process that caused a notification. nlmsg_pid is a port: for the first socket of a
 * process usually its process id; libnl and similar libraries put a counter above the low 22 bits
 * (libnl, lib/socket.c).
 */

import { readFileSync } from 'node:fs';

const PID_BITS = 0x3fffff;

/** ` by zebra (pid 123)`; ` by port 123` when the process is gone; empty for the kernel itself. */
export function senderText(port: number): string {
  if (port === 0) return '';
  for (const pid of new Set([port, port & PID_BITS])) {
    try {
      return ` by ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    } catch {
      // The process is gone, or the port was never a process id.
    }
  }
  return ` by port ${port}`;
}
