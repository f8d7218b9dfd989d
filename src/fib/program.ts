/**
 * The rules of one family in the order in which the kernel asks them, and where each goto leads.
 * Made once for each list of rules. The programs for ordinary packets, of any source or of one,
 * leave out the rules that take none of them, because a host may have ten thousand rules. Pure.
 */

import { type Family, familyBits } from '../model/address.js';
import { containsPrefix, defaultPrefix, prefix } from '../model/prefix.js';
import type { Rule } from '../model/route.js';
import { matches, takesNoSource } from './matches.js';
import { ANY, ordinary, type Packet } from './packet.js';

export interface Program {
  readonly rules: readonly Rule[];
  /** The target of each goto, as an index into `rules`. */
  readonly jumps: ReadonlyMap<Rule, number>;
}

type Programs = Partial<Record<string, Program>>;

const made = new WeakMap<readonly Rule[], Programs>();

/**
 * A program that answers for the packet as the whole list would. `all`: includes the rules that do
 * not take the packet.
 */
export function programOf(rules: readonly Rule[], packet: Packet, all = false): Program {
  const { family } = packet.destination;
  let programs = made.get(rules);
  if (programs === undefined) made.set(rules, (programs = {}));
  if (isOrdinary(packet))
    return (programs[`ordinary ${family} ${packet.source}`] ??= forOrdinary(
      programOf(rules, ANYTHING[family], true),
      family,
      packet.source,
    ));
  if (all || packet.source !== undefined) return (programs[family] ??= whole(rules, family));
  return (programs[`without a source ${family}`] ??= withoutSource(programOf(rules, ANYTHING[family], true)));
}

const ANYTHING: Readonly<Record<Family, Packet>> = {
  inet: { destination: defaultPrefix('inet') },
  inet6: { destination: defaultPrefix('inet6') },
};

/**
 * All rules of the family. Rules of equal priority stay in the given order, which is that of a
 * dump.
 */
function whole(all: readonly Rule[], family: Family): Program {
  const rules = all.filter((rule) => rule.family === family);
  // A dump is in this order already.
  if (rules.some((rule, i) => i > 0 && rule.priority < rules[i - 1]!.priority))
    rules.sort((a, b) => a.priority - b.priority);
  return { rules, jumps: jumpsOf(rules, rules) };
}

function forOrdinary({ rules }: Program, family: Family, source: NonNullable<Packet['source']>): Program {
  const packet = { ...ordinary(defaultPrefix(family)), source };
  const whole = source === ANY ? undefined : prefix(source, familyBits(family));
  // The address is parsed once, not for each of the rules.
  const elsewhere = ({ detail }: Rule): boolean =>
    whole !== undefined &&
    detail?.from !== undefined &&
    detail.inverted !== true &&
    !containsPrefix(detail.from, whole);
  const kept = rules.filter((rule) => !elsewhere(rule) && mayMatch(rule, packet));
  return { rules: kept, jumps: jumpsOf(rules, kept) };
}

/** For packets that have no source yet: rules for some sources take none of them (matches.ts). */
function withoutSource({ rules }: Program): Program {
  const kept = rules.filter(
    ({ detail }) => detail?.from === undefined || detail.inverted === true || takesNoSource(detail.from),
  );
  return { rules: kept, jumps: jumpsOf(rules, kept) };
}

/**
 * Whether the rule matches for some destination. A goto to a rule that is left out leads to the
 * next one kept.
 */
export function mayMatch(rule: Rule, packet: Packet): boolean {
  const { detail } = rule;
  // A packet that may have any source is taken by no rule for some sources for certain.
  if (packet.source === ANY && detail?.inverted !== true && detail?.from !== undefined && detail.from.length > 0)
    return false;
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

/** Whether the packet is one of {@link ordinary}, bound to no VRF, of any source or of this one. */
function isOrdinary(packet: Packet): packet is Packet & { readonly source: NonNullable<Packet['source']> } {
  return (
    packet.vrf === undefined &&
    packet.outputInterface === undefined &&
    packet.source !== undefined &&
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
