/**
 * Reads neighbours one by one, so that a table of 30,000 on other ports costs nothing, and
 * remembers those that have failed, because the kernel does not keep that state for long.
 */

import { codeOf } from '../model/error.js';
import { type Neighbour, type NeighbourId, neighbourKey } from '../model/link.js';
import { decodeNeighbour, encodeNeighbourDump, encodeNeighbourGet } from './messages/neighbour.js';
import type { Connection, DumpDecoder } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';

/** The most failures that are kept: failures of foreign neighbours are announced, too. */
const FAILURES = 1024;

/** Those of the wanted neighbours that the kernel has, each once. */
export async function readNeighbours(
  connection: Connection,
  wanted: readonly NeighbourId[],
): Promise<readonly Neighbour[]> {
  const named = new Map(wanted.map((one) => [neighbourKey(one), one]));
  try {
    const found = await connection.get([...named.values()].map(encodeNeighbourGet), decode);
    return found.filter((one) => one !== undefined);
  } catch (error) {
    if (codeOf(error) !== 'EOPNOTSUPP') throw error;
    // Before Linux 5.0 only a dump is possible.
    return (await connection.dump(encodeNeighbourDump(), decode)).filter((one) => named.has(neighbourKey(one)));
  }
}

const decode: DumpDecoder<Neighbour> = (bytes, start, end, type) =>
  type === uapi.RTM_NEWNEIGH ? decodeNeighbour(bytes, start, end) : undefined;

/** Neighbours that were announced as failed, by {@link neighbourKey}. */
export class Failures {
  readonly #keys = new Set<string>();

  note(neighbour: NeighbourId): void {
    if (this.#keys.size >= FAILURES) this.#keys.clear();
    this.#keys.add(neighbourKey(neighbour));
  }

  /**
   * Marks as failed what has failed and not answered since. The kernel resolves a failed neighbour
   * again with the next packet sent to it, and shows it as incomplete from then on, often before
   * it was read. It counts as failed until it answers or is gone.
   */
  among(neighbours: readonly Neighbour[], wanted: readonly NeighbourId[]): readonly Neighbour[] {
    if (this.#keys.size === 0) return neighbours;
    const there = new Set(neighbours.map(neighbourKey));
    for (const key of wanted.map(neighbourKey)) if (!there.has(key)) this.#keys.delete(key);
    return neighbours.map((neighbour) => {
      const key = neighbourKey(neighbour);
      if (neighbour.known) this.#keys.delete(key);
      return this.#keys.has(key) ? { ...neighbour, failed: true } : neighbour;
    });
  }
}
