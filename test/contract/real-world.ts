/**
 * The outside world of the contract suite for the real kernel: `ip` in the network namespace of
 * this process, which the test has created. It refuses to work in any other.
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { openKernel } from '../../src/kernel/kernel.js';
import type { World } from './world.js';

/** Set by the starter of this process, which runs in a namespace of its own. */
export const NAMESPACE_MARK = 'BACKUP_ROUTER_TEST_NAMESPACE';

export function ip(...words: readonly string[]): string {
  if (process.env[NAMESPACE_MARK] === undefined) throw new Error('not in a namespace of our own');
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function family(address: string): string {
  return address.includes(':') ? '-6' : '-4';
}

export function realWorld(): World {
  const refusals: string[] = [];
  const made: string[] = [];
  ip('link', 'set', 'lo', 'up');
  const kernel = openKernel();
  return {
    kernel,
    linkAdd(name) {
      ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-peer`);
      made.push(name);
      ip('link', 'set', `${name}-peer`, 'up');
      ip('link', 'set', name, 'up');
    },
    linkUp: (name) => void ip('link', 'set', name, 'up'),
    linkDown: (name) => void ip('link', 'set', name, 'down'),
    linkDelete: (name) => void ip('link', 'delete', name),
    addressAdd: (name, address, { prefixRoute = true } = {}) =>
      void ip(
        family(address),
        'address',
        'add',
        address,
        'dev',
        name,
        ...(address.includes(':') ? ['nodad'] : []),
        ...(prefixRoute ? [] : ['noprefixroute']),
      ),
    addressRemove: (name, address) => void ip('address', 'delete', address, 'dev', name),
    routeAdd({ destination, via, dev, table = 254, metric, protocol = 4 }) {
      ip(
        family(destination),
        'route',
        'add',
        destination,
        ...(via === undefined ? [] : ['via', via]),
        'dev',
        dev,
        'table',
        String(table),
        'metric',
        String(metric),
        'protocol',
        String(protocol),
      );
    },
    routeDelete: ({ destination, dev, metric }) =>
      void ip(family(destination), 'route', 'delete', destination, 'dev', dev, 'metric', String(metric)),
    refusalAdd(destination) {
      refusals.push(destination);
      ip(family(destination), 'route', 'add', 'blackhole', destination, 'metric', '20', 'protocol', '4');
    },
    leavesBy(address) {
      try {
        return / via (\S+)/.exec(ip(family(address), 'route', 'get', address))?.[1];
      } catch {
        return undefined;
      }
    },
    routeAppend({ destination, via, dev, table, metric }) {
      ip(
        '-6',
        'route',
        'append',
        destination,
        'via',
        via,
        'dev',
        dev,
        'table',
        String(table),
        'metric',
        String(metric),
        'protocol',
        '4',
      );
    },
    // The peer of the link answers for its addresses until they are deleted. Both ends are in one
    // namespace: without accept_local the peer would take the request for a forgery
    // (ip-sysctl.rst).
    neighbourAnswers(name, address, answers) {
      if (answers && address.includes(':')) untilLinkLocal(name);
      const length = address.includes(':') ? 128 : 32;
      for (const [key, value] of [
        ['accept_local', '1'],
        ['arp_ignore', '1'],
        ['rp_filter', '0'],
      ])
        writeFileSync(`/proc/sys/net/ipv4/conf/${name}-peer/${key}`, `${value}\n`);
      writeFileSync('/proc/sys/net/ipv4/conf/all/rp_filter', '0\n');
      ip(
        family(address),
        'address',
        answers ? 'add' : 'delete',
        `${address}/${length}`,
        'dev',
        `${name}-peer`,
        ...(answers && address.includes(':') ? ['nodad'] : []),
      );
    },
    // Three requests, one second apart (mcast_solicit, ucast_solicit, retrans_time_ms:
    // ip-sysctl.rst).
    probesDone: () => new Promise((resolve) => setTimeout(resolve, 3_700)),
    neighbourPermanent: (name, address) =>
      void ip('neighbour', 'replace', address, 'lladdr', '02:00:00:00:00:99', 'dev', name, 'nud', 'permanent'),
    flushTable(table) {
      for (const which of ['-4', '-6']) tolerate(() => ip(which, 'route', 'flush', 'table', String(table)));
    },
    deleteRules(priority) {
      for (const which of ['-4', '-6'])
        for (let more = true; more; ) more = tolerate(() => ip(which, 'rule', 'delete', 'priority', String(priority)));
    },
    close() {
      kernel.close();
      for (const which of ['-4', '-6']) tolerate(() => ip(which, 'rule', 'flush', 'protocol', '157'));
      for (const name of made) tolerate(() => ip('link', 'delete', name));
      for (const table of [25500, 254])
        for (const which of ['-4', '-6'])
          tolerate(() => ip(which, 'route', 'flush', 'table', String(table), 'protocol', '157'));
      // A route without a device outlives the link.
      for (const destination of refusals)
        tolerate(() =>
          ip(family(destination), 'route', 'delete', 'blackhole', destination, 'metric', '20', 'protocol', '4'),
        );
    },
  };
}

/**
 * Waits for a link-local address that has passed duplicate address detection (1 to 3 s). Without
 * one the kernel probes no IPv6 neighbour (fact K21).
 */
function untilLinkLocal(name: string): void {
  for (let tries = 0; tries < 100; tries++) {
    const shown = ip('-6', '-o', 'address', 'show', 'dev', name, 'scope', 'link');
    if (shown !== '' && !shown.includes('tentative')) return;
    execFileSync('sleep', ['0.05']);
  }
  throw new Error(`${name} has no link-local address`);
}

function tolerate(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
