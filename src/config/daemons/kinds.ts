/**
 * Every kind of routing daemon, in the order of the documentation. If one is missing, the code does
 * not compile.
 */

import type { RoutingDaemon } from '../../model/config.js';
import { type Key, mapping } from '../key.js';
import type { Schema } from '../schema.js';
import { BIRD } from './bird.js';
import { EXEC } from './exec.js';
import { FRR } from './frr.js';
import type { DaemonKind, Watched } from './kind.js';
import { PIDFILE } from './pidfile.js';
import { PROCESS } from './process.js';
import { SOCKET } from './socket.js';
import { UNIT } from './unit.js';

export type Kind = RoutingDaemon['kind'];

export const KINDS: { readonly [K in Kind]: DaemonKind<Extract<RoutingDaemon, { readonly kind: K }>> } = {
  frr: FRR,
  bird: BIRD,
  unit: UNIT,
  pidfile: PIDFILE,
  process: PROCESS,
  socket: SOCKET,
  exec: EXEC,
};

export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];
const BARE = KIND_NAMES.filter((name) => KINDS[name].bare !== undefined);
/** The kinds as keys of an entry of `routing-daemon`. */
export const KIND_KEYS: readonly Key[] = KIND_NAMES.map((name) => KINDS[name].key);

/** The descriptor of the daemon's kind, for callers that handle any kind. */
export function kindOf<D extends RoutingDaemon>(daemon: D): DaemonKind<D> {
  return KINDS[daemon.kind] as unknown as DaemonKind<D>;
}

/** One entry of `routing-daemon`. */
export const DAEMON_SCHEMA: Schema = {
  anyOf: [{ enum: BARE }, mapping(KIND_KEYS, { minProperties: 1, maxProperties: 1 })],
};

/** `{frr: {daemons: [zebra]}}`. */
export function writeDaemon(daemon: RoutingDaemon): object {
  return { [daemon.kind]: kindOf(daemon).write(daemon) };
}

export function watchedBy(daemon: RoutingDaemon): readonly Watched[] {
  return kindOf(daemon).watches(daemon);
}
