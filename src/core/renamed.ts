/**
 * A management interface whose name goes away from a link that is up. Its routes stay in the
 * kernel, which knows it by its index, and they go on carrying packets. So it stays the management
 * interface, under its new name, until it goes or another link has the configured name. Pure.
 */

import type { InterfaceSelector } from '../model/config.js';
import type { Link } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';
import { linkOf } from './management.js';

/** `after`, in which links that were renamed since `before` are marked with their former names. */
export function renamed(
  before: Snapshot | undefined,
  after: Snapshot,
  selectors: readonly InterfaceSelector[],
): Snapshot {
  if (before === undefined) return after;
  const former = new Map<number, string>();
  for (const selector of selectors) {
    if (selector.kind !== 'name' || linkOf(selector, after) !== undefined) continue;
    const was = linkOf(selector, before);
    const is = after.links.find(({ index }) => index === was?.index);
    if (was === undefined || is === undefined) continue;
    if (was.formerName === selector.name || (was.up && is.up)) former.set(is.index, selector.name);
  }
  return withFormerNames(after, former);
}

/** The snapshot with former names, by the index of the link. */
export function withFormerNames(snapshot: Snapshot, former: ReadonlyMap<number, string>): Snapshot {
  if (former.size === 0) return snapshot;
  const marked = (link: Link): Link => {
    const formerName = former.get(link.index);
    return formerName === undefined ? link : { ...link, formerName };
  };
  return { ...snapshot, links: snapshot.links.map(marked) };
}
