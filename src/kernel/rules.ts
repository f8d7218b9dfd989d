/**
 * The rules of the kernel, decoded once: a host may have ten thousand, and a look finds nearly all of them as the one before did. What
 * the kernel says of a rule is compared byte by byte; the same bytes are the same value, and the same list is the same list.
 *
 * Invariant: two rules of one list are two values, also where the kernel has the same rule twice (fact K22).
 */

import type { Rule } from '../model/route.js';
import { decodeRule, encodeRuleDump } from './messages/rule.js';
import type { Connection } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';

interface Known {
  readonly list: readonly Rule[];
  /** What the kernel said of each, behind the header of the message, which counts requests. */
  readonly messages: readonly string[];
}

const NOTHING: Known = { list: [], messages: [] };
const known = new WeakMap<Connection, Known>();

/** So many rules may have gone from one place of the list before those behind them are decoded again. */
const GONE = 64;

const HEADER = Buffer.alloc(uapi.NLMSG_HDRLEN);

export async function dumpRules(connection: Connection): Promise<readonly Rule[]> {
  const messages = await connection.dump(encodeRuleDump(), (bytes, start, end, type) =>
    type === uapi.RTM_NEWRULE ? bytes.toString('latin1', start + uapi.NLMSG_HDRLEN, end) : undefined,
  );
  const before = known.get(connection) ?? NOTHING;
  const list: Rule[] = [];
  const said: string[] = [];
  // Both lists are in the kernel's order: what is new stands between what is known, and each that is known is taken once.
  let next = 0;
  for (const message of messages) {
    const at = indexFrom(before.messages, message, next);
    const rule = at === undefined ? decoded(message) : before.list[at];
    if (at !== undefined) next = at + 1;
    if (rule === undefined) continue;
    list.push(rule);
    said.push(message);
  }
  if (list.length === before.list.length && list.every((rule, i) => rule === before.list[i])) return before.list;
  known.set(connection, { list, messages: said });
  return list;
}

function indexFrom(messages: readonly string[], message: string, from: number): number | undefined {
  const end = Math.min(messages.length, from + GONE);
  for (let at = from; at < end; at++) if (messages[at] === message) return at;
  return undefined;
}

function decoded(message: string): Rule | undefined {
  const bytes = Buffer.concat([HEADER, Buffer.from(message, 'latin1')]);
  return decodeRule(bytes, 0, bytes.length);
}
