/** rtm_protocol numbers of routing daemons (linux/rtnetlink.h, zebra/rt_netlink.h; fact F4). */

/**
 * FRR's own: 11 is zebra (RTPROT_ZEBRA), 42 Babel, 198 SRTE. zebra deletes leftover routes of
 * these protocols when it starts.
 */
export const FRR_PROTOCOLS: ReadonlySet<number> = new Set([11, 42, ...Array.from({ length: 13 }, (_, i) => 186 + i)]);
/** RTPROT_ZSTATIC (fact F4), a static route of FRR: configured by an operator, although a routing daemon installs it. */
export const FRR_STATIC = 196;
/** RTPROT_BIRD, for all of BIRD's protocols. */
export const BIRD_PROTOCOL = 12;

/** Whether the protocol number is one of FRR or BIRD. */
export function isDaemonProtocol(protocol: number): boolean {
  return protocol === BIRD_PROTOCOL || FRR_PROTOCOLS.has(protocol);
}
