/**
 * What each way out is to carry: its destinations with their gateways, and how they stand to the
 * foreign routes. Pure.
 */

import type { Family } from '../model/address.js';
import type { Link } from '../model/link.js';
import { destinationText, type Prefix, prefixText } from '../model/prefix.js';
import type { Route } from '../model/route.js';
import { namesOf, routeText } from '../model/route-text.js';
import { firstOf } from '../model/text.js';
import { questionKey, rivalOf, rivalry } from './coverage.js';
import { TRUST_AFTER_MS } from './gateway.js';
import { gatewayOf } from './gateways.js';
import { interfaceKey } from './keys.js';
import { type Realm, realmOf, type Wait } from './management.js';
import { ownership } from './ownership.js';
import type { Target } from './placement.js';
import { rulePlace } from './rule-place.js';
import { sourceOn } from './source.js';
import type { SeenWorld } from './state.js';
import { isSuspect, leadsNowhere, otherWay, type WayOut } from './ways.js';

export interface Targets {
  readonly targets: Record<Family, Target[]>;
  readonly waits: Wait[];
  readonly preempting: string[];
  preemptAt: number | undefined;
  /** Destinations whose backup route is known to lead nowhere, by {@link interfaceKey}. */
  readonly lost: Set<string>;
}

/**
 * Adds what one way out is to carry. One that leads nowhere, or by a gateway that has only just
 * answered again, leaves to others what they carry.
 */
export function addTargets(
  found: Targets,
  world: SeenWorld,
  { link, management, router }: WayOut,
  order: number,
  now: number,
): void {
  const { snapshot } = world;
  const realm = realmOf(link, snapshot);
  const choice = gatewayOf(world, link, management, router, order);
  if ('reason' in choice) {
    found.waits.push(choice);
    return;
  }
  if (choice.note !== undefined) found.waits.push(choice.note);
  const source = sourceOn(snapshot, link, router.source ?? choice.source);
  if (source === 'not there')
    found.waits.push({
      subject: router.source ?? choice.source ?? '',
      reason: `the source is not a usable address of this host${realm.vrf === undefined ? '' : ` in ${realm.vrf}`} yet; the kernel chooses one`,
    });
  const lost = leadsNowhere(link, choice.gateway, world.sightings);
  const yields = lost || isSuspect(link, choice.gateway, world.sightings);
  const spare = yields && overtakes(world, realm, router.family) ? spares(found, router.family, realm) : undefined;
  const left: (readonly [Prefix, Route])[] = [];
  for (const destination of router.destinations) {
    const other =
      spare === undefined || spare.has(prefixText(destination)) ? undefined : otherWay(world, realm, destination);
    if (other !== undefined) {
      left.push([destination, other]);
      continue;
    }
    const stand = rivalry(
      world,
      rivalOf(world, realm.table, destination),
      questionKey({ prefix: destination, vrf: realm.vrf }),
      lost,
      now,
    );
    if (lost) found.lost.add(interfaceKey(link.index, destination));
    if (stand.preempt) found.preempting.push(interfaceKey(link.index, destination));
    if (stand.preemptAt !== undefined) found.preemptAt = Math.min(found.preemptAt ?? stand.preemptAt, stand.preemptAt);
    found.targets[router.family].push({
      destination,
      gateway: choice.gateway,
      ...(router.onlink === true || choice.onlink === true ? { onlink: true } : {}),
      ...(choice.metrics === undefined ? {} : { metrics: choice.metrics }),
      ...(source === 'not there' ? {} : source),
      interfaceIndex: link.index,
      vrfTable: realm.vrf === undefined ? undefined : realm.table,
      rank: choice.rank,
      preempt: stand.preempt,
      activeRival: stand.activeRival,
    });
  }
  if (left.length === 0) return;
  const named = firstOf(
    left,
    3,
    ([destination, other]) => `${destinationText(destination)} (${routeText(other, namesOf(snapshot.links))})`,
  );
  found.waits.push({
    subject: choice.gateway ?? link.name,
    reason: `${whyLeft(link, lost)}, so other routes keep what they carry: ${named}`,
  });
}

function whyLeft({ name, carrier }: Link, lost: boolean): string {
  if (!carrier) return `${name} has no carrier`;
  return lost
    ? `no backup router answers on ${name}`
    : `it has not answered for ${TRUST_AFTER_MS / 1_000} s on ${name} again yet`;
}

/**
 * Whether backup routes stand before what carries without them. At the end of the rules they
 * overtake nothing.
 */
function overtakes({ config, former, snapshot }: SeenWorld, { vrf }: Realm, family: Family): boolean {
  if (vrf !== undefined || config.placement !== 'local') return true;
  const { kind } = rulePlace(config, ownership(config, former), family, snapshot.rules);
  return kind === 'beside' || kind === 'fixed';
}

/** Destinations of the realm that a backup route carries which does not lead nowhere. */
function spares({ targets, lost }: Targets, family: Family, { vrf, table }: Realm): ReadonlySet<string> {
  const vrfTable = vrf === undefined ? undefined : table;
  return new Set(
    targets[family]
      .filter((one) => one.vrfTable === vrfTable && !lost.has(interfaceKey(one.interfaceIndex, one.destination)))
      .map(({ destination }) => prefixText(destination)),
  );
}
