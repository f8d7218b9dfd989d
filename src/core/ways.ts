/** The ways out: usable management interfaces with their backup routers, in order. Pure. */

import type { Address, Family } from '../model/address.js';
import type { BackupRouter, ManagementInterface } from '../model/config.js';
import { type Link, neighbourKey } from '../model/link.js';
import { outlook, type Sightings } from './gateway.js';

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
  return (
    gateway !== undefined &&
    sightings.get(neighbourKey({ interfaceIndex: link.index, address: gateway }))?.state === 'dead'
  );
}
