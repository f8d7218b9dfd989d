/** The gateways that a configuration names, and where each stands on its link: can it be asked for a sign of life, can a route go by it? Pure. */

import { remembered } from '../fib/remembered.js';
import { type Address, addressBits, type Family, isLinkLocal } from '../model/address.js';
import { type BackupRouter, type ManagementInterface, selectorText } from '../model/config.js';
import { type Link, type NeighbourId, neighbourKey } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';
import { type AutoChoice, autoGateway, autoGateways } from './auto.js';
import { chooseGateway, type Sight, type Sightings, sightingsAfter } from './gateway.js';
import { linkOf, type Wait } from './management.js';
import { neighbourOn } from './neighbour.js';
import { RANKS } from './placement.js';
import type { SeenWorld } from './state.js';

export type GatewayStanding =
  | { readonly kind: 'neighbour' }
  /** Perhaps a neighbour, and cannot be asked now. */
  | { readonly kind: 'unasked'; readonly why: string }
  /** No route can go by it. */
  | { readonly kind: 'own-address' | 'broadcast' | 'off-link' };

export interface Gateway {
  readonly family: Family;
  readonly address: Address;
  readonly router: BackupRouter;
  /** undefined: the interface is not there. */
  readonly link: Link | undefined;
  /** The name of the interface, or how it is configured while it is not there. */
  readonly interfaceName: string;
  readonly standing: GatewayStanding;
}

/** All of them, in the order of the configuration; of `address: auto` those that default routes name, or the one that is guessed. */
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
          standing: standingOf(world.snapshot, link, router.family, address, onlink),
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

function standingOf(
  snapshot: Snapshot,
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
  // The end of a route is an event of its own.
  if (!onlink && neighbourOn(snapshot, link, address, 0).kind === 'off-link') return { kind: 'off-link' };
  if (!link.carrier) return { kind: 'unasked', why: `${link.name} has no carrier` };
  const key = neighbourKey({ interfaceIndex: link.index, address });
  if (snapshot.neighbours.some((one) => one.permanent && neighbourKey(one) === key))
    return { kind: 'unasked', why: 'its neighbour entry is permanent, so it is not asked' };
  return family === 'inet6' ? asksInet6(snapshot, link) : { kind: 'neighbour' };
}

/** The kernel asks for IPv6 neighbours from a link-local address of the link that is no longer tentative, or not at all (fact K21). */
function asksInet6(snapshot: Snapshot, link: Link): GatewayStanding {
  const own = snapshot.addresses.filter((one) => one.interfaceIndex === link.index && isLinkLocal(one.address));
  if (own.some(({ tentative }) => !tentative)) return { kind: 'neighbour' };
  const why = own.length === 0 ? 'has no link-local address to ask from' : 'has a link-local address that is tentative';
  return { kind: 'unasked', why: `${link.name} ${why}` };
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

/** How the next look is to see them. */
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

/** What is known once all of them have been asked for long enough: of one look alone. */
export function sightingsAtRest(world: SeenWorld): Sightings {
  const sights = sightsOf(gatewaysIn(world));
  const asked = sightingsAfter(new Map(), sights, [], Number.NEGATIVE_INFINITY);
  return sightingsAfter(asked, sights, world.snapshot.neighbours, 0);
}

/** Those whose links are there, as neighbours. */
export function gatewayIds(world: SeenWorld): readonly NeighbourId[] {
  return gatewaysIn(world).flatMap(({ link, address }) =>
    link === undefined ? [] : [{ interfaceIndex: link.index, address }],
  );
}

/** By which gateway the routes of a backup router go, or would. */
export function chosen(world: SeenWorld, { router, link }: Gateway): Address | undefined {
  if (link === undefined) return undefined;
  const listed = gatewaysIn(world).filter((one) => one.router === router && one.link === link);
  return chooseGateway(
    listed.map(({ address }) => address),
    link.index,
    world.sightings,
  ).gateway;
}

/** The way to use behind an interface that is the `order`-th of several, or what is waited for. */
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
