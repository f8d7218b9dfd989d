/**
 * Where a packet of the host itself goes: the walk through policy rules and tables as Linux does
 * it (fib_rules_lookup in net/core/fib_rules.c; fib4_rule_action, fib4_rule_suppress;
 * __fib6_rule_action, fib6_rule_suppress). Pure.
 *
 *   a rule that        does
 *   does not match     nothing; nor does one that depends on the packet, which the trace shows
 *   goto               goes on with the first rule of that priority, if there is one
 *   nop                nothing
 *   blackhole, ...     ends the lookup: refused
 *   lookup TABLE       depends on what the table answers (table.ts):
 *     nothing, throw   nothing: the next rule
 *     a refusal        ends the lookup; suppressors do not apply to it (fact K18)
 *     a route          ends the lookup, unless the rule suppresses it: then the next rule
 *
 * IPv4 keeps `local` and `main` in one trie until somebody adds or deletes a rule; until then a
 * longer prefix in main wins over a shorter one in local. Nothing tells whether that has happened.
 * This model assumes that it has.
 */

import type { Nexthop, Route, Rule } from '../model/route.js';
import { REFUSALS } from '../model/route.js';
import { matches } from './matches.js';
import type { Packet } from './packet.js';
import { type Program, programOf } from './program.js';
import type { Query } from './query.js';
import { suppression } from './suppress.js';
import { tableLookup } from './table.js';
import type { View } from './view.js';

/** What the lookup of one rule's table led to. */
export interface TableVisit {
  readonly rule: Rule;
  /** undefined: the table has no route for it. */
  readonly route: Route | undefined;
  readonly verdict: 'taken' | 'suppressed' | 'thrown' | 'nothing';
}

/** What happened on the way, in order; the deciding table is last. */
export interface Trace {
  readonly visits: TableVisit[];
  /** Every rule that was asked, whether it took the packet or not. */
  readonly asked: Rule[];
}

interface Led {
  readonly rule: Rule;
  readonly route: Route;
  /** The next hops that a packet may take. Of several the kernel chooses one for each flow. */
  readonly nexthops: readonly Nexthop[];
  /** Routes that the kernel may take instead, depending on the state of neighbours. */
  readonly alternatives: readonly Route[];
}

export type LookupAnswer = (
  | ({ readonly kind: 'route' } & Led)
  /** By a route, or by the rule itself. */
  | { readonly kind: 'refused'; readonly rule: Rule; readonly route: Route | undefined }
  /** No rule had an answer. */
  | { readonly kind: 'none' }
) & {
  /**
   * A rule on the way may suppress what the model says it does not, or the other way round
   * (suppress.ts).
   */
  readonly doubtful: boolean;
};

interface LookupOptions {
  /** Filled when given. */
  readonly trace?: Trace;
  /** RT_SCOPE_*; 0 for packets. */
  readonly scope?: number;
  readonly ignoreLinkState?: boolean;
  /**
   * Suppressors are ignored, as when IPv6 looks up a gateway (fib6_rule_suppress has no rt6_info
   * then).
   */
  readonly unsuppressed?: boolean;
}

export function lookup(view: View, packet: Packet, options: LookupOptions = {}): LookupAnswer {
  const query: Query = { packet, scope: options.scope ?? 0, ignoreLinkState: options.ignoreLinkState === true };
  const program = programOf(view.rules, packet, options.trace !== undefined);
  let doubtful = false;
  for (let at = 0; at < program.rules.length; ) {
    const rule = program.rules[at]!;
    options.trace?.asked.push(rule);
    if (matches(rule, packet) !== 'yes') {
      at++;
      continue;
    }
    const action = rule.detail?.action ?? 'table';
    if (action === 'goto' || action === 'nop') {
      at = action === 'nop' ? at + 1 : next(program, at);
      continue;
    }
    if (action !== 'table') return { kind: 'refused', rule, route: undefined, doubtful };
    const { answer, certain } = ask(view, rule, query, options);
    doubtful ||= !certain;
    if (answer !== undefined) return { ...answer, doubtful };
    at++;
  }
  return { kind: 'none', doubtful };
}

/**
 * The index after a goto. A goto only leads forward (fib_nl_newrule refuses others); without a
 * target it does nothing.
 */
function next(program: Program, at: number): number {
  const target = program.jumps.get(program.rules[at]!);
  return target === undefined || target <= at ? at + 1 : target;
}

interface Asked {
  readonly answer:
    | ({ readonly kind: 'route' } & Led)
    | { readonly kind: 'refused'; rule: Rule; route: Route }
    | undefined;
  readonly certain: boolean;
}

const NOTHING: Asked = { answer: undefined, certain: true };

function ask(view: View, rule: Rule, query: Query, { trace, unsuppressed }: LookupOptions): Asked {
  const table = rule.detail?.l3mdev === true ? (query.packet.vrf?.table ?? 0) : rule.table;
  const found = tableLookup(view, table, query);
  const visit = (verdict: TableVisit['verdict']): void =>
    void trace?.visits.push({ rule, route: found?.route, verdict });
  if (found === undefined || found.route.type === 'throw') {
    visit(found === undefined ? 'nothing' : 'thrown');
    return NOTHING;
  }
  const { route, nexthops, alternatives } = found;
  if (found.blackhole || REFUSALS.has(route.type)) {
    visit('taken');
    return { answer: { kind: 'refused', rule, route }, certain: true };
  }
  const { suppressed, certain } =
    unsuppressed === true ? { suppressed: false, certain: true } : suppression(view, rule, found);
  visit(suppressed ? 'suppressed' : 'taken');
  return { answer: suppressed ? undefined : { kind: 'route', rule, route, nexthops, alternatives }, certain };
}
