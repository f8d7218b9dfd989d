/**
 * Hazards of the management interface itself: whether it exists, is unambiguous, is up, has an
 * address, and can carry the host's own packets.
 */

import { linksOf, realmOf } from '../../core/management.js';
import type { BackupRouter, ManagementInterface } from '../../model/config.js';
import { exists, textOf } from '../files.js';
import { type Check, type Finding, finding, found, look, type Outcome, together, unknown } from '../finding.js';
import type { Host, KernelEvidence } from '../host.js';
import { type Managed, managed } from '../management.js';

/** Undefined: there is nothing to check, and another check reports the reason. */
type Judge = (
  one: Managed & { readonly link: NonNullable<Managed['link']> },
  kernel: KernelEvidence,
) => readonly Finding[] | undefined;

/** A check of each interface. Missing interfaces are reported by interface-missing. */
function each(host: Host, judge: Judge, wanted: (one: ManagementInterface) => boolean = () => true): Outcome {
  return look(host.kernel, (kernel) =>
    together(
      managed(host, kernel)
        .filter(({ management }) => wanted(management))
        .map((one) => (one.link === undefined ? undefined : judge({ ...one, link: one.link }, kernel))),
    ),
  );
}

/**
 * A check of the interfaces with an IPv6 backup router that `wanted` selects. Not applicable if
 * there are none.
 */
function eachInet6(host: Host, wanted: (router: BackupRouter) => boolean, judge: Judge): Outcome {
  const has = ({ backupRouters }: ManagementInterface): boolean =>
    backupRouters.some((router) => router.family === 'inet6' && wanted(router));
  if (!host.config.managementInterfaces.some(has)) return 'not-applicable';
  return each(host, judge, has);
}

const INET6 = '/proc/sys/net/ipv6/conf';

/** Judges settings below /proc/sys. Unknown if one cannot be read. */
function settings(
  host: Host,
  paths: readonly string[],
  judge: (values: readonly string[]) => readonly Finding[],
): readonly Finding[] {
  const values: string[] = [];
  for (const path of paths) {
    const text = textOf(host.files, path);
    if (text.kind === 'unseen') return unknown(text.why);
    if (text.value === undefined) return unknown(`${path} is not there`);
    values.push(text.value.trim());
  }
  return judge(values);
}

export const interfaceMissing: Check = {
  code: 'interface-missing',
  title: 'every management interface is there',
  facts: 'K9',
  run: (host) =>
    look(host.kernel, (kernel) =>
      managed(host, kernel)
        .filter(({ link }) => link === undefined)
        .map(({ name }) => {
          const now = renamedTo(host, name);
          return finding(
            'error',
            now === undefined
              ? `There is no interface ${name}. The backup routes go in the moment it appears, and not
                  before.`
              : `There is no interface ${name}. It is named ${now} now, and the running agent uses it
                  until another one has the name, or the agent starts again.`,
            [
              `links: ${kernel.snapshot.links.map((link) => link.name).join(' ')}`,
              ...(now === undefined ? [] : [`the running agent uses ${now} for ${name}`]),
            ],
            [
              `# in ${host.configuration.file}, one of those that exist:`,
              `management-interface: ${now ?? kernel.snapshot.links.find((link) => link.name !== 'lo')?.name ?? 'eth0'}`,
            ],
          );
        }),
    ),
};

/** The present name of a management interface that the running agent has seen being renamed. */
function renamedTo({ agent }: Host, name: string): string | undefined {
  const status = agent.status.kind === 'seen' ? agent.status.value : undefined;
  return (
    status?.managementInterfaces.find(({ selector, renamed }) => renamed === true && selector === name)?.name ??
    undefined
  );
}

export const interfaceAmbiguous: Check = {
  code: 'interface-ambiguous',
  title: 'each management interface of the configuration matches one link',
  facts: 'K9',
  run: (host) =>
    look(host.kernel, ({ snapshot }) =>
      host.config.managementInterfaces.flatMap(({ selector }) => {
        const text = selector.kind === 'name' ? selector.name : selector.mac;
        const matches = linksOf(selector, snapshot);
        if (matches.length < 2) return [];
        const evidence = matches.map((link) =>
          `${link.index}: ${link.name}${link.kind === undefined ? '' : ` (${link.kind})`} ${link.mac ?? ''} ${link.altNames.join(' ')}`.trim(),
        );
        const chosen = matches[0]!.name;
        return found(
          'warning',
          `${matches.length} links match ${text}; ${chosen} is used. After the next boot it may be
            another one.`,
          evidence,
          selector.kind === 'name'
            ? matches
                .filter(({ name }) => name !== text)
                .map(({ name }) => `ip link property del dev ${name} altname ${text}`)
            : [`# in ${host.configuration.file}, a name that only one has:`, `management-interface: ${chosen}`],
        );
      }),
    ),
};

export const interfaceDown: Check = {
  code: 'interface-down',
  title: 'the management interface is up',
  facts: 'K1',
  run: (host) =>
    each(host, ({ link }) =>
      link.up
        ? []
        : found(
            'error',
            `${link.name} is down: it can have no backup route, and the kernel silently removed those
              that it had.`,
            [`${link.index}: ${link.name}: state DOWN`],
            `ip link set ${link.name} up`,
          ),
    ),
};

export const interfaceNoCarrier: Check = {
  code: 'interface-no-carrier',
  title: 'the management interface has carrier',
  facts: 'K8',
  run: (host) =>
    each(host, ({ link }) =>
      // interface-down reports an interface that is down.
      !link.up
        ? undefined
        : link.carrier
          ? []
          : found(
              'error',
              `${link.name} has no carrier: the backup routes by it carry nothing.`,
              [`${link.index}: ${link.name}: NO-CARRIER`],
              `ethtool ${link.name}      # cable, port of the switch, speed`,
            ),
    ),
};

export const interfaceNoAddress: Check = {
  code: 'interface-no-address',
  title: 'the management interface has an address of each family that is to be reached',
  facts: 'K2',
  run: (host) =>
    each(host, ({ link, management }, { snapshot }) =>
      // An interface that is down has no IPv6 address; interface-down reports it.
      !link.up
        ? undefined
        : management.backupRouters.flatMap(({ family }) => {
            const own = snapshot.addresses.filter(
              (address) => address.interfaceIndex === link.index && address.family === family,
            );
            const usable = own.filter((address) => !address.tentative);
            if (usable.length > 0) return [];
            const evidence =
              own.length === 0
                ? [`${link.name}: no ${family} address`]
                : own.map(
                    (address) => `${link.name}: ${family} ${address.address}/${address.length} tentative or dadfailed`,
                  );
            return found(
              'error',
              `${link.name} has no usable ${family} address, so the backup router is not a neighbour
            and no backup route can be installed.`,
              evidence,
              [
                `ip address show dev ${link.name}`,
                `# then by DHCP, or: ip address add ADDRESS/LENGTH dev ${link.name}`,
              ],
            );
          }),
    ),
};

export const interfaceEnslaved: Check = {
  code: 'interface-enslaved',
  title: 'the management interface is not a port of a bridge or bond',
  run: (host) =>
    each(host, ({ link }, { snapshot }) => {
      const master =
        link.master === undefined ? undefined : snapshot.links.find((candidate) => candidate.index === link.master);
      if (master === undefined || master.kind === 'vrf') return [];
      return found(
        'error',
        `${link.name} is a port of ${master.name}: its packets belong to ${master.name}, and
          routes on ${link.name} itself carry nothing.`,
        [`${link.index}: ${link.name}: master ${master.name} (${master.kind ?? 'link'})`],
        `# in ${host.configuration.file}:\nmanagement-interface: ${master.name}`,
      );
    }),
};

export const interfaceNotInVrf: Check = {
  code: 'interface-not-in-vrf',
  title: 'with placement vrf the interface is in a VRF',
  run: (host) =>
    host.config.placement !== 'vrf'
      ? 'not-applicable'
      : each(host, ({ link }, { snapshot }) =>
          realmOf(link, snapshot).vrf !== undefined
            ? []
            : found(
                'error',
                `placement is vrf, and ${link.name} is in none: the agent waits, and installs
                  nothing.`,
                [`${link.index}: ${link.name}: no master`],
                `ip link set ${link.name} master VRF      # or, in ${host.configuration.file}: placement: local`,
              ),
        ),
};

export const inet6Disabled: Check = {
  code: 'inet6-disabled',
  title: 'IPv6 is on where there is an IPv6 backup router',
  facts: 'K1',
  run: (host) =>
    eachInet6(
      host,
      () => true,
      ({ link }) => {
        // A kernel without IPv6, or started with ipv6.disable=1, has no IPv6 settings.
        if (
          exists(host.files, '/proc/sys/net/ipv4/ip_forward') &&
          textOf(host.files, `${INET6}/all/forwarding`).kind === 'seen' &&
          !exists(host.files, `${INET6}/all/forwarding`)
        )
          return found(
            'error',
            'This kernel has no IPv6: the inet6 backup routes cannot be installed.',
            [`${INET6}: not there`],
            `# start the kernel without ipv6.disable=1, or remove inet6-backup-router from ${host.configuration.file}`,
          );
        const path = `${INET6}/${link.name}/disable_ipv6`;
        return settings(host, [path], ([value]) =>
          value !== '1'
            ? []
            : found(
                'error',
                `IPv6 is disabled on ${link.name}: the inet6 backup routes cannot be installed.`,
                [`${path} = 1`],
                `sysctl -w net.ipv6.conf.${link.name}.disable_ipv6=0`,
              ),
        );
      },
    ),
};

export const inet6AddressLost: Check = {
  code: 'inet6-address-lost',
  title: 'the interface keeps its IPv6 addresses when it goes down',
  facts: 'K1',
  run: (host) =>
    eachInet6(
      host,
      () => true,
      ({ link }) => {
        const paths = [link.name, 'all'].map((name) => `${INET6}/${name}/keep_addr_on_down`);
        return settings(host, paths, (texts) => {
          const values = texts.map(Number);
          // The kernel keeps the addresses if either value is positive and the interface's is not
          // negative (net/ipv6/addrconf.c, addrconf_ifdown).
          const keeps = values[0]! > 0 || (values[0] === 0 && values[1]! > 0);
          if (keeps) return [];
          return found(
            'note',
            `When ${link.name} goes down, the kernel removes its IPv6 addresses. Until they are
          set again, the inet6 backup routes wait.`,
            paths.map((path, i) => `${path} = ${values[i]}`),
            `sysctl -w net.ipv6.conf.${link.name}.keep_addr_on_down=1`,
          );
        });
      },
    ),
};

export const acceptRaForwarding: Check = {
  code: 'accept-ra-forwarding',
  title: 'router advertisements are not silently ignored where the gateway is taken from them',
  run: (host) =>
    eachInet6(
      host,
      ({ auto }) => auto !== undefined,
      ({ link }) => {
        const paths = ['accept_ra', 'forwarding'].map((key) => `${INET6}/${link.name}/${key}`);
        return settings(host, paths, (values) =>
          values.some((value) => value !== '1')
            ? []
            : found(
                'warning',
                `${link.name} forwards IPv6 and so ignores router advertisements (accept_ra=1): with
          address: auto there will be no gateway.`,
                paths.map((path) => `${path} = 1`),
                `sysctl -w net.ipv6.conf.${link.name}.accept_ra=2`,
              ),
        );
      },
    ),
};
