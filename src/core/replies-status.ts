/** Symmetric replies for the status. Pure. */

import { type Carried, carriedFrom } from '../fib/destination.js';
import type { Trace } from '../fib/lookup.js';
import { partsOf } from '../fib/parts.js';
import { remembered } from '../fib/remembered.js';
import { exitsOf, type View } from '../fib/view.js';
import { type Address, isLinkLocal } from '../model/address.js';
import { destinationText } from '../model/prefix.js';
import type { Route } from '../model/route.js';
import { namesOf, nexthopText, ruleText, tableText } from '../model/route-text.js';
import type { RepliesStatus } from '../model/status.js';
import { isJump, viewWith } from './hidden.js';
import { refusalText } from './hidden-text.js';
import { routeKey, ruleKey } from './keys.js';
import { missingRoutes } from './presence.js';
import { type Replies, repliesOf } from './replies.js';
import type { SeenWorld } from './state.js';
import { longerOf } from './views.js';

/** `acknowledged`: keys of routes and rules that are in the kernel, and no look has shown yet. */
export function repliesStatus(world: SeenWorld, acknowledged: ReadonlySet<string>): readonly RepliesStatus[] {
  return statusOf(world)(acknowledged);
}

const statusOf = remembered((world: SeenWorld) =>
  remembered((acknowledged: ReadonlySet<string>): readonly RepliesStatus[] => {
    const all = repliesOf(world);
    if (all.length === 0) return [];
    const rules = new Set([...world.snapshot.rules.map(ruleKey), ...acknowledged]);
    return all.map((one): RepliesStatus => {
      const absent = missingRoutes(world, one.routes);
      const missing =
        one.routes.find((route) => absent.has(route) && !acknowledged.has(routeKey(route))) ??
        one.rules.find((rule) => !rules.has(ruleKey(rule)));
      const overtaken = missing === undefined && stands(one) ? overtakenBy(world, one) : undefined;
      return {
        family: one.family,
        interface: one.interfaceName,
        sources: sourcesOf(one),
        gateway: one.gateway ?? '',
        table: one.table,
        state:
          one.vrf !== undefined
            ? 'not-needed'
            : stands(one) && missing === undefined && overtaken?.lost !== true
              ? 'installed'
              : 'absent',
        reason:
          one.reason ??
          (overtaken?.lost === true ? overtaken.text : undefined) ??
          behind(one) ??
          (missing === undefined ? (overtaken?.text ?? null) : 'not in the kernel yet'),
      };
    });
  }),
);

function sourcesOf({ rules }: Replies): readonly Address[] {
  return rules.flatMap(({ detail }) => detail?.from?.address ?? []);
}

/** What takes the packets before the rules of the replies. */
interface Overtaken {
  /** It refuses them or leads nowhere. What leads them elsewhere is its owner's wish. */
  readonly lost: boolean;
  readonly text: string;
}

/** The first that loses packets to a destination; failing that, the first that leads elsewhere. */
function overtakenBy(world: SeenWorld, one: Replies): Overtaken | undefined {
  const view = viewWith(world, one);
  // Packets to link-local addresses leave by the link that their sender names.
  const routes = one.routes
    .filter(({ destination }) => !isLinkLocal(destination.address))
    .sort((a, b) => a.destination.length - b.destination.length);
  let elsewhere: Overtaken | undefined;
  for (const source of sourcesOf(one))
    for (const route of routes) {
      const found = takenFrom(world, view, one, source, route);
      if (found?.lost === true) return found;
      elsewhere ??= found;
    }
  return elsewhere;
}

/** For one source and destination; undefined if the replies carry any part of it. */
function takenFrom(
  world: SeenWorld,
  view: View,
  { rules }: Replies,
  source: Address,
  wanted: Route,
): Overtaken | undefined {
  let first: Overtaken | undefined;
  for (const part of partsOf(wanted.destination, longerOf(world, wanted.destination))) {
    const trace: Trace = { visits: [], asked: [] };
    const answer = carriedFrom(view, source, part, trace);
    const jump = trace.asked.findLast(isJump);
    const by = jump ?? answer.rule;
    if (by === undefined || (answer.rule !== undefined && rules.includes(answer.rule))) return undefined;
    if (answer.kind === 'not-carried' && answer.why === 'doubtful') return undefined;
    const lost = answer.kind === 'not-carried';
    const end = lost ? lossText(answer) : elsewhereText(world, view, wanted, answer.route);
    if (end === undefined || first?.lost === true || (first !== undefined && !lost)) continue;
    const to = wanted.destination.length === 0 ? '' : ` to ${destinationText(wanted.destination)}`;
    first = { lost, text: `rule ${ruleText(by, tableText)} takes packets from ${source}${to} first, and ${end}` };
  }
  return first;
}

/** What becomes of packets that are lost. */
function lossText({ why, route, fault }: Extract<Carried, { kind: 'not-carried' }>): string {
  if (route === undefined) return why === 'refused' ? 'refuses them' : 'no route carries them';
  const by = `${refusalText(route)} of table ${tableText(route.table)}`;
  if (why === 'refused') return `${by} refuses them`;
  return `${by} leads nowhere${fault === undefined ? '' : ` (${fault})`}`;
}

/** By which next hop packets leave that do not leave as wanted; undefined: they do. */
function elsewhereText({ snapshot }: SeenWorld, view: View, wanted: Route, route: Route): string | undefined {
  const [own] = wanted.nexthops;
  const exits = exitsOf(view, route);
  const other =
    exits === 'blackhole' || route.type === 'local'
      ? undefined
      : exits.find(
          ({ interfaceIndex, gateway }) =>
            interfaceIndex !== own?.interfaceIndex || (own.gateway !== undefined && gateway !== own.gateway),
        );
  return other === undefined ? undefined : `sends them ${nexthopText(other, namesOf(snapshot.links))}`;
}

function stands({ reason }: Replies): boolean {
  return reason === undefined;
}

/** Why the rules do not stand where they should (rule-place.ts); undefined: they do. */
function behind({ place }: Replies): string | undefined {
  return place !== undefined && 'trouble' in place ? place.trouble?.reason : undefined;
}
