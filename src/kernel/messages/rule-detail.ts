/**
 * The fields of a rule that the agent's own rules do not have: linux/fib_rules.h,
 * net/core/fib_rules.c (fib_nl_fill_rule).
 *
 * Invariant: an attribute or flag that this file does not know is listed in `unknown`, never
 * dropped.
 */

import { type Address, type Family, familyBits } from '../../model/address.js';
import { defaultPrefix, type Prefix, prefix } from '../../model/prefix.js';
import type { Masked, Range, RuleAction, RuleDetail } from '../../model/rule-detail.js';
import { readText, readU8, readU32, walkAttributes } from '../netlink/codec.js';
import { readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';

const ACTIONS: ReadonlyMap<number, RuleAction> = new Map([
  [uapi.FR_ACT_TO_TBL, 'table'],
  [uapi.FR_ACT_GOTO, 'goto'],
  [uapi.FR_ACT_NOP, 'nop'],
  [uapi.FR_ACT_BLACKHOLE, 'blackhole'],
  [uapi.FR_ACT_UNREACHABLE, 'unreachable'],
  [uapi.FR_ACT_PROHIBIT, 'prohibit'],
]);

/** The kernel's value for "no group is suppressed": -1. */
const NO_GROUP = 0xffffffff;

type Draft = { -readonly [Key in keyof RuleDetail]: RuleDetail[Key] };

/** The detail of the rule message whose struct fib_rule_hdr begins at `header`. */
export function decodeRuleDetail(family: Family, bytes: Buffer, header: number, end: number): RuleDetail {
  const flags = bytes.readUInt32LE(header + 8);
  const detail: Draft = { action: ACTIONS.get(bytes[header + 7]!) ?? 'other' };
  if ((flags & uapi.FIB_RULE_INVERT) !== 0) detail.inverted = true;
  if (bytes[header + 3] !== 0) detail.tos = bytes[header + 3]!;
  const unknown: string[] = [];
  // A rule that makes the kernel choose a source address; ip-rule(8) cannot create one.
  if ((flags & uapi.FIB_RULE_FIND_SADDR) !== 0) unknown.push('flag 0x10000');
  const [from, to] = [prefixOf(family, bytes[header + 2]!), prefixOf(family, bytes[header + 1]!)];
  if (from !== undefined) detail.from = from;
  if (to !== undefined) detail.to = to;
  const masks = { mark: 0, dscp: 0x3f, flowLabel: 0xfffff, sourcePort: 0xffff, destinationPort: 0xffff };
  walkAttributes(bytes, header + uapi.FIB_RULE_HDR_LEN, end, (type, at, stop) => {
    switch (type) {
      // Fields that rule.ts decodes, the realm, which selects nothing, and padding.
      case uapi.FRA_IIFNAME:
      case uapi.FRA_PRIORITY:
      case uapi.FRA_SUPPRESS_PREFIXLEN:
      case uapi.FRA_TABLE:
      case uapi.FRA_PROTOCOL:
      case uapi.FRA_FLOW:
      case uapi.FRA_PAD:
        return;
      case uapi.FRA_SRC:
        if (from !== undefined) detail.from = prefix(addressOf(family, bytes, at, stop), from.length);
        return;
      case uapi.FRA_DST:
        if (to !== undefined) detail.to = prefix(addressOf(family, bytes, at, stop), to.length);
        return;
      case uapi.FRA_FWMARK:
        detail.mark = { value: readU32(bytes, at, stop), mask: 0 };
        return;
      case uapi.FRA_FWMASK:
        masks.mark = readU32(bytes, at, stop);
        return;
      case uapi.FRA_OIFNAME:
        detail.outputInterface = readText(bytes, at, stop);
        return;
      case uapi.FRA_L3MDEV:
        if (readU8(bytes, at, stop) !== 0) detail.l3mdev = true;
        return;
      case uapi.FRA_GOTO:
        detail.target = readU32(bytes, at, stop);
        return;
      case uapi.FRA_SUPPRESS_IFGROUP:
        if (readU32(bytes, at, stop) !== NO_GROUP) detail.suppressGroup = readU32(bytes, at, stop);
        return;
      case uapi.FRA_TUN_ID:
        detail.tunnel = true;
        return;
      case uapi.FRA_UID_RANGE:
        detail.users = { first: readU32(bytes, at, stop), last: readU32(bytes, at + 4, stop) };
        return;
      case uapi.FRA_IP_PROTO:
        detail.ipProtocol = readU8(bytes, at, stop);
        return;
      case uapi.FRA_SPORT_RANGE:
        detail.sourcePorts = ports(bytes, at, stop);
        return;
      case uapi.FRA_DPORT_RANGE:
        detail.destinationPorts = ports(bytes, at, stop);
        return;
      case uapi.FRA_SPORT_MASK:
        masks.sourcePort = readU16(bytes, at, stop);
        return;
      case uapi.FRA_DPORT_MASK:
        masks.destinationPort = readU16(bytes, at, stop);
        return;
      case uapi.FRA_DSCP:
        detail.dscp = { value: readU8(bytes, at, stop), mask: 0 };
        return;
      case uapi.FRA_DSCP_MASK:
        masks.dscp = readU8(bytes, at, stop);
        return;
      case uapi.FRA_FLOWLABEL:
        detail.flowLabel = { value: stop - at < 4 ? 0 : bytes.readUInt32BE(at), mask: 0 };
        return;
      case uapi.FRA_FLOWLABEL_MASK:
        masks.flowLabel = stop - at < 4 ? 0 : bytes.readUInt32BE(at);
        return;
      default:
        unknown.push(`attribute ${type}`);
    }
  });
  const mark = masked(detail.mark ?? (masks.mark === 0 ? undefined : { value: 0, mask: 0 }), masks.mark);
  if (mark !== undefined) detail.mark = mark;
  if (detail.dscp !== undefined) detail.dscp = masked(detail.dscp, masks.dscp)!;
  if (detail.flowLabel !== undefined) detail.flowLabel = masked(detail.flowLabel, masks.flowLabel)!;
  if (detail.sourcePorts !== undefined) detail.sourcePorts = under(detail.sourcePorts, masks.sourcePort);
  if (detail.destinationPorts !== undefined)
    detail.destinationPorts = under(detail.destinationPorts, masks.destinationPort);
  if (unknown.length > 0) detail.unknown = unknown;
  return detail;
}

/**
 * The prefix of that length with an address of zeros: the kernel omits FRA_SRC and FRA_DST when
 * the address is all zero.
 */
function prefixOf(family: Family, length: number): Prefix | undefined {
  return length === 0 ? undefined : prefix(defaultPrefix(family).address, length);
}

/** The address; all zero when its length does not fit the family. */
function addressOf(family: Family, bytes: Buffer, start: number, end: number): Address {
  const address = 8 * (end - start) === familyBits(family) ? readAddress(bytes, start, end) : undefined;
  return address ?? defaultPrefix(family).address;
}

function masked(selector: Masked | undefined, mask: number): Masked | undefined {
  return selector === undefined ? undefined : { value: (selector.value & mask) >>> 0, mask };
}

/** A partial mask comes with a single port (fib_nl2rule_port_mask). */
function under(range: Range, mask: number): Range {
  return mask === 0xffff ? range : { ...range, mask };
}

/** struct fib_rule_port_range. */
function ports(bytes: Buffer, start: number, end: number): Range {
  return { first: readU16(bytes, start, end), last: readU16(bytes, start + 2, end) };
}

function readU16(bytes: Buffer, start: number, end: number): number {
  return end - start < 2 ? 0 : bytes.readUInt16LE(start);
}
