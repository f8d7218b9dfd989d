/**
 * The places of `adopt: true`: a backup router on its interface, and how far the takeover has come
 * there (takeover.ts). Pure.
 */

import type { Family } from '../model/address.js';
import type { BackupRouter } from '../model/config.js';
import type { Link } from '../model/link.js';
import { linkOf } from './management.js';
import type { SeenWorld, World } from './state.js';
import type { Takeover } from './takeover-state.js';

/** A backup router with `adopt: true`, on its interface. */
export interface Place {
  readonly link: Link;
  readonly router: BackupRouter;
}

export function placeKey(link: Link, family: Family): string {
  return `${family} ${link.index}`;
}

/** Each existing management interface with each of its backup routers that adopt. */
export function adopting({ config, snapshot }: SeenWorld): readonly Place[] {
  return config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, snapshot);
    return link === undefined
      ? []
      : backupRouters.filter((router) => router.auto?.adopt === true).map((router) => ({ link, router }));
  });
}

export const READY: Takeover = { kind: 'ready', failures: 0 };

export function takeoverOf({ takeovers }: World, { link, router }: Place): Takeover {
  return takeovers.get(placeKey(link, router.family)) ?? READY;
}

export function samePlace(a: Place, b: Place): boolean {
  return a.link.index === b.link.index && a.router.family === b.router.family;
}
