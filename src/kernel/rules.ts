/**
 * The kernel's rules, each decoded once: a host may have ten thousand, and from one look to the
 * next nearly all stay the same. The bytes of each rule message are compared with those of the
 * previous dump. The same bytes give the same value, and an unchanged list gives the same list. A
 * known rule is not decoded and allocates nothing.
 *
 * Invariant: two rules of one list are two values, even where the kernel has the same rule twice
 * (fact K22).
 */

import type { Rule } from '../model/route.js';
import { decodeRule, encodeRuleDump } from './messages/rule.js';
import { messageSequence } from './netlink/codec.js';
import type { Connection } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';

interface Known {
  readonly list: readonly Rule[];
  /**
   * The bytes of each message, one character a byte, without the header, whose sequence number
   * changes with each request.
   */
  readonly messages: readonly string[];
}

const NOTHING: Known = { list: [], messages: [] };
const known = new WeakMap<Connection, Known>();

/**
 * The most rules that may be missing at one place of the list before the rules behind it are
 * decoded again.
 */
const GONE = 64;

export async function dumpRules(connection: Connection): Promise<readonly Rule[]> {
  const before = known.get(connection) ?? NOTHING;
  let sequence: number | undefined;
  // Both lists are in the kernel's order: new rules stand between known ones, and each known rule
  // is used once.
  let next = 0;
  let run: Run | undefined;
  const found = await connection.dump<Run | New>(encodeRuleDump(), (bytes, start, end, type) => {
    if (type !== uapi.RTM_NEWRULE) return undefined;
    // The connection has repeated an interrupted dump.
    if (messageSequence(bytes, start) !== sequence) {
      sequence = messageSequence(bytes, start);
      next = 0;
      run = undefined;
    }
    const at = indexFrom(before.messages, bytes, start + uapi.NLMSG_HDRLEN, end, next);
    if (at !== undefined) {
      next = at + 1;
      if (run?.to !== at) return (run = { from: at, to: next });
      run.to = next;
      return undefined;
    }
    const rule = decodeRule(bytes, start, end);
    if (rule === undefined) return undefined;
    run = undefined;
    return { rule, message: bytes.toString('latin1', start + uapi.NLMSG_HDRLEN, end) };
  });
  const [first, ...more] = found;
  const all = before.list.length;
  const same = first === undefined ? all === 0 : 'to' in first && first.from === 0 && first.to === all;
  if (same && more.length === 0) return before.list;
  const list = found.flatMap((one) => ('rule' in one ? [one.rule] : before.list.slice(one.from, one.to)));
  const messages = found.flatMap((one) => ('rule' in one ? [one.message] : before.messages.slice(one.from, one.to)));
  known.set(connection, { list, messages });
  return list;
}

/** Known rules that stand one behind the other as they did before, without a value for each. */
interface Run {
  readonly from: number;
  to: number;
}

interface New {
  readonly rule: Rule;
  readonly message: string;
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
