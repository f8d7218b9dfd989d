/**
 * Builds the planned network of a drill: namespaces, links, addresses, and the routes of every
 * host except the router, which has none.
 *
 * Device names come from a configuration and never reach a shell or a batch file.
 */

import { createLab, type Lab } from './lab/lab.js';
import type { Namespace } from './lab/namespace.js';
import { hostRoute, withoutLength } from './network-plan.js';
import type { NetworkPlan, PortPlan } from './protocol.js';

export interface Network {
  readonly lab: Lab;
  readonly router: Namespace;
  readonly peer: Namespace;
  readonly far: Namespace;
}

/** The far side's device towards the peer. Those towards the gateways are `gw0`, `gw1`, ... */
const FAR_PEER_DEVICE = 'peer';

export function buildNetwork(plan: NetworkPlan): Network {
  const lab = createLab();
  const router = lab.namespace('router', { forwarding: true });
  const peer = lab.namespace('peer', { forwarding: true });
  const far = lab.namespace('far');
  const gateways = plan.ports.map((port, i) => buildGateway(lab, router, far, port, i));
  lab.link(router, plan.dataDevice, peer, 'router0');
  lab.link(peer, 'far0', far, FAR_PEER_DEVICE);
  for (const { router: own, peer: other } of plan.data) {
    address(router, own, plan.dataDevice);
    address(peer, other, 'router0');
  }
  for (const { peer: own, far: other } of plan.peerUplink) {
    address(peer, own, 'far0');
    address(far, other, FAR_PEER_DEVICE);
  }
  for (const source of new Set(plan.probes.map((probe) => probe.source))) {
    address(far, hostRoute(source), 'lo');
    route(
      peer,
      source,
      plan.peerUplink.map((link) => link.far),
      'far0',
    );
    gateways.forEach((gateway, i) =>
      route(
        gateway,
        source,
        plan.ports[i]!.uplink.map((link) => link.far),
        'far0',
      ),
    );
  }
  plan.ports.forEach((port, i) => {
    for (const own of port.own)
      route(
        far,
        withoutLength(own),
        port.uplink.map((link) => link.gateway),
        `gw${i}`,
      );
  });
  return { lab, router, peer, far };
}

function buildGateway(lab: Lab, router: Namespace, far: Namespace, port: PortPlan, i: number): Namespace {
  const gateway = lab.namespace(`gw${i}`, { forwarding: true });
  lab.link(router, port.device, gateway, 'router0', { up: false });
  if (port.mac !== undefined) router.ip(`link set dev ${port.device} address ${port.mac}`);
  if (port.altName !== undefined) router.ip(`link property add dev ${port.device} altname ${port.altName}`);
  router.ip(`link set dev ${port.device} up`);
  gateway.ip('link set dev router0 up');
  lab.link(gateway, 'far0', far, `gw${i}`);
  for (const one of port.gateways) address(gateway, one, 'router0');
  for (const link of port.uplink) {
    address(gateway, link.gateway, 'far0');
    address(far, link.far, `gw${i}`);
  }
  addressPort(router, port);
  lease(router, port);
  return gateway;
}

/** Adds the router's own addresses on a management port. */
export function addressPort(router: Namespace, port: PortPlan): void {
  for (const own of port.own) address(router, own, port.device);
}

/**
 * Adds the default routes that a DHCP client, or the kernel after a router advertisement, would
 * add.
 */
export function lease(router: Namespace, port: PortPlan): void {
  for (const gateway of port.leased) {
    const [family, protocol] = gateway.includes(':') ? ['-6', 'ra'] : ['-4', 'dhcp'];
    router.ip(`${family} route replace default via ${gateway} dev ${port.device} proto ${protocol} metric 100`);
  }
}

function address(namespace: Namespace, text: string, device: string): void {
  namespace.ip(`addr replace ${text} dev ${device}${text.includes(':') ? ' nodad' : ''}`);
}

/** Adds a host route through the next hop of its family. */
function route(namespace: Namespace, to: string, vias: readonly string[], device: string): void {
  const via = withoutLength(vias.find((one) => one.includes(':') === to.includes(':'))!);
  namespace.ip(`route replace ${hostRoute(to)} via ${via} dev ${device}`);
}
