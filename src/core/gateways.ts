/**
 * The gateways that a configuration names, and where each stands on its link: whether it can be
 * probed, and whether a route can use it. Pure.
 */

import { remembered } from '../fib/remembered.js';
import { type Address, addressBits, type Family, isLinkLocal } from '../model/address.js';
import { type BackupRouter, type ManagementInterface, selectorText } from '../model/config.js';
import type { Link, NeighbourId } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';
import { type AutoChoice, autoGateway, autoGateways } from './auto.js';
import { chooseGateway, PATIENCE_MS, type Sight, type Sightings, sightingsAfter, withAnswers } from './gateway.js';
import { linkOf, type Wait } from './management.js';
import { goesBy, isPermanent, neighbourOn, takenBefore } from './neighbour.js';
import { RANKS } from './placement.js';
import type { SeenWorld } from './state.js';

type GatewayStanding =
  /** `odd`: why the kernel refuses routes by it, although it can be probed. */
  | { readonly kind: 'neighbour'; readonly odd?: string }
  /** It may be a neighbour, and cannot be probed now. */
  | { readonly kind: 'unasked'; readonly why: string }
  /** No route can use it. */
  | { readonly kind: 'own-address' | 'broadcast' | 'off-link' };

export interface Gateway {
  readonly family: Family;
  readonly address: Address;
  readonly router: BackupRouter;
  /** undefined: the interface does not exist. */
  readonly link: Link | undefined;
  /** The name of the interface; while it does not exist, its selector in the configuration. */
  readonly interfaceName: string;
  readonly standing: GatewayStanding;
}

/**
 * All gateways, in the order of the configuration. For `address: auto`: those that default routes
 * name, or the one that is guessed.
 */
export const gatewaysIn = remembered((world: SeenWorld): readonly Gateway[] =>
  world.config.managementInterfaces.flatMap((management) => {
    const link = linkOf(management.selector, world.snapshot);
    return management.backupRouters.flatMap((router) =>
      named(world, management, link, router).map(
        ({ address, onlink }): Gateway => ({
          family: router.family,
          address,
          router,
          link,
          interfaceName: link?.name ?? selectorText(management.selector),
          standing: standingOf(world, link, router.family, address, onlink),
        }),
      ),
    );
  }),
);

function named(
  world: SeenWorld,
  { selector }: ManagementInterface,
  link: Link | undefined,
  router: BackupRouter,
): readonly { readonly address: Address; readonly onlink: boolean }[] {
  const said = router.onlink === true;
  if (router.auto === undefined) return router.gateways.map((address) => ({ address, onlink: said }));
  return link === undefined
    ? []
    : autoGateways(world, selector, link, router).map(({ gateway, onlink }) => ({
        address: gateway,
        onlink: said || onlink === true,
      }));
}

const LEFT = 'no route makes it a neighbour any more';

function standingOf(
  { config, snapshot }: SeenWorld,
  link: Link | undefined,
  family: Family,
  address: Address,
  onlink: boolean,
): GatewayStanding {
  if (link === undefined) return { kind: 'unasked', why: 'no such interface' };
  const own = snapshot.addresses.filter(
    (one) => one.address === address && (!isLinkLocal(address) || one.interfaceIndex === link.index),
  );
  if (own.length > 0) return { kind: 'own-address' };
  if (!link.up) return { kind: 'unasked', why: `${link.name} is down` };
  if (isBroadcast(snapshot, link, address)) return { kind: 'broadcast' };
  // Expiry (`now`) is left at 0 here: the expiry of a route brings an event of its own.
  const answer = onlink ? undefined : neighbourOn(config, snapshot, link, address, 0);
  const refused =
    answer?.kind !== 'off-link'
      ? undefined
      : (takenBefore(config, snapshot, link, address, answer) ?? (goesBy(snapshot, link, address) ? LEFT : 'off-link'));
  if (refused === 'off-link') return { kind: 'off-link' };
  if (!link.carrier) return { kind: 'unasked', why: `${link.name} has no carrier` };
  if (isPermanent(snapshot, { interfaceIndex: link.index, address }))
    return { kind: 'unasked', why: 'its neighbour entry is permanent, so it is not asked' };
  const why = family === 'inet6' ? silentInet6(snapshot, link) : undefined;
  if (why !== undefined) return { kind: 'unasked', why };
  return refused === undefined
    ? { kind: 'neighbour' }
    : { kind: 'neighbour', odd: `${refused}, so the kernel refuses each new route by it` };
}

/**
 * The kernel sends neighbour solicitations only from a link-local address of the link that is no
 * longer tentative (fact K21).
 */
function silentInet6(snapshot: Snapshot, link: Link): string | undefined {
  const own = snapshot.addresses.filter((one) => one.interfaceIndex === link.index && isLinkLocal(one.address));
  if (own.some(({ tentative }) => !tentative)) return undefined;
  const why = own.length === 0 ? 'has no link-local address to ask from' : 'has a link-local address that is tentative';
  return `${link.name} ${why}`;
}

function isBroadcast({ addresses }: Snapshot, { index }: Link, address: Address): boolean {
  return addresses.some((own) => {
    if (own.interfaceIndex === index && own.broadcast === address) return true;
    if (own.family !== 'inet' || own.interfaceIndex !== index || own.peer !== undefined || own.length > 30)
      return false;
    if (address.includes(':')) return false;
    const host = 2 ** (32 - own.length);
    const [network, other] = [addressBits(own.address)[0]!, addressBits(address)[0]!].map((bits) =>
      Math.floor(bits / host),
    );
    return network === other && addressBits(address)[0]! % host === host - 1;
  });
}

/** The gateways in the form that {@link sightingsAfter} takes. */
export function sightsOf(gateways: readonly Gateway[]): readonly Sight[] {
  return gateways.flatMap(({ link, address, standing }) =>
    link === undefined
      ? []
      : [
          {
            interfaceIndex: link.index,
            address,
            askable: standing.kind === 'neighbour',
            barred: standing.kind !== 'neighbour' && standing.kind !== 'unasked',
          },
        ],
  );
}

/**
 * The sightings as they are once all gateways have been probed for long enough, computed from one
 * look. `answers`: what is known better, by {@link neighbourKey}; the kernel forgets neighbours.
 */
export function sightingsAtRest(world: SeenWorld, answers: ReadonlyMap<string, boolean> = new Map()): Sightings {
  const sights = sightsOf(gatewaysIn(world));
  const { neighbours } = world.snapshot;
  const seen = sightingsAfter(sightingsAfter(new Map(), sights, neighbours, 0), sights, neighbours, PATIENCE_MS);
  return withAnswers(seen, answers);
}

/** The gateways whose links exist, as neighbours. */
export function gatewayIds(world: SeenWorld): readonly NeighbourId[] {
  return gatewaysIn(world).flatMap(({ link, address }) =>
    link === undefined ? [] : [{ interfaceIndex: link.index, address }],
  );
}

/** The gateway that the routes of a backup router use, or would use. */
export function chosen(world: SeenWorld, { router, link }: Gateway): Address | undefined {
  if (link === undefined) return undefined;
  const listed = gatewaysIn(world).filter((one) => one.router === router && one.link === link);
  return chooseGateway(
    listed.map(({ address }) => address),
    link.index,
    world.sightings,
  ).gateway;
}

/** The way to use on an interface that is the `order`-th of several, or what is waited for. */
export function gatewayOf(
  world: SeenWorld,
  link: Link,
  { selector }: ManagementInterface,
  router: BackupRouter,
  order: number,
): AutoChoice | Wait {
  if (router.auto !== undefined) return autoGateway(world, selector, link, router, order);
  if (router.withoutGateway === true) return { gateway: undefined, rank: RANKS * order, note: undefined };
  const { gateway, rank } = chooseGateway(router.gateways, link.index, world.sightings);
  return { gateway, rank: RANKS * order + Math.min(rank, RANKS - 1), note: undefined };
}
