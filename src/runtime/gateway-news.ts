/**
 * What a transition changes about the gateways: which has failed, which answers, which is used
 * instead.
 */

import { sightingOf } from '../core/gateway.js';
import { chosen, type Gateway, gatewaysIn } from '../core/gateways.js';
import { isSeen, type SeenWorld, type State } from '../core/state.js';
import type { Happening } from '../model/event.js';

export function* gatewayNews(before: State, after: State): Iterable<Happening> {
  const [was, is] = [before.world, after.world];
  if (was === is || !isSeen(was) || !isSeen(is)) return;
  if (was.sightings === is.sightings && was.learned === is.learned && was.snapshot === is.snapshot) return;
  for (const gateway of gatewaysIn(is)) yield* lives(was, is, gateway);
  yield* switches(was, is);
}

function* lives(was: SeenWorld, is: SeenWorld, gateway: Gateway): Iterable<Happening> {
  const { link, address, interfaceName } = gateway;
  if (link === undefined) return;
  const [then, now] = [was, is].map(({ sightings }) => sightingOf(sightings, link.index, address));
  if (now === undefined || now.state === 'unknown' || now.state === then?.state) return;
  const told = {
    gateway: address,
    interface: interfaceName,
    was: then?.state ?? 'unknown',
    wasForMs: then === undefined ? 0 : Math.round(now.since - then.since),
  };
  if (now.state === 'alive') yield { kind: 'gateway-alive', ...told };
  else yield { kind: 'gateway-dead', ...told, others: othersOf(is, gateway) };
}

function othersOf(world: SeenWorld, gateway: Gateway): number {
  return gatewaysIn(world).filter((other) => {
    if (other === gateway || other.family !== gateway.family || other.link === undefined) return false;
    const seen = sightingOf(world.sightings, other.link.index, other.address);
    return seen === undefined || (!seen.barred && seen.state !== 'dead');
  }).length;
}

function* switches(was: SeenWorld, is: SeenWorld): Iterable<Happening> {
  const told = new Set<string>();
  for (const gateway of gatewaysIn(is)) {
    const { family, interfaceName, router, link } = gateway;
    const former = gatewaysIn(was).find((one) => one.router === router && one.link?.index === link?.index);
    const [from, to] = [former === undefined ? undefined : chosen(was, former), chosen(is, gateway)];
    if (from === undefined || to === undefined || from === to || told.has(`${family} ${interfaceName}`)) continue;
    told.add(`${family} ${interfaceName}`);
    yield { kind: 'gateway-switched', interface: interfaceName, from, to };
  }
}
