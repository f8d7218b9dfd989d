/**
 * The static routes of FRR's configuration: their positions, and the VRF in which their next hop
 * is looked up (`ip route` and `ipv6 route` in FRR's user guide). Pure.
 */

import { type Address, familyBits, familyOf, parseAddress } from '../model/address.js';
import { containsAddress, type Prefix, prefix } from '../model/prefix.js';
import { TABLE_MAIN } from '../model/route.js';
import type { FrrLine } from './frr-config.js';

export interface FrrStatic {
  readonly line: FrrLine;
  readonly destination: Prefix;
  readonly gateway: Address | undefined;
  readonly device: string | undefined;
  /** The route drops the packets: blackhole, reject, Null0. */
  readonly refuses: boolean;
  /** The VRF of the route; undefined: none. */
  readonly vrf: string | undefined;
  /** The VRF of its next hop. */
  readonly nexthopVrf: string | undefined;
}

/**
 * The static routes of the main table and of VRFs. A line that names another table or cannot be
 * parsed is skipped.
 */
export function staticsOf(lines: readonly FrrLine[]): readonly FrrStatic[] {
  return lines.flatMap((line) => staticOf(line) ?? []);
}

const REFUSES = /^(?:blackhole|reject|null0)$/i;
/** Keywords that take a value. */
const PAIRS: ReadonlySet<string> = new Set(['tag', 'vrf', 'nexthop-vrf', 'table', 'label', 'color', 'segments']);

function staticOf(line: FrrLine): FrrStatic | undefined {
  const [family, word, ...rest] = line.text.split(/\s+/);
  if (!(family === 'ip' || family === 'ipv6') || word !== 'route') return undefined;
  const destination = prefixOf(rest[0] ?? '') ?? masked(rest[0] ?? '', rest[1] ?? '');
  if (destination === undefined) return undefined;
  const words = rest.slice(rest[0]!.includes('/') ? 1 : 2);
  const options = new Map<string, string>();
  const places: string[] = [];
  /** The words of the next hop are over. */
  let over = false;
  for (let i = 0; i < words.length; i++) {
    // The source of the packets stands in front of the next hop.
    if (words[i] === 'from') i++;
    else if (PAIRS.has(words[i]!)) options.set(words[i]!, words[++i] ?? '');
    // The distance, `onlink`, `bfd` and what follows are not part of the next hop.
    else if (/^(?:\d+|onlink|bfd)$/.test(words[i]!)) over = true;
    else if (!over && options.size === 0 && places.length < 2) places.push(words[i]!);
  }
  if (Number(options.get('table') ?? TABLE_MAIN) !== TABLE_MAIN || places.length === 0) return undefined;
  const [first, second] = places;
  const gateway = parseAddress(first!);
  const refuses = REFUSES.test(first!);
  const vrf = named(options.get('vrf') ?? /^vrf (\S+)/.exec(line.within[0] ?? '')?.[1]);
  return {
    line,
    destination,
    gateway,
    device: refuses ? undefined : gateway === undefined ? first : second,
    refuses,
    vrf,
    nexthopVrf: options.has('nexthop-vrf') ? named(options.get('nexthop-vrf')) : vrf,
  };
}

function named(vrf: string | undefined): string | undefined {
  return vrf === 'default' ? undefined : vrf;
}

/** The host bits are cleared, as in FRR. */
function prefixOf(text: string): Prefix | undefined {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (parsed === undefined || Number(length) > familyBits(familyOf(parsed))) return undefined;
  return prefix(parsed, Number(length));
}

/** An address with a netmask: `10.0.0.0 255.0.0.0`. */
function masked(address: string, mask: string): Prefix | undefined {
  const bytes = /^\d+(?:\.\d+){3}$/.test(mask) ? mask.split('.') : [];
  const bits = bytes.map((byte) => Number(byte).toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? prefixOf(`${address}/${bits.lastIndexOf('1') + 1}`) : undefined;
}

/** The static route that resolves the next hop of `one`: the longest that contains it. */
export function recursionOf(one: FrrStatic, all: readonly FrrStatic[]): FrrStatic | undefined {
  const { gateway } = one;
  if (gateway === undefined) return undefined;
  return all
    .filter(
      (other) =>
        other !== one && !other.refuses && other.vrf === one.nexthopVrf && containsAddress(other.destination, gateway),
    )
    .sort((a, b) => b.destination.length - a.destination.length)[0];
}

/** The key of a next hop in `Host.nextHops`. */
export function nextHopKey(gateway: Address, vrf: string | undefined): string {
  return vrf === undefined ? gateway : `${gateway} vrf ${vrf}`;
}
