/**
 * RTM_*RULE: encode and decode (linux/fib_rules.h, struct fib_rule_hdr; ip-rule(8)).
 *
 * Invariant: a rule is deleted by every field that it was created with. A rule with anything
 * beyond the fields of the model and one source address decodes as `foreign`, so that it is never
 * mistaken for one of ours.
 */

import { familyBits } from '../../model/address.js';
import type { Rule } from '../../model/route.js';
import {
  beginMessage,
  endMessage,
  message,
  putText,
  putU8,
  putU32,
  readText,
  readU8,
  readU32,
  reserve,
  type Writer,
  walkAttributes,
} from '../netlink/codec.js';
import { familyFromNumber, familyNumber, putAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';
import { beginDetail, endDetail, readDetail } from './rule-detail.js';

/** The kernel's value for "nothing is suppressed": -1. */
const SUPPRESS_NOTHING = 0xffffffff;

/** Why the rule cannot be encoded; undefined when it can. */
export function ruleFault(rule: Rule): string | undefined {
  if (rule.foreign) return 'rule has selectors or actions that are not ours to set';
  if (Object.keys(rule.detail ?? {}).some((key) => key !== 'action' && key !== 'from'))
    return 'rule has selectors that are not ours to set';
  if (rule.table === 0) return 'rule has no table';
  if (rule.inputInterface !== undefined && Buffer.byteLength(rule.inputInterface) > 15)
    return 'interface name is longer than 15 bytes';
  return undefined;
}

/**
 * `again`: without NLM_F_EXCL the kernel adds a rule that exists already a second time (fact K22).
 */
export function writeAddRule(writer: Writer, rule: Rule, again = false): void {
  const flags = uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | uapi.NLM_F_CREATE | (again ? 0 : uapi.NLM_F_EXCL);
  writeRule(writer, uapi.RTM_NEWRULE, flags, rule);
}

export function writeDeleteRule(writer: Writer, rule: Rule): void {
  writeRule(writer, uapi.RTM_DELRULE, uapi.NLM_F_REQUEST | uapi.NLM_F_ACK, rule);
}

function writeRule(writer: Writer, type: number, flags: number, rule: Rule): void {
  const start = beginMessage(writer, type, flags);
  const header = reserve(writer, uapi.FIB_RULE_HDR_LEN);
  writer.bytes[header] = familyNumber(rule.family);
  writer.bytes[header + 4] = rule.table < 256 ? rule.table : uapi.RT_TABLE_UNSPEC;
  writer.bytes[header + 7] = uapi.FR_ACT_TO_TBL;
  const from = rule.detail?.from;
  if (from !== undefined) {
    writer.bytes[header + 2] = from.length;
    putAddress(writer, uapi.FRA_SRC, from.address);
  }
  putU32(writer, uapi.FRA_PRIORITY, rule.priority);
  putU32(writer, uapi.FRA_TABLE, rule.table);
  if (rule.protocol !== 0) putU8(writer, uapi.FRA_PROTOCOL, rule.protocol);
  if (rule.inputInterface !== undefined) putText(writer, uapi.FRA_IIFNAME, rule.inputInterface);
  if (rule.suppressPrefixLength !== undefined) putU32(writer, uapi.FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixLength);
  endMessage(writer, start);
}

/** A dump of the rules of all families. */
export function encodeRuleDump(): Buffer {
  return message(uapi.RTM_GETRULE, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) =>
    reserve(writer, uapi.FIB_RULE_HDR_LEN),
  );
}

/**
 * The rule of an RTM_NEWRULE or RTM_DELRULE message; undefined for other families (multicast
 * routing) and garbage.
 */
export function decodeRule(bytes: Buffer, start: number, end: number): Rule | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.FIB_RULE_HDR_LEN;
  if (attributes > end) return undefined;
  const family = familyFromNumber(bytes[header]!);
  if (family === undefined) return undefined;
  if (Math.max(bytes[header + 1]!, bytes[header + 2]!) > familyBits(family)) return undefined;
  let priority = 0;
  let table = bytes[header + 4]!;
  let suppressPrefixLength: number | undefined;
  let inputInterface: string | undefined;
  let protocol = 0;
  const reading = beginDetail(family, bytes, header);
  const { detail } = reading;
  let foreign =
    detail.inverted === true ||
    detail.to !== undefined ||
    (detail.from !== undefined && detail.from.length !== familyBits(family)) ||
    detail.tos !== undefined ||
    detail.action !== 'table';
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    switch (type) {
      case uapi.FRA_PRIORITY:
        priority = readU32(bytes, from, to);
        break;
      case uapi.FRA_TABLE:
        table = readU32(bytes, from, to);
        break;
      case uapi.FRA_PROTOCOL:
        protocol = readU8(bytes, from, to);
        break;
      case uapi.FRA_IIFNAME:
        inputInterface = readText(bytes, from, to);
        break;
      case uapi.FRA_SUPPRESS_PREFIXLEN: {
        const value = readU32(bytes, from, to);
        suppressPrefixLength = value === SUPPRESS_NOTHING ? undefined : value;
        break;
      }
      case uapi.FRA_PAD:
        break;
      default:
        readDetail(reading, type, bytes, from, to);
        foreign ||= type !== uapi.FRA_SRC && type !== uapi.FRA_SUPPRESS_IFGROUP;
    }
  });
  foreign ||= detail.suppressGroup !== undefined;
  return {
    family,
    priority,
    table,
    suppressPrefixLength,
    inputInterface,
    protocol,
    foreign,
    ...(foreign || detail.from !== undefined ? { detail: endDetail(reading) } : {}),
  };
}
