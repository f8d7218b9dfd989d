/**
 * The laboratory that most tests and the demo share: one router with a management port and a data
 * port.
 *
 *        noc0 ------ gw ------ mgmt0  router  data0 ------ peer ------ client
 *   10.99.0.10      /  10.255.0.1  10.255.0.2  10.1.0.2   10.1.0.1 \     10.2.0.10
 *                  +------------------- core -----------------------+
 *
 * The NOC reaches the router's management address through gw. It reaches the router's loopback
 * 10.0.0.2 through gw, core and peer, once the router announces it by BGP. Transit bait: peer
 * sends 10.77.0.0/16 to the router, and 10.77.0.1 is an address of the NOC. So a transit packet
 * that left the router by its backup route would be answered. The router's FRR is in
 * standard-frr.ts.
 */

import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';

/** Every address of the standard laboratory. `mgmt`, `data` and `loopback` are the router's. */
export const STANDARD = {
  inet: {
    mgmt: '10.255.0.2',
    gateway: '10.255.0.1',
    data: '10.1.0.2',
    peer: '10.1.0.1',
    loopback: '10.0.0.2',
    noc: '10.99.0.10',
    nocGateway: '10.99.0.1',
    client: '10.2.0.10',
    clientGateway: '10.2.0.1',
    coreGateway: '10.254.0.1',
    corePeer: '10.254.0.2',
    /** An address of the NOC; peer routes it to the router. */
    transitBait: '10.77.0.1',
    transitPrefix: '10.77.0.0/16',
  },
  inet6: {
    mgmt: '2001:db8:ff::2',
    gateway: '2001:db8:ff::1',
    /** The gateway's other address on the management link. */
    gatewayLinkLocal: 'fe80::1',
    data: '2001:db8:1::2',
    peer: '2001:db8:1::1',
    loopback: '2001:db8::2',
    noc: '2001:db8:99::10',
    nocGateway: '2001:db8:99::1',
    client: '2001:db8:2::10',
    clientGateway: '2001:db8:2::1',
    coreGateway: '2001:db8:fe::1',
    corePeer: '2001:db8:fe::2',
    transitBait: '2001:db8:77::1',
    transitPrefix: '2001:db8:77::/48',
  },
  peerAsn: 65001,
  routerAsn: 65002,
} as const;

export interface StandardOptions {
  /** The reverse path filter of the router: 0 none (default), 1 strict, 2 loose. */
  readonly rpFilter?: 0 | 1 | 2;
  /** Whether the router forwards; true by default. */
  readonly forwarding?: boolean;
}

/** The parts of the standard laboratory. */
export interface StandardLab {
  readonly lab: Lab;
  /**
   * The device under test: `mgmt0`, `data0`, `lo`. It has no routes beyond its connected subnets.
   */
  readonly router: Namespace;
  /** The management gateway, which is the backup router: `router0`, `noc0`, `core0`. */
  readonly gw: Namespace;
  /** The operator's host: `eth0`. */
  readonly noc: Namespace;
  /** The data-plane neighbour: `router0`, `core0`, `client0`. */
  readonly peer: Namespace;
  /** A customer behind peer: `eth0`. */
  readonly client: Namespace;
  close(): Promise<void>;
}

/**
 * Builds the laboratory: links, addresses, and the static routes of all hosts except the router.
 * No daemon runs yet.
 */
export function standardLab(options: StandardOptions = {}): StandardLab {
  const lab = createLab();
  try {
    const router = lab.namespace('router', {
      forwarding: options.forwarding ?? true,
      rpFilter: options.rpFilter ?? 0,
    });
    const [gw, peer] = [lab.namespace('gw', { forwarding: true }), lab.namespace('peer', { forwarding: true })];
    const [noc, client] = [lab.namespace('noc'), lab.namespace('client')];
    lab.link(router, 'mgmt0', gw, 'router0');
    lab.link(router, 'data0', peer, 'router0');
    lab.link(gw, 'noc0', noc, 'eth0');
    lab.link(gw, 'core0', peer, 'core0');
    lab.link(peer, 'client0', client, 'eth0');
    address({ router, gw, noc, peer, client });
    wire({ gw, noc, peer, client });
    return { lab, router, gw, noc, peer, client, close: async () => lab.close() };
  } catch (error) {
    lab.closeNow();
    throw error;
  }
}

function address(hosts: Pick<StandardLab, 'router' | 'gw' | 'noc' | 'peer' | 'client'>): void {
  const { inet, inet6 } = STANDARD;
  const add = (host: Namespace, ...entries: readonly (readonly [device: string, v4: string, v6: string])[]): void =>
    host.ipBatch(
      entries.flatMap(([device, v4, v6]) => {
        const [l4, l6] = device === 'lo' ? [32, 128] : [24, 64];
        return [`addr add ${v4}/${l4} dev ${device}`, `addr add ${v6}/${l6} dev ${device} nodad`];
      }),
    );
  add(
    hosts.router,
    ['mgmt0', inet.mgmt, inet6.mgmt],
    ['data0', inet.data, inet6.data],
    ['lo', inet.loopback, inet6.loopback],
  );
  add(
    hosts.gw,
    ['router0', inet.gateway, inet6.gateway],
    ['noc0', inet.nocGateway, inet6.nocGateway],
    ['core0', inet.coreGateway, inet6.coreGateway],
  );
  hosts.gw.ip(`addr add ${inet6.gatewayLinkLocal}/64 dev router0 nodad`);
  add(hosts.noc, ['eth0', inet.noc, inet6.noc], ['lo', inet.transitBait, inet6.transitBait]);
  add(
    hosts.peer,
    ['router0', inet.peer, inet6.peer],
    ['core0', inet.corePeer, inet6.corePeer],
    ['client0', inet.clientGateway, inet6.clientGateway],
  );
  add(hosts.client, ['eth0', inet.client, inet6.client]);
}

/**
 * The static routes of the healthy part of the network. Peer learns the router's loopback by BGP.
 */
function wire(hosts: Pick<StandardLab, 'gw' | 'noc' | 'peer' | 'client'>): void {
  const batches = (['inet', 'inet6'] as const).map((family) => {
    const a = STANDARD[family];
    const net = (v4: string, v6: string): string => (family === 'inet' ? v4 : v6);
    const add = (prefix: string, via: string): string => `route add ${prefix} via ${via}`;
    return {
      gw: [
        add(a.loopback, a.corePeer),
        add(net('10.1.0.0/24', '2001:db8:1::/64'), a.corePeer),
        add(net('10.2.0.0/24', '2001:db8:2::/64'), a.corePeer),
        add(a.transitBait, a.noc),
      ],
      peer: [
        add(net('10.99.0.0/24', '2001:db8:99::/64'), a.coreGateway),
        add(net('10.255.0.0/24', '2001:db8:ff::/64'), a.coreGateway),
        add(a.transitPrefix, a.data),
      ],
      noc: [add(net('default', '::/0'), a.nocGateway)],
      client: [add(net('default', '::/0'), a.clientGateway)],
    };
  });
  for (const host of ['gw', 'peer', 'noc', 'client'] as const)
    hosts[host].ipBatch(batches.flatMap((batch) => batch[host]));
}
