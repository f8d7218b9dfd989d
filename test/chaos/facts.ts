/** What the router's kernel says, by ip(8). It is the judge's only source. */

import { tryCommandAsync } from '../../src/drill/lab/command.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { AUX, STRANGER } from './world.js';

export type Family = 'inet' | 'inet6';
export const FAMILIES: readonly Family[] = ['inet', 'inet6'];

/** The route that a packet takes. */
export interface Way {
  /** The prefix length of the route; undefined if there is no route. */
  readonly length: number | undefined;
  readonly gateway: string | undefined;
  readonly dev: string | undefined;
  readonly protocol: number | undefined;
  readonly table: number | undefined;
  /** For example `linkdown`, `dead`. */
  readonly flags: readonly string[];
  /** `blackhole`, `unreachable` or the text of an error. */
  readonly refusal: string | undefined;
}

/** The route for a packet that the host sends itself. */
export function wayOf(host: Namespace, address: string): Promise<Way> {
  return lookup(host, address, []);
}

/**
 * The route for a packet of another host that arrives on the port that no action touches. Rules
 * for the router's own packets do not apply.
 */
export function transitWayOf(host: Namespace, address: string): Promise<Way> {
  return lookup(host, address, ['from', STRANGER[address.includes(':') ? 'inet6' : 'inet'], 'iif', AUX.name]);
}

async function lookup(host: Namespace, address: string, more: readonly string[]): Promise<Way> {
  const family = address.includes(':') ? '-6' : '-4';
  const argv = ['ip', '-n', host.name, '-N', '-j', '-d', family, 'route', 'get', 'fibmatch', address, ...more];
  const { status, stdout, stderr } = await tryCommandAsync(argv);
  const [raw] = status === 0 && stdout.trim() !== '' ? (JSON.parse(stdout) as readonly Record<string, unknown>[]) : [];
  if (raw === undefined) return { ...NOTHING, refusal: stderr.trim() || 'nothing' };
  return wayOfJson(raw, String(raw['dst']), address.includes(':'));
}

/**
 * A route as `ip -N -j` prints it. `destination`: the prefix as printed, or in full instead of
 * `default`.
 */
export function wayOfJson(
  raw: Readonly<Record<string, unknown>>,
  destination: string,
  six: boolean,
): Way & { readonly length: number } {
  const hops = (raw['nexthops'] as readonly Record<string, unknown>[] | undefined) ?? [];
  const [first = raw] = hops;
  const type = String(raw['type'] ?? 'unicast');
  return {
    length: destination === 'default' ? 0 : Number(destination.split('/')[1] ?? (six ? 128 : 32)),
    gateway: text(raw['gateway']) ?? text(first['gateway']),
    dev: text(raw['dev']) ?? text(first['dev']),
    protocol: Number(raw['protocol']),
    table: raw['table'] === undefined ? 254 : Number(raw['table']),
    flags: [...((raw['flags'] as string[] | undefined) ?? []), ...((first['flags'] as string[] | undefined) ?? [])],
    refusal: ['unicast', 'local', '1', '2'].includes(type) ? undefined : type,
  };
}

export const NOTHING: Way = {
  length: undefined,
  gateway: undefined,
  dev: undefined,
  protocol: undefined,
  table: undefined,
  flags: [],
  refusal: undefined,
};

export interface Port {
  readonly up: boolean;
  readonly carrier: boolean;
  readonly addresses: readonly string[];
}

/** A port by its name; undefined if it does not exist. */
export async function portOf(host: Namespace, name: string): Promise<Port | undefined> {
  const { status, stdout } = await tryCommandAsync(['ip', '-n', host.name, '-j', 'addr', 'show', 'dev', name]);
  if (status !== 0) return undefined;
  const [raw] = JSON.parse(stdout) as readonly { flags: string[]; addr_info: { local: string; prefixlen: number }[] }[];
  if (raw === undefined) return undefined;
  return {
    up: raw.flags.includes('UP'),
    carrier: raw.flags.includes('LOWER_UP'),
    addresses: raw.addr_info
      .filter(({ local }) => local !== undefined)
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  };
}

export function same(a: Way, b: Way): boolean {
  return (
    (a.refusal !== undefined && b.refusal !== undefined) ||
    (a.length === b.length && a.gateway === b.gateway && a.dev === b.dev && a.protocol === b.protocol)
  );
}

export function wayText({ length, gateway, dev, protocol, table, flags, refusal }: Way): string {
  return refusal === undefined
    ? `/${length} via ${gateway ?? '-'} dev ${dev} proto ${protocol} table ${table} ${flags.join(' ')}`.trim()
    : refusal;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
