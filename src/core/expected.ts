/**
 * Destinations that were covered once beside a daemon, and are therefore expected to be covered
 * again. They are kept over restarts of the agent and of the host (runtime/covered-record.ts), and
 * forgotten when the daemon or the destination leaves the configuration. Pure.
 */

import { remembered } from '../fib/remembered.js';
import { type Address, familyOf } from '../model/address.js';
import { allBackupRouters, type Config } from '../model/config.js';
import type { DaemonId, WatchedDaemon } from '../model/daemon.js';
import { containsAddress, prefixText } from '../model/prefix.js';
import { coverage } from './coverage.js';
import { isSeen, type Phase, type World } from './state.js';
import { destinationsOf } from './views.js';

/** Destinations as text, by the daemon beside which they were covered. */
export type Covered = ReadonlyMap<DaemonId, ReadonlySet<string>>;

/**
 * The destinations that are expected to be covered: those that were covered beside any watched
 * daemon.
 */
export function expected({ covered }: World): ReadonlySet<string> {
  const [first = new Set<string>(), ...more] = covered.values();
  return more.length === 0 ? first : new Set([first, ...more].flatMap((set) => [...set]));
}

/** The part of the memory that a configuration and its daemons still name. */
export function retained(covered: Covered, config: Config, watched: readonly WatchedDaemon[]): Covered {
  const configured = new Set(textsOf(config));
  const kept = watched.map(({ id }): readonly [DaemonId, ReadonlySet<string>] => {
    const known = covered.get(id);
    return [id, new Set([...(known ?? [])].filter((text) => configured.has(text)))];
  });
  return new Map(kept);
}

/**
 * The memory with what is covered now added; the same object if nothing is new. While the routes
 * are out, a route counts unless the daemon has denied it. Otherwise the daemon must have
 * confirmed it.
 */
export function coveredAfter(world: World, phase: Phase): Covered {
  const { daemons, covered, config } = world;
  if (!isSeen(world) || phase.kind === 'starting') return covered;
  if ([...daemons.values()].some(({ life }) => life !== 'responsive')) return covered;
  const { unread, uncovered, bare } = coverage(world);
  if (unread) return covered;
  const open = new Set(phase.kind === 'out' ? bare : uncovered.map(prefixText));
  const now = textsOf(config).filter((text) => !open.has(text));
  const isNew = [...daemons.keys()].some((id) => now.some((text) => covered.get(id)?.has(text) !== true));
  if (!isNew) return covered;
  return new Map([...daemons.keys()].map((id) => [id, new Set([...(covered.get(id) ?? []), ...now])]));
}

/** A configured destination, and whether it is expected to be covered again. */
interface Expectation {
  readonly destination: string;
  readonly coveredBefore: boolean;
}

/**
 * The expectation of the longest destination that contains the address; undefined: none does.
 * `covered`: destinations as text.
 */
export function expectationOf(config: Config, address: Address, covered: readonly string[]): Expectation | undefined {
  const [longest] = allBackupRouters(config)
    .flatMap(({ destinations }) => destinations)
    .filter((destination) => destination.family === familyOf(address) && containsAddress(destination, address))
    .sort((a, b) => b.length - a.length);
  if (longest === undefined) return undefined;
  const destination = prefixText(longest);
  return { destination, coveredBefore: covered.includes(destination) };
}

/** In text, as they are remembered. */
const textsOf = remembered((config: Config): readonly string[] => destinationsOf(config).map(prefixText));
