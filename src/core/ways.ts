/** The ways out: usable management interfaces with their backup routers, in order. Pure. */

import { covered } from '../fib/destination.js';
import type { Address, Family } from '../model/address.js';
import type { BackupRouter, ManagementInterface } from '../model/config.js';
import type { Link } from '../model/link.js';
import { type Prefix, samePrefix } from '../model/prefix.js';
import type { Route } from '../model/route.js';
import { isDenied, questionKey, vrfOf } from './coverage.js';
import { isSilent, outlook, type Sightings, sightingOf } from './gateway.js';
import type { Realm } from './management.js';
import type { SeenWorld } from './state.js';
import { answeringView } from './views.js';

/** A management interface whose link is usable. */
export interface Usable {
  readonly link: Link;
  readonly management: ManagementInterface;
}

/** The backup router of one family behind such an interface. */
export interface WayOut extends Usable {
  readonly router: BackupRouter;
}

/**
 * In the configured order, except that a way whose gateways are all dead comes behind the others,
 * and one whose interface has no carrier comes last.
 */
export function inOrder(usable: readonly Usable[], family: Family, sightings: Sightings): readonly WayOut[] {
  const ways = usable.flatMap((one) =>
    one.management.backupRouters.filter((router) => router.family === family).map((router) => ({ ...one, router })),
  );
  const badness = ({ link, router }: WayOut): number =>
    link.carrier ? outlook(router.gateways, link.index, sightings) : 3;
  return ways.sort((a, b) => badness(a) - badness(b));
}

/**
 * Whether a route by that gateway, the best there is on the link, is known to lose its packets.
 * `gateway` undefined: by the interface alone.
 */
export function leadsNowhere(link: Link, gateway: Address | undefined, sightings: Sightings): boolean {
  if (!link.carrier) return true;
  return gateway !== undefined && isSilent(sightingOf(sightings, link.index, gateway));
}

/**
 * Whether such a gateway answers again, but not for long enough to take packets from what carries
 * them: one that comes and goes would lose a part of them each time.
 */
export function isSuspect(link: Link, gateway: Address | undefined, sightings: Sightings): boolean {
  return gateway !== undefined && sightingOf(sightings, link.index, gateway)?.suspect === true;
}

/**
 * The foreign route that carries the destination without ours, and that a backup route would take
 * it from: a shorter one, or one of a table behind main. For a backup route that leads nowhere it
 * is the only way, and for one by a suspect gateway the safe one. One of the same prefix keeps its
 * tie beside the backup route (coverage.ts).
 */
export function otherWay(world: SeenWorld, { vrf, table }: Realm, destination: Prefix): Route | undefined {
  if (isDenied(world, questionKey({ prefix: destination, vrf }))) return undefined;
  const answer = covered(answeringView(world), destination, vrfOf(world.snapshot, vrf));
  if (answer.kind !== 'carried') return undefined;
  const { route } = answer;
  if (vrf !== undefined && route.table !== table) return undefined;
  return route.table === table && samePrefix(route.destination, destination) ? undefined : route;
}
