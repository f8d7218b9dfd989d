/**
 * The record of foreign default routes that were taken over: `adopted.json` in the state directory, so that they can be given
 * back by whoever comes after us. Written whole or not at all, before a route is touched.
 *
 * It names the boot and the network namespace in which the routes stood. In another one they are nobody's loss: a reboot, or a
 * container that starts anew, gets its default route from where it got the first one, and one of yesterday would be in its way. So such
 * a record reads as empty; for the same reason a power failure can do no harm here.
 */

import { readFileSync } from 'node:fs';
import { networkNamespace } from '../control/network-namespace.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { prefix } from '../model/prefix.js';
import { writeAtomically } from './atomic.js';
import { type RecordValue, readRecord, recordText } from './record-file.js';

export interface Record {
  readonly adopted: readonly AdoptedRoute[];
  /** The file is there and says nothing that makes sense. */
  readonly fault: string | undefined;
}

/** What this boot and namespace have to give back. */
export function readAdopted(path: string): Record {
  let value: RecordValue | undefined;
  try {
    value = readRecord(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { adopted: [], fault: missing ? undefined : (error as Error).message };
  }
  if (value === undefined) return { adopted: [], fault: undefined };
  const { version, place, adopted } = value;
  if (version !== 1 || !Array.isArray(adopted) || !adopted.every(isAdopted))
    return { adopted: [], fault: 'not a record of adopted routes' };
  try {
    return { adopted: place === placeText() ? adopted.map(withBits) : [], fault: undefined };
  } catch (error) {
    return { adopted: [], fault: (error as Error).message };
  }
}

/**
 * Returns what went wrong, or undefined. A record of nothing is an empty file: the unit's ExecStopPost= tells by
 * that, without a Node of its own, that there is nothing to give back.
 */
export function writeAdopted(path: string, adopted: readonly AdoptedRoute[]): string | undefined {
  if (adopted.length === 0) return writeAtomically(path, '');
  return writeAtomically(path, recordText({ version: 1, place: placeText(), adopted }));
}

/** This boot of this host, and this network namespace. */
function placeText(): string {
  return `${textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())} ${networkNamespace() ?? '-'}`;
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '-';
  }
}

/** The bits of a prefix are read from its text: the record may be of a version that did not keep them. */
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
