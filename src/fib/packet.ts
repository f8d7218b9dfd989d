/**
 * A packet of the host itself, as far as the kernel's lookup looks at it (struct flowi, net/flow.h). It has not left yet: for the
 * kernel it came in by `lo`.
 */

import type { Address } from '../model/address.js';
import type { Vrf } from '../model/policy.js';
import type { Prefix } from '../model/prefix.js';

/** A field that differs from packet to packet: what depends on it is no answer for all of them. */
export const ANY = 'any';
type Any = typeof ANY;

/** An absent field is what the kernel takes where nobody has said anything: 0, no device, no source yet, user 0. */
export interface Packet {
  /** An address as a prefix of full length; a shorter one stands for what no more specific route or rule takes out of it. */
  readonly destination: Prefix;
  readonly source?: Address | Any;
  /** The device that its socket is bound to (SO_BINDTODEVICE); a VRF is told by `vrf`. */
  readonly outputInterface?: { readonly index: number; readonly name: string };
  /** It comes in by no device, so `iif lo` does not take it: the kernel's question about an IPv6 gateway. */
  readonly noInput?: true;
  readonly vrf?: Vrf;
  readonly mark?: number | Any;
  /** The byte of tos and traffic class. */
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
 * The packets that make a destination reached: no mark, no tos, bound to nothing; of any user, protocol and port, from whatever source address
 * the kernel chooses. What takes only some of these is no answer for the destination.
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

/** The one packet that the kernel itself is asked about (kernel/verify.ts): of user 0, from no source yet; IPv4 takes it for UDP (inet_rtm_getroute). */
export function plain(destination: Prefix, vrf?: Vrf): Packet {
  return {
    destination,
    ...(destination.family === 'inet' ? { ipProtocol: UDP } : {}),
    ...(vrf === undefined ? {} : { vrf }),
  };
}

const UDP = 17;
