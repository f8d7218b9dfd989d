/**
 * What carries a destination: ordinary packets (packet.ts) to those of its addresses that nothing
 * more specific takes. Pure.
 *
 * The same question is asked of different views. Whether a destination is covered: the view
 * without our routes and rules. Which route wins a tie, and whether our route is hidden: the view
 * with them. What an imagined change would do: the view with the change.
 *
 * Invariant: in doubt nothing carries. A rule or route for some packets only (one tos, one source,
 * one user, one port) is passed over, whether it is in the way or would carry. So is one for a
 * part of the destination.
 */

import type { Address } from '../model/address.js';
import type { Vrf } from '../model/link.js';
import type { Prefix } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import { type LookupAnswer, lookup, type Trace } from './lookup.js';
import { ordinary, ordinaryFrom, plain } from './packet.js';
import { remembered } from './remembered.js';
import { tableLookup } from './table.js';
import { type NexthopFault, nexthopsFault } from './usable.js';
import type { View } from './view.js';

export type Carried =
  | {
      readonly kind: 'carried';
      readonly route: Route;
      readonly rule: Rule;
    }
  | {
      readonly kind: 'not-carried';
      readonly why: 'no route' | 'refused' | 'broken' | 'not for packets' | 'doubtful';
      readonly route: Route | undefined;
      readonly rule: Rule | undefined;
      /** What is wrong with the next hop, if `why` is `broken`. */
      readonly fault: NexthopFault | undefined;
    };

export function carried(view: View, destination: Prefix, vrf?: Vrf, trace?: Trace): Carried {
  return carriedBy(view, lookup(view, ordinary(destination, vrf), trace === undefined ? {} : { trace }));
}

/** As {@link carried}, for the packets from one source address. */
export function carriedFrom(view: View, source: Address, destination: Prefix, trace: Trace): Carried {
  return carriedBy(view, lookup(view, ordinaryFrom(source, destination), { trace }));
}

/**
 * As {@link carried}, and the one packet that the kernel is asked about must be carried as well.
 * {@link carried} passes over a rule for some packets only, which may still take nearly all of
 * them (`not from ADDRESS`), or those of user 0.
 */
export function covered(view: View, destination: Prefix, vrf?: Vrf): Carried {
  const answer = carried(view, destination, vrf);
  if (answer.kind === 'not-carried' || !mayDiffer(view.rules)) return answer;
  const asked = carriedBy(view, lookup(view, plain(destination, vrf)));
  return asked.kind === 'not-carried' ? asked : answer;
}

/**
 * Whether a rule may take the packet that the kernel is asked about, but not every ordinary one.
 */
const mayDiffer = remembered((rules: readonly Rule[]): boolean =>
  rules.some(
    ({ detail }) => detail?.inverted === true || detail?.users !== undefined || detail?.ipProtocol !== undefined,
  ),
);

function carriedBy(view: View, answer: LookupAnswer): Carried {
  if (answer.kind === 'none') return lacking('no route', answer);
  if (answer.kind === 'refused') return lacking('refused', answer);
  const { route, rule } = answer;
  // A broadcast or multicast route carries no unicast packet. A route to the host's own address
  // needs no next hop.
  if (route.type !== 'unicast' && route.type !== 'local') return lacking('not for packets', answer);
  const fault = route.type === 'local' ? undefined : worst(view, answer);
  if (fault !== undefined) return lacking('broken', answer, fault);
  if (answer.doubtful) return lacking('doubtful', answer);
  return { kind: 'carried', route, rule };
}

/**
 * The route that one table has for ordinary packets to the destination; undefined: none, or a
 * `throw` that sends them on to the next rule.
 */
export function inTable(view: View, table: number, destination: Prefix): Route | undefined {
  const found = tableLookup(view, table, { packet: ordinary(destination), scope: 0, ignoreLinkState: false });
  return found?.route.type === 'throw' ? undefined : found?.route;
}

/**
 * Among default routes that the kernel selects by the state of their neighbours one good one is
 * enough: the kernel avoids those that it takes for dead.
 */
function worst(
  view: View,
  { nexthops, alternatives }: Extract<LookupAnswer, { kind: 'route' }>,
): NexthopFault | undefined {
  const fault = nexthopsFault(view, nexthops);
  if (fault !== 'neighbour failed') return fault;
  return alternatives.some((route) => nexthopsFault(view, route.nexthops) === undefined) ? undefined : fault;
}

function lacking(
  why: Extract<Carried, { kind: 'not-carried' }>['why'],
  answer: LookupAnswer,
  fault?: NexthopFault,
): Carried {
  return {
    kind: 'not-carried',
    why,
    route: answer.kind === 'none' ? undefined : answer.route,
    rule: answer.kind === 'none' ? undefined : answer.rule,
    fault,
  };
}
