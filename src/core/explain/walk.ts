/**
 * Where a packet that this host originates goes, as the judge says (fib/lookup.ts), in the terms
 * of `explain`. Pure.
 *
 * The packet has a destination and perhaps a source, and nothing else: no mark, no tos, user 0,
 * bound to no device except perhaps a VRF. Rules on its path that treat other packets to the
 * address differently (from the same source, if one is given) are reported.
 */

import { lookup, type Trace } from '../../fib/lookup.js';
import { EMPTY_VIEW, type View } from '../../fib/view.js';
import { type Address, familyBits, familyOf } from '../../model/address.js';
import type { PolicyRule, Vrf } from '../../model/policy.js';
import { containsAddress, prefix } from '../../model/prefix.js';
import type { Route } from '../../model/route.js';

export interface ExplainedPacket {
  readonly address: Address;
  readonly vrf: Vrf | undefined;
  /**
   * undefined: its socket is bound to no address, and the kernel chooses the source after the
   * lookup.
   */
  readonly from?: Address | undefined;
}

/** What the lookup of one rule's table led to. */
export interface Visit {
  readonly rule: PolicyRule;
  readonly table: number;
  /** undefined: the table has no route for the packet. */
  readonly route: Route | undefined;
  readonly verdict: 'taken' | 'suppressed' | 'thrown' | 'nothing';
}

export interface Way {
  /** The rule that decided; undefined: none did, there is no route. */
  readonly rule: PolicyRule | undefined;
  /**
   * The route that carries or refuses the packet; undefined: no route, or the rule itself refuses.
   */
  readonly route: Route | undefined;
  /** The tables that were looked up, in order; the deciding one is last. */
  readonly visits: readonly Visit[];
  /** Rules on the path that depend on more than the destination, and on what. */
  readonly mayDivert: readonly { readonly rule: PolicyRule; readonly reason: string }[];
}

/**
 * The path of the packet through rules (of its family, ascending) and routes (that contain its
 * address, of any table).
 */
export function walk(
  rules: readonly PolicyRule[],
  routes: readonly Route[],
  packet: ExplainedPacket,
  host: Pick<View, 'nexthopObjects' | 'links'> = EMPTY_VIEW,
): Way {
  const { address, vrf, from } = packet;
  const words = new Map(rules.map((policy) => [policy.rule, policy]));
  const trace: Trace = { visits: [], asked: [] };
  const answer = lookup(
    { ...EMPTY_VIEW, ...host, rules: [...words.keys()], routes: [routes] },
    {
      destination: prefix(address, familyBits(familyOf(address))),
      ...(vrf === undefined ? {} : { vrf }),
      ...(from === undefined ? {} : { source: from }),
    },
    { trace },
  );
  return {
    rule: answer.kind === 'none' ? undefined : words.get(answer.rule),
    route: answer.kind === 'none' ? undefined : answer.route,
    visits: trace.visits.map((visit) => ({ ...visit, rule: words.get(visit.rule)! })),
    mayDivert: trace.asked.flatMap((rule) => {
      const policy = words.get(rule)!;
      const reason = dependsOn(policy, packet);
      return reason === undefined ? [] : [{ rule: policy, reason }];
    }),
  };
}

/**
 * Whether the rule takes the packet as far as addresses, input interface and VRF go. A packet that
 * this host originates has lo as its input interface.
 */
function selects({ rule, to, from, l3mdev }: PolicyRule, { address, vrf, from: source }: ExplainedPacket): boolean {
  const input = rule.inputInterface === undefined || rule.inputInterface === 'lo';
  return (
    input &&
    (to === undefined || containsAddress(to, address)) &&
    (source === undefined || from === undefined || containsAddress(from, source)) &&
    (!l3mdev || vrf !== undefined)
  );
}

/** The first selector that asks for something that the packet does not have. */
function fails(
  { from, mark, tos, outputInterface, more }: PolicyRule,
  { vrf, from: source }: ExplainedPacket,
): string | undefined {
  if (source === undefined && from !== undefined && from.length > 0) return 'the source address';
  if (mark !== undefined && mark.value !== 0) return 'the mark';
  if (tos !== 0) return 'the tos';
  if (outputInterface !== undefined && outputInterface !== vrf?.name) return 'the device that the socket is bound to';
  return more.length > 0 ? more.join(', ') : undefined;
}

/**
 * The property of other packets to the address on which it depends whether the rule takes them;
 * undefined: it takes all alike.
 */
function dependsOn(rule: PolicyRule, packet: ExplainedPacket): string | undefined {
  if (rule.action === 'nop' || !selects(rule, packet)) return undefined;
  return fails(rule, packet) ?? (rule.mark === undefined ? undefined : 'the mark');
}
