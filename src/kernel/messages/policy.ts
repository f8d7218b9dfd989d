/**
 * RTM_NEWRULE with everything that a rule can say (linux/fib_rules.h, ip-rule(8)), for `explain`. The agent itself decodes
 * less: rule.ts.
 *
 * Invariant: an attribute that this file does not know ends up in `more`, never in silence.
 */

import type { Family } from '../../model/address.js';
import type { PolicyRule } from '../../model/policy.js';
import { prefix } from '../../model/prefix.js';
import type { RuleAction } from '../../model/rule-detail.js';
import { readText, readU32, walkAttributes } from '../netlink/codec.js';
import { familyNumber, readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';
import { decodeRule } from './rule.js';

const ACTIONS: ReadonlyMap<number, RuleAction> = new Map([
  [uapi.FR_ACT_TO_TBL, 'table'],
  [uapi.FR_ACT_GOTO, 'goto'],
  [uapi.FR_ACT_NOP, 'nop'],
  [uapi.FR_ACT_BLACKHOLE, 'blackhole'],
  [uapi.FR_ACT_UNREACHABLE, 'unreachable'],
  [uapi.FR_ACT_PROHIBIT, 'prohibit'],
]);

/** The rule, if it is one of the family. */
export function decodePolicyRule(family: Family, bytes: Buffer, start: number, end: number): PolicyRule | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const rule = bytes[header] === familyNumber(family) ? decodeRule(bytes, start, end) : undefined;
  if (rule === undefined) return undefined;
  const found: Found = {
    from: undefined,
    to: undefined,
    mark: 0,
    mask: undefined,
    outputInterface: undefined,
    l3mdev: false,
    target: undefined,
    more: [],
  };
  walkAttributes(bytes, header + uapi.FIB_RULE_HDR_LEN, end, (type, from, to) => read(found, bytes, type, from, to));
  const prefixOf = (address: string | undefined, length: number): PolicyRule['from'] =>
    address === undefined ? undefined : prefix(address, length);
  return {
    rule,
    action: ACTIONS.get(bytes[header + 7]!) ?? 'other',
    target: found.target,
    inverted: (bytes.readUInt32LE(header + 8) & uapi.FIB_RULE_INVERT) !== 0,
    from: prefixOf(found.from, bytes[header + 2]!),
    to: prefixOf(found.to, bytes[header + 1]!),
    tos: bytes[header + 3]!,
    mark: found.mask === undefined ? undefined : { value: (found.mark & found.mask) >>> 0, mask: found.mask },
    outputInterface: found.outputInterface,
    l3mdev: found.l3mdev,
    more: found.more,
  };
}

interface Found {
  from: string | undefined;
  to: string | undefined;
  mark: number;
  /** Told by the kernel whenever the rule looks at the mark at all. */
  mask: number | undefined;
  outputInterface: string | undefined;
  l3mdev: boolean;
  target: number | undefined;
  readonly more: string[];
}

function read(found: Found, bytes: Buffer, type: number, from: number, to: number): void {
  switch (type) {
    // Read by decodeRule; FRA_FLOW is a realm, which selects nothing.
    case uapi.FRA_IIFNAME:
    case uapi.FRA_PRIORITY:
    case uapi.FRA_SUPPRESS_PREFIXLEN:
    case uapi.FRA_TABLE:
    case uapi.FRA_PROTOCOL:
    case uapi.FRA_PAD:
    case uapi.FRA_FLOW:
      return;
    case uapi.FRA_SRC:
      found.from = readAddress(bytes, from, to);
      return;
    case uapi.FRA_DST:
      found.to = readAddress(bytes, from, to);
      return;
    case uapi.FRA_FWMARK:
      found.mark = readU32(bytes, from, to);
      return;
    case uapi.FRA_FWMASK:
      found.mask = readU32(bytes, from, to);
      return;
    case uapi.FRA_OIFNAME:
      found.outputInterface = readText(bytes, from, to);
      return;
    case uapi.FRA_L3MDEV:
      found.l3mdev = bytes[from] === 1;
      return;
    case uapi.FRA_GOTO:
      found.target = readU32(bytes, from, to);
      return;
    case uapi.FRA_SUPPRESS_IFGROUP:
      if (readU32(bytes, from, to) !== 0xffffffff) found.more.push(`suppress_ifgroup ${readU32(bytes, from, to)}`);
      return;
    case uapi.FRA_TUN_ID:
      found.more.push('the tunnel id');
      return;
    case uapi.FRA_UID_RANGE:
      found.more.push(`the user id (uidrange ${readU32(bytes, from, to)}-${readU32(bytes, from + 4, to)})`);
      return;
    case uapi.FRA_IP_PROTO:
      found.more.push(`the protocol (ipproto ${bytes[from] ?? 0})`);
      return;
    case uapi.FRA_SPORT_RANGE:
      found.more.push(`the port (sport ${ports(bytes, from, to)})`);
      return;
    case uapi.FRA_DPORT_RANGE:
      found.more.push(`the port (dport ${ports(bytes, from, to)})`);
      return;
    default:
      found.more.push(`a selector that is not known here (attribute ${type})`);
  }
}

/** struct fib_rule_port_range. */
function ports(bytes: Buffer, from: number, to: number): string {
  return to - from < 4 ? '?' : `${bytes.readUInt16LE(from)}-${bytes.readUInt16LE(from + 2)}`;
}
