/**
 * Whether a rule takes a packet: fib_rule_match (net/core/fib_rules.c), fib4_rule_match
 * (net/ipv4/fib_rules.c), fib6_rule_match (net/ipv6/fib6_rules.c). Pure.
 *
 * The answer has three values. A selector that is not known here, or whose field is ANY, makes it
 * `depends`. `not` inverts the conjunction of all selectors, and leaves `depends` as it is.
 */

import type { Address } from '../model/address.js';
import { containsAddress, containsPrefix, type Prefix } from '../model/prefix.js';
import type { Rule } from '../model/route.js';
import type { Masked, Range, RuleDetail } from '../model/rule-detail.js';
import { ANY, type Packet } from './packet.js';

type Match = 'yes' | 'no' | 'depends';

/** The name in `iif lo`: the device by which the host's own packets come in. */
const OWN_INPUT = 'lo';
/**
 * The bits of a tos that IPv4 compares in rules and routes (INET_DSCP_LEGACY_TOS_MASK,
 * include/net/inet_dscp.h).
 */
export const LEGACY_TOS = 0x1c;

/**
 * A rule for only a part of the packet's destination does not match: it is for more specific
 * destinations.
 */
export function matches(rule: Rule, packet: Packet): Match {
  const { detail } = rule;
  if (detail === undefined) {
    if (rule.foreign) return 'depends';
    return input(rule, packet);
  }
  // Tested first: a host may have ten thousand rules for sources, and none takes a packet without
  // a source.
  if (detail.inverted !== true && detail.from !== undefined && source(detail.from, packet.source) === 'no') return 'no';
  const all = conjunction(
    input(rule, packet),
    () => destination(detail, packet),
    () => selectors(rule, detail, packet),
  );
  if (detail.inverted !== true || all === 'depends') return all;
  return all === 'yes' ? 'no' : 'yes';
}

function conjunction(first: Match, ...rest: readonly (() => Match)[]): Match {
  let result = first;
  for (const next of rest) {
    if (result === 'no') return 'no';
    const match = next();
    if (match !== 'yes') result = match;
  }
  return result;
}

/**
 * Since Linux 6.15 a rule for packets that come in by a VRF also takes those of sockets bound to
 * it, so its match depends on the kernel.
 */
function input({ inputInterface }: Rule, { vrf, noInput }: Packet): Match {
  if (inputInterface === undefined) return 'yes';
  if (noInput === true) return 'no';
  if (inputInterface === OWN_INPUT) return 'yes';
  return inputInterface === vrf?.name ? 'depends' : 'no';
}

function destination({ to }: RuleDetail, packet: Packet): Match {
  if (to === undefined) return 'yes';
  return said(containsPrefix(to, packet.destination));
}

function selectors(rule: Rule, detail: RuleDetail, packet: Packet): Match {
  let result: Match = detail.unknown === undefined ? 'yes' : 'depends';
  for (const match of each(rule, detail, packet)) {
    if (match === 'no') return 'no';
    if (match === 'depends') result = 'depends';
  }
  return result;
}

function* each(rule: Rule, detail: RuleDetail, packet: Packet): Generator<Match> {
  if (detail.outputInterface !== undefined)
    yield said(detail.outputInterface === (packet.outputInterface?.name ?? packet.vrf?.name));
  if (detail.mark !== undefined) yield under(detail.mark, packet.mark);
  // A tunnel device with an id of its own looks up with id 0. One that takes the id from each
  // packet may look up with any id.
  if (detail.tunnel === true) yield packet.tunnel === ANY ? 'depends' : 'no';
  if (detail.l3mdev === true) yield said(packet.vrf !== undefined);
  if (detail.users !== undefined) yield within(detail.users, packet.user ?? 0);
  if (detail.from !== undefined) yield source(detail.from, packet.source);
  yield* tos(rule, detail, packet.tos);
  if (detail.flowLabel !== undefined) yield under(detail.flowLabel, packet.flowLabel);
  if (detail.ipProtocol !== undefined)
    yield packet.ipProtocol === ANY ? 'depends' : said(detail.ipProtocol === (packet.ipProtocol ?? 0));
  if (detail.sourcePorts !== undefined) yield within(detail.sourcePorts, packet.sourcePort ?? 0);
  if (detail.destinationPorts !== undefined) yield within(detail.destinationPorts, packet.destinationPort ?? 0);
}

function* tos({ family }: Rule, detail: RuleDetail, value: Packet['tos']): Generator<Match> {
  if (detail.tos !== undefined)
    yield value === ANY ? 'depends' : said(detail.tos === ((value ?? 0) & (family === 'inet' ? LEGACY_TOS : 0xfc)));
  if (detail.dscp !== undefined) yield under(detail.dscp, value === ANY ? ANY : (value ?? 0) >> 2);
}

function said(yes: boolean): Match {
  return yes ? 'yes' : 'no';
}

function under({ value, mask }: Masked, field: number | typeof ANY | undefined): Match {
  if (mask === 0) return 'yes';
  return field === ANY ? 'depends' : said((((field ?? 0) ^ value) & mask) === 0);
}

function within({ first, last, mask }: Range, field: number | typeof ANY): Match {
  if (field === ANY) return 'depends';
  return said(mask === undefined ? field >= first && field <= last : ((field ^ first) & mask) === 0);
}

/**
 * A source that is not chosen yet counts as 0.0.0.0 in IPv4, and lies in no prefix in IPv6
 * (RT6_LOOKUP_F_HAS_SADDR is not set).
 */
function source(from: Prefix, address: Address | typeof ANY | undefined): Match {
  if (from.length === 0) return 'yes';
  if (address === ANY) return 'depends';
  return said(address === undefined ? takesNoSource(from) : containsAddress(from, address));
}

/** Whether the prefix contains a source that is not chosen yet. */
export function takesNoSource({ address, length }: Prefix): boolean {
  return length === 0 || address === '0.0.0.0';
}
