/**
 * The native protocol of journald: one datagram an entry, with fields of its own beside the message
 * (systemd, docs/JOURNAL_NATIVE_PROTOCOL.md).
 *
 * Invariant: it never waits. Where an entry cannot be sent so, whoever logs has another way.
 */

import { fstatSync } from 'node:fs';
import { libcIfLoaded, sendDatagram } from '../native/libc.js';

const SOCKET = '/run/systemd/journal/socket';

/** Standard error leads to journald (JOURNAL_STREAM of systemd.exec(5): device and inode). */
export function leadsToJournal(env: NodeJS.ProcessEnv, descriptor = 2): boolean {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/**
 * Hands an entry to journald; false: it did not take it. Before the native library is there nothing is sent: to load it takes longer
 * than the first routes may wait.
 */
export function sendEntry(fields: readonly (readonly [string, string])[], socket = SOCKET): boolean {
  return libcIfLoaded() !== undefined && sendDatagram(socket, journalEntry(fields)).ok;
}

/** Whether one more line fits into a descriptor without waiting; not known: yes. */
export function takesMore(descriptor: number): boolean {
  return libcIfLoaded()?.writable(descriptor) ?? true;
}

/** The bytes of an entry. */
export function journalEntry(fields: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    const bytes = Buffer.from(value);
    if (bytes.includes(10)) {
      // What has line feeds tells its length first.
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(bytes.length));
      parts.push(Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n'));
    } else parts.push(Buffer.from(`${name}=`), bytes, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
