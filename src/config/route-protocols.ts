/**
 * `route-protocols`: which routes belong to a daemon, by number (rtm_protocol) or name. The names
 * are built in and not read from /etc/iproute2/rt_protos, so that a file means the same on every
 * host and before any file system is mounted.
 *
 * Invariant: a number that would certainly make live routes stale is refused.
 */

import { closest } from './closest.js';
import { quote } from './diagnostic.js';
import type { ScalarValue } from './document.js';
import type { Key } from './key.js';
import { VITAL_PROTOCOLS } from './numbers.js';
import type { Report } from './report.js';
import { oneOrMany } from './schema.js';
import { readInteger, readItems, readScalar, type Section } from './section.js';

/** linux/rtnetlink.h (RTPROT_*), iproute2's rt_protos, and FRR's zebra/rt_netlink.h (fact F4). */
export const ROUTE_PROTOCOLS: Readonly<Record<string, number>> = {
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  mrouted: 17,
  keepalived: 18,
  babel: 42,
  ovn: 84,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  ripng: 190,
  nhrp: 191,
  eigrp: 192,
  ldp: 193,
  sharp: 194,
  pbr: 195,
  'frr-static': 196,
  openfabric: 197,
  srte: 198,
};

export const PROTOCOLS_KEY: Key = {
  key: 'route-protocols',
  words: "Whose routes the daemon's are (rtm_protocol), by name or number: they are stale when it is dead.",
  more: "Whose routes the daemon's are, by name or number (1 to 255); one or a list.",
  schema: oneOrMany({
    anyOf: [{ type: 'integer', minimum: 1, maximum: 255 }, { enum: Object.keys(ROUTE_PROTOCOLS) }],
  }),
  ambiguous: true,
};

/** Protocols of the kernel's own routes, which the death of a daemon never makes stale. */
const KERNEL_OWN: readonly number[] = [1, 2];
/** Protocols that are almost never used by the watched daemon alone. */
const OF_OTHERS: readonly number[] = [3, 4, 9];

/**
 * The valid protocols of `route-protocols`, without duplicates; empty if the key is absent. `own`
 * is the protocol of the agent's own routes.
 */
export function readRouteProtocols(section: Section, own: number, report: Report): readonly number[] {
  const entry = section.get(PROTOCOLS_KEY.key);
  const protocols: number[] = [];
  if (entry === undefined) return protocols;
  for (const item of readItems(entry, report, 'name a protocol, or remove the key')) {
    const scalar = readScalar(item, 'the name or number of a protocol', report);
    const protocol = scalar === undefined ? undefined : readOne(scalar, own, report);
    if (scalar === undefined || protocol === undefined) continue;
    if (protocols.includes(protocol))
      report.warning(scalar.span, {
        code: 'duplicate-protocol',
        message: `protocol ${protocol} is listed twice`,
        suggestion: 'remove one',
      });
    else protocols.push(protocol);
  }
  return protocols;
}

function readOne(scalar: ScalarValue, own: number, report: Report): number | undefined {
  const protocol =
    typeof scalar.value === 'string'
      ? readName(scalar, report)
      : readInteger({ key: 'a protocol', keySpan: scalar.span, value: scalar }, 1, 255, report);
  if (protocol === undefined) return undefined;
  const vital = VITAL_PROTOCOLS[protocol];
  if (protocol === own || KERNEL_OWN.includes(protocol)) {
    const message =
      protocol === own
        ? `protocol ${protocol} marks the agent's own backup routes`
        : `protocol ${protocol} marks ${vital}, which no daemon's death makes stale`;
    report.error(scalar.span, {
      code: 'reserved-protocol',
      message,
      suggestion: "remove it; name what 'ip route' prints behind 'proto' for the daemon's routes",
    });
    return undefined;
  }
  if (OF_OTHERS.includes(protocol)) {
    const suggestion =
      protocol === ROUTE_PROTOCOLS['static']
        ? "remove it, unless all of them are the daemon's; those of FRR's staticd are frr-static"
        : "remove it, unless all of them are the daemon's";
    report.warning(scalar.span, {
      code: 'protocol-in-use',
      message: `protocol ${protocol} marks ${vital}; all of them would count as stale when the daemon is dead`,
      suggestion,
    });
  }
  return protocol;
}

function readName({ text, span }: ScalarValue, report: Report): number | undefined {
  const protocol = Object.hasOwn(ROUTE_PROTOCOLS, text) ? ROUTE_PROTOCOLS[text] : undefined;
  if (protocol !== undefined) return protocol;
  const near = closest(text, Object.keys(ROUTE_PROTOCOLS));
  const remedy = /^\s*\d+\s*$/.test(text)
    ? `write ${text.trim()} without quotes`
    : near !== undefined
      ? `did you mean ${near}?`
      : /[\s,;]/.test(text.trim())
        ? 'write a list: [bgp, ospf]'
        : "write its number, which 'ip -N route' prints behind 'proto'";
  report.error(span, {
    code: 'unknown-protocol',
    message: `${quote(text)} is not a routing protocol that this version knows`,
    suggestion: remedy,
  });
  return undefined;
}
