/**
 * Random rules of others, with selectors, and what a packet must meet while backup routes are in: the reference for "the backup tables
 * extend main, and stand nowhere else". For the pure test (rule-place.property.test.ts) and the one in the kernel (test/netns/rules.test.ts).
 */

import fc from 'fast-check';
import { localRules } from '../../../src/core/local-rules.js';
import { ownership } from '../../../src/core/ownership.js';
import { backupRoute, LOCAL_METRIC, place, type Target } from '../../../src/core/placement.js';
import type { Desired } from '../../../src/core/plan.js';
import { replyRules } from '../../../src/core/replies.js';
import { lastOfMain, rulePlace } from '../../../src/core/rule-place.js';
import { type LookupAnswer, lookup, type Trace } from '../../../src/fib/lookup.js';
import type { Packet } from '../../../src/fib/packet.js';
import type { View } from '../../../src/fib/view.js';
import { type Address, type Family, familyBits } from '../../../src/model/address.js';
import type { Config } from '../../../src/model/config.js';
import { containsAddress, type Prefix, prefix, prefixText, samePrefix } from '../../../src/model/prefix.js';
import { type Route, type Rule, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import { REPLY_TABLE } from '../../../src/model/tables.js';
import { config, edges, GATEWAYS, prefixes } from './fixture.js';

export const OTHER_TABLE = 100;
export const OWN = ownership(config());

export interface RuleWorld {
  readonly family: Family;
  readonly main: readonly { readonly p: Prefix; readonly refused: boolean }[];
  /** Destinations that table 100 has. */
  readonly other: readonly Prefix[];
  /** Without ours, in the order in which they were added. */
  readonly rules: readonly Rule[];
  /** Added once ours stand. */
  readonly newcomers: readonly Rule[];
  readonly destinations: readonly { readonly destination: Prefix; readonly preempt: boolean }[];
  /** What packets from the address of the port go to by the table of symmetric replies; none: they are not asked for. */
  readonly replies: readonly Prefix[];
  /** The backup routes are out. */
  readonly out: boolean;
}

const REPLIES = config().tableBase + REPLY_TABLE;

const SOURCES: Readonly<Record<Family, Address>> = { inet: '10.255.0.2', inet6: '2001:db8:255::2' };

/** A rule of somebody else at one of the priorities that matter. */
function foreignRule(family: Family): fc.Arbitrary<Rule> {
  const selector: fc.Arbitrary<Partial<RuleDetail>> = fc.oneof(
    fc.constant({}),
    fc.constant({ from: prefix(SOURCES[family], familyBits(family)) }),
    fc.constantFrom({ mark: { value: 1, mask: 0xffffffff } }, { mark: { value: 0, mask: 0xff } }),
    fc.constant({ users: { first: 1000, last: 2000 } }),
    prefixes(family)
      .filter(({ length }) => length > 0)
      .map((to) => ({ to })),
  );
  const what = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ action: 'table' as const, table: OTHER_TABLE }) },
    { weight: 2, arbitrary: fc.constant({ action: 'table' as const, table: TABLE_MAIN }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        { action: 'unreachable' as const, table: 0 },
        { action: 'prohibit' as const, table: 0 },
      ),
    },
  );
  return fc
    .record({
      priority: fc.constantFrom(99, 100, 5210, 32_764, 32_765, 32_765, 32_765, 32_766, 32_767),
      what,
      selector,
      inverted: fc.nat(5),
      suppress: fc.constantFrom(undefined, undefined, undefined, 0, 8),
      input: fc.constantFrom(undefined, undefined, undefined, 'lo', 'data0'),
    })
    .map(({ priority, what: { action, table }, selector: some, inverted, suppress, input }) => {
      const not = inverted === 0 && Object.keys(some).length > 0;
      const foreign = not || action !== 'table' || Object.keys(some).length > 0;
      return ruleOf(family, priority, table, {
        inputInterface: input,
        ...(action === 'table' ? { suppressPrefixLength: suppress } : {}),
        foreign,
        ...(foreign ? { detail: { action, ...(not ? { inverted: true } : {}), ...some } } : {}),
      });
    });
}

export function ruleOf(family: Family, priority: number, table: number, more: Partial<Rule> = {}): Rule {
  return {
    family,
    priority,
    table,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 0,
    foreign: false,
    ...more,
  };
}

/** `local`: priority of the rule for own addresses; `main`: of main's, absent where somebody flushed the rules. */
export function ruleWorlds(family: Family): fc.Arbitrary<RuleWorld> {
  return fc
    .record({
      main: fc.uniqueArray(fc.record({ p: prefixes(family), refused: fc.nat(5).map((n) => n === 0) }), {
        maxLength: 6,
        selector: ({ p }) => prefixText(p),
      }),
      other: fc.uniqueArray(prefixes(family), { maxLength: 3, selector: prefixText }),
      before: fc.array(foreignRule(family), { maxLength: 3 }),
      after: fc.array(foreignRule(family), { maxLength: 3 }),
      newcomers: fc.array(foreignRule(family), { maxLength: 3 }),
      destinations: fc.uniqueArray(fc.record({ destination: prefixes(family), preempt: fc.boolean() }), {
        minLength: 1,
        maxLength: 5,
        selector: ({ destination }) => prefixText(destination),
      }),
      replies: fc.uniqueArray(prefixes(family), { maxLength: 3, selector: prefixText }),
      out: fc.nat(2).map((n) => n === 0),
      local: fc.constantFrom(0, 0, 1001, 32_765, 32_767),
      mainAt: fc.constantFrom(32_766, 32_766, 32_766, 100, undefined),
    })
    .map(({ before, after, local, mainAt, ...rest }) => ({
      ...rest,
      family,
      rules: unlike([
        ...before,
        ruleOf(family, local, TABLE_LOCAL),
        ...(mainAt === undefined ? [] : [ruleOf(family, mainAt, TABLE_MAIN)]),
        ruleOf(family, 32_767, TABLE_DEFAULT),
        ...after,
      ]),
    }))
    .map((world) => ({ ...world, newcomers: unlike([...world.rules, ...world.newcomers]).slice(world.rules.length) }));
}

function unlike(rules: readonly Rule[]): readonly Rule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** What is wanted beside the rules that stand, with a gateway of its own for each destination. */
export function wantedOf(
  world: RuleWorld,
  standing: readonly Rule[],
  interfaceIndex: number,
  gateway: (n: number) => Address = () => GATEWAYS[world.family][0],
  settings: Config = config(),
): Desired {
  const targets = (world.out ? [] : world.destinations).map(
    ({ destination, preempt }, n): Target => ({
      destination,
      gateway: gateway(n),
      // Whether the gateway is a neighbour is asked by way of the rules, too.
      onlink: true,
      interfaceIndex,
      vrfTable: undefined,
      rank: 0,
      preempt,
      activeRival: !preempt && world.main.some(({ p }) => samePrefix(p, destination)),
    }),
  );
  const { routes, lengths, preempting } = place(settings, world.family, targets);
  const at = rulePlace(settings, OWN, world.family, standing);
  const sources = world.replies.length === 0 ? [] : [SOURCES[world.family]];
  const rules = [
    ...replyRules(settings, world.family, at, REPLIES, sources, standing),
    // While they are out none of ours reads main, but one that stands and that no other does in place of.
    ...(world.out ? lastOfMain(OWN, standing) : localRules(settings, world.family, at, lengths, preempting)),
  ];
  const replies = world.replies.map((destination, n) =>
    backupRoute(
      settings,
      {
        destination,
        gateway: gateway(n),
        onlink: true,
        interfaceIndex,
        vrfTable: undefined,
        rank: 0,
        preempt: false,
        activeRival: false,
      },
      REPLIES,
      LOCAL_METRIC[world.family],
    ),
  );
  return {
    routes: [...routes, ...replies],
    rules,
    anchors: at.kind === 'beside' && rules.length > 0 ? [at.anchor] : [],
  };
}

/** Packets that differ in all that the rules above ask for. */
export function packetsOf({ family, main, other, destinations, rules, newcomers }: RuleWorld): readonly Packet[] {
  const to = [...rules, ...newcomers].flatMap(({ detail }) => (detail?.to === undefined ? [] : [detail.to]));
  const addresses = edges([
    ...main.map(({ p }) => p),
    ...other,
    ...destinations.map(({ destination }) => destination),
    ...to,
  ]);
  return addresses.map((address, i): Packet => {
    const plain = { destination: prefix(address, familyBits(family)) };
    switch (i % 4) {
      case 1:
        return { ...plain, source: SOURCES[family] };
      case 2:
        return { ...plain, mark: 1 };
      case 3:
        return { ...plain, user: 1500 };
      default:
        return plain;
    }
  });
}

/** The answer in words: the table and prefix, or that it is refused, or nothing. */
export function words(answer: LookupAnswer): string {
  switch (answer.kind) {
    case 'route':
      return routeWords(answer.route);
    case 'refused':
      return answer.route === undefined ? `refused by rule ${answer.rule.priority}` : routeWords(answer.route);
    case 'none':
      return 'nothing';
    default:
      return answer satisfies never;
  }
}

export function routeWords({ table, destination }: Pick<Route, 'table' | 'destination'>): string {
  const owner = table === REPLIES ? 'replies' : table >= 25_500 && table <= 25_628 ? 'ours' : table;
  return `${owner} ${prefixText(destination)}`;
}

/**
 * What the packet may meet while backup routes are in. `without`: the host without any rule of ours. One answer, but where somebody has a
 * rule of main's own priority: it may be older than ours, and then stays in front of the default that wins no ties.
 */
export function expectedWords(world: RuleWorld, without: View, packet: Packet): readonly string[] {
  const trace: Trace = { visits: [], asked: [] };
  const before = lookup(without, packet, { trace });
  const at = rulePlace(config(), OWN, world.family, without.rules);
  const others = withoutReplies(world, without, packet, before, trace);
  const reply = world.replies
    .filter((one) => packet.source === SOURCES[world.family] && containsAddress(one, packet.destination.address))
    .sort((a, b) => b.length - a.length)[0];
  if (reply === undefined || at.kind === 'nowhere' || at.kind === 'fixed') return others;
  const words = [`replies ${prefixText(reply)}`];
  if (at.kind === 'end') return before.kind === 'none' ? words : others;
  if (!trace.asked.includes(at.anchor)) return others;
  if (at.front !== undefined) return words;
  // Behind main's, in front of the backup routes.
  if (trace.visits.find(({ rule }) => rule === at.anchor)?.verdict === 'taken') return others;
  return before.kind !== 'none' && before.rule.priority === at.anchor.priority ? [...words, ...others] : words;
}

function withoutReplies(
  world: RuleWorld,
  without: View,
  packet: Packet,
  before: LookupAnswer,
  trace: Trace,
): readonly string[] {
  if (world.out) return [words(before)];
  const at = rulePlace(config(), OWN, world.family, without.rules);
  const backup = longestBackup(world, packet.destination.address);
  if (at.kind === 'nowhere' || at.kind === 'fixed') return [words(before)];
  if (at.kind === 'end') {
    if (before.kind !== 'none') return [words(before)];
    const main = lookup({ ...without, rules: [ruleOf(world.family, 1, TABLE_MAIN)] }, packet);
    return [backup === undefined ? words(main) : union(main, backup)];
  }
  if (backup === undefined || !trace.asked.includes(at.anchor)) return [words(before)];
  const found = trace.visits.find(({ rule }) => rule === at.anchor)?.verdict === 'taken';
  const { length } = backup.destination;
  if (at.front !== undefined && (length > 0 || backup.preempt))
    return [union(found ? before : { kind: 'none', doubtful: false }, backup)];
  if (found) return [words(before)];
  const beside = before.kind !== 'none' && before.rule.priority === at.anchor.priority;
  return [oursWords(backup), ...(beside ? [words(before)] : [])];
}

function oursWords({ destination }: RuleWorld['destinations'][number]): string {
  return `ours ${prefixText(destination)}`;
}

function longestBackup(
  { destinations, main }: RuleWorld,
  address: Address,
): RuleWorld['destinations'][number] | undefined {
  const preempting = new Set(destinations.filter((one) => one.preempt).map(({ destination }) => destination.length));
  return destinations
    .filter(({ destination }) => containsAddress(destination, address))
    .filter(
      // It stays out of its table, so that it loses its tie (placement.ts).
      ({ destination, preempt }) =>
        preempt || !preempting.has(destination.length) || !main.some(({ p }) => samePrefix(p, destination)),
    )
    .sort((a, b) => b.destination.length - a.destination.length)[0];
}

/** The longest of both; main wins ties but those that are preempted, and whatever it refuses. */
function union(main: LookupAnswer, backup: RuleWorld['destinations'][number]): string {
  if (main.kind === 'none') return oursWords(backup);
  if (main.kind === 'refused') return words(main);
  const { length } = main.route.destination;
  const wins = length > backup.destination.length || (length === backup.destination.length && !backup.preempt);
  return wins ? words(main) : oursWords(backup);
}
