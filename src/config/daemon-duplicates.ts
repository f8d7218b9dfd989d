/**
 * One daemon named twice, within a kind or across kinds. Two watches on one socket are more than a nuisance: a vty
 * has room for few connections (fact F6).
 *
 * Invariant: of two, the one that understands the daemon (frr, bird) stays, wherever it stands in the file.
 */

import { posix } from 'node:path';
import type { RoutingDaemon } from '../model/config.js';
import { vtyPath } from './daemon-frr.js';
import type { Found } from './daemon-parts.js';
import type { Report } from './report.js';

/** Without what is named twice, in the order of the file. */
export function withoutDuplicates(found: readonly Found[], report: Report): readonly RoutingDaemon[] {
  const seen = new Set<string>();
  const isNew = (key: string): boolean => !seen.has(key) && Boolean(seen.add(key));
  const warn = (item: Found, i: number, name: string): void =>
    report.warning(item.spans[i]!, {
      code: 'duplicate-daemon',
      message: `${name} is listed twice`,
      suggestion: 'remove one',
    });

  const kept = new Map<Found, RoutingDaemon>();
  const understood = found.filter(({ daemon }) => daemon.kind === 'frr' || daemon.kind === 'bird');
  for (const item of [...understood, ...found.filter((other) => !understood.includes(other))]) {
    const { daemon } = item;
    if (daemon.kind === 'frr') {
      const daemons = daemon.daemons.filter((name, i) => isNew(identity(daemon, name)) || warn(item, i, name));
      // A process by this name is the same daemon, less well understood.
      for (const name of daemons) seen.add(`process ${name}`);
      if (daemons.length > 0) kept.set(item, { ...daemon, daemons });
    } else if (isNew(identity(daemon))) {
      kept.set(item, daemon);
      if (daemon.kind === 'bird') seen.add('process bird');
    } else warn(item, 0, nameOf(daemon));
  }
  return found.flatMap((item) => kept.get(item) ?? []);
}

/** What two entries have in common exactly when they are one daemon. */
function identity(daemon: RoutingDaemon, frrName = ''): string {
  switch (daemon.kind) {
    case 'frr':
      return `unix ${posix.normalize(vtyPath(daemon.socketDirectory, frrName))}`;
    case 'bird':
      return `unix ${posix.normalize(daemon.socket)}`;
    case 'socket':
      return daemon.endpoint.kind === 'unix'
        ? `unix ${posix.normalize(daemon.endpoint.path)}`
        : `tcp ${daemon.endpoint.host} ${daemon.endpoint.port}`;
    case 'unit':
      return `unit ${daemon.unit}`;
    case 'pidfile':
      return `pidfile ${posix.normalize(daemon.path)}`;
    case 'process':
      return `process ${daemon.name}`;
    case 'exec':
      return `exec ${JSON.stringify(daemon.command)}`;
    default:
      return daemon satisfies never;
  }
}

/** The name in a message. */
function nameOf(daemon: Exclude<RoutingDaemon, { readonly kind: 'frr' }>): string {
  switch (daemon.kind) {
    case 'bird':
      return daemon.socket;
    case 'socket':
      return daemon.endpoint.kind === 'unix'
        ? daemon.endpoint.path
        : `${daemon.endpoint.host} port ${daemon.endpoint.port}`;
    case 'unit':
      return daemon.unit;
    case 'pidfile':
      return daemon.path;
    case 'process':
      return `process ${daemon.name}`;
    case 'exec':
      return `the command ${daemon.command[0]}`;
    default:
      return daemon satisfies never;
  }
}
