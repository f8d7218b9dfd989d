/**
 * The fields of a rule that the agent's own rules do not have: linux/fib_rules.h,
 * net/core/fib_rules.c (fib_nl_fill_rule).
 *
 * Invariant: an attribute or flag that this file does not know is listed in `unknown`, never
 * dropped.
 */

import { type Family, familyBits } from '../../model/address.js';
import { defaultPrefix, type Prefix, prefix } from '../../model/prefix.js';
import type { Masked, Range, RuleAction, RuleDetail } from '../../model/rule-detail.js';
import { readText, readU8, readU32 } from '../netlink/codec.js';
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

/** What a rule message has said so far. A mask is an attribute of its own, in any order. */
interface DetailReading {
  readonly family: Family;
  readonly detail: { -readonly [Key in keyof RuleDetail]: RuleDetail[Key] };
  readonly masks: { mark: number; dscp: number; flowLabel: number; sourcePort: number; destinationPort: number };
  readonly unknown: string[];
}

type Reader = (to: DetailReading, bytes: Buffer, at: number, stop: number) => void;

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [uapi.FRA_SRC, ({ family, detail }, ...value) => void (detail.from &&= addressed(family, detail.from, ...value))],
  [uapi.FRA_DST, ({ family, detail }, ...value) => void (detail.to &&= addressed(family, detail.to, ...value))],
  [uapi.FRA_FWMARK, ({ detail }, ...value) => void (detail.mark = { value: readU32(...value), mask: 0 })],
  [uapi.FRA_FWMASK, ({ masks }, ...value) => void (masks.mark = readU32(...value))],
  [uapi.FRA_OIFNAME, ({ detail }, ...value) => void (detail.outputInterface = readText(...value))],
  [uapi.FRA_L3MDEV, ({ detail }, ...value) => void (readU8(...value) !== 0 && (detail.l3mdev = true))],
  [uapi.FRA_GOTO, ({ detail }, ...value) => void (detail.target = readU32(...value))],
  [
    uapi.FRA_SUPPRESS_IFGROUP,
    ({ detail }, ...value) => {
      const group = readU32(...value);
      if (group !== NO_GROUP) detail.suppressGroup = group;
    },
  ],
  [uapi.FRA_TUN_ID, ({ detail }) => void (detail.tunnel = true)],
  [
    uapi.FRA_UID_RANGE,
    ({ detail }, bytes, at, stop) =>
      void (detail.users = { first: readU32(bytes, at, stop), last: readU32(bytes, at + 4, stop) }),
  ],
  [uapi.FRA_IP_PROTO, ({ detail }, ...value) => void (detail.ipProtocol = readU8(...value))],
  [uapi.FRA_SPORT_RANGE, ({ detail }, ...value) => void (detail.sourcePorts = ports(...value))],
  [uapi.FRA_DPORT_RANGE, ({ detail }, ...value) => void (detail.destinationPorts = ports(...value))],
  [uapi.FRA_SPORT_MASK, ({ masks }, ...value) => void (masks.sourcePort = readU16(...value))],
  [uapi.FRA_DPORT_MASK, ({ masks }, ...value) => void (masks.destinationPort = readU16(...value))],
  [uapi.FRA_DSCP, ({ detail }, ...value) => void (detail.dscp = { value: readU8(...value), mask: 0 })],
  [uapi.FRA_DSCP_MASK, ({ masks }, ...value) => void (masks.dscp = readU8(...value))],
  [uapi.FRA_FLOWLABEL, ({ detail }, ...value) => void (detail.flowLabel = { value: readBe32(...value), mask: 0 })],
  [uapi.FRA_FLOWLABEL_MASK, ({ masks }, ...value) => void (masks.flowLabel = readBe32(...value))],
  // The realm selects nothing.
  [uapi.FRA_FLOW, () => {}],
]);

/** Begins with the struct fib_rule_hdr at `header`. */
export function beginDetail(family: Family, bytes: Buffer, header: number): DetailReading {
  const flags = bytes.readUInt32LE(header + 8);
  const [to, from, tos] = [bytes[header + 1]!, bytes[header + 2]!, bytes[header + 3]!];
  return {
    family,
    detail: {
      action: ACTIONS.get(bytes[header + 7]!) ?? 'other',
      ...((flags & uapi.FIB_RULE_INVERT) === 0 ? {} : { inverted: true }),
      ...(tos === 0 ? {} : { tos }),
      ...(from === 0 ? {} : { from: zeros(family, from) }),
      ...(to === 0 ? {} : { to: zeros(family, to) }),
    },
    masks: { mark: 0, dscp: 0x3f, flowLabel: 0xfffff, sourcePort: 0xffff, destinationPort: 0xffff },
    // A rule that makes the kernel choose a source address; ip-rule(8) cannot create one.
    unknown: (flags & uapi.FIB_RULE_FIND_SADDR) === 0 ? [] : ['flag 0x10000'],
  };
}

/** Reads one attribute. */
export function readDetail(to: DetailReading, type: number, bytes: Buffer, at: number, stop: number): void {
  const read = READERS.get(type);
  if (read === undefined) to.unknown.push(`attribute ${type}`);
  else read(to, bytes, at, stop);
}

/** The detail, after the last attribute. */
export function endDetail({ detail, masks, unknown }: DetailReading): RuleDetail {
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

/** The kernel omits FRA_SRC and FRA_DST when the address is all zero. */
function zeros(family: Family, length: number): Prefix {
  return prefix(defaultPrefix(family).address, length);
}

/** The prefix with the address; unchanged when its length does not fit the family. */
function addressed(family: Family, zero: Prefix, bytes: Buffer, start: number, end: number): Prefix {
  const address = 8 * (end - start) === familyBits(family) ? readAddress(bytes, start, end) : undefined;
  return address === undefined ? zero : prefix(address, zero.length);
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

function readBe32(bytes: Buffer, start: number, end: number): number {
  return end - start < 4 ? 0 : bytes.readUInt32BE(start);
}
