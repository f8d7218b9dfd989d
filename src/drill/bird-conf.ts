/**
 * The configuration text for the two BIRDs of a drill: BGP in both families over the data link,
 * with short timers.
 */

import type { Address } from '../model/address.js';

interface BirdSpeaker {
  readonly asn: number;
  readonly otherAsn: number;
  /** The own addresses on the data link, one per family. */
  readonly own: readonly Address[];
  /** The neighbour's addresses on the data link, one per family. */
  readonly others: readonly Address[];
}

/** The router's configuration: imports all routes and exports them to the kernel. */
export function birdRouterConfig(speaker: BirdSpeaker): string {
  return [
    ...head(speaker),
    'protocol kernel k4 { ipv4 { import none; export all; }; }',
    'protocol kernel k6 { ipv6 { import none; export all; }; }',
    ...sessions(speaker, 'import all; export none;'),
    '',
  ].join('\n');
}

/** The neighbour's configuration: announces the prefixes and exports no routes to the kernel. */
export function birdPeerConfig(speaker: BirdSpeaker & { readonly announced: readonly string[] }): string {
  const routes = (inet6: boolean): string =>
    speaker.announced
      .filter((prefix) => prefix.includes(':') === inet6)
      .map((prefix) => ` route ${prefix} blackhole;`)
      .join('');
  return [
    ...head(speaker),
    `protocol static s4 { ipv4;${routes(false)} }`,
    `protocol static s6 { ipv6;${routes(true)} }`,
    ...sessions(speaker, 'import none; export all;'),
    '',
  ].join('\n');
}

function head({ own }: BirdSpeaker): readonly string[] {
  return [
    'log stderr all;',
    `router id ${own.find((address) => !address.includes(':'))};`,
    'protocol device { scan time 1; }',
  ];
}

function sessions({ asn, otherAsn, own, others }: BirdSpeaker, policy: string): readonly string[] {
  const timers = 'connect delay time 1; connect retry time 1; error wait time 1, 1; hold time 9; keepalive time 1;';
  return own.map((address, i) => {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    return [
      `protocol bgp ${family === 'ipv4' ? 'p4' : 'p6'} {`,
      `  local ${address} as ${asn}; neighbor ${others[i]} as ${otherAsn}; ${timers}`,
      `  ${family} { next hop self; ${policy} };`,
      '}',
    ].join('\n');
  });
}
