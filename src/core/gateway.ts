/** Which backup router of an ordered list to use, from what the kernel's neighbour table knows. Pure. */

import type { Address } from '../model/address.js';
import { isLinkLocal } from '../model/address.js';
import { containsAddress, prefix } from '../model/prefix.js';
import type { Snapshot } from '../model/snapshot.js';

export interface Choice {
  readonly gateway: Address;
  /** Position in the list. */
  readonly rank: number;
}

/** The most preferred gateway whose neighbour is not known dead; the first when all of them are. */
export function chooseGateway(gateways: readonly Address[], interfaceIndex: number, snapshot: Snapshot): Choice {
  const failed = new Set(snapshot.neighbours.filter((n) => n.failed && n.interfaceIndex === interfaceIndex).map((n) => n.address));
  const rank = Math.max(0, gateways.findIndex((gateway) => !failed.has(gateway)));
  return { gateway: gateways[rank]!, rank };
}

/** Whether an address of the interface makes the gateway a neighbour (link-local ones always are). */
export function onLink(gateway: Address, interfaceIndex: number, snapshot: Snapshot): boolean {
  if (isLinkLocal(gateway)) return true;
  return snapshot.addresses.some(
    (own) => own.interfaceIndex === interfaceIndex && (own.peer === gateway || containsAddress(prefix(own.peer ?? own.address, own.length), gateway)),
  );
}
