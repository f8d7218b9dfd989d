/**
 * Classic BPF for netlink sockets (linux/filter.h, linux/bpf_common.h): the few instructions that
 * the filters of this directory use, and labels for their jumps. The filters are in
 * events-filter.ts and process/process-filter.ts.
 *
 * Invariant: a conditional jump reaches 255 instructions; assembling a longer one throws.
 */

import type { FilterInstruction } from '../../native/libc.js';

// BPF_LD|BPF_ABS with W, H or B; BPF_JMP with JEQ, JGT, JSET and BPF_K; JEQ with BPF_X;
// BPF_MISC|BPF_TAX; BPF_RET|BPF_K; BPF_ALU with ADD, XOR, NEG and BPF_K, with RSH and BPF_X
export const LOAD_WORD = 0x20;
export const LOAD_HALF = 0x28;
export const LOAD_BYTE = 0x30;
export const JUMP_IF_EQUAL = 0x15;
export const JUMP_IF_EQUAL_X = 0x1d;
export const JUMP_IF_GREATER = 0x25;
export const JUMP_IF_SET = 0x45;
export const KEEP_IN_X = 0x07;
export const RETURN = 0x06;
export const ADD = 0x04;
export const XOR = 0xa4;
export const NEGATE = 0x84;
export const SHIFT_RIGHT_BY_X = 0x7c;
/** What a filter returns to let the whole message through. */
export const PASS = 0xffffffff;

/**
 * Swaps the bytes: classic BPF loads in network order, and netlink is in host order, which is
 * little-endian (codec.ts).
 */
export function half(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

export function word(value: number): number {
  return ((half(value & 0xffff) << 16) | half(value >>> 16)) >>> 0;
}

/** An instruction with the labels that it jumps to (none: the next instruction), or a label. */
export type Line = readonly [code: number, k: number, ifTrue?: string | undefined, ifFalse?: string] | string;

/** The program with its labels replaced by distances. */
export function assemble(lines: readonly Line[]): readonly FilterInstruction[] {
  const labels = new Map<string, number>();
  const instructions: Exclude<Line, string>[] = [];
  for (const line of lines) {
    if (typeof line === 'string') labels.set(line, instructions.length);
    else instructions.push(line);
  }
  const distance = (label: string | undefined, at: number): number => {
    const far = label === undefined ? 0 : labels.get(label)! - at - 1;
    if (!(far >= 0 && far <= 255)) throw new RangeError(`the jump from ${at} to ${label} reaches ${far}`);
    return far;
  };
  return instructions.map(([code, k, ifTrue, ifFalse], at) => ({
    code,
    k,
    jt: distance(ifTrue, at),
    jf: distance(ifFalse, at),
  }));
}
