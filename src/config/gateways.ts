/**
 * `address`: the gateways of one family, in order of preference. What only the running host knows
 * (whether an address is on-link or the host's own) is not checked here.
 */

import { type Address, addressBytes, type Family, familyOf, isLinkLocal } from '../model/address.js';
import { containsAddress, parsePrefix } from '../model/prefix.js';
import { readAddress } from './address-text.js';
import { type Fault, quote } from './diagnostic.js';
import type { Entry } from './document.js';
import type { Report } from './report.js';
import { readItems, readScalar } from './section.js';

export const STANZA: Readonly<Record<Family, string>> = {
  inet: 'backup-router',
  inet6: 'inet6-backup-router',
};
export const FAMILY_NAME: Readonly<Record<Family, string>> = { inet: 'IPv4', inet6: 'IPv6' };

/** The gateway is taken from the foreign default route on the interface. */
const AUTO = 'auto';
/** There is no gateway: the routes name only the interface. */
const NONE = 'none';

const NO_GATEWAY: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', "the unspecified network, 'this host'"],
  ['127.0.0.0/8', 'a loopback address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['255.255.255.255/32', 'the broadcast address'],
  ['::/128', 'the unspecified address'],
  ['::1/128', 'the loopback address'],
  ['ff00::/8', 'a multicast address'],
];

export interface GatewaysResult {
  /** The valid gateways without duplicates. Empty with `auto`. */
  readonly gateways: readonly Address[];
  /** The entry is the word `auto`. */
  readonly auto: boolean;
  /** `auto` occurs in the entry, even where it is not allowed. */
  readonly mentionsAuto: boolean;
  /** The entry is the word `none`. */
  readonly none: boolean;
}

export const NO_GATEWAYS: GatewaysResult = { gateways: [], auto: false, mentionsAuto: false, none: false };

/** Reads `address`. Every invalid gateway is reported. */
export function readGateways(entry: Entry, family: Family, report: Report): GatewaysResult {
  if (entry.value.kind === 'scalar' && entry.value.text === AUTO)
    return { ...NO_GATEWAYS, auto: true, mentionsAuto: true };
  if (entry.value.kind === 'scalar' && entry.value.text === NONE) return { ...NO_GATEWAYS, none: true };
  const gateways: Address[] = [];
  let mentionsAuto = false;
  for (const item of readItems(entry, report, 'name the backup router, or remove the whole stanza')) {
    const scalar = readScalar(item, `an ${FAMILY_NAME[family]} address`, report);
    if (scalar === undefined) continue;
    if (scalar.text === AUTO) {
      mentionsAuto = true;
      const suggestion =
        entry.value.kind === 'list' && entry.value.items.length === 1
          ? 'write address: auto'
          : 'write address: auto alone, or only the gateways, in order of preference';
      report.error(scalar.span, {
        code: 'auto-in-list',
        message: "'auto' finds the gateway itself, so it cannot be one of a list",
        suggestion,
      });
      continue;
    }
    if (scalar.text === NONE) {
      report.error(scalar.span, {
        code: 'none-in-list',
        message: "'none' means that there is no gateway, so it cannot be one of a list",
        suggestion: 'write address: none alone, or only the gateways, in order of preference',
      });
      continue;
    }
    const result = judge(scalar.text, family);
    if (typeof result !== 'string') report.error(scalar.span, result);
    else if (gateways.includes(result))
      report.warning(scalar.span, {
        code: 'duplicate-gateway',
        message: `${result} is listed twice`,
        suggestion: 'remove one',
      });
    else gateways.push(result);
  }
  return { ...NO_GATEWAYS, gateways, mentionsAuto };
}

/** Reads `source`, an address of this host. Whether the host has it is known only at run time. */
export function readSource(
  entry: Entry | undefined,
  family: Family,
  gateways: readonly Address[],
  report: Report,
): Address | undefined {
  const scalar =
    entry === undefined ? undefined : readScalar(entry.value, `an ${FAMILY_NAME[family]} address of this host`, report);
  if (scalar === undefined) return undefined;
  const slash = scalar.text.indexOf('/');
  const result = readAddress(slash > 0 ? scalar.text.slice(0, slash) : scalar.text);
  const fault = !result.ok
    ? result.fault
    : (familyFault(scalar.text, familyOf(result.value), family) ?? sourceFault(scalar.text, result.value, gateways));
  if (fault === undefined && result.ok) return result.value;
  report.error(scalar.span, fault!);
  return undefined;
}

function sourceFault(text: string, address: Address, gateways: readonly Address[]): Fault | undefined {
  const suggestion = 'write an address of the management interface, or remove it: the kernel chooses one';
  const unusable = NO_GATEWAY.find(([range]) => containsAddress(parsePrefix(range)!, address));
  if (text.includes('/'))
    return {
      code: 'unexpected-length',
      message: `${quote(text)} is a prefix; the source is one address`,
      suggestion: `write ${address}`,
    };
  if (unusable !== undefined || isLinkLocal(address))
    return {
      code: 'unusable-source',
      message: `${text} is ${unusable === undefined ? 'a link-local address' : unusable[1]}: nobody beyond the link can answer it`,
      suggestion,
    };
  if (gateways.includes(address))
    return { code: 'unusable-source', message: `${text} is the backup router's own address`, suggestion };
  return undefined;
}

/** The fault if the family is wrong, otherwise undefined. */
export function familyFault(text: string, actual: Family, family: Family): Fault | undefined {
  if (actual === family) return undefined;
  return {
    code: 'family-mismatch',
    message: `${text} is ${FAMILY_NAME[actual]}; ${STANZA[family]} takes ${FAMILY_NAME[family]}`,
    suggestion: `move it to ${STANZA[actual]}`,
  };
}

function judge(text: string, family: Family): Address | Fault {
  if (/^(auto|automatic|dynamic|dhcp|slaac|ra)$/i.test(text)) {
    return {
      code: 'address-syntax',
      message: `${quote(text)} is not an IP address`,
      suggestion: `write ${AUTO}, for the gateway of the default route that stands on the interface`,
    };
  }
  const slash = text.indexOf('/');
  if (slash > 0 && !text.includes('://')) {
    return {
      code: 'unexpected-length',
      message: `${quote(text)} is a prefix; the backup router is one address`,
      suggestion: `write ${text.slice(0, slash)}`,
    };
  }
  const result = readAddress(text);
  if (!result.ok) return result.fault;
  const address = result.value;
  const mismatch = familyFault(text, familyOf(address), family);
  if (mismatch !== undefined) return mismatch;
  const unusable = NO_GATEWAY.find(([range]) => containsAddress(parsePrefix(range)!, address));
  if (unusable !== undefined)
    return {
      code: 'unusable-gateway',
      message: `${text} is ${unusable[1]}, which no router has`,
      suggestion: 'write the address that the backup router has on the management network',
    };
  return hasNoInterfaceId(address)
    ? {
        code: 'unusable-gateway',
        message: `${text} is a network, not a router in it`,
        suggestion: `write the router's address, such as ${address}1`,
      }
    : address;
}

/**
 * `fe80::`: the all-zero interface id of link-local is the subnet-router anycast address (RFC 4291
 * section 2.6.1).
 */
function hasNoInterfaceId(address: Address): boolean {
  if (familyOf(address) !== 'inet6') return false;
  const bytes = addressBytes(address);
  return bytes[0] === 0xfe && bytes[1] === 0x80 && bytes.slice(2).every((byte) => byte === 0);
}
