/** Links, their addresses and neighbours, as the kernel has them. */

import type { Address, Family } from './address.js';

export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFLA_ALT_IFNAME. */
  readonly altNames: readonly string[];
  /** A configured name that it lost while it was up, and is still used by (core/renamed.ts). */
  readonly formerName?: string;
  /** Lower-case colon form; undefined if the link type has none. */
  readonly mac: string | undefined;
  /** IFF_UP: administratively up. */
  readonly up: boolean;
  /** IFF_LOWER_UP: carrier. */
  readonly carrier: boolean;
  /** The index of the bridge, bond or VRF that it is a member of. */
  readonly master: number | undefined;
  /** IFLA_INFO_KIND: veth, vrf, bridge ...; undefined for a physical port. */
  readonly kind: string | undefined;
  /** IFLA_VRF_TABLE of a VRF device. */
  readonly vrfTable: number | undefined;
  /** IFLA_GROUP; absent: the default group, 0. */
  readonly group?: number;
  /** IFF_POINTOPOINT or IFF_NOARP: a tunnel, a modem, WireGuard. */
  readonly withoutNeighbours?: true;
}

/** The VRF that a socket is bound to. */
export interface Vrf {
  readonly name: string;
  readonly index: number;
  readonly table: number;
}

export interface InterfaceAddress {
  readonly interfaceIndex: number;
  readonly family: Family;
  /** The host's own address (IFA_LOCAL, or IFA_ADDRESS if there is none). */
  readonly address: Address;
  /** The other end of a point-to-point address. */
  readonly peer: Address | undefined;
  readonly length: number;
  /** IFA_BROADCAST, which need not be the last address of the prefix. */
  readonly broadcast?: Address;
  /** IFA_F_TENTATIVE or IFA_F_DADFAILED: cannot be used as a source now. */
  readonly tentative: boolean;
}

export interface Neighbour {
  readonly interfaceIndex: number;
  readonly address: Address;
  /** NUD_FAILED: probed without an answer. */
  readonly failed: boolean;
  /** NUD_REACHABLE, DELAY, PROBE, STALE, PERMANENT or NOARP: it has answered once, or need not. */
  readonly known: boolean;
  /**
   * NUD_PERMANENT or NUD_NOARP: an operator's entry, or a link without resolution. A probe would
   * overwrite it.
   */
  readonly permanent: boolean;
}

/** Identifies a neighbour. */
export type NeighbourId = Pick<Neighbour, 'interfaceIndex' | 'address'>;

export function neighbourKey({ interfaceIndex, address }: NeighbourId): string {
  return `${interfaceIndex} ${address}`;
}

/** NUD_* (linux/neighbour.h), with the names of ip-neighbour(8). */
export type NeighbourState =
  | 'none'
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'noarp'
  | 'permanent';

/** A neighbour with its state for display. Decisions use {@link Neighbour}. */
export interface NeighbourEntry {
  readonly interfaceIndex: number;
  readonly address: Address;
  readonly state: NeighbourState;
}
