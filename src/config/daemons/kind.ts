/**
 * Describes a kind of routing daemon to the configuration: its keys, reader, writer, words, and the
 * identity that makes two entries duplicates. Each kind is one file with one such descriptor, and a
 * line in kinds.ts.
 *
 * Also reads the two forms that the generic kinds share: `KIND: VALUE` and
 * `KIND: {KEY: VALUE, route-protocols: [...]}`.
 */

import type { RoutingDaemon } from '../../model/config.js';
import type { Entry, ScalarValue } from '../document.js';
import { type Key, mapping, namesOf } from '../key.js';
import type { Report, Span } from '../report.js';
import { PROTOCOLS_KEY, readRouteProtocols } from '../route-protocols.js';
import type { Schema } from '../schema.js';
import { readScalar, readSection } from '../section.js';

/**
 * A daemon as read. `spans` has the position of each name, one for each item of
 * {@link DaemonKind.watches}.
 */
export interface Found<D extends RoutingDaemon = RoutingDaemon> {
  readonly daemon: D;
  readonly spans: readonly Span[];
}

/** One watched thing. */
export interface Watched {
  /** Two entries have the same identity exactly if they watch the same thing. */
  readonly identity: string;
  /** Its name in messages. */
  readonly name: string;
  /** Identities in other kinds that stand for the same daemon, but tell less about it. */
  readonly also?: readonly string[];
}

export interface DaemonKind<D extends RoutingDaemon> {
  /** The kind as a key, with its schema and words. */
  readonly key: Key;
  /** The keys of the kind's mapping. */
  readonly keys: readonly Key[];
  /** What to write for a kind that is named without saying which daemon. */
  readonly example: string;
  /** The daemon that the kind means as a bare word. undefined: it has no customary socket. */
  readonly bare?: D;
  /**
   * The key of the long form that takes the value of the short form. undefined: there is no short
   * form.
   */
  readonly longKey?: (text: string) => string;
  /**
   * What to write if the text names a daemon of this kind in place of the kind. undefined: it does
   * not look like one.
   */
  readonly guess?: (text: string) => string | undefined;
  /**
   * Reads the value of the kind's key. `ownProtocol` marks the agent's own routes, which belong to
   * no daemon.
   */
  readonly read: (entry: Entry, ownProtocol: number, report: Report) => Found<D> | undefined;
  /** The daemon in the long form. */
  readonly write: (daemon: D) => object;
  readonly watches: (daemon: D) => readonly Watched[];
  /** The daemon with only the kept items of what it watches. Only for kinds that watch several. */
  readonly reduce?: (daemon: D, kept: readonly boolean[]) => D;
  /** The daemon can be queried, so of two entries for one daemon this one stays. */
  readonly understood?: true;
}

/** The schema of a generic kind, in either form. */
export function eitherForm(short: Schema, keys: readonly Key[], rest: Schema = {}): Schema {
  return { anyOf: [short, mapping(keys, rest)] };
}

/** The keys of a generic kind. */
export function genericKeys(...keys: readonly Key[]): readonly Key[] {
  return [...keys, PROTOCOLS_KEY];
}

export function writeProtocols({ routeProtocols }: { readonly routeProtocols: readonly number[] }): object {
  return routeProtocols.length === 0 ? {} : { [PROTOCOLS_KEY.key]: routeProtocols };
}

/** What was read of a generic kind. `key` is undefined in the short form. */
interface GenericParts {
  readonly key: string | undefined;
  readonly scalar: ScalarValue;
  readonly routeProtocols: readonly number[];
}

/** Reads either form. Exactly one of the keys other than `route-protocols` names the daemon. */
export function readGeneric(
  entry: Entry,
  kind: string,
  known: readonly Key[],
  example: string,
  ownProtocol: number,
  report: Report,
): GenericParts | undefined {
  if (entry.value.kind !== 'map') {
    const scalar = readScalar(entry.value, `${kind}: ${example}`, report);
    return scalar === undefined ? undefined : { key: undefined, scalar, routeProtocols: [] };
  }
  const section = readSection(entry.value, kind, known, report);
  if (section === undefined) return undefined;
  const routeProtocols = readRouteProtocols(section, ownProtocol, report);
  const keys = namesOf(known.filter((key) => key !== PROTOCOLS_KEY));
  const [key, second] = keys.filter(section.has);
  if (key === undefined) {
    // A misspelt key has already been reported.
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
