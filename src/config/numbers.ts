/**
 * The three numbers that mark what the agent owns in the kernel: route protocol, tables, rule
 * priorities. With a wrong number the agent would delete foreign routes, so a wrong one is an
 * error, not a warning.
 */

import { familyBits } from '../model/address.js';
import { FRR_PROTOCOLS } from '../model/daemon-protocols.js';
import { LAST_TABLE } from '../model/tables.js';
import type { Entry } from './document.js';
import type { Report } from './report.js';
import { readInteger } from './section.js';

/**
 * rtm_protocol numbers of routes from the kernel, `ip route add`, RA or DHCP (linux/rtnetlink.h).
 */
export const VITAL_PROTOCOLS: Readonly<Record<number, string>> = {
  1: "the kernel's ICMP redirects",
  2: "the kernel's connected routes",
  3: "routes added with 'ip route add'",
  4: "an administrator's static routes",
  9: 'router advertisements',
  16: 'DHCP clients',
};

/** rtm_protocol numbers of other programs (linux/rtnetlink.h and fact F4). */
const IN_USE: Readonly<Record<number, string>> = {
  5: 'iproute2',
  6: 'iproute2',
  7: 'iproute2',
  8: 'GateD',
  10: 'MRT',
  12: 'BIRD',
  13: 'DECnet',
  14: 'XORP',
  15: 'Netsukuku',
  17: 'mrouted',
  18: 'keepalived',
  66: 'another agent',
  85: 'another agent',
  99: 'Open/R',
  111: 'another agent',
};

/** `route-protocol`. */
export function readRouteProtocol(entry: Entry, fallback: number, report: Report): number | undefined {
  const protocol = readInteger(entry, 1, 255, report);
  if (protocol === undefined) return undefined;
  const suggestion = `write ${fallback}, or another number that is not in /etc/iproute2/rt_protos`;
  const vital = VITAL_PROTOCOLS[protocol];
  if (vital !== undefined || FRR_PROTOCOLS.has(protocol)) {
    const message =
      vital === undefined
        ? `protocol ${protocol} is FRR's own: FRR removes all routes marked with it when it starts`
        : `protocol ${protocol} marks ${vital}; the agent would take them for its own and delete them`;
    report.error(entry.value.span, { code: 'reserved-protocol', message, suggestion });
    return undefined;
  }
  const user = IN_USE[protocol];
  if (user !== undefined)
    report.warning(entry.value.span, {
      code: 'protocol-in-use',
      message: `protocol ${protocol} is in use by ${user}, whose routes the agent would take for its own`,
      suggestion,
    });
  return protocol;
}

/** Table ids have 32 bits. */
export const LAST_TABLE_BASE = 0xffffffff - LAST_TABLE;

/** Tables 253 to 255 belong to the kernel. 252 is the last table that zebra imports (fact F2). */
const FIRST_FREE_TABLE = 256;
const LAST_IMPORTED_TABLE = 252;

/**
 * `table-base`: tables base to base + 132, one for each prefix length and those of symmetric
 * replies.
 */
export function readTableBase(entry: Entry, fallback: number, report: Report): number | undefined {
  const base = readInteger(entry, 1, LAST_TABLE_BASE, report);
  if (base === undefined) return undefined;
  const range = `tables ${base} to ${base + LAST_TABLE}`;
  const suggestion = `write ${fallback}, or another number from ${FIRST_FREE_TABLE} to ${LAST_TABLE_BASE}`;
  if (base < FIRST_FREE_TABLE && base + LAST_TABLE >= LAST_IMPORTED_TABLE) {
    report.error(entry.value.span, {
      code: 'reserved-table',
      message: `${range} would include 252 to 255, the kernel's own (default, main, local)`,
      suggestion,
    });
    return undefined;
  }
  if (base < FIRST_FREE_TABLE)
    report.warning(entry.value.span, {
      code: 'table-imported-by-zebra',
      message: `zebra imports tables up to ${LAST_IMPORTED_TABLE}, so it will see the backup routes in ${range}`,
      suggestion,
    });
  return base;
}

/** Priority of the kernel's rule that looks up the main table (linux/fib_rules.h, `ip rule`). */
const MAIN_RULE_PRIORITY = 32766;
/** Two rules for each prefix length fit before it. */
export const LAST_RULE_PRIORITY_BASE = MAIN_RULE_PRIORITY - 2 * (familyBits('inet6') + 1);

/**
 * `rule-priority-base`: auto, or rules base to base + 257 before the rule for main, two for each
 * prefix length.
 */
export function readRulePriorityBase(entry: Entry, report: Report): number | 'auto' | undefined {
  return entry.value.kind === 'scalar' && entry.value.value === 'auto'
    ? 'auto'
    : readInteger(entry, 1, LAST_RULE_PRIORITY_BASE, report, 'auto');
}
