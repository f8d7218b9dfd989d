/**
 * Reads a configuration file from disk: the only IO of config/. A file that cannot be read is a diagnostic like
 * any other fault, since the daemon treats both the same: it goes on with what it knows.
 */

import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Diagnostic, Fault } from './diagnostic.js';
import type { JunosHints } from './junos/read.js';
import { type ParsedConfig, parseConfig } from './parse.js';
import { createReport, fileDiagnostic } from './report.js';

/** A file larger than this is none of ours: a Junos configuration of 100,000 lines has some 8 MB. */
const MAX_BYTES = 1 << 25;

export interface LoadedConfig extends ParsedConfig {
  /** The very text that was parsed; undefined when there was none to read, or not as UTF-8. */
  readonly text: string | undefined;
}

/**
 * Reads the file, once, and parses it; never throws. The hints are for what Junos text does not say. A pipe
 * (`-c <(generate)`) is waited for where `pipes` says so: a command may wait, the agent may not.
 */
export function loadConfig(path: string, hints: JunosHints = {}, pipes = false): LoadedConfig {
  let bytes: Buffer;
  try {
    bytes = readBytes(path, pipes);
  } catch (error) {
    return failed(fileDiagnostic(path, readFault(path, error as NodeJS.ErrnoException)));
  }
  const wide = utf16(bytes);
  if (wide === undefined && isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    return { ...parseConfig(text, path, hints), text };
  }
  if (wide !== undefined)
    return failed(
      fileDiagnostic(path, {
        code: 'not-utf8',
        message: `${path} is UTF-16`,
        suggestion: `convert it: iconv -f ${wide} -t utf-8 ${path}`,
      }),
    );
  return lossy(bytes.toString('utf8'), path, hints);
}

/** The text of the file, not parsed; undefined where {@link loadConfig} has none. */
export function configText(path: string): string | undefined {
  try {
    const bytes = readBytes(path, false);
    return utf16(bytes) === undefined && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** Its name for iconv where the file is UTF-16: by its mark, or because every second byte of ASCII text is zero then. */
function utf16(bytes: Buffer): string | undefined {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return 'utf-16';
  const head = bytes.subarray(0, 512);
  const zeros = [0, 1].map((odd) => head.filter((byte, i) => i % 2 === odd && byte === 0).length);
  const many = head.length / 4;
  if (head.length < 16 || Math.max(...zeros) < many || Math.min(...zeros) > many / 2) return undefined;
  return zeros[1]! > zeros[0]! ? 'utf-16le' : 'utf-16be';
}

/** A stray Latin-1 letter in a comment must not cost the router its routes: the rest is read, the fault stands. */
function lossy(text: string, path: string, hints: JunosHints): LoadedConfig {
  const parsed = parseConfig(text, path, hints);
  const report = createReport(text, path);
  const start = text.indexOf('\ufffd');
  report.error(
    { start, end: start + 1 },
    {
      code: 'not-utf8',
      message: 'a byte that is not UTF-8',
      suggestion: `save the file as UTF-8; if it is Latin-1: iconv -f latin1 -t utf-8 ${path}`,
    },
  );
  const diagnostics = [...report.diagnostics(), ...parsed.diagnostics].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
  return { config: undefined, partial: parsed.partial, diagnostics, text: undefined };
}

/** Bounded, whatever the file says of its size: `/dev/zero` and a pipe say 0. */
function readBytes(path: string, pipes: boolean): Buffer {
  // O_NONBLOCK: open(2) of a FIFO waits for its writer otherwise, and of some devices for their line.
  let descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(descriptor);
    if (stat.size > MAX_BYTES) throw Object.assign(new Error('file too large'), { code: 'EFBIG' });
    if (!stat.isFile() && !stat.isDirectory()) {
      if (!pipes) throw new Error('it is not a regular file');
      closeSync(descriptor);
      descriptor = openSync(path, 'r');
    }
    const bytes = Buffer.alloc(stat.size + 65_536);
    const chunks: Buffer[] = [];
    for (let total = 0, count = -1; count !== 0; total += count) {
      count = readSync(descriptor, bytes);
      chunks.push(Buffer.from(bytes.subarray(0, count)));
      if (total + count > MAX_BYTES) throw Object.assign(new Error('file too large'), { code: 'EFBIG' });
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

function readFault(path: string, error: NodeJS.ErrnoException): Fault {
  const fault = (message: string, suggestion: string): Fault => ({ code: 'unreadable', message, suggestion });
  switch (error.code) {
    case 'ENOENT':
      return fault(
        `there is no file ${path}`,
        'backup-router init proposes one; or name another one with -c; the smallest one is\nmanagement-interface: eth0\nbackup-router:\n  address: 192.0.2.1',
      );
    case 'ENOTDIR':
      return fault(`${path} leads through something that is no directory`, 'name another file with -c');
    case 'EISDIR':
      return fault(`${path} is a directory`, `name the file in it, such as ${path.replace(/\/+$/, '')}/config.yaml`);
    case 'EACCES':
    case 'EPERM':
      return fault(
        `${path} may not be read by this user`,
        'run as root, or give the user that runs backup-router the right to read it',
      );
    case 'EFBIG':
      return {
        code: 'too-large',
        message: `${path} is larger than ${MAX_BYTES} bytes`,
        suggestion: 'is this the right file?',
      };
    default:
      return fault(`${path} cannot be read: ${error.message}`, 'name another file with -c');
  }
}

function failed(diagnostic: Diagnostic): LoadedConfig {
  return { config: undefined, partial: undefined, diagnostics: [diagnostic], text: undefined };
}
