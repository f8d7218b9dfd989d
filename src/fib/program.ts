/**
 * The rules of one family in the order in which the kernel asks them, and where each goto leads. Made once for each list of rules,
 * and for ordinary packets without the rules that take none of them: a host may have ten thousand. Pure.
 */

import type { Family } from '../model/address.js';
import { defaultPrefix } from '../model/prefix.js';
import type { Rule } from '../model/route.js';
import { matches } from './matches.js';
import { ANY, ordinary, type Packet } from './packet.js';

export interface Program {
  readonly rules: readonly Rule[];
  /** Where each goto leads: an index of `rules`. */
  readonly jumps: ReadonlyMap<Rule, number>;
}

type Programs = Partial<Record<string, Program>>;

const made = new WeakMap<readonly Rule[], Programs>();

/** The program that answers the packet as the whole list would. */
export function programOf(rules: readonly Rule[], packet: Packet): Program {
  const { family } = packet.destination;
  const few = isOrdinary(packet);
  let programs = made.get(rules);
  if (programs === undefined) made.set(rules, (programs = {}));
  return (programs[few ? `ordinary ${family}` : family] ??= few
    ? forOrdinary(whole(rules, family), family)
    : whole(rules, family));
}

/** Of equal priorities in the order given, which is that of a dump. */
function whole(all: readonly Rule[], family: Family): Program {
  const rules = all.filter((rule) => rule.family === family).sort((a, b) => a.priority - b.priority);
  return { rules, jumps: jumpsOf(rules, rules) };
}

function forOrdinary({ rules }: Program, family: Family): Program {
  const packet = ordinary(defaultPrefix(family));
  const kept = rules.filter((rule) => mayMatch(rule, packet));
  return { rules: kept, jumps: jumpsOf(rules, kept) };
}

/** Whether some destination makes the rule match. What is left out matches none, and its place is that of the next one kept. */
function mayMatch(rule: Rule, packet: Packet): boolean {
  const { detail } = rule;
  // An ordinary packet may have any source, so no rule for some sources takes it for certain.
  if (detail?.inverted !== true && detail?.from !== undefined && detail.from.length > 0) return false;
  if (detail?.inverted === true || detail?.to === undefined)
    return matches(rule, packet) === 'yes' || detail?.inverted === true;
  const { to: _, ...rest } = detail;
  return matches({ ...rule, detail: rest }, packet) === 'yes';
}

function jumpsOf(all: readonly Rule[], kept: readonly Rule[]): ReadonlyMap<Rule, number> {
  const jumps = new Map<Rule, number>();
  const gotos = kept.filter((rule) => rule.detail?.action === 'goto');
  if (gotos.length === 0) return jumps;
  const places = new Map(kept.map((rule, at) => [rule, at]));
  for (const rule of gotos) {
    let at = all.findIndex(({ priority }) => priority === rule.detail?.target);
    if (at < 0) continue;
    while (at < all.length && !places.has(all[at]!)) at++;
    jumps.set(rule, at < all.length ? places.get(all[at]!)! : kept.length);
  }
  return jumps;
}

/** As {@link ordinary} makes it, bound to no VRF. */
function isOrdinary(packet: Packet): boolean {
  return (
    packet.vrf === undefined &&
    packet.outputInterface === undefined &&
    packet.source === ANY &&
    packet.user === ANY &&
    packet.ipProtocol === ANY &&
    packet.sourcePort === ANY &&
    packet.destinationPort === ANY &&
    packet.mark === undefined &&
    packet.tos === undefined &&
    packet.flowLabel === undefined &&
    packet.tunnel === undefined
  );
}
