/**
 * Reads the files of a configuration from disk: the file itself, and its parts in the directory
 * beside it (`config.d` for `config.yaml`). This file and load.ts are the only ones of config/ that
 * do IO.
 *
 * The number of files and bytes is bounded whatever the directory contains. Reading a part never
 * blocks.
 */

import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, opendirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../model/error.js';
import type { Diagnostic, Fault } from './diagnostic.js';
import { createReport, fileDiagnostic } from './report.js';

/**
 * Total bytes of the file and its parts. A larger set is not a configuration: a Junos configuration
 * of 100,000 lines has about 8 MB.
 */
const MAX_BYTES = 1 << 25;
const MAX_PARTS = 100;
/** The most directory entries that are read, whether they are parts or not. */
const MAX_ENTRIES = 10_000;

export interface FileText {
  readonly name: string;
  /** undefined: the file cannot be read. Bytes that are not UTF-8 are replaced by U+FFFD. */
  readonly text: string | undefined;
  /** Why `text` is not the text of the file, or not all of it. */
  readonly fault: Diagnostic | undefined;
}

/**
 * The directory of the parts: `config.d` beside `config.yaml`. undefined if the file name does not
 * end in .yaml or .yml.
 */
export function partsDirectory(file: string): string | undefined {
  return /[^/]\.ya?ml$/.test(file) ? file.replace(/\.ya?ml$/, '.d') : undefined;
}

interface Parts {
  /** In byte order, as `LC_ALL=C ls` lists them. */
  readonly names: readonly string[];
  readonly fault: Diagnostic | undefined;
}

/**
 * The existing parts. Files whose name begins with a dot are ignored: they are editor files or
 * unfinished deployments.
 */
export function partsOf(file: string): Parts {
  const directory = partsDirectory(file);
  if (directory === undefined) return { names: [], fault: undefined };
  const names: Buffer[] = [];
  let fault: Diagnostic | undefined;
  try {
    const open = opendirSync(directory);
    try {
      let entries = 0;
      for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
        if (/^[^.].*\.ya?ml$/s.test(entry.name)) names.push(Buffer.from(entry.name));
        if (++entries < MAX_ENTRIES) continue;
        fault = tooMany(directory, `more than ${MAX_ENTRIES} entries`);
        break;
      }
    } finally {
      open.closeSync();
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') fault = directoryFault(directory, error as Error);
  }
  names.sort(Buffer.compare);
  if (names.length > MAX_PARTS) fault ??= tooMany(directory, `${names.length} files; ${MAX_PARTS} are read at most`);
  return { names: names.slice(0, MAX_PARTS).map((name) => join(directory, name.toString())), fault };
}

function tooMany(directory: string, what: string): Diagnostic {
  return fileDiagnostic(directory, {
    code: 'too-large',
    message: `${directory} has ${what}`,
    suggestion: 'is this the right directory? several parts may be one file',
  });
}

function directoryFault(directory: string, error: NodeJS.ErrnoException): Diagnostic {
  return fileDiagnostic(directory, {
    code: 'unreadable',
    message:
      error.code === 'ENOTDIR'
        ? `${directory} is not a directory; it is where the parts of the configuration are looked for`
        : `${directory} cannot be read: ${error.message}`,
    suggestion:
      error.code === 'EACCES' ? `let its group or everybody read it: chmod 755 ${directory}` : 'move it elsewhere',
  });
}

/**
 * Reads the file and its parts, the file first. `pipes`: wait for the file if it is a pipe. A part
 * that is a pipe is refused.
 */
export function readFiles(
  file: string,
  pipes: boolean,
): { readonly files: readonly FileText[]; readonly faults: readonly Diagnostic[] } {
  const files = [readOne(file, false, pipes, MAX_BYTES)];
  const { names, fault } = partsOf(file);
  let left = MAX_BYTES - (files[0]!.text?.length ?? 0);
  for (const name of names) {
    const part = readOne(name, true, false, left);
    left = Math.max(0, left - (part.text?.length ?? 0));
    files.push(part);
  }
  return { files, faults: [...files.flatMap((one) => one.fault ?? []), ...(fault === undefined ? [] : [fault])] };
}

function readOne(name: string, part: boolean, pipes: boolean, maxBytes: number): FileText {
  let bytes: Buffer;
  try {
    bytes = readBytes(name, pipes, maxBytes);
  } catch (error) {
    return {
      name,
      text: undefined,
      fault: fileDiagnostic(name, readFault(name, part, error as NodeJS.ErrnoException)),
    };
  }
  const wide = wideEncoding(bytes);
  if (wide !== undefined)
    return {
      name,
      text: undefined,
      fault: fileDiagnostic(name, {
        code: 'not-utf8',
        message: `${name} is ${wide.toUpperCase().replace(/[LB]E$/, '')}`,
        suggestion: `convert it: iconv -f ${wide} -t utf-8 ${name}`,
      }),
    };
  const text = bytes.toString('utf8');
  return { name, text, fault: isUtf8(bytes) ? undefined : strayByte(text, name) };
}

/**
 * The fault for a byte that is not UTF-8. The rest of the file is still read: a stray Latin-1
 * letter in a comment must not cost the router its routes.
 */
function strayByte(text: string, name: string): Diagnostic {
  const report = createReport(text, name);
  const start = text.indexOf('\ufffd');
  report.error(
    { start, end: start + 1 },
    {
      code: 'not-utf8',
      message: 'a byte that is not UTF-8',
      suggestion: `save the file as UTF-8; if it is Latin-1: iconv -f latin1 -t utf-8 ${name}`,
    },
  );
  return report.diagnostics()[0]!;
}

/**
 * The iconv name of the encoding if the file is UTF-16 or UTF-32, recognized by its byte order mark
 * or by the zero bytes that ASCII text has in these encodings.
 */
function wideEncoding(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 4).toString('hex');
  if (mark === 'fffe0000' || mark === '0000feff') return 'utf-32';
  if (mark.startsWith('fffe') || mark.startsWith('feff')) return 'utf-16';
  const head = bytes.subarray(0, 512);
  if (head.length < 16 || !head.includes(0)) return undefined;
  const zeros = [0, 1, 2, 3].map((k) => head.filter((byte, i) => i % 4 === k && byte === 0).length / (head.length / 4));
  const full = zeros.map((share) => share > 0.5);
  switch (full.map((is) => (is ? '0' : 'x')).join('')) {
    case 'x000':
      return 'utf-32le';
    case '000x':
      return 'utf-32be';
    case 'x0x0':
      return 'utf-16le';
    case '0x0x':
      return 'utf-16be';
    default:
      return undefined;
  }
}

/** Reads at most `maxBytes`, whatever size the file reports: `/dev/zero` and pipes report 0. */
function readBytes(path: string, pipes: boolean, maxBytes: number): Buffer {
  const tooLarge = (): Error => Object.assign(new Error('file too large'), { code: 'EFBIG' });
  // O_NONBLOCK: otherwise open(2) of a FIFO waits for its writer, and open(2) of some devices for
  // their line.
  let descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(descriptor);
    if (stat.size > maxBytes && !stat.isDirectory()) throw tooLarge();
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
      if (total + count > maxBytes) throw tooLarge();
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

export function missingFile(path: string): Fault {
  return {
    code: 'unreadable',
    message: `there is no file ${path}`,
    suggestion:
      'backup-router init proposes one; or name another one with -c; the smallest one is\nmanagement-interface: eth0\nbackup-router:\n  address: 192.0.2.1',
  };
}

function readFault(path: string, part: boolean, error: NodeJS.ErrnoException): Fault {
  const fault = (message: string, suggestion: string): Fault => ({ code: 'unreadable', message, suggestion });
  switch (error.code) {
    case 'ENOENT':
      if (part)
        return fault(
          `${path} is a link to nothing, or has just been removed`,
          'remove it, or read the configuration again when its directory is no longer being changed',
        );
      return missingFile(path);
    case 'ENOTDIR':
      return fault(`${path} leads through something that is not a directory`, 'name another file with -c');
    case 'EISDIR':
      if (part) return fault(`${path} is a directory`, 'give it another name, or move it elsewhere');
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
        message: `${path} is larger than ${MAX_BYTES} bytes${part ? ', with the files in front of it' : ''}`,
        suggestion: 'is this the right file?',
      };
    default:
      return fault(
        `${path} cannot be read: ${error.message}`,
        part ? 'move it elsewhere, or make it a file' : 'name another file with -c',
      );
  }
}
