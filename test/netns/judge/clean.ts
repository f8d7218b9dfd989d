/** Removes the random state of worlds.ts, as lines for `ip -batch`; and whether the kernel has changed it by itself. */

import type { Family } from '../../../src/model/address.js';
import type { Neighbour } from '../../../src/model/link.js';
import { destinationText } from '../../../src/model/prefix.js';
import type { Route, Rule } from '../../../src/model/route.js';
import { DEVICES, PROTOCOL } from './worlds.js';

export function clean(
  family: Family,
  { rules, routes }: { readonly rules: readonly Rule[]; readonly routes: readonly (readonly Route[])[] },
): readonly string[] {
  return [
    ...routes
      .flat()
      .filter(({ protocol, family: of }) => protocol === PROTOCOL && of === family)
      .map(deletion),
    ...rules
      .filter((rule) => rule.family === family && !isInitial(rule))
      .map(({ priority, table }) => `rule del pref ${priority}${table === 255 ? ' table local' : ''}`),
    ...(rules.some((rule) => rule.family === family && rule.priority === 0) ? [] : ['rule add pref 0 lookup local']),
    ...DEVICES.map((device) => `neigh flush dev ${device} nud failed`),
  ];
}

export function deletion({ type, destination, from, tos, table, metric, nexthopId }: Route): string {
  const words = [`route del ${nexthopId === undefined ? type : ''} ${destinationText(destination)}`];
  if (from !== undefined) words.push(`from ${destinationText(from)}`);
  if (tos !== 0) words.push(`tos 0x${tos.toString(16)}`);
  words.push(`table ${table} metric ${metric} proto ${PROTOCOL}`);
  if (nexthopId !== undefined) words.push(`nhid ${nexthopId}`);
  return words.join(' ');
}

interface Neighbours {
  readonly neighbours: readonly Neighbour[];
}

/** The kernel may forget a failed neighbour between two looks (gc_thresh1, which counts the entries of all namespaces). */
export function forgotten(before: Neighbours, after: Neighbours): boolean {
  const failed = ({ neighbours }: Neighbours): string =>
    neighbours
      .filter((one) => one.failed)
      .map(({ interfaceIndex, address }) => `${interfaceIndex} ${address}`)
      .sort()
      .join();
  return failed(before) !== failed(after);
}

function isInitial({ priority, foreign, table }: Rule): boolean {
  return (
    !foreign &&
    ((priority === 0 && table === 255) ||
      (priority === 32766 && table === 254) ||
      (priority === 32767 && table === 253))
  );
}
