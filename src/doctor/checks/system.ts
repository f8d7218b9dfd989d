/** The host around the agent: its clock, and a PID 1 that does not reap dead processes. */

import { exists, valueOf } from '../files.js';
import { type Check, found, look, unknown } from '../finding.js';
import type { Host } from '../host.js';

const DAY_MS = 86_400_000;

export const clockBeforeBuild: Check = {
  code: 'clock-before-build',
  title: 'the clock is not before the day of this build',
  run: ({ clock }) => {
    if (clock.built === 0) return unknown('it is not known when this program was built');
    // One day of tolerance, for the time zone of the build host and for files that are written
    // before they are used.
    if (clock.now >= clock.built - DAY_MS) return [];
    return found(
      'warning',
      `The clock is before the day this program was built, so it is wrong. After a restart the agent
        measures a timed hold by it, and it tells by it whether a pid file is a leftover.`,
      [`now ${new Date(clock.now).toISOString()}`, `built ${new Date(clock.built).toISOString()}`],
      'timedatectl set-ntp true',
    );
  },
};

export const clockNotSynchronised: Check = {
  code: 'clock-not-synchronised',
  title: 'the clock is synchronised where pid files are judged by it',
  run: (host) => {
    if (!host.config.routingDaemons.some(({ kind }) => kind === 'pidfile')) return 'not-applicable';
    // Only systemd-timesyncd leaves such a file; chrony and ntpd would have to be asked.
    return exists(host.files, '/run/systemd/timesync/synchronized')
      ? []
      : unknown(
          `no /run/systemd/timesync/synchronized (another time service leaves no such mark); a step of the clock between a
            daemon's start and its pid file would make the file look stale`,
          'timedatectl; chronyc tracking',
        );
  },
};

export const pid1DoesNotReap: Check = {
  code: 'pid1-does-not-reap',
  title: 'no dead routing daemon remains as a zombie',
  facts: 'S4, S6',
  run: (host) =>
    look(host.processes, (processes) => {
      const names = watchedNames(host);
      const zombies = processes.filter(({ state, name, parent }) => state === 'Z' && parent === 1 && names.has(name));
      if (zombies.length === 0) return [];
      const byProcess = host.config.routingDaemons.some(
        ({ kind }) => kind === 'pidfile' || kind === 'process' || kind === 'unit',
      );
      const evidence = zombies
        .slice(0, 5)
        .map(({ pid, name }) => `${pid} (${name}) Z, parent 1 (${valueOf(host.files, '/proc/1/comm') ?? '?'})`);
      return found(
        byProcess ? 'warning' : 'note',
        `PID 1 does not reap: dead daemons remain as zombies, and a program that looks for their pid
          takes them for alive. The agent itself recognises
          them${byProcess ? '; watchfrr and init scripts do not' : ' by their sockets'}.`,
        evidence,
        '# a container: docker run --init, or tini as entry point',
      );
    }),
};

/**
 * The names (comm, 15 characters) of the watched daemons. A pid file and a unit do not give a
 * name, so they select all known routing daemons.
 */
function watchedNames(host: Host): ReadonlySet<string> {
  return new Set(
    host.config.routingDaemons.flatMap((daemon) => {
      switch (daemon.kind) {
        case 'frr':
          return daemon.daemons;
        case 'bird':
          return ['bird', 'bird6'];
        case 'process':
          return [daemon.name.slice(0, 15)];
        case 'pidfile':
        case 'unit':
          return ['zebra', 'bgpd', 'ospfd', 'staticd', 'bird', 'bird6', 'gobgpd', 'bgpd'];
        case 'socket':
        case 'exec':
          return [];
        default:
          return daemon satisfies never;
      }
    }),
  );
}
