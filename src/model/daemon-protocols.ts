/** rtm_protocol numbers of routing daemons (linux/rtnetlink.h, zebra/rt_netlink.h; fact F4). */

/** FRR's own: 11 is zebra (RTPROT_ZEBRA), 42 Babel, 198 SRTE. It sweeps them out of the kernel when it starts. */
export const FRR_PROTOCOLS: ReadonlySet<number> = new Set([11, 42, ...Array.from({ length: 13 }, (_, i) => 186 + i)]);
/** A static route of FRR: an operator's word, though a routing daemon puts it there. */
export const FRR_STATIC = 196;
/** RTPROT_BIRD, whichever of BIRD's protocols a route comes from. */
export const BIRD_PROTOCOL = 12;

/** Of FRR or BIRD. */
export function isDaemonProtocol(protocol: number): boolean {
  return protocol === BIRD_PROTOCOL || FRR_PROTOCOLS.has(protocol);
}
