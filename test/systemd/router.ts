/**
 * The router of the systemd tests: a booted container with the agent and FRR installed, a management gateway and a
 * data-plane neighbour beside it.
 *
 *   gateway 10.77.0.1 --- mgmt0 [router] data0 --- 10.78.0.1 neighbour
 *
 * FRR's default route is a static one through the neighbour; the management network beyond the gateway is 198.51.100.9.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { debianRoot } from './host/debian-root.js';
import { bootMachine, type Machine } from './host/machine.js';
import { createOverlay, type Overlay } from './host/overlay.js';
import { PROJECT } from './host/project.js';

/** What the tests wait for must not take long: the hold-time is 1 s, not 5. */
export const CONFIG = `management-interface: mgmt0
backup-router: {address: 10.77.0.1, destination: [0.0.0.0/0, 198.51.100.0/24]}
inet6-backup-router: {address: "2001:db8:77::1"}
routing-daemon: [{frr: {daemons: [zebra, staticd]}}]
withdraw: {hold-time: 1s}
detect: {probe-interval: 200ms, probe-timeout: 5s}
`;

export const FRR_CONF = `ip route 0.0.0.0/0 10.78.0.1
ip route 198.51.100.0/24 10.78.0.1
ipv6 route ::/0 2001:db8:78::1
`;

/** Writes down what the kernel has when frr.service starts: proof of the order that no clock can blur. */
export const FRR_DROP_IN = `[Service]
ExecStartPre=/bin/sh -c 'ip -N -4 route show table all proto 157 >/run/when-frr-started; ip -N -6 route show table all proto 157 >>/run/when-frr-started'
`;

/** A watchdog that barks within the patience of a test. The shipped value is checked before this one is used. */
export const SHORT_WATCHDOG = '[Service]\nWatchdogSec=3s\n';

export interface Router {
  readonly lab: Lab;
  /** Another one after a reboot. */
  readonly machine: Machine;
  readonly namespace: Namespace;
  /** Where pings to the router come from; its address is 198.51.100.9. */
  readonly gateway: Namespace;
  /** Backup routes and rules as they are in the kernel now, sorted, numbers instead of names. */
  owned(): readonly string[];
  /** Orderly; routes and rules of the agent and of FRR are gone in between. */
  reboot(): Promise<void>;
  close(): Promise<void>;
}

export interface RouterOptions {
  /** The root directory below the overlay; by default one that has FRR. */
  readonly base?: string;
  /** Fills the root directory before the boot; by default scripts/install, {@link CONFIG} and FRR's configuration. */
  readonly prepare?: (overlay: Overlay) => void;
  /** A directory of this host, to be seen as CHECKOUT inside. */
  readonly checkout?: string;
}

/** Writes a file of the root directory, mode 644, with its directories. */
function put(overlay: Overlay, path: string, content: string): void {
  overlay.run(['sh', '-ec', 'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod 644 "$1"', 'sh', `${overlay.root}${path}`], {
    input: content,
  });
}

function installFromCheckout(overlay: Overlay): void {
  put(overlay, '/etc/backup-router/config.yaml', CONFIG);
  put(overlay, '/etc/frr/frr.conf', FRR_CONF);
  put(overlay, '/etc/systemd/system/frr.service.d/record.conf', FRR_DROP_IN);
  overlay.run([`${PROJECT}/scripts/install`, '--root', overlay.root], { timeoutMs: 120_000 });
}

export async function startRouter({
  base = debianRoot(),
  prepare = installFromCheckout,
  checkout = PROJECT,
}: RouterOptions = {}): Promise<Router> {
  const lab = createLab();
  try {
    const [namespace, gateway, neighbour] = [
      lab.namespace('router'),
      lab.namespace('gateway'),
      lab.namespace('neighbour'),
    ];
    lab.link(namespace, 'mgmt0', gateway, 'mgmt0');
    lab.link(namespace, 'data0', neighbour, 'data0');
    addresses(namespace, 'mgmt0', '10.77.0.2/24', '2001:db8:77::2/64');
    addresses(namespace, 'data0', '10.78.0.2/24', '2001:db8:78::2/64');
    addresses(gateway, 'mgmt0', '10.77.0.1/24', '2001:db8:77::1/64');
    addresses(gateway, 'lo', '198.51.100.9/32', '2001:db8:9::9/128');
    addresses(neighbour, 'data0', '10.78.0.1/24', '2001:db8:78::1/64');

    const directory = join(lab.directory, 'machine');
    mkdirSync(directory);
    const overlay = createOverlay(base, directory);
    prepare(overlay);
    const boot = (): Promise<Machine> => bootMachine({ overlay, namespace, directory: lab.directory, checkout });
    let machine = await boot();
    const owned = (): readonly string[] => ownedLines(namespace);
    return {
      ...{ lab, namespace, gateway, owned },
      get machine() {
        return machine;
      },
      async reboot() {
        machine.try('systemctl', 'reboot');
        await machine.ended();
        // What the kernel of a real host would have lost.
        for (const family of ['-4', '-6']) {
          for (const protocol of [157, 196])
            namespace.tryRun(['ip', '-N', family, 'route', 'flush', 'table', 'all', 'proto', `${protocol}`]);
          namespace.tryRun(['ip', '-N', family, 'rule', 'flush', 'protocol', '157']);
        }
        if (owned().length > 0) throw new Error(`not flushed: ${owned().join(', ')}`);
        machine = await boot();
      },
      async close() {
        await machine.close();
        await lab.close();
      },
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

function addresses(namespace: Namespace, link: string, ...list: readonly string[]): void {
  for (const address of list)
    namespace.ip(
      `${address.includes(':') ? '-6 ' : ''}address add ${address} dev ${link}${address.includes(':') ? ' nodad' : ''}`,
    );
}

function ownedLines(namespace: Namespace): readonly string[] {
  const families = ['-4', '-6'];
  const routes = families.flatMap((family) => namespace.ip(`-N ${family} route show table all proto 157`).split('\n'));
  const rules = families
    .flatMap((family) => namespace.ip(`-N ${family} rule show`).split('\n'))
    .filter((line) => /proto 157/.test(line));
  return [...routes, ...rules]
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter(Boolean)
    .sort();
}
