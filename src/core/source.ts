/** The preferred source address of backup routes. Pure. */

import type { Address } from '../model/address.js';
import type { Link } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';
import { realmOf } from './management.js';

/**
 * The preferred source. The kernel refuses a route with a source that this host does not have, or
 * not yet, so such a route goes in without it. An IPv6 source must have passed duplicate address
 * detection. Either family's must be in the realm of the link.
 */
export function sourceOn(
  snapshot: Snapshot,
  link: Link,
  source: Address | undefined,
): { readonly source?: Address } | 'not there' {
  if (source === undefined) return {};
  const { table } = realmOf(link, snapshot);
  const there = snapshot.addresses.some(
    (own) =>
      own.address === source &&
      (own.family === 'inet' || !own.tentative) &&
      realmOf(
        snapshot.links.find(({ index }) => index === own.interfaceIndex),
        snapshot,
      ).table === table,
  );
  return there ? { source } : 'not there';
}
