/**
 * The native protocol of journald: one datagram an entry, with fields besides the message
 * (systemd, docs/JOURNAL_NATIVE_PROTOCOL.md).
 *
 * Invariant: it never blocks. If an entry cannot be sent this way, the caller logs it another way.
 */

import { fstatSync } from 'node:fs';
import { libcIfLoaded, sendDatagram } from '../native/libc.js';

const SOCKET = '/run/systemd/journal/socket';

/**
 * Whether standard error leads to journald (JOURNAL_STREAM of systemd.exec(5): device and inode).
 */
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
 * Sends an entry to journald; false: not sent. Nothing is sent before koffi is loaded: loading it
 * would delay the first routes.
 */
export function sendEntry(fields: readonly (readonly [string, string])[], socket = SOCKET): boolean {
  return libcIfLoaded() !== undefined && sendDatagram(socket, journalEntry(fields)).ok;
}

/** Whether a line can be written to a descriptor without blocking; true when not known. */
export function takesMore(descriptor: number): boolean {
  return libcIfLoaded()?.writable(descriptor) ?? true;
}

/** Encodes an entry. */
export function journalEntry(fields: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    const bytes = Buffer.from(value);
    if (bytes.includes(10)) {
      // A value with line feeds is preceded by its length.
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(bytes.length));
      parts.push(Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n'));
    } else parts.push(Buffer.from(`${name}=`), bytes, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
