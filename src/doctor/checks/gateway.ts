/**
 * Hazards of the backup router: whether it is a neighbour, whether it answers, and whether its
 * address belongs to this host.
 */

import { goesBy, leadsTo, neighbourOn, takenBefore } from '../../core/neighbour.js';
import { isLinkLocal } from '../../model/address.js';
import type { Link, NeighbourState } from '../../model/link.js';
import { containsAddress, containsPrefix, destinationText, prefix, prefixText } from '../../model/prefix.js';
import { ruleText, tableText } from '../../model/route-text.js';
import { type Check, type Finding, finding, found, look, type Outcome, together, unknown } from '../finding.js';
import type { Host, KernelEvidence } from '../host.js';
import { ip, type ManagedGateway, managed, managedGateways, nameOf } from '../management.js';

/** The neighbour answers, or its entry needs no answer. */
const ALIVE: ReadonlySet<NeighbourState> = new Set<NeighbourState>(['reachable', 'permanent', 'noarp']);

export const gatewayOffLink: Check = {
  code: 'gateway-off-link',
  title: 'every backup router is on-link',
  facts: 'K6, K10',
  run: (host) =>
    look(host.kernel, (kernel) =>
      overGateways(host, kernel, ({ link, gateway, router }) => {
        const { config } = host;
        const own = kernel.snapshot.addresses.filter(
          (address) => address.interfaceIndex === link.index && address.family === router.family,
        );
        if (router.onlink === true) return [];
        // Each of these has its own finding.
        if (!link.up || own.length === 0) return undefined;
        const answer = neighbourOn(config, kernel.snapshot, link, gateway, performance.now());
        if (answer.kind !== 'off-link' || answer.why === 'own address') return [];
        const { refusedBy } = answer;
        const left = goesBy(kernel.snapshot, link, gateway);
        if (refusedBy?.detail?.to !== undefined)
          return found(
            left ? 'warning' : 'error',
            `A rule refuses packets to ${gateway}, so the kernel refuses routes through it, too. Installed
              ones go on using it.`,
            [`${router.family === 'inet6' ? '-6 ' : ''}${ruleText(refusedBy, tableText)}`],
            [`# a rule that leaves out ${gateway}`],
          );
        // What else refuses it hides the backup routes, and that is the finding.
        if (takenBefore(config, kernel.snapshot, link, gateway, answer) !== undefined) return undefined;
        return found(
          left ? 'warning' : 'error',
          left
            ? `${gateway} is no longer a neighbour on ${link.name}: no route says so. The installed routes
              go on using it, but the kernel would refuse to take them again ("Nexthop has invalid
              gateway").`
            : `${gateway} is not a neighbour on ${link.name}: no route says so, and the kernel refuses
              routes through it ("Nexthop has invalid gateway").`,
          own.map((address) => `${link.name}: ${address.family} ${address.address}/${address.length}`),
          [
            `# in ${host.configuration.file}: a router in one of these subnets; or`,
            `ip address add ADDRESS/LENGTH dev ${link.name}`,
            `# or, if it is on ${link.name} all the same (a /32 port): onlink: true`,
          ],
        );
      }),
    ),
};

/**
 * A check of each gateway. An interface that is missing, or a backup router without a gateway yet,
 * has another finding.
 */
function overGateways(
  host: Host,
  kernel: KernelEvidence,
  judge: (one: ManagedGateway) => readonly Finding[] | undefined,
): Outcome {
  const gateways = managedGateways(host, kernel);
  return together([
    ...gateways.map(judge),
    ...managed(host, kernel).flatMap(({ management, link }) =>
      management.backupRouters.map((router) =>
        router.withoutGateway === true || gateways.some((one) => one.link === link && one.router === router)
          ? []
          : undefined,
      ),
    ),
  ]);
}

export const gatewayNone: Check = {
  code: 'gateway-none',
  title: 'address: none is used only on links without neighbours',
  facts: 'K25',
  run: (host) => {
    if (host.config.managementInterfaces.every(({ backupRouters }) => backupRouters.every((r) => !r.withoutGateway)))
      return 'not-applicable';
    return look(host.kernel, (kernel) =>
      together(
        managed(host, kernel).map(({ management, link }) =>
          link === undefined
            ? undefined
            : link.withoutNeighbours === true
              ? []
              : management.backupRouters.flatMap((router) =>
                  router.withoutGateway === true
                    ? found(
                        'warning',
                        `${link.name} has neighbours, and with address: none the kernel looks for each host of
                      the destinations on the link itself (ARP, ND): it reaches none, unless
                      a router answers for all of them (proxy ARP).`,
                        [`${link.index}: ${link.name}: neither POINTOPOINT nor NOARP`],
                        `# in ${host.configuration.file}, below ${router.family === 'inet' ? 'backup-router' : 'inet6-backup-router'}: the address of a router on ${link.name}`,
                      )
                    : [],
                ),
        ),
      ),
    );
  },
};

export const gatewayOwnAddress: Check = {
  code: 'gateway-own-address',
  title: 'no backup router is this host itself',
  run: (host) =>
    look(host.kernel, (kernel) =>
      overGateways(host, kernel, ({ gateway }) => {
        const own = kernel.snapshot.addresses.find((address) => address.address === gateway);
        if (own === undefined) return [];
        const device = nameOf(kernel)(own.interfaceIndex) ?? `if${own.interfaceIndex}`;
        return found(
          'error',
          `${gateway} is an address of this host: a route through it leads nowhere.`,
          [`${device}: ${own.family} ${own.address}/${own.length}`],
          `# in ${host.configuration.file}: the address of another router on the link`,
        );
      }),
    ),
};

export const gatewayDead: Check = {
  code: 'gateway-dead',
  title: 'every backup router answers on its link',
  facts: 'K13',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const gateways = managedGateways(host, kernel);
      return overGateways(host, kernel, (one): readonly Finding[] | undefined => {
        if (!isAsked(host, kernel, one)) return undefined;
        const state = stateOf(kernel, one);
        // The kernel solicits for packets of traffic only, not for a probe (fact K21).
        if (!ALIVE.has(state) && one.router.family === 'inet6' && !hasLinkLocal(kernel, one.link))
          return unknown(`${one.link.name} has no link-local address to ask ${one.gateway} from`);
        if (ALIVE.has(state)) return [];
        const evidence = [`neighbour ${one.gateway} dev ${one.link.name} ${stateText(state)}`];
        if (state === 'failed' || (state === 'incomplete' && kernel.asked.kind === 'seen')) {
          const others = gateways.filter((other) => standsIn(other, one) && stateOf(kernel, other) === 'reachable');
          const remedy = [
            `${ip(one.router.family)} neighbour show dev ${one.link.name}`,
            '# check that it is up, has this address, and is on this network; then',
            one.router.family === 'inet'
              ? `arping -c 3 -I ${one.link.name} ${one.gateway}`
              : `ping -c 3 ${one.gateway}%${one.link.name}`,
          ];
          return others.length > 0
            ? found(
                'warning',
                `${one.gateway} does not answer on ${one.link.name}; ${others[0]!.gateway}${others[0]!.link === one.link ? '' : ` on ${others[0]!.link.name}`} does,
                  and is used instead.`,
                evidence,
                remedy,
              )
            : found(
                'error',
                `${one.gateway} does not answer on ${one.link.name}: the backup routes would carry
                  nothing.`,
                evidence,
                remedy,
              );
        }
        if (kernel.asked.kind === 'unseen')
          return unknown(
            `${one.gateway} on ${one.link.name} is ${stateText(state)}; ${kernel.asked.why}`,
            'sudo backup-router doctor',
          );
        return found(
          'warning',
          `${one.gateway} on ${one.link.name} has not answered in three seconds.`,
          evidence,
          `${ip(one.router.family)} neighbour show dev ${one.link.name}`,
        );
      });
    }),
};

/** Whether the other gateway, of this interface or another one, carries the same destinations. */
function standsIn(other: ManagedGateway, { router }: ManagedGateway): boolean {
  if (other.router === router) return true;
  const carried = new Set(other.router.destinations.map(prefixText));
  return other.router.family === router.family && router.destinations.every((one) => carried.has(prefixText(one)));
}

/**
 * Whether the gateway is asked. It is not where the link is down, or the gateway is not a
 * neighbour or is this host; these have other findings.
 */
function isAsked({ config }: Host, { snapshot }: KernelEvidence, { link, gateway, router }: ManagedGateway): boolean {
  return (
    link.up &&
    link.carrier &&
    (router.onlink === true || leadsTo(config, snapshot, link, gateway, performance.now())) &&
    !snapshot.addresses.some((own) => own.address === gateway)
  );
}

function hasLinkLocal({ snapshot }: KernelEvidence, { index }: Link): boolean {
  return snapshot.addresses.some(
    ({ interfaceIndex, address, tentative }) => interfaceIndex === index && isLinkLocal(address) && !tentative,
  );
}

function stateOf(kernel: KernelEvidence, { link, gateway }: ManagedGateway): NeighbourState {
  return kernel.neighbours.find((one) => one.interfaceIndex === link.index && one.address === gateway)?.state ?? 'none';
}

function stateText(state: NeighbourState): string {
  return state === 'none' ? 'not in the neighbour table' : state.toUpperCase();
}

export const gatewayAutoNone: Check = {
  code: 'gateway-auto-none',
  title: 'address: auto finds a default route to take the gateway from',
  run: (host) => {
    if (
      !host.config.managementInterfaces.some(({ backupRouters }) =>
        backupRouters.some(({ auto }) => auto !== undefined),
      )
    )
      return 'not-applicable';
    return look(host.kernel, (kernel) =>
      together(
        managed(host, kernel).flatMap(({ management, link }) =>
          management.backupRouters.map((router) => {
            if (router.auto === undefined) return [];
            if (link === undefined) return undefined;
            if (managedGateways(host, kernel).some((one) => one.link === link && one.router === router)) return [];
            const adopted =
              host.agent.status.kind === 'seen' &&
              (host.agent.status.value?.adopted.some(
                (route) => route.interface === link.name && route.gateway.includes(':') === (router.family === 'inet6'),
              ) ??
                false);
            if (adopted) return [];
            return found(
              'warning',
              `There is no ${router.family} default route on ${link.name} to take the gateway from:
              auto uses the last one that it knows, if any, and waits for another.`,
              [`${ip(router.family)} route show default dev ${link.name}: nothing`],
              [
                `# in ${host.configuration.file}, below ${router.family === 'inet' ? 'backup-router' : 'inet6-backup-router'}: a fixed address; or renew the lease:`,
                `networkctl renew ${link.name}      # or: dhclient ${link.name}`,
              ],
            );
          }),
        ),
      ),
    );
  },
};

export const destinationOverSubnet: Check = {
  code: 'destination-over-subnet',
  title: 'no destination is more specific than a subnet of the management interface',
  facts: 'K11',
  run: (host) =>
    look(host.kernel, (kernel) =>
      together(
        managed(host, kernel).map(({ management, link }) => {
          if (link === undefined) return undefined;
          const subnets = kernel.snapshot.addresses
            .filter((own) => own.interfaceIndex === link.index && own.peer === undefined)
            .map((own) => prefix(own.address, own.length));
          return management.backupRouters.flatMap((router) =>
            router.destinations.flatMap((destination) =>
              subnets
                .filter((subnet) => subnet.length < destination.length && containsPrefix(subnet, destination))
                .map((subnet) => {
                  const caught = router.gateways.filter((gateway) => containsAddress(destination, gateway));
                  const message = `${destinationText(destination)} lies inside ${prefixText(subnet)}, which ${link.name} is
                  connected to: while the routes are in, those neighbours are reached by way of the backup router
                  instead of directly.`;
                  return finding(
                    caught.length > 0 ? 'error' : 'warning',
                    caught.length > 0 ? `${message} The backup router itself is among them.` : message,
                    [`${link.name}: connected ${prefixText(subnet)}`, `destination ${prefixText(destination)}`],
                    `# in ${host.configuration.file}: remove ${prefixText(destination)}; ${prefixText(subnet)} is reached without it`,
                  );
                }),
            ),
          );
        }),
      ),
    ),
};

export const destinationNested: Check = {
  code: 'destination-nested',
  title: 'no destination lies inside another',
  run: (host) =>
    host.config.managementInterfaces.flatMap(({ backupRouters }) =>
      backupRouters.flatMap(({ destinations }) => {
        if (destinations.length > 2_000)
          return unknown(`${destinations.length} destinations are too many to compare; backup-router check does it`);
        const nested = destinations.flatMap((inner) =>
          destinations
            .filter((outer) => outer.length < inner.length && containsPrefix(outer, inner))
            .slice(0, 1)
            .map((outer) => `${prefixText(inner)} lies inside ${prefixText(outer)}`),
        );
        return found(
          'note',
          `Some destinations lie inside others of the same backup router: they only add rules.`,
          nested.slice(0, 10),
          `# in ${host.configuration.file}: remove the longer ones`,
        );
      }),
    ),
};
