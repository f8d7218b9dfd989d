/**
 * Reports what the routes wait for since the last look, and what they no longer wait for, with
 * what has come.
 */

import { isIP } from 'node:net';
import { wanted } from '../core/desired.js';
import { type Sightings, sightingOf } from '../core/gateway.js';
import { type Gateway, gatewaysIn } from '../core/gateways.js';
import type { KernelHint } from '../core/ports.js';
import { isSeen, type SeenWorld, type State } from '../core/state.js';
import { type Address, familyOf } from '../model/address.js';
import type { Happening } from '../model/event.js';
import { containsAddress } from '../model/prefix.js';

/** The most waits that are reported one by one. */
const NAMED = 8;
/** The most hints that are kept as possible causes. */
const KEPT = 32;

interface Known {
  readonly subject: string;
  readonly reason: string;
}

interface WaitsNews {
  /** Called for each hint of the kernel. */
  hint(hint: KernelHint): void;
  /** Called when a look has completed. */
  looked(state: State, now: number): readonly Happening[];
}

export function createWaitsNews(): WaitsNews {
  let known: ReadonlyMap<string, Known> = new Map();
  let hints: KernelHint[] = [];
  let sightings: Sightings = new Map();
  return {
    hint(hint) {
      // Kept as they are: their texts are made when needed.
      if (known.size > 0 && hints.length < KEPT) hints.push(hint);
    },
    looked(state, now) {
      const seenBefore = sightings;
      sightings = state.world.sightings;
      const waits = isSeen(state.world) ? (wanted(state.world, state.phase, now)?.waits ?? []) : [];
      if (waits.length === 0 && known.size === 0) return [];
      const before = known;
      const since = hints;
      hints = [];
      known = new Map(waits.map((wait) => [`${wait.subject}: ${wait.reason}`, wait]));
      const fresh = [...known]
        .filter(([key]) => !before.has(key))
        .slice(0, NAMED)
        .map(([, { subject, reason }]): Happening => ({ kind: 'waiting', subject, reason }));
      const over = [...before]
        .filter(([key]) => !known.has(key))
        .slice(0, NAMED)
        .map(
          ([, wait]): Happening => ({
            kind: 'no-longer-waiting',
            ...wait,
            came: cameOf(wait, state, waits, since, seenBefore),
          }),
        );
      return [...over, ...fresh];
    },
  };
}

function cameOf(
  { subject }: Known,
  { phase, world }: State,
  waits: readonly Known[],
  hints: readonly KernelHint[],
  seenBefore: Sightings,
): string {
  if (phase.kind !== 'in') return 'the routes are not wanted any more';
  const next = waits.find((wait) => wait.subject === subject);
  if (next !== undefined) return `now waiting because: ${next.reason}`;
  const named =
    hints.findLast((one) => one.text.includes(subject)) ??
    (isIP(subject) === 0 ? undefined : hints.findLast(({ route }) => route !== undefined && reaches(route, subject)));
  if (named !== undefined) return named.text;
  const answers = isSeen(world) && isIP(subject) !== 0 ? answering(world, subject, seenBefore) : undefined;
  if (answers !== undefined) return `${answers.address} on ${answers.interfaceName} answers`;
  const hint = hints.findLast(({ kind }) => kind === 'address' || kind === 'link') ?? hints.at(-1);
  return hint?.text ?? 'found at the last look at the kernel';
}

/** Whether the route is for that address, so that it may make it a neighbour. */
function reaches({ destination }: NonNullable<KernelHint['route']>, address: Address): boolean {
  return destination.family === familyOf(address) && containsAddress(destination, address);
}

/** The gateway of that family that answers, or answers for long enough, and did not before. */
function answering(world: SeenWorld, address: Address, before: Sightings): Gateway | undefined {
  const news = gatewaysIn(world).filter(({ address: own, family, link }) => {
    if (link === undefined || family !== familyOf(address)) return false;
    const [then, now] = [before, world.sightings].map((sightings) => sightingOf(sightings, link.index, own));
    return now?.state === 'alive' && (then?.state !== 'alive' || (then.suspect && !now.suspect));
  });
  return news.find((one) => one.address === address) ?? news[0];
}
