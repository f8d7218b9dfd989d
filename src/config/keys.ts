/**
 * The keys there are and the closest of them to a misspelt one. Also serves for any other closed list of words.
 */

import type { RoutingDaemon } from '../model/config.js';

export const TOP_KEYS = [
  'management-interface',
  'backup-router',
  'inet6-backup-router',
  'routing-daemon',
  'withdraw',
  'detect',
  'stale',
  'placement',
  'role',
  'route-protocol',
  'table-base',
  'rule-priority-base',
  'on-stop',
] as const;
/** Of one management interface that has its backup routers with it; without them, of one by name or MAC address. */
export const INTERFACE_KEYS = ['name', 'mac', 'backup-router', 'inet6-backup-router'] as const;
export const BACKUP_ROUTER_KEYS = ['address', 'adopt', 'destination'] as const;
/** The keys of each kind of routing daemon; its own order is that of the documentation. */
export const DAEMON_KEYS = {
  frr: ['daemons', 'socket-directory'],
  bird: ['socket'],
  unit: ['name', 'route-protocols'],
  pidfile: ['path', 'route-protocols'],
  process: ['name', 'route-protocols'],
  socket: ['path', 'address', 'route-protocols'],
  exec: ['command', 'interval', 'timeout', 'route-protocols'],
} as const satisfies Readonly<Record<RoutingDaemon['kind'], readonly string[]>>;
export const DAEMON_KINDS = Object.keys(DAEMON_KEYS) as readonly RoutingDaemon['kind'][];
export const ROLE_KEYS = ['file', 'exec'] as const;
export const ROLE_EXEC_KEYS = ['command', 'interval', 'timeout'] as const;
export const WITHDRAW_KEYS = ['hold-time', 'convergence-timeout'] as const;
export const DETECT_KEYS = ['probe-interval', 'probe-timeout'] as const;
export const STALE_KEYS = ['preempt-after'] as const;

const HOMES: readonly (readonly [string, readonly string[]])[] = [
  ['', TOP_KEYS],
  // `name` belongs under some kinds of routing daemon as well, so it tells nothing.
  ['management-interface', ['mac']],
  ['backup-router', BACKUP_ROUTER_KEYS],
  ['routing-daemon', DAEMON_KINDS],
  ['routing-daemon: frr', DAEMON_KEYS.frr],
  ['routing-daemon: exec', ['command', 'interval', 'timeout']],
  ['role', ['file']],
  ['withdraw', WITHDRAW_KEYS],
  ['detect', DETECT_KEYS],
  ['stale', STALE_KEYS],
];

/** Where a correctly spelt key belongs: `''` for the top level; undefined for no key of ours. */
export function homeOf(key: string): string | undefined {
  return HOMES.find(([, keys]) => keys.includes(key))?.[0];
}

/** The closest candidate, or undefined when none is close enough to be what was meant. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const plain = normal(word);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const target = normal(candidate);
    const distance = editDistance(plain, target);
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(target.length / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== undefined) return best;
  return plain.length < 3
    ? undefined
    : candidates.find((c) => normal(c).startsWith(plain) || normal(c).endsWith(plain));
}

/** `hold_time`, `holdTime` and `hold-time` are one word to a person. */
function normal(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** Levenshtein distance, a swap of neighbours counting as one (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
