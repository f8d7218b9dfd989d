/**
 * What the readers of the kinds of routing daemon have in common: the result with its place, and the two forms
 * of the generic kinds, `KIND: VALUE` and `KIND: {KEY: VALUE, route-protocols: [...]}`.
 */

import type { RoutingDaemon } from '../model/config.js';
import type { Entry, ScalarValue } from './document.js';
import { DAEMON_KEYS } from './keys.js';
import type { Report, Span } from './report.js';
import { readRouteProtocols } from './route-protocols.js';
import { readScalar, readSection } from './section.js';

/** A daemon as read; `spans` is where its names are, one a name for FRR, else one. */
export interface Found<D extends RoutingDaemon = RoutingDaemon> {
  readonly daemon: D;
  readonly spans: readonly Span[];
}

/** Reads what stands under a kind's key. `ownProtocol` marks the agent's routes, which are no daemon's. */
export type DaemonReader = (entry: Entry, ownProtocol: number, report: Report) => Found | undefined;

/** What a generic kind is told. `key` is undefined in the short form. */
export interface GenericParts {
  readonly key: string | undefined;
  readonly scalar: ScalarValue;
  readonly routeProtocols: readonly number[];
}

/** Reads either form; `keys` are those of which exactly one names the daemon. */
export function readGeneric(
  entry: Entry,
  kind: 'unit' | 'pidfile' | 'process' | 'socket',
  keys: readonly string[],
  example: string,
  ownProtocol: number,
  report: Report,
): GenericParts | undefined {
  if (entry.value.kind !== 'map') {
    const scalar = readScalar(entry.value, `${kind}: ${example}`, report);
    return scalar === undefined ? undefined : { key: undefined, scalar, routeProtocols: [] };
  }
  const section = readSection(entry.value, kind, DAEMON_KEYS[kind], report);
  if (section === undefined) return undefined;
  const routeProtocols = readRouteProtocols(section, ownProtocol, report);
  const [key, second] = keys.filter(section.has);
  if (key === undefined) {
    // A misspelt key has been reported, with the one that is meant.
    if (section.unknownKeys.length === 0)
      report.error(entry.keySpan, {
        code: 'missing-key',
        message: `${kind} has no ${keys.map((k) => `'${k}'`).join(' or ')}`,
        suggestion: `write ${kind}: ${example}`,
      });
    return undefined;
  }
  if (second !== undefined) {
    report.error(entry.keySpan, {
      code: 'conflicting-keys',
      message: `${kind} has both '${key}' and '${second}'`,
      suggestion: 'keep one of them; two sockets are two entries of a list',
    });
    return undefined;
  }
  const value = section.get(key)?.value;
  const scalar = value === undefined ? undefined : readScalar(value, example, report);
  return scalar === undefined ? undefined : { key, scalar, routeProtocols };
}
