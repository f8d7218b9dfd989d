/**
 * Who caused a notification, in words. nlmsg_pid is a port, usually the process id of the sender's
 * first socket; libnl and its kin put a counter above the low 22 bits (libnl, lib/socket.c).
 */

import { readFileSync } from 'node:fs';

const PID_BITS = 0x3fffff;

/**
 * ` by zebra (pid 123)`, ` by port 123` when the process is gone already, nothing for the kernel
 * itself.
 */
export function senderText(port: number): string {
  if (port === 0) return '';
  for (const pid of new Set([port, port & PID_BITS])) {
    try {
      return ` by ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    } catch {
      // Gone, or never a process id.
    }
  }
  return ` by port ${port}`;
}
