/**
 * Where a packet that this host originates goes, as the judge says (fib/lookup.ts), in the terms
 * of `explain`. Pure.
 *
 * The packet has a destination and perhaps a source, and nothing else: no mark, no tos, user 0,
 * bound to no device except perhaps a VRF. Rules on its path that treat other packets to the
 * address differently (from the same source, if one is given) are reported.
 */

import { lookup, type TableVisit, type Trace } from '../../fib/lookup.js';
import { EMPTY_VIEW, type View } from '../../fib/view.js';
import { type Address, familyBits, familyOf } from '../../model/address.js';
import type { Vrf } from '../../model/link.js';
import { containsAddress, prefix } from '../../model/prefix.js';
import type { Route, Rule } from '../../model/route.js';
import type { RuleDetail } from '../../model/rule-detail.js';

export interface ExplainedPacket {
  readonly address: Address;
  readonly vrf: Vrf | undefined;
  /**
   * undefined: its socket is bound to no address, and the kernel chooses the source after the
   * lookup.
   */
  readonly from?: Address | undefined;
}

export interface Way {
  /** The rule that decided; undefined: none did, there is no route. */
  readonly rule: Rule | undefined;
  /**
   * The route that carries or refuses the packet; undefined: no route, or the rule itself refuses.
   */
  readonly route: Route | undefined;
  /** The tables that were looked up, in order; the deciding one is last. */
  readonly visits: readonly TableVisit[];
  /** Rules on the path that depend on more than the destination, and on what. */
  readonly mayDivert: readonly { readonly rule: Rule; readonly reason: string }[];
}

/**
 * The path of the packet through rules (of its family, ascending) and routes (that contain its
 * address, of any table).
 */
export function walk(
  rules: readonly Rule[],
  routes: readonly Route[],
  packet: ExplainedPacket,
  host: Pick<View, 'nexthopObjects' | 'links'> = EMPTY_VIEW,
): Way {
  const { address, vrf, from } = packet;
  const trace: Trace = { visits: [], asked: [] };
  const answer = lookup(
    { ...EMPTY_VIEW, ...host, rules, routes: [routes] },
    {
      destination: prefix(address, familyBits(familyOf(address))),
      ...(vrf === undefined ? {} : { vrf }),
      ...(from === undefined ? {} : { source: from }),
    },
    { trace },
  );
  return {
    rule: answer.kind === 'none' ? undefined : answer.rule,
    route: answer.kind === 'none' ? undefined : answer.route,
    visits: trace.visits,
    mayDivert: trace.asked.flatMap((rule) => {
      const reason = dependsOn(rule, packet);
      return reason === undefined ? [] : [{ rule, reason }];
    }),
  };
}

/**
 * Whether the rule takes the packet as far as addresses, input interface and VRF go. A packet that
 * this host originates has lo as its input interface.
 */
function selects({ inputInterface, detail }: Rule, { address, vrf, from: source }: ExplainedPacket): boolean {
  const { to, from, l3mdev } = detail ?? {};
  return (
    (inputInterface === undefined || inputInterface === 'lo') &&
    (to === undefined || containsAddress(to, address)) &&
    (source === undefined || from === undefined || containsAddress(from, source)) &&
    (l3mdev === undefined || vrf !== undefined)
  );
}

/** The first selector that asks for something that the packet does not have. */
function fails(detail: RuleDetail, { vrf, from: source }: ExplainedPacket): string | undefined {
  const { from, mark, tos = 0, outputInterface } = detail;
  if (source === undefined && from !== undefined && from.length > 0) return 'the source address';
  if (mark !== undefined && mark.value !== 0) return 'the mark';
  if (tos !== 0) return 'the tos';
  if (outputInterface !== undefined && outputInterface !== vrf?.name) return 'the device that the socket is bound to';
  const more = furtherSelectors(detail);
  return more.length > 0 ? more.join(', ') : undefined;
}

/** Selectors that addresses and devices do not decide: `the user id (uidrange 0-0)`. */
function furtherSelectors(detail: RuleDetail): readonly string[] {
  const { users, ipProtocol, sourcePorts, destinationPorts, suppressGroup, unknown = [] } = detail;
  const more: string[] = [];
  if (users !== undefined) more.push(`the user id (uidrange ${users.first}-${users.last})`);
  if (ipProtocol !== undefined) more.push(`the protocol (ipproto ${ipProtocol})`);
  if (sourcePorts !== undefined) more.push(`the port (sport ${sourcePorts.first}-${sourcePorts.last})`);
  if (destinationPorts !== undefined) more.push(`the port (dport ${destinationPorts.first}-${destinationPorts.last})`);
  if (detail.dscp !== undefined) more.push('the dscp');
  if (detail.flowLabel !== undefined) more.push('the flow label');
  if (detail.tunnel === true) more.push('the tunnel id');
  if (suppressGroup !== undefined) more.push(`suppress_ifgroup ${suppressGroup}`);
  return [...more, ...unknown.map((what) => `a selector that is not known here (${what})`)];
}

/**
 * The property of other packets to the address on which it depends whether the rule takes them;
 * undefined: it takes all alike.
 */
function dependsOn(rule: Rule, packet: ExplainedPacket): string | undefined {
  const { detail } = rule;
  if (detail === undefined || detail.action === 'nop' || !selects(rule, packet)) return undefined;
  return fails(detail, packet) ?? (detail.mark === undefined ? undefined : 'the mark');
}
