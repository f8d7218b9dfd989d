/**
 * Paths of the agent's files. RUNTIME_DIRECTORY and STATE_DIRECTORY, as systemd sets them
 * (systemd.exec(5)), take precedence, so that several agents can run side by side in namespaces.
 */

/**
 * Maximum length in bytes: sun_path of a unix socket holds 108 with its terminating zero, unix(7).
 */
export const MAX_SOCKET_PATH = 107;

export interface Paths {
  /** The name of the agent if there are several on a host; undefined: there is one. */
  readonly instance: string | undefined;
  readonly configFile: string;
  readonly controlSocket: string;
  /** The metrics, for the textfile collector of node_exporter. */
  readonly metrics: string;
  /**
   * The directory of hooks, and two files of the hooks process: the events that are done, and its
   * status.
   */
  readonly hooks: string;
  readonly hooksDone: string;
  readonly hooksStatus: string;
  /** Locked by the running agent. */
  readonly lock: string;
  /** The last configuration that ran, as text. */
  readonly lastKnownGood: string;
  /** An operator's orders: pins and roles. */
  readonly orders: string;
  /** Foreign default routes that were taken over. */
  readonly adopted: string;
  /** Destinations that have been covered, by daemon. */
  readonly covered: string;
  /** The ways that `address: auto` has learned. */
  readonly learned: string;
  /** A configuration that awaits its confirmation, or was rolled back because none came. */
  readonly unconfirmed: string;
  /** The events, as JSON lines. */
  readonly history: string;
}

/** The name of one agent of several. It can be part of a file name and of a unit name. */
export const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export const DEFAULT_CONFIG_FILE = '/etc/backup-router/config.yaml';

type Environment = Readonly<Record<string, string | undefined>>;

/** The name of the agent that is meant, of several; undefined: there is one. */
export function instanceOf(env: Environment): string | undefined {
  return env['BACKUP_ROUTER_INSTANCE'] || undefined;
}

/** The configuration file if none is named. */
export function defaultConfigFile(env: Environment): string {
  const instance = instanceOf(env);
  return instance === undefined ? DEFAULT_CONFIG_FILE : `/etc/backup-router/${instance}.yaml`;
}

/** The systemd unit of the agent. */
export function unitOf(env: Environment): string {
  const instance = instanceOf(env);
  return instance === undefined ? 'backup-router.service' : `backup-router@${instance}.service`;
}

export function pathsOf(env: Environment, configFile = defaultConfigFile(env)): Paths {
  const instance = instanceOf(env);
  const below = instance === undefined ? '' : `/${instance}`;
  const state = directory(env['STATE_DIRECTORY'], `/var/lib/backup-router${below}`);
  const runtime = directory(env['RUNTIME_DIRECTORY'], `/run/backup-router${below}`);
  return {
    instance,
    configFile,
    controlSocket: `${runtime}/control.sock`,
    metrics: `${runtime}/metrics.prom`,
    hooks: '/etc/backup-router/hooks.d',
    hooksDone: env['STATE_DIRECTORY'] ? `${state}/hooks.json` : `/var/lib/backup-router-hooks${below}/done.json`,
    hooksStatus: env['RUNTIME_DIRECTORY'] ? `${runtime}/hooks.json` : `/run/backup-router-hooks${below}/status.json`,
    lock: `${runtime}/lock`,
    lastKnownGood: `${state}/last-known-good.yaml`,
    orders: `${state}/orders.json`,
    adopted: `${state}/adopted.json`,
    covered: `${state}/covered.json`,
    learned: `${state}/learned.json`,
    unconfirmed: `${state}/unconfirmed.json`,
    history: `${state}/events.jsonl`,
  };
}

/** systemd separates several directories by colons. The first one is used. */
function directory(value: string | undefined, otherwise: string): string {
  const first = value?.split(':')[0];
  return first === undefined || first === '' ? otherwise : first;
}
