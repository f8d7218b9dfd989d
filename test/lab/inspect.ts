/**
 * The state of a namespace's kernel, as iproute2 reports it: parsed routes and rules, and text
 * that shows whether foreign state was changed. It uses none of the agent's netlink code, so it is
 * independent of the agent.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Family } from '../../src/model/address.js';

/** A route as `ip -N -j -d route` prints it; numbers are numbers. */
export interface RouteLine {
  /** `default`, `10.0.0.0/8`, or a bare address for a host route. */
  readonly dst: string;
  readonly table: number;
  readonly protocol: number;
  /** 0 for an IPv4 route without a metric. */
  readonly metric: number;
  readonly gateway: string | undefined;
  readonly dev: string | undefined;
  readonly flags: readonly string[];
  readonly nexthops: readonly { readonly gateway: string | undefined; readonly dev: string | undefined }[];
}

/** A rule as `ip -N -j -d rule` prints it. */
export interface RuleLine {
  readonly priority: number;
  readonly table: number;
  readonly iif: string | undefined;
  readonly suppressPrefixLength: number | undefined;
  readonly protocol: number;
}

/** The agent's rtm_protocol, unless a test configures another. */
export const OWN_PROTOCOL = 157;

/**
 * The routes of a table (`main` by default, `all` for every table); none if the table does not
 * exist.
 */
export function routes(
  namespace: Namespace,
  family: Family,
  table: number | 'main' | 'all' = 'main',
): readonly RouteLine[] {
  const result = namespace.tryRun(['ip', '-N', '-j', '-d', option(family), 'route', 'show', 'table', String(table)]);
  if (result.status !== 0) {
    if (/FIB table does not exist/.test(result.stderr)) return [];
    throw new Error(`ip route: ${result.stderr.trim()}`);
  }
  return parse(result.stdout).map((raw) => ({
    dst: text(raw['dst']) ?? '',
    table: raw['table'] !== undefined ? Number(raw['table']) : table === 'main' || table === 'all' ? 254 : table,
    protocol: Number(raw['protocol']),
    metric: Number(raw['metric'] ?? 0),
    gateway: gatewayOf(raw),
    dev: text(raw['dev']),
    flags: (raw['flags'] as string[] | undefined) ?? [],
    nexthops: ((raw['nexthops'] as Raw[] | undefined) ?? []).map((hop) => ({
      gateway: gatewayOf(hop),
      dev: text(hop['dev']),
    })),
  }));
}

/** All rules of the family, in the order of priority. */
export function rules(namespace: Namespace, family: Family): readonly RuleLine[] {
  return parse(namespace.run(['ip', '-N', '-j', '-d', option(family), 'rule', 'show'])).map((raw) => ({
    priority: Number(raw['priority']),
    table: Number(raw['table'] ?? 0),
    iif: text(raw['iif']),
    suppressPrefixLength: raw['suppress_prefixlen'] === undefined ? undefined : Number(raw['suppress_prefixlen']),
    protocol: Number(raw['protocol'] ?? 0),
  }));
}

/** The agent's own routes of a family in all tables. */
export function ownRoutes(namespace: Namespace, family: Family, protocol: number = OWN_PROTOCOL): readonly RouteLine[] {
  return routes(namespace, family, 'all').filter((route) => route.protocol === protocol);
}

/** The agent's own rules of a family. */
export function ownRules(namespace: Namespace, family: Family, protocol: number = OWN_PROTOCOL): readonly RuleLine[] {
  return rules(namespace, family).filter((rule) => rule.protocol === protocol);
}

/** The output of `ip route get` for a packet that the namespace originates, or the error text. */
export function routeGet(namespace: Namespace, address: string, ...extra: readonly string[]): string {
  const result = namespace.tryRun([
    'ip',
    option(address.includes(':') ? 'inet6' : 'inet'),
    'route',
    'get',
    address,
    ...extra,
  ]);
  return (result.status === 0 ? result.stdout : result.stderr).trim().replace(/\s+/g, ' ');
}

/**
 * All foreign routes, rules, links and addresses as text. Two equal texts mean that nothing
 * foreign was changed. Left out: objects with the agent's `protocol`, lifetimes and ages, bridge
 * timers, and zebra's own nexthop ids.
 */
export function snapshotText(namespace: Namespace, protocol: number = OWN_PROTOCOL): string {
  const sections: readonly (readonly string[])[] = [
    ['-4', 'route', 'show', 'table', 'all'],
    ['-6', 'route', 'show', 'table', 'all'],
    ['-4', 'rule', 'show'],
    ['-6', 'rule', 'show'],
    ['link', 'show'],
    ['-4', 'addr', 'show'],
    ['-6', 'addr', 'show'],
  ];
  return sections
    .map((argv) => {
      const output = namespace.run(['ip', '-N', '-d', ...argv]);
      return `# ip ${argv.join(' ')}\n${foreignRecords(output, protocol).map(stable).join('')}`;
    })
    .join('');
}

/** A record is a line and the indented lines below it (the next hops of a multipath route). */
function foreignRecords(output: string, protocol: number): readonly string[] {
  const records = output.match(/^\S[^\n]*\n(?:[ \t][^\n]*\n)*/gm) ?? [];
  const own = new RegExp(`\\bproto ${protocol}\\b`);
  return records.filter((record) => !own.test(record.split('\n', 1)[0]!));
}

function stable(record: string): string {
  return record
    .replace(/ (?:expires|age|users|used) -?\d+(?:sec)?/g, '')
    .replace(/ nhid \d+/g, '')
    .replace(/(nh_info) id \d+/g, '$1')
    .replace(/(valid_lft|preferred_lft) \d+sec/g, '$1 *')
    .replace(
      / (?:hello_timer|tcn_timer|topology_change_timer|gc_timer|hold_timer|message_age_timer|forward_delay_timer) +[\d.]+/g,
      '',
    );
}

type Raw = Readonly<Record<string, unknown>>;

function parse(json: string): readonly Raw[] {
  return json.trim() === '' ? [] : (JSON.parse(json) as Raw[]);
}

/** A gateway of another family than the destination's is printed as `via`. */
function gatewayOf(raw: Raw): string | undefined {
  return text(raw['gateway']) ?? text((raw['via'] as Raw | undefined)?.['host']);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function option(family: Family): string {
  return family === 'inet' ? '-4' : '-6';
}
