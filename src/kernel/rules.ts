/**
 * The rules of the kernel, decoded once: a host may have ten thousand, and a look finds nearly all of them as the one before did. What
 * the kernel says of a rule is compared byte by byte; the same bytes are the same value, and the same list is the same list. Of a rule
 * that is known nothing is made, not even garbage.
 *
 * Invariant: two rules of one list are two values, also where the kernel has the same rule twice (fact K22).
 */

import type { Rule } from '../model/route.js';
import { decodeRule, encodeRuleDump } from './messages/rule.js';
import { messageSequence } from './netlink/codec.js';
import type { Connection } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';

interface Known {
  readonly list: readonly Rule[];
  /** What the kernel said of each, behind the header of the message, which counts requests; one character a byte. */
  readonly messages: readonly string[];
}

const NOTHING: Known = { list: [], messages: [] };
const known = new WeakMap<Connection, Known>();

/** So many rules may have gone from one place of the list before those behind them are decoded again. */
const GONE = 64;

export async function dumpRules(connection: Connection): Promise<readonly Rule[]> {
  const before = known.get(connection) ?? NOTHING;
  let sequence: number | undefined;
  // Both lists are in the kernel's order: what is new stands between what is known, and each that is known is taken once.
  let next = 0;
  const found = await connection.dump(encodeRuleDump(), (bytes, start, end, type) => {
    if (type !== uapi.RTM_NEWRULE) return undefined;
    // A dump that was torn is asked again.
    if (messageSequence(bytes, start) !== sequence) {
      sequence = messageSequence(bytes, start);
      next = 0;
    }
    const at = indexFrom(before.messages, bytes, start + uapi.NLMSG_HDRLEN, end, next);
    if (at !== undefined) {
      next = at + 1;
      return at;
    }
    const rule = decodeRule(bytes, start, end);
    return rule === undefined ? undefined : { rule, message: bytes.toString('latin1', start + uapi.NLMSG_HDRLEN, end) };
  });
  if (found.length === before.list.length && found.every((at, i) => at === i)) return before.list;
  const list = found.map((one) => (typeof one === 'number' ? before.list[one]! : one.rule));
  const messages = found.map((one) => (typeof one === 'number' ? before.messages[one]! : one.message));
  known.set(connection, { list, messages });
  return list;
}

function indexFrom(
  messages: readonly string[],
  bytes: Buffer,
  start: number,
  end: number,
  from: number,
): number | undefined {
  const last = Math.min(messages.length, from + GONE);
  for (let at = from; at < last; at++) if (says(messages[at]!, bytes, start, end)) return at;
  return undefined;
}

function says(message: string, bytes: Buffer, start: number, end: number): boolean {
  if (message.length !== end - start) return false;
  for (let i = 0; i < message.length; i++) if (message.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
