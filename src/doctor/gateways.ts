/**
 * The current gateways of a backup router: those of the file or, with `auto`, those of the default
 * routes on its interface. Pure.
 */

import type { Address } from '../model/address.js';
import type { BackupRouter } from '../model/config.js';
import type { Link } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';

export function gatewaysOf(router: BackupRouter, link: Link, snapshot: Snapshot): readonly Address[] {
  if (router.auto === undefined) return router.gateways;
  const routes = [...snapshot.foreignRoutes, ...snapshot.ownRoutes].filter(
    (route) => route.family === router.family && route.destination.length === 0,
  );
  const gateways = routes.flatMap((route) => route.nexthops).filter((hop) => hop.interfaceIndex === link.index);
  return [...new Set(gateways.flatMap((hop) => (hop.gateway === undefined ? [] : [hop.gateway])))];
}
