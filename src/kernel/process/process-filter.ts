/**
 * The filter of process events, a classic BPF program that the kernel runs before it queues an
 * event. It passes the answer to our own request and the ends of watched processes. A host that
 * forks all day then costs the agent nothing.
 *
 * Invariant: it drops nothing that {@link decodeProcessMessage} would decode as the end of a
 * watched process; a test compares them.
 */

import type { FilterInstruction } from '../../native/libc.js';
import {
  assemble,
  JUMP_IF_EQUAL,
  JUMP_IF_EQUAL_X,
  JUMP_IF_SET,
  KEEP_IN_X,
  type Line,
  LOAD_WORD,
  PASS,
  RETURN,
  word,
} from '../netlink/bpf.js';
import { OFFSET, PROC_EVENT_COREDUMP, PROC_EVENT_EXIT, PROC_EVENT_NONE, SIGNAL_MASK } from './messages.js';

/**
 * With more processes a jump would be too long; then the ends of all processes pass and are
 * distinguished in JavaScript.
 */
export const MOST_COMPARED = 200;

/**
 * The program for SO_ATTACH_FILTER. `token` is that of our request, `pids` are the watched
 * processes.
 */
export function processFilter(token: number, pids: readonly number[]): readonly FilterInstruction[] {
  const compared = pids.length <= MOST_COMPARED ? pids : [];
  return assemble([
    [LOAD_WORD, OFFSET.what],
    [JUMP_IF_EQUAL, word(PROC_EVENT_NONE), 'answer'],
    [JUMP_IF_EQUAL, word(PROC_EVENT_EXIT), 'process'],
    [JUMP_IF_EQUAL, word(PROC_EVENT_COREDUMP), 'process', 'drop'],
    'answer',
    [LOAD_WORD, OFFSET.ack],
    [JUMP_IF_EQUAL, word((token + 1) >>> 0), 'pass', 'drop'],
    'process',
    [LOAD_WORD, OFFSET.tgid],
    ...compared.map((pid): Line => [JUMP_IF_EQUAL, word(pid), 'watched']),
    ...(compared.length === pids.length ? [[RETURN, 0] as Line] : []),
    'watched',
    [KEEP_IN_X, 0],
    [LOAD_WORD, OFFSET.what],
    [JUMP_IF_EQUAL, word(PROC_EVENT_COREDUMP), 'pass'],
    [LOAD_WORD, OFFSET.pid],
    [JUMP_IF_EQUAL_X, 0, 'pass'],
    [LOAD_WORD, OFFSET.exitCode],
    [JUMP_IF_SET, word(SIGNAL_MASK), 'pass'],
    'drop',
    [RETURN, 0],
    'pass',
    [RETURN, PASS],
  ]);
}
