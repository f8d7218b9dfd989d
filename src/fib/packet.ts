/**
 * A packet of the host itself, as far as the kernel's lookup uses it (struct flowi, net/flow.h).
 * It has not left yet: for the kernel its input device is `lo`.
 */

import type { Address } from '../model/address.js';
import type { Vrf } from '../model/link.js';
import type { Prefix } from '../model/prefix.js';

/** A field that differs from packet to packet. What depends on it is no answer for all packets. */
export const ANY = 'any';
type Any = typeof ANY;

/** An absent field has the kernel's default: 0, no device, no source yet, user 0. */
export interface Packet {
  /**
   * An address as a prefix of full length. A shorter prefix stands for those of its addresses that
   * no more specific route or rule takes.
   */
  readonly destination: Prefix;
  readonly source?: Address | Any;
  /**
   * The device that its socket is bound to (SO_BINDTODEVICE), unless that is a VRF, which is in
   * `vrf`.
   */
  readonly outputInterface?: { readonly index: number; readonly name: string };
  /**
   * It has no input device, so `iif lo` does not take it: the kernel's question about an IPv6
   * gateway.
   */
  readonly noInput?: true;
  readonly vrf?: Vrf;
  readonly mark?: number | Any;
  /** The byte of tos or traffic class. */
  readonly tos?: number | Any;
  readonly user?: number | Any;
  readonly ipProtocol?: number | Any;
  readonly sourcePort?: number | Any;
  readonly destinationPort?: number | Any;
  readonly flowLabel?: number | Any;
  /** It comes out of a tunnel device that sets a tunnel id (FRA_TUN_ID). */
  readonly tunnel?: Any;
}

/**
 * The packets by which a destination counts as reached: no mark, no tos, bound to nothing; of any
 * user, protocol and port, from whatever source address the kernel chooses. A route or rule that
 * takes only some of these is no answer for the destination.
 */
export function ordinary(destination: Prefix, vrf?: Vrf): Packet {
  return {
    destination,
    source: ANY,
    user: ANY,
    ipProtocol: ANY,
    sourcePort: ANY,
    destinationPort: ANY,
    ...(vrf === undefined ? {} : { vrf }),
  };
}

/** Of {@link ordinary} packets those from one address. */
export function ordinaryFrom(source: Address, destination: Prefix): Packet {
  return { ...ordinary(destination), source };
}

/**
 * The one packet that the kernel itself is asked about (kernel/verify.ts): of user 0, without a
 * source yet. IPv4 takes it for UDP (inet_rtm_getroute).
 */
export function plain(destination: Prefix, vrf?: Vrf): Packet {
  return {
    destination,
    ...(destination.family === 'inet' ? { ipProtocol: UDP } : {}),
    ...(vrf === undefined ? {} : { vrf }),
  };
}

const UDP = 17;
