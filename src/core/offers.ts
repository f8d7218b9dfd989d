/**
 * Whether the routing daemon has a default route of its own to replace a foreign one. Pure.
 *
 * There are two signs. One is a route of the daemon in the kernel beside the foreign one (BIRD's,
 * at a metric of its own). The other is the daemon's answer (zebra lists its candidate,
 * unselected, beside the kernel's: fact F18). A kind of daemon that shows neither offers nothing.
 */

import { viewOf } from '../fib/snapshot-view.js';
import { routeFault } from '../fib/usable.js';
import { defaultPrefix } from '../model/prefix.js';
import { type Question, questionKey } from './coverage.js';
import type { Output } from './inputs.js';
import { realmOf } from './management.js';
import type { Place } from './places.js';
import { isSeen, type SeenWorld, type State, withAgenda, withWorld } from './state.js';
import type { Offers } from './takeover-state.js';

export function offerQuestion({ snapshot }: SeenWorld, { link, router }: Place): Question {
  return { prefix: defaultPrefix(router.family), vrf: realmOf(link, snapshot).vrf };
}

export function isOffered(world: SeenWorld, place: Place): boolean {
  return standsBeside(world, place) || world.offers.get(questionKey(offerQuestion(world, place))) === true;
}

function standsBeside({ daemons, snapshot }: SeenWorld, { link, router }: Place): boolean {
  const { table } = realmOf(link, snapshot);
  const protocols = new Set([...daemons.values()].flatMap((daemon) => daemon.protocols));
  return snapshot.foreignRoutes.some(
    (route) =>
      route.family === router.family &&
      route.table === table &&
      route.destination.length === 0 &&
      route.type === 'unicast' &&
      protocols.has(route.protocol) &&
      routeFault(viewOf(snapshot, 0, 'with ours'), route) === undefined,
  );
}

/** Asks about the places whose foreign default route could be taken over (`asked`). */
export function askOffers(state: State, asked: readonly Place[], outputs: Output[], now: number): State {
  const { world, agenda } = state;
  if (!isSeen(world) || agenda.askingOffers) return state;
  const questions = new Map(
    asked.map((place) => {
      const question = offerQuestion(world, place);
      return [questionKey(question), question] as const;
    }),
  );
  // An answer that was given beside another route says nothing about the next one.
  const kept = new Map([...world.offers].filter(([key]) => questions.has(key)));
  const next = kept.size === world.offers.size ? state : withWorld(state, { offers: kept });
  const lives = [...world.daemons.values()].every(({ life }) => life === 'responsive');
  if (questions.size === 0) return agenda.askOffersAt > now ? withAgenda(next, { askOffersAt: now }) : next;
  if (!lives || now < agenda.askOffersAt) return next;
  outputs.push({ kind: 'ask-offers', questions: [...questions.values()] });
  return withAgenda(next, { askingOffers: true });
}

export function offered(state: State, offers: Offers, now: number): State {
  const { world } = state;
  const again = { askingOffers: false, askOffersAt: now + world.config.probeIntervalMs };
  const lives = [...world.daemons.values()].every(({ life }) => life === 'responsive');
  const news = lives && [...offers].some(([key, offer]) => !world.offers.has(key) || world.offers.get(key) !== offer);
  return withAgenda(news ? withWorld(state, { offers: new Map([...world.offers, ...offers]) }) : state, again);
}
