/**
 * Where a packet that this host originates goes: the walk through policy rules and tables as Linux does it (fib_rules.c
 * fib_rules_lookup, fib_trie.c fib_table_lookup, ip6_fib.c fib6_table_lookup). Pure.
 *
 * The packet has a destination and nothing else: no mark, no tos, no source chosen yet, bound to no device but perhaps a VRF. A rule that asks for
 * more does not match it, and is reported as one that may divert other packets.
 *
 *   a table finds      the longest prefix that has a next hop alive; of one prefix the lowest metric
 *   unicast and kin    the answer, unless the rule suppresses a prefix so short: then the next rule
 *   throw              the next rule
 *   unreachable,       the answer: refused. suppress_prefixlength does not apply to refusals (fib_rules_lookup asks
 *   blackhole,         for suppression only when the lookup succeeded; seen on Linux 6.18, both families)
 *   prohibit
 */

import type { Address } from '../../model/address.js';
import type { PolicyRule, Vrf } from '../../model/policy.js';
import { containsAddress } from '../../model/prefix.js';
import { type Route, refuses } from '../../model/route.js';
import { lookup } from '../lookup.js';

export interface ExplainedPacket {
  readonly address: Address;
  readonly vrf: Vrf | undefined;
}

/** What a rule did with the packet. */
export interface Visit {
  readonly rule: PolicyRule;
  readonly table: number;
  /** undefined: the table has no route for it. */
  readonly route: Route | undefined;
  readonly verdict: 'taken' | 'suppressed' | 'thrown' | 'nothing';
}

export interface Way {
  /** The rule that decided; undefined: none did, there is no route. */
  readonly rule: PolicyRule | undefined;
  /** The route that carries or refuses the packet; undefined: no route, or the rule itself refuses. */
  readonly route: Route | undefined;
  /** The tables that were asked, in order, the deciding one last. */
  readonly visits: readonly Visit[];
  /** Rules met on the way that depend on more than the destination, and on what. */
  readonly mayDivert: readonly { readonly rule: PolicyRule; readonly reason: string }[];
}

/** The way of the packet through rules (of its family, ascending) and routes (that contain its address, of any table). */
export function walk(rules: readonly PolicyRule[], routes: readonly Route[], packet: ExplainedPacket): Way {
  const visits: Visit[] = [];
  const mayDivert: { readonly rule: PolicyRule; readonly reason: string }[] = [];
  const end = (rule: PolicyRule | undefined, route: Route | undefined): Way => ({
    rule,
    route,
    visits,
    mayDivert,
  });
  for (let at = 0; at < rules.length; at++) {
    const rule = rules[at]!;
    const condition = dependsOn(rule, packet);
    if (condition !== undefined) mayDivert.push({ rule, reason: condition });
    if (!matches(rule, packet)) continue;
    switch (rule.action) {
      case 'nop':
        continue;
      case 'goto': {
        // Only forward (fib_rules.c refuses the rest); to a rule that is not there, it does nothing.
        const target = rules.findIndex((other) => other.rule.priority === rule.target);
        if (target > at) at = target - 1;
        continue;
      }
      case 'table': {
        const table = rule.l3mdev ? (packet.vrf?.table ?? 0) : rule.rule.table;
        const route = lookup(routes, table, packet.address);
        const verdict = route === undefined ? 'nothing' : judge(rule, route);
        visits.push({ rule, table, route, verdict });
        if (verdict === 'taken') return end(rule, route);
        continue;
      }
      case 'blackhole':
      case 'unreachable':
      case 'prohibit':
      case 'other':
        return end(rule, undefined);
      default:
        return rule.action satisfies never;
    }
  }
  return end(undefined, undefined);
}

function judge(rule: PolicyRule, route: Route): Visit['verdict'] {
  if (route.type === 'throw') return 'thrown';
  if (refuses(route)) return 'taken';
  const suppress = rule.rule.suppressPrefixLength;
  return suppress !== undefined && route.destination.length <= suppress ? 'suppressed' : 'taken';
}

/** Whether the rule matches this packet: every selector that it has, or with `not`, some selector that fails. */
function matches(rule: PolicyRule, packet: ExplainedPacket): boolean {
  const all = selects(rule, packet) && fails(rule, packet) === undefined;
  return rule.inverted ? !all : all;
}

/** The selectors that the packet itself answers. What this host originates came in by lo. */
function selects({ rule, to, l3mdev }: PolicyRule, { address, vrf }: ExplainedPacket): boolean {
  const input = rule.inputInterface === undefined || rule.inputInterface === 'lo';
  return input && (to === undefined || containsAddress(to, address)) && (!l3mdev || vrf !== undefined);
}

/** The first selector that asks for something that the packet does not have. */
function fails({ from, mark, tos, outputInterface, more }: PolicyRule, { vrf }: ExplainedPacket): string | undefined {
  if (from !== undefined && from.length > 0) return 'the source address';
  if (mark !== undefined && mark.value !== 0) return 'the mark';
  if (tos !== 0) return 'the tos';
  if (outputInterface !== undefined && outputInterface !== vrf?.name) return 'the device that the socket is bound to';
  return more.length > 0 ? more.join(', ') : undefined;
}

/** What of other packets to the address decides whether the rule takes them; undefined: nothing, all are alike. */
function dependsOn(rule: PolicyRule, packet: ExplainedPacket): string | undefined {
  if (rule.action === 'nop' || !selects(rule, packet)) return undefined;
  return fails(rule, packet) ?? (rule.mark === undefined ? undefined : 'the mark');
}
