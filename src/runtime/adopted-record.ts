/**
 * The record of foreign default routes that were taken over: `adopted.json` in the state
 * directory, so that a later process can give them back. Written whole or not at all, before a
 * route is touched.
 *
 * It names the boot and the network namespace of the routes. In another boot or namespace the
 * record reads as empty: after a reboot, or in a container that starts again, the default route
 * comes from where it came the first time, and an old one would be in its way. For the same reason
 * a power failure does no harm here.
 */

import { networkNamespace } from '../control/network-namespace.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { codeOf, messageOf } from '../model/error.js';
import { prefix } from '../model/prefix.js';
import { writeAtomically } from './atomic.js';
import { type RecordValue, readRecord, recordText } from './record-file.js';
import { bootId } from './unconfirmed-record.js';

interface Record {
  readonly adopted: readonly AdoptedRoute[];
  /** Why the file, which exists, cannot be used. */
  readonly fault: string | undefined;
}

/** The routes to give back in this boot and namespace. */
export function readAdopted(path: string): Record {
  let value: RecordValue | undefined;
  try {
    value = readRecord(path);
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    return { adopted: [], fault: missing ? undefined : messageOf(error) };
  }
  if (value === undefined) return { adopted: [], fault: undefined };
  const { version, place, adopted } = value;
  if (version !== 1 || !Array.isArray(adopted) || !adopted.every(isAdopted))
    return { adopted: [], fault: 'not a record of adopted routes' };
  try {
    return { adopted: place === placeText() ? adopted.map(withBits) : [], fault: undefined };
  } catch (error) {
    return { adopted: [], fault: messageOf(error) };
  }
}

/**
 * Returns the error, or undefined. An empty record is an empty file: from that the unit's
 * ExecStopPost= sees, without starting Node, that there is nothing to give back.
 */
export function writeAdopted(path: string, adopted: readonly AdoptedRoute[]): string | undefined {
  if (adopted.length === 0) return writeAtomically(path, '');
  return writeAtomically(path, recordText({ version: 1, place: placeText(), adopted }));
}

/** Identifies this boot and this network namespace. */
function placeText(): string {
  return `${bootId()} ${networkNamespace() ?? '-'}`;
}

/** Computes the bits of the prefix from its text: an older version did not write them. */
function withBits(adopted: AdoptedRoute): AdoptedRoute {
  const { address, length } = adopted.route.destination;
  return { ...adopted, route: { ...adopted.route, destination: prefix(address, length) } };
}

function isAdopted(value: unknown): value is AdoptedRoute {
  const { route, message, interfaceName } = (value ?? {}) as Partial<AdoptedRoute>;
  return (
    typeof message === 'string' &&
    /^(?:[0-9a-f]{2})+$/.test(message) &&
    typeof interfaceName === 'string' &&
    Array.isArray(route?.nexthops) &&
    typeof route.protocol === 'number' &&
    typeof route.destination?.address === 'string'
  );
}
