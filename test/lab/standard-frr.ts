/**
 * FRR for the standard laboratory: the neighbour's, which announces a default route, and the
 * router's own. It has the BGP sessions and announcements; the daemons are run by frr.ts.
 */

import { join } from 'node:path';
import { type DaemonOptions, type Frr, prepareFrr } from '../../src/drill/lab/frr.js';
import { bgpConfig, zebraConfig } from '../../src/drill/lab/frr-conf.js';
import { STANDARD, type StandardLab } from './standard.js';

export interface PeerOptions {
  /** Announce a default route in both families; true by default. */
  readonly defaultOriginate?: boolean;
  /** More prefixes to announce. */
  readonly networks?: readonly string[];
}

export interface RouterOptions {
  /** The daemons; zebra and bgpd by default, and staticd if there are static routes. */
  readonly daemons?: readonly ('zebra' | 'bgpd' | 'staticd')[];
  readonly staticRoutes?: readonly { readonly prefix: string; readonly gateway: string }[];
  /** `redistribute WHAT` below BGP: `['kernel']`. */
  readonly redistribute?: readonly string[];
  /** More prefixes to announce, in addition to the loopback. */
  readonly networks?: readonly string[];
  /** More lines for zebra's configuration. */
  readonly zebraLines?: readonly string[];
  /** More arguments by daemon: `{zebra: ['-K', '5']}`. */
  readonly args?: Readonly<Record<string, readonly string[]>>;
}

/** zebra and bgpd in `peer`, AS 65001; they run and answer. */
export async function startPeerFrr(standard: StandardLab, options: PeerOptions = {}): Promise<Frr> {
  const { inet, inet6, peerAsn, routerAsn } = STANDARD;
  const neighbour = { asn: routerAsn, defaultOriginate: options.defaultOriginate ?? true };
  const bgpd = bgpConfig({
    asn: peerAsn,
    routerId: inet.peer,
    neighbours: [inet.data, inet6.data].map((address) => ({ ...neighbour, address })),
    networks: options.networks ?? [],
  });
  const frr = prepareFrr(standard.peer, {
    directory: join(standard.lab.directory, 'frr-peer'),
    daemons: { zebra: zebraConfig(), bgpd },
  });
  await frr.start();
  return frr;
}

/**
 * The router's FRR, AS 65002, which announces its loopback to peer. It is configured but not
 * started; `await frr.start()`.
 */
export function prepareRouterFrr(standard: StandardLab, options: RouterOptions = {}): Frr {
  const { inet, inet6, peerAsn, routerAsn } = STANDARD;
  const staticRoutes = options.staticRoutes ?? [];
  const configs: Readonly<Record<'zebra' | 'bgpd' | 'staticd', string>> = {
    zebra: zebraConfig(options.zebraLines),
    bgpd: bgpConfig({
      asn: routerAsn,
      routerId: inet.loopback,
      neighbours: [inet.peer, inet6.peer].map((address) => ({ address, asn: peerAsn })),
      networks: [`${inet.loopback}/32`, `${inet6.loopback}/128`, ...(options.networks ?? [])],
      redistribute: options.redistribute ?? [],
    }),
    staticd: staticConfig(staticRoutes),
  };
  const names = options.daemons ?? (staticRoutes.length > 0 ? ['zebra', 'bgpd', 'staticd'] : ['zebra', 'bgpd']);
  const daemons: Record<string, DaemonOptions> = {};
  for (const name of names) daemons[name] = { config: configs[name], args: options.args?.[name] ?? [] };
  return prepareFrr(standard.router, { directory: join(standard.lab.directory, 'frr-router'), daemons });
}

/** staticd's configuration: `ip route PREFIX GATEWAY`, or `ipv6 route` for an IPv6 prefix. */
export function staticConfig(routes: readonly { readonly prefix: string; readonly gateway: string }[]): string {
  return routes
    .map(({ prefix, gateway }) => `${prefix.includes(':') ? 'ipv6' : 'ip'} route ${prefix} ${gateway}`)
    .join('\n');
}
