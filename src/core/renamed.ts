/**
 * A management interface whose name goes away from a link that is up. Its routes stay in the
 * kernel, which knows it by its index, and they go on carrying packets. So it stays the management
 * interface, under its new name, until it goes, or another link has the configured name and can
 * carry the routes. Pure.
 */

import { type Config, type ManagementInterface, selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';
import { linkOf, type Wait } from './management.js';
import { leadsTo } from './neighbour.js';

/** `after`, in which links that were renamed since `before` are marked with their former names. */
export function renamed(before: Snapshot | undefined, after: Snapshot, config: Config): Snapshot {
  if (before === undefined) return after;
  const former = new Map<number, string>();
  for (const management of config.managementInterfaces) {
    const { selector } = management;
    if (selector.kind !== 'name') continue;
    const was = linkOf(selector, before);
    const bearer = linkOf(selector, after);
    if (was === undefined || was.index === bearer?.index) continue;
    const is = after.links.find(({ index }) => index === was.index);
    // One that still has it as an alternative name has not lost it.
    if (is === undefined || is.altNames.includes(selector.name)) continue;
    if (was.formerName !== selector.name && !(was.up && is.up)) continue;
    if (
      bearer === undefined ||
      (fault(config, management, is, after) === undefined && fault(config, management, bearer, after))
    )
      former.set(is.index, selector.name);
  }
  return withFormerNames(after, former);
}

/** Why the backup routes cannot go by the link; undefined: nothing is known to prevent it. */
function fault(
  config: Config,
  { backupRouters }: ManagementInterface,
  link: Link,
  snapshot: Snapshot,
): string | undefined {
  if (!link.up) return 'is down';
  if (!link.carrier) return 'has no carrier';
  for (const { family, gateways, auto, onlink, withoutGateway } of backupRouters) {
    if (!snapshot.addresses.some((own) => own.interfaceIndex === link.index && own.family === family))
      return `has no ${family} address`;
    if (withoutGateway === true || onlink === true) continue;
    const there =
      auto === undefined
        ? gateways.some((gateway) => leadsTo(config, snapshot, link, gateway, 0))
        : [...snapshot.foreignRoutes, ...snapshot.ownRoutes].some(
            ({ destination, nexthops }) =>
              destination.family === family &&
              destination.length === 0 &&
              nexthops.some(({ interfaceIndex }) => interfaceIndex === link.index),
          );
    if (!there) return auto === undefined ? `has no neighbour ${gateways[0]}` : `has no ${family} default route`;
  }
  return undefined;
}

/** Management interfaces that are used under another name than the configured one. */
export function renamedWaits(config: Config, snapshot: Snapshot): readonly Wait[] {
  return config.managementInterfaces.flatMap((management) => {
    const subject = selectorText(management.selector);
    const link = linkOf(management.selector, snapshot);
    if (link === undefined || link.formerName !== subject) return [];
    const { name } = link;
    const bearer = snapshot.links.find((one) => one.name === subject || one.altNames.includes(subject));
    const reason =
      bearer === undefined
        ? `it is named ${name} now, and used until another one has the name, or the agent starts again; \`ip link set ${name} name ${subject}\`, or \`management-interface: ${name}\``
        : `it is named ${name} now, and another one has the name, but ${fault(config, management, bearer, snapshot) ?? 'cannot carry the routes'}; ${name} is used until that one can carry the routes, or the agent starts again; \`management-interface: ${name}\``;
    return [{ subject, reason }];
  });
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
