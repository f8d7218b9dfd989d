/**
 * FRR's static routes that overlap a destination and lead through the management interface, or
 * drop the packets. A route leads through that interface if it names it, if the subnet has the
 * next hop, or if other routes reach the next hop through it.
 */

import { realmOf } from '../../core/management.js';
import { type Address, familyOf } from '../../model/address.js';
import { containsAddress, containsPrefix, type Prefix, prefix, prefixText, samePrefix } from '../../model/prefix.js';
import { REFUSALS, type Route } from '../../model/route.js';
import { type Check, found, look, unknown } from '../finding.js';
import { frrInstances, frrLines, frrLineText, removalOf, vtysh } from '../frr-config.js';
import { type FrrStatic, nextHopKey, recursionOf, staticsOf } from '../frr-statics.js';
import type { Host, KernelEvidence } from '../host.js';
import { frrDaemons, leavesBy, type Managed, managed, nameOf, shown } from '../management.js';
import { resolvesViaDefault } from '../resolve-via-default.js';

/** The longest chain of static routes in which the next hop of one is reached by another. */
const MAX_DEPTH = 8;

export const staticOverlap: Check = {
  code: 'static-overlap',
  title: 'no static route of FRR through the management interface overlaps a destination',
  facts: 'F4, K13',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const { lines, why } = frrLines(host);
      const all = staticsOf(lines);
      const meeting = all.filter(({ destination }) => meets(host, destination));
      const ways = meeting.map((one) => ({ one, way: wayOf(host, kernel, one, all, 0) }));
      const refusing = meeting.filter((one) => one.refuses && inRealm(host, kernel, one));
      const through = ways.filter(({ way }) => way.kind === 'management');
      const inKernel = kernel.frrStatics.filter(
        (route) => managed(host, kernel).some(({ link }) => leavesBy(route, link)) && meets(host, route.destination),
      );
      // Static routes in the kernel that no file and no queried daemon has: left behind, or of
      // another program.
      const unexplained = inKernel.filter(
        (route) => !meeting.some((one) => samePrefix(one.destination, route.destination)),
      );
      const findings = [
        ...found(
          'warning',
          `FRR has static routes through the management interface to a destination, or to a part of
            one. They beat the backup routes, also when a crash leaves them behind; the more specific
            ones do so for as long as they exist.`,
          [
            ...new Set([
              ...through.map(({ one, way }) => `${frrLineText(one.line)}${way.kind === 'management' ? way.how : ''}`),
              ...inKernel.map((route) => shown(kernel, route)),
            ]),
          ],
          [
            `# as the vendor's document says, destinations more specific than the statics; or remove them:`,
            ...removalOf(through.map(({ one }) => one.line)),
            ...unexplained.map((route) => removalFromKernel(kernel, route, frrInstances(host)[0]!.sockets)),
          ],
        ),
        ...found(
          'warning',
          `FRR has static routes that drop a destination, or a part of one: while they exist, no
            backup route carries it.`,
          refusing.map(({ line }) => frrLineText(line)),
          removalOf(refusing.map(({ line }) => line)),
        ),
      ];
      if (findings.length > 0) return findings;
      const unseen = ways.flatMap(({ way }) => (way.kind === 'unseen' ? [way.why] : []));
      if (frrDaemons(host).length === 0) return [];
      const reason = why ?? unseen[0];
      return reason === undefined ? [] : unknown(reason, 'sudo backup-router doctor');
    }),
};

/**
 * Whether the prefix is a destination or inside one. A shorter static route takes nothing from a
 * backup route, and is what the vendor asks for.
 */
function meets(host: Host, destination: Prefix): boolean {
  return host.config.managementInterfaces.some(({ backupRouters }) =>
    backupRouters.some((router) =>
      router.destinations.some(
        (mine) => samePrefix(mine, destination) || (mine.length > 0 && containsPrefix(mine, destination)),
      ),
    ),
  );
}

/** Where a static route that overlaps a destination leads. */
type Way =
  | { readonly kind: 'management'; readonly how: string }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'unseen'; readonly why: string };
const ELSEWHERE: Way = { kind: 'elsewhere' };

function inRealm(host: Host, kernel: KernelEvidence, one: FrrStatic): boolean {
  return managed(host, kernel).some(({ link }) => one.vrf === realmOf(link, kernel.snapshot).vrf);
}

function wayOf(host: Host, kernel: KernelEvidence, one: FrrStatic, all: readonly FrrStatic[], depth: number): Way {
  if (one.refuses || depth > MAX_DEPTH || one.vrf !== one.nexthopVrf) return ELSEWHERE;
  const here = managed(host, kernel).filter(({ link }) => one.vrf === realmOf(link, kernel.snapshot).vrf);
  if (here.length === 0) return ELSEWHERE;
  const { gateway, device } = one;
  if (device !== undefined)
    return here.some(({ link, name }) => device === (link?.name ?? name)) ? { kind: 'management', how: '' } : ELSEWHERE;
  if (gateway === undefined) return ELSEWHERE;
  if (here.some((on) => onSubnet(kernel, on, gateway))) return { kind: 'management', how: '' };
  const next = recursionOf(one, all);
  const kernels = kernelWay(host, kernel, here, gateway, one.nexthopVrf);
  // The longer match decides: the static routes of the configuration, or the kernel's routes.
  if (next !== undefined && next.destination.length >= kernels.length) {
    const way = wayOf(host, kernel, next, all, depth + 1);
    return way.kind === 'management' ? { kind: 'management', how: `; ${gateway} by ${next.line.text}${way.how}` } : way;
  }
  return kernels.way;
}

/**
 * The kernel's answer for the next hop. A backup route does not count: it is there only while the
 * backup routes are in.
 */
function kernelWay(
  host: Host,
  kernel: KernelEvidence,
  here: readonly Managed[],
  gateway: Address,
  vrf: string | undefined,
): { readonly length: number; readonly way: Way } {
  const unseen = (why: string): { readonly length: number; readonly way: Way } => ({
    length: -1,
    way: { kind: 'unseen', why },
  });
  const none = { length: -1, way: ELSEWHERE };
  if (host.nextHops.kind === 'unseen') return unseen(host.nextHops.why);
  const answer = host.nextHops.value.get(nextHopKey(gateway, vrf));
  if (answer === undefined) return unseen(`the way to the next hop ${gateway} was not asked for`);
  if (answer.kind === 'refused' || answer.matched?.protocol === host.config.routeProtocol) return none;
  const on = here.find(({ link }) => link?.index === answer.interfaceIndex);
  const length = answer.matched?.destination.length ?? 0;
  if (on?.link === undefined) return { length, way: ELSEWHERE };
  const by = answer.matched === undefined ? `dev ${on.link.name}` : shown(kernel, answer.matched);
  const way: Way = { kind: 'management', how: `; ${gateway} by ${by}` };
  if (length > 0) return { length, way };
  // zebra resolves a next hop by the default route only if it is configured to.
  const { evidence, why } = resolvesViaDefault(host);
  return evidence.length > 0 ? { length, way } : why === undefined ? none : unseen(why);
}

function onSubnet({ snapshot }: KernelEvidence, { link }: Managed, gateway: Address): boolean {
  return (
    link !== undefined &&
    snapshot.addresses.some(
      (own) =>
        own.interfaceIndex === link.index &&
        own.family === familyOf(gateway) &&
        containsAddress(prefix(own.address, own.length), gateway),
    )
  );
}

/**
 * The vtysh command that removes the static route of FRR that corresponds to the kernel's route.
 */
function removalFromKernel(kernel: KernelEvidence, route: Route, sockets: string): string {
  const family = route.family === 'inet6' ? 'ipv6' : 'ip';
  const [hop] = route.nexthops;
  const device = hop === undefined ? undefined : nameOf(kernel)(hop.interfaceIndex);
  const place = REFUSALS.has(route.type) ? 'blackhole' : (hop?.gateway ?? device ?? 'GATEWAY');
  return vtysh(sockets, ['configure terminal', `no ${family} route ${prefixText(route.destination)} ${place}`]);
}
