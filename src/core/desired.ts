/**
 * What the kernel should hold now, from one snapshot: routes, rules, and what they wait for. Pure.
 *
 * "Nothing" (out), "not yet" (waits) and "leave it as it is" (undefined: starting) are three answers.
 */

import { FAMILIES, type Family } from '../model/address.js';
import type { BackupRouter } from '../model/config.js';
import { destinationText, prefixText } from '../model/prefix.js';
import type { Link } from '../model/link.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { chooseGateway, onLink } from './gateway.js';
import { routeKey } from './keys.js';
import { place, type Target } from './placement.js';
import type { Desired } from './plan.js';
import { bestByPrefix, rivalry } from './rivals.js';
import type { State } from './state.js';

/** Something outside that a backup route needs before it can exist. */
export interface Wait {
  readonly subject: string;
  readonly reason: string;
}

export interface Wanted extends Desired {
  readonly waits: readonly Wait[];
  /** When the next tie turns by itself. */
  readonly preemptAt: number | undefined;
  /** Destinations whose backup route takes the tie now. */
  readonly preempting: readonly string[];
}

const NOTHING: Wanted = { routes: [], rules: [], waits: [], preemptAt: undefined, preempting: [] };

/** The wanted routes and rules, or undefined while the kernel is to be left as it was found. */
export function wanted(state: State, snapshot: Snapshot, now: number): Wanted | undefined {
  switch (state.phase.kind) {
    case 'starting':
      return undefined;
    case 'out':
      return NOTHING;
    case 'in':
      return wantedIn(state, snapshot, now);
    default:
      return state.phase satisfies never;
  }
}

/** The management interface as the kernel knows it now. */
export function managementLink(state: State, snapshot: Snapshot): Link | undefined {
  const name = state.config.managementInterface;
  return snapshot.links.find((link) => link.name === name) ?? snapshot.links.find((link) => link.altNames.includes(name));
}

function wantedIn(state: State, snapshot: Snapshot, now: number): Wanted {
  const link = managementLink(state, snapshot);
  const name = state.config.managementInterface;
  if (link === undefined) return { ...NOTHING, waits: [{ subject: name, reason: 'no such interface yet' }] };
  if (!link.up) return { ...NOTHING, waits: [{ subject: name, reason: 'interface is down' }] };
  const master = snapshot.links.find((candidate) => candidate.index === link.master);
  if (master?.vrfTable !== undefined) {
    return { ...NOTHING, waits: [{ subject: name, reason: `member of VRF ${master.name}, which this version cannot place routes in` }] };
  }

  const routes: Route[] = [];
  const rules: Rule[] = [];
  const waits: Wait[] = [];
  const preempting: string[] = [];
  let preemptAt: number | undefined;
  const rivals = bestByPrefix(snapshot);
  for (const family of FAMILIES) {
    const targets: Target[] = [];
    for (const router of state.config.backupRouters) {
      if (router.family !== family) continue;
      const choice = chooseGateway(router.gateways, link.index, snapshot);
      for (const destination of router.destinations) {
        const stand = rivalry(state, snapshot, rivals.get(prefixText(destination)), now);
        if (stand.preempt) preempting.push(prefixText(destination));
        if (stand.preemptAt !== undefined) preemptAt = Math.min(preemptAt ?? stand.preemptAt, stand.preemptAt);
        targets.push({ destination, ...choice, preempt: stand.preempt, activeRival: stand.activeRival });
      }
    }
    const placed = place(state.config, family, link.index, targets);
    routes.push(...placed.routes);
    rules.push(...rulesOfAccepted(state, family, placed.routes, placed.rules));
    waits.push(...waitsOf(state, snapshot, link, placed.routes));
  }
  return { routes, rules, waits, preempting, preemptAt };
}

/** Rules exist only while routes do: those of a table all of whose routes the kernel refuses are left out. */
function rulesOfAccepted(state: State, family: Family, routes: readonly Route[], rules: readonly Rule[]): readonly Rule[] {
  if (state.refused.size === 0) return rules;
  const tables = new Set(routes.filter((route) => !state.refused.has(routeKey(route))).map((route) => route.table));
  return rules.filter((rule) => tables.has(pairedTable(state, family, rule)));
}

/** The backup table that a pair of rules serves. */
function pairedTable(state: State, family: Family, rule: Rule): number {
  const bits = family === 'inet' ? 32 : 128;
  return state.config.tableBase + bits - Math.floor((rule.priority - state.config.rulePriorityBase) / 2);
}

function waitsOf(state: State, snapshot: Snapshot, link: Link, routes: readonly Route[]): Wait[] {
  const waits = new Map<string, Wait>();
  for (const route of routes) {
    const refusal = state.refused.get(routeKey(route));
    const gateway = route.nexthops[0]?.gateway;
    if (refusal === undefined || gateway === undefined) continue;
    const offLink = !onLink(gateway, link.index, snapshot);
    const subject = offLink ? gateway : destinationText(route.destination);
    const reason = offLink ? offLinkReason(snapshot, link, route.family) : `kernel: ${refusal.message} (${refusal.code})`;
    waits.set(subject, { subject, reason });
  }
  return [...waits.values()];
}

function offLinkReason(snapshot: Snapshot, link: Link, family: Family): string {
  const own = snapshot.addresses.filter((a) => a.interfaceIndex === link.index && a.family === family).map((a) => `${a.address}/${a.length}`);
  return own.length === 0 ? `${link.name} has no ${family} address yet` : `gateway is in no on-link prefix of ${link.name} (${own.join(', ')})`;
}

/** For the observation: how long main-table prefixes may be and still matter. */
export function longestDestinations(routers: readonly BackupRouter[]): Partial<Record<Family, number>> {
  const longest: Partial<Record<Family, number>> = {};
  for (const router of routers) longest[router.family] = Math.max(longest[router.family] ?? 0, ...lengths(router));
  return longest;
}

function lengths(router: BackupRouter): number[] {
  return [...new Set(router.destinations.map((destination) => destination.length))];
}
