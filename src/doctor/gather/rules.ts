/**
 * The policy rules of the kernel with every selector in words, since the model keeps only those that the agent itself uses
 * (linux/fib_rules.h; the words of ip-rule(8)).
 */

import { decodeRule, encodeRuleDump } from '../../kernel/messages/rule.js';
import { readText, readU32, walkAttributes } from '../../kernel/netlink/codec.js';
import { Connection } from '../../kernel/netlink/connection.js';
import { readAddress } from '../../kernel/netlink/families.js';
import * as uapi from '../../kernel/netlink/uapi.js';
import type { RulesEvidence, SeenRule } from '../host.js';
import { type Seen, seen, unseen } from '../seen.js';

// linux/fib_rules.h
const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_GOTO = 4;
const FRA_FWMARK = 10;
const FRA_OIFNAME = 17;
const FRA_L3MDEV = 19;
/** FR_ACT_*, by number. */
const ACTIONS: readonly string[] = [
  'unspec',
  'lookup',
  'goto',
  'nop',
  'res3',
  'res4',
  'blackhole',
  'unreachable',
  'prohibit',
];
const WITH_FIELD: ReadonlySet<number> = new Set([
  uapi.FRA_PRIORITY,
  uapi.FRA_TABLE,
  uapi.FRA_PROTOCOL,
  uapi.FRA_IIFNAME,
  uapi.FRA_SUPPRESS_PREFIXLEN,
  uapi.FRA_SUPPRESS_IFGROUP,
  uapi.FRA_PAD,
  16,
]);

export async function gatherRules(): Promise<Seen<RulesEvidence>> {
  const connection = new Connection({ receiveBuffer: 1 << 20, datagramBytes: 32_768 });
  let suppress = false;
  try {
    const rules = await connection.dump(encodeRuleDump(), (bytes, start, end, type) => {
      if (type !== uapi.RTM_NEWRULE) return undefined;
      suppress ||= hasAttribute(bytes, start, end, uapi.FRA_SUPPRESS_PREFIXLEN);
      return decodeSeenRule(bytes, start, end);
    });
    return seen({ rules, suppress });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // rtnetlink answers so where no family has rules (CONFIG_FIB_RULES is off).
    if (code === 'EOPNOTSUPP') return seen({ rules: [], suppress: false });
    return unseen(`the policy rules cannot be read: ${(error as Error).message}`);
  } finally {
    connection.close();
  }
}

/** Exported for its test. */
export function decodeSeenRule(bytes: Buffer, start: number, end: number): SeenRule | undefined {
  const rule = decodeRule(bytes, start, end);
  if (rule === undefined) return undefined;
  const header = start + uapi.NLMSG_HDRLEN;
  const selectors: string[] = (bytes.readUInt32LE(header + 8) & uapi.FIB_RULE_INVERT) !== 0 ? ['not'] : [];
  const prefixed = (word: string, length: number, from: number, to: number): string =>
    `${word} ${readAddress(bytes, from, to) ?? '?'}/${length}`;
  walkAttributes(bytes, header + uapi.FIB_RULE_HDR_LEN, end, (type, from, to) => {
    switch (type) {
      case FRA_SRC:
        selectors.push(prefixed('from', bytes[header + 2]!, from, to));
        break;
      case FRA_DST:
        selectors.push(prefixed('to', bytes[header + 1]!, from, to));
        break;
      case FRA_OIFNAME:
        selectors.push(`oif ${readText(bytes, from, to)}`);
        break;
      case FRA_FWMARK:
        if (readU32(bytes, from, to) !== 0) selectors.push(`fwmark 0x${readU32(bytes, from, to).toString(16)}`);
        break;
      case FRA_L3MDEV:
        if (bytes[from] === 1) selectors.push('l3mdev');
        break;
      case FRA_GOTO:
        selectors.push(`goto ${readU32(bytes, from, to)}`);
        break;
      default:
        if (!WITH_FIELD.has(type)) selectors.push(`attribute ${type}`);
    }
  });
  if (bytes[header + 3] !== 0) selectors.push(`tos ${bytes[header + 3]}`);
  const action = bytes[header + 7]!;
  if (action !== uapi.FR_ACT_TO_TBL) selectors.push(`action ${ACTIONS[action] ?? action}`);
  return { rule, selectors };
}

function hasAttribute(bytes: Buffer, start: number, end: number, wanted: number): boolean {
  let found = false;
  walkAttributes(bytes, start + uapi.NLMSG_HDRLEN + uapi.FIB_RULE_HDR_LEN, end, (type) => (found ||= type === wanted));
  return found;
}
