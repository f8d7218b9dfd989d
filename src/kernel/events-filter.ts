/**
 * The filter of kernel notifications. It exists twice: as a classic BPF program that the kernel
 * runs before it queues a message (a million foreign route changes then cost next to nothing, fact
 * N5), and as the same predicate in JavaScript, for hosts where the program cannot be attached. A
 * property test checks that they agree.
 *
 * Passed: links, addresses, rules, next hops, failed neighbours, and these routes:
 *
 * - in any table: routes of our protocol, and routes whose destination contains a gateway
 *   (gateway-bytes.ts);
 * - in the main table, the tables asked for, and all tables above 255 (ours are among them, and a
 *   foreign route may occupy our slot): routes no longer than the length asked for.
 *
 * Never passed: notifications that our own requests caused. The kernel repeats the port of the
 * request in them.
 */

import type { ObserveRequest } from '../core/ports.js';
import { TABLE_LOCAL, TABLE_MAIN } from '../model/route.js';
import type { FilterInstruction } from '../native/libc.js';
import { containsGateway, gatewayLines, gatewayWords } from './gateway-bytes.js';
import {
  assemble,
  half,
  JUMP_IF_EQUAL,
  JUMP_IF_GREATER,
  type Line,
  LOAD_BYTE,
  LOAD_HALF,
  LOAD_WORD,
  PASS,
  RETURN,
  word,
} from './netlink/bpf.js';
import * as uapi from './netlink/uapi.js';

const TYPE = 4;
const PORT = 12;
const FAMILY = uapi.NLMSG_HDRLEN;
const LENGTH = FAMILY + 1;
const TABLE = FAMILY + 4;
const PROTOCOL = FAMILY + 5;
const NEIGHBOUR_STATE = FAMILY + 8;
/**
 * A jump of the program reaches 255 instructions. Changes in tables beyond this number are found
 * at the next resync.
 */
const MOST_TABLES = 64;

/** What the filter depends on: the observation's request, and the port of our own requests. */
export interface EventInterest extends ObserveRequest {
  readonly ownPort: number;
}

/** The program for SO_ATTACH_FILTER. */
export function eventFilter(request: EventInterest): readonly FilterInstruction[] {
  const inet = request.maxLength.inet;
  const inet6 = request.maxLength.inet6;
  return assemble([
    [LOAD_WORD, PORT],
    [JUMP_IF_EQUAL, word(request.ownPort), 'drop'],
    [LOAD_HALF, TYPE],
    [JUMP_IF_EQUAL, half(uapi.RTM_NEWROUTE), 'route'],
    [JUMP_IF_EQUAL, half(uapi.RTM_DELROUTE), 'route'],
    [JUMP_IF_EQUAL, half(uapi.RTM_NEWNEIGH), 'neighbour'],
    [JUMP_IF_EQUAL, half(uapi.RTM_DELNEIGH), 'neighbour'],
    [JUMP_IF_EQUAL, half(uapi.RTM_GETNEIGH), 'drop', 'pass'],
    'route',
    [LOAD_BYTE, PROTOCOL],
    [JUMP_IF_EQUAL, request.protocol, 'pass'],
    [LOAD_BYTE, TABLE],
    ...tableBytes(request).map((table): Line => [JUMP_IF_EQUAL, table, 'known']),
    [JUMP_IF_EQUAL, TABLE_MAIN, undefined, 'any'],
    'known',
    [LOAD_BYTE, FAMILY],
    [JUMP_IF_EQUAL, uapi.AF_INET, 'inet'],
    [JUMP_IF_EQUAL, uapi.AF_INET6, 'inet6', 'drop'],
    'inet',
    [LOAD_BYTE, LENGTH],
    [JUMP_IF_GREATER, inet ?? 0, 'any', inet === undefined ? 'any' : 'pass'],
    'inet6',
    [LOAD_BYTE, LENGTH],
    [JUMP_IF_GREATER, inet6 ?? 0, 'any', inet6 === undefined ? 'any' : 'pass'],
    'neighbour',
    [LOAD_HALF, NEIGHBOUR_STATE],
    [JUMP_IF_EQUAL, half(uapi.NUD_FAILED), 'pass', 'drop'],
    'pass',
    [RETURN, PASS],
    'drop',
    [RETURN, 0],
    'any',
    ...gatewayLines(gatewayWords(request.gateways)),
  ]);
}

/**
 * Values of rtm_table that pass: the VRF tables and further tables asked for, and RT_TABLE_COMPAT,
 * which stands for every table above 255, ours and those of some VRFs among them.
 */
function tableBytes({ vrfTables = [], furtherTables = [] }: EventInterest): readonly number[] {
  const further = typeof furtherTables === 'function' ? [] : furtherTables;
  const below = [...vrfTables, ...further].filter((table) => table < 256 && table !== TABLE_LOCAL);
  return [...new Set([uapi.RT_TABLE_COMPAT, ...below])].slice(0, MOST_TABLES);
}

/** The same decision in JavaScript. */
export function eventPasses(request: EventInterest, type: number, bytes: Buffer, start: number): boolean {
  if (bytes.readUInt32LE(start + PORT) === request.ownPort) return false;
  switch (type) {
    case uapi.RTM_NEWROUTE:
    case uapi.RTM_DELROUTE: {
      if (bytes[start + PROTOCOL] === request.protocol) return true;
      const { inet, inet6 } = request.maxLength;
      const family = bytes[start + FAMILY];
      const longest = family === uapi.AF_INET ? inet : family === uapi.AF_INET6 ? inet6 : undefined;
      const known = bytes[start + TABLE] === TABLE_MAIN || tableBytes(request).includes(bytes[start + TABLE]!);
      if (known && longest !== undefined && bytes[start + LENGTH]! <= longest) return true;
      return containsGateway(bytes, start, gatewayWords(request.gateways));
    }
    case uapi.RTM_NEWNEIGH:
    case uapi.RTM_DELNEIGH:
      return bytes.readUInt16LE(start + NEIGHBOUR_STATE) === uapi.NUD_FAILED;
    case uapi.RTM_GETNEIGH:
      return false;
    default:
      return true;
  }
}
