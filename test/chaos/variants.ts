/** The configurations that a storm switches between, and the routes and rules of each. */

import { STANDARD } from '../lab/standard.js';
import { configText, expected } from '../netns/agent-support.js';

const { inet, inet6 } = STANDARD;

/** The second backup router of each family, on the same host. */
export const SECOND = { inet: '10.255.0.9', inet6: 'fe80::9' } as const;

export interface Variant {
  readonly placement: 'local' | 'main';
  readonly destinations: { readonly inet: readonly string[]; readonly inet6: readonly string[] };
  /** With `adopt`: the gateways that `auto` finds. */
  readonly gateways: { readonly inet: readonly string[]; readonly inet6: readonly string[] };
  /** The agent takes over the default route of the management port (lease.ts). */
  readonly adopt?: true;
}

const FIRST = { inet: [inet.gateway], inet6: [inet6.gatewayLinkLocal] };
const DEFAULT = { inet: ['0.0.0.0/0'], inet6: ['::/0'] };
const PREFIXES = { inet: ['10.99.0.0/16', '172.16.0.0/12'], inet6: ['2001:db8:99::/48'] };
const BOTH = { inet: ['0.0.0.0/0', '10.99.0.0/16'], inet6: ['::/0', '2001:db8:99::/48'] };

export const VARIANTS: Readonly<Record<string, Variant>> = {
  default: { placement: 'local', destinations: DEFAULT, gateways: FIRST },
  prefixes: { placement: 'local', destinations: PREFIXES, gateways: FIRST },
  both: { placement: 'local', destinations: BOTH, gateways: FIRST },
  main: { placement: 'main', destinations: DEFAULT, gateways: FIRST },
  gateways: {
    placement: 'local',
    destinations: DEFAULT,
    gateways: { inet: [inet.gateway, SECOND.inet], inet6: [inet6.gatewayLinkLocal, SECOND.inet6] },
  },
  adopt: { placement: 'local', destinations: DEFAULT, gateways: FIRST, adopt: true },
  'adopt-main': { placement: 'main', destinations: DEFAULT, gateways: FIRST, adopt: true },
};

export function textOfVariant(name: string, daemons: readonly object[]): string {
  const { placement, destinations, gateways, adopt } = VARIANTS[name]!;
  const adopting = {
    'backup-router': { address: 'auto', adopt: true },
    'inet6-backup-router': { address: 'auto', adopt: true },
  };
  return configText({
    placement,
    destinations,
    gateway: gateways,
    hold: '50ms',
    convergence: 'never',
    more: { 'routing-daemon': daemons as never, ...(adopt === true ? adopting : {}) },
  });
}

export function adopts(name: string): boolean {
  return VARIANTS[name]!.adopt === true;
}

/** Whether the NOC's prefix is a destination. */
export function hasNocPrefix(name: string): boolean {
  return VARIANTS[name]!.destinations.inet.includes('10.99.0.0/16');
}

/**
 * Every set of routes and rules that a configuration may have in one family, for each gateway and
 * each combination of won ties.
 */
export function setsOf(name: string, family: 'inet' | 'inet6'): readonly (readonly string[])[] {
  const { placement, destinations, gateways } = VARIANTS[name]!;
  const lengths = [...new Set(destinations[family].map((prefix) => Number(prefix.split('/')[1])))];
  const ties: (readonly number[])[] = [[]];
  for (const length of lengths) ties.push(...ties.map((set) => [...set, length]));
  const shown = destinations[family].map((prefix) => (prefix.endsWith('/0') ? 'default' : prefix));
  return gateways[family].flatMap((gateway, rank) =>
    ties.map((preempting) =>
      expected({
        placement,
        destinations: { [family]: shown },
        preempting,
        gateway: { [family]: gateway },
        families: [family],
      }).map((line) => ranked(line, rank)),
    ),
  );
}

/** The rank of a gateway is part of the metric. */
function ranked(line: string, rank: number): string {
  return line.replace(/metric (\d+)$/, (_, metric) => `metric ${Number(metric) + rank}`);
}
