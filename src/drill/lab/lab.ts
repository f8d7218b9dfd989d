/**
 * A temporary network: namespaces, the veth pairs and bridges between them, and the processes
 * inside. It names, wires and removes them; what runs inside is in frr.ts, ping.ts and agent.ts.
 *
 * Invariants: nothing ever appears in the caller's own namespace. However the caller ends (return,
 * exception, exit, interrupt), the processes are ended by pid and the namespaces are deleted.
 * BACKUP_ROUTER_LAB_RUN, if set, becomes part of every name, so that a supervisor can clean up
 * after a SIGKILL.
 */

import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, tryCommand } from './command.js';
import { installExitHook, removeExitHook } from './exit-hook.js';
import { Namespace } from './namespace.js';
import { sleep } from './wait.js';

/** The directory in which `ip netns` keeps its names (ip-netns(8)). */
const NETNS_DIRECTORY = '/run/netns';

interface NamespaceOptions {
  /**
   * `net.ipv4.conf.*.rp_filter`: 0 none, 1 strict, 2 loose. 0 by default, whatever the host's
   * value is.
   */
  readonly rpFilter?: 0 | 1 | 2;
  /** Forward packets of both families; false by default. */
  readonly forwarding?: boolean;
}

interface VethOptions {
  /** Set both ends up; true by default. */
  readonly up?: boolean;
}

let labs = 0;

/**
 * A new, empty laboratory. Needs root. Call `close()`, or it is closed at the end of the process.
 */
export function createLab(): Lab {
  // Daemons of other users read what this process makes, whatever its caller's umask is.
  process.umask(0o022);
  return new Lab(freePrefix());
}

/** A temporary network. */
export class Lab {
  /**
   * A directory for sockets, configurations and logs; removed on close. Everybody may read it,
   * since daemons drop their privileges.
   */
  readonly directory: string;
  readonly namespaces: Namespace[] = [];
  #closing: Promise<void> | undefined;

  constructor(readonly prefix: string) {
    this.directory = mkdtempSync(join(parentDirectory(), prefix));
    chmodSync(this.directory, 0o755);
    installExitHook(this);
  }

  /**
   * A new namespace, with `lo` up and without duplicate address detection (which would delay an
   * address by a second or two).
   */
  namespace(label: string, options: NamespaceOptions = {}): Namespace {
    if (this.#closing !== undefined) throw new Error('the laboratory is closed');
    const namespace = new Namespace(label, `${this.prefix}${label}`);
    command(['ip', 'netns', 'add', namespace.name]);
    this.namespaces.push(namespace);
    const rpFilter = options.rpFilter ?? 0;
    const forwarding = options.forwarding === true ? 1 : 0;
    // A new namespace inherits the host's values (net.core.devconf_inherit_init_net), so each
    // value that matters is set.
    namespace.sysctls({
      'net.ipv4.conf.all.rp_filter': rpFilter,
      'net.ipv4.conf.default.rp_filter': rpFilter,
      'net.ipv4.ip_forward': forwarding,
      'net.ipv4.conf.all.send_redirects': 0,
      'net.ipv4.conf.default.send_redirects': 0,
      'net.ipv6.conf.all.disable_ipv6': 0,
      'net.ipv6.conf.default.disable_ipv6': 0,
      'net.ipv6.conf.all.accept_dad': 0,
      'net.ipv6.conf.default.accept_dad': 0,
      'net.ipv6.conf.default.accept_ra': 0,
      'net.ipv6.conf.all.forwarding': forwarding,
    });
    namespace.ip('link set lo up');
    return namespace;
  }

  /**
   * A veth pair; each end is created in its own namespace. Interface names have 15 characters at
   * most.
   */
  link(a: Namespace, aName: string, b: Namespace, bName: string, options: VethOptions = {}): void {
    command(['ip', '-n', a.name, 'link', 'add', 'name', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', b.name]);
    if (options.up === false) return;
    a.ip(`link set ${aName} up`);
    b.ip(`link set ${bName} up`);
  }

  /**
   * A bridge `name` in `hub`, with a veth pair to each port. The ends in the hub are `NAME-0`,
   * `NAME-1`, ...
   */
  bridge(
    hub: Namespace,
    name: string,
    ports: readonly { readonly namespace: Namespace; readonly name: string }[],
  ): void {
    hub.ip(`link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
    hub.ip(`link set ${name} up`);
    ports.forEach((port, i) => {
      this.link(hub, `${name}-${i}`, port.namespace, port.name);
      hub.ip(`link set ${name}-${i} master ${name}`);
    });
  }

  /**
   * Ends every process inside and deletes the namespaces and the directory. May be called twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.namespaces.flatMap((n) => n.processes).map((p) => p.close()));
    // Processes that daemons forked and left behind are ours, too: nothing else uses these
    // namespaces.
    for (let i = 0; i < 100 && this.#killRest() > 0; i++) await sleep(20);
    this.#delete();
  }

  /**
   * The last resort, called when the caller's process exits: it cannot wait and has no event loop.
   */
  closeNow(): void {
    for (const child of this.namespaces.flatMap((n) => n.processes)) child.kill('SIGKILL');
    for (let i = 0; i < 20 && this.#killRest() > 0; i++)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    this.#delete();
  }

  #killRest(): number {
    const pids = this.namespaces.flatMap((n) => n.pids());
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The process has just ended by itself.
      }
    }
    return pids.length;
  }

  #delete(): void {
    for (const namespace of this.namespaces.splice(0)) tryCommand(['ip', 'netns', 'delete', namespace.name]);
    rmSync(this.directory, { recursive: true, force: true });
    removeExitHook(this);
  }
}

/**
 * TMPDIR, which may be a symbolic link: an absolute one leads out of /proc/PID/root. /tmp where it
 * is long: the path of a socket has 107 bytes at most (unix(7)), of which a laboratory needs 70.
 */
function parentDirectory(): string {
  const directory = realpathSync(tmpdir());
  return directory.length > 36 ? '/tmp' : directory;
}

/**
 * A free prefix `br-PID-N-`, with the name of the run in it if there is one. It skips prefixes
 * that are still taken by a former process with this pid.
 */
function freePrefix(): string {
  const run = process.env['BACKUP_ROUTER_LAB_RUN'] ?? '';
  if (run !== '' && !/^[A-Za-z0-9]{1,32}$/.test(run))
    throw new TypeError(`BACKUP_ROUTER_LAB_RUN: letters and digits only: ${JSON.stringify(run)}`);
  const taken = listNamespaces();
  for (;;) {
    const prefix = `br-${run === '' ? '' : `${run}-`}${process.pid}-${++labs}-`;
    if (!taken.some((name) => name.startsWith(prefix))) return prefix;
  }
}

/** The names of all network namespaces of this machine. */
export function listNamespaces(): string[] {
  try {
    return readdirSync(NETNS_DIRECTORY);
  } catch {
    return []; // The directory is created with the first namespace.
  }
}
