/**
 * keepalived as a watcher of routing daemons: track_process of zebra and bgpd, in the recipes that people use.
 *
 *   command   the instance enters FAULT when a process dies, and notify_fault is `ip route add` itself: the fastest there is
 *   script    the same through a shell script, as most configurations have it
 *   routes    `weight 0 reverse`: the instance is up while zebra is dead, becomes master after three missed advertisements
 *             of its own and installs its virtual_routes
 *
 * keepalived learns of deaths from the kernel's process events, which exist in the first network namespace only; see
 * first-netns.c. Processes are told apart by their full path, which differs from lane to lane.
 */

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Process } from '../../src/drill/lab/process.js';
import { DAEMONS, type Lane, PROTOCOL } from './lane.js';
import { FIRST_NETNS, NICE, tool } from './tools.js';

type Recipe = 'command' | 'script' | 'routes';

export function startKeepalived(lane: Lane, recipe: Recipe): Process {
  const at = (name: string): string => join(lane.directory, name);
  writeFileSync(at('keepalived.conf'), configuration(lane, recipe));
  const files = [
    '-f',
    at('keepalived.conf'),
    '-p',
    at('keepalived.pid'),
    '-r',
    at('vrrp.pid'),
    '-c',
    at('checkers.pid'),
  ];
  const environment = [`LD_PRELOAD=${tool('first-netns.so')}`, FIRST_NETNS];
  // -P: VRRP only. -n -l: in the foreground, without the syslog.
  return lane.namespace.spawn([...NICE, 'env', ...environment, 'keepalived', '-n', '-l', '-P', ...files], {
    keepLines: false,
  });
}

function configuration(lane: Lane, recipe: Recipe): string {
  const watched = recipe === 'routes' ? DAEMONS.slice(0, 1) : DAEMONS;
  const tracks = watched.map(
    (daemon) => `vrrp_track_process ${daemon} {
    process ${lane.program(daemon)}
    full_command
    param_match partial
    weight 0${recipe === 'routes' ? ' reverse' : ''}
}`,
  );
  return `global_defs {
    script_user root
    enable_script_security
}
${tracks.join('\n')}
vrrp_instance backup {
    interface mgmt0
    state BACKUP
    version 3
    virtual_router_id 7
    priority 255
    advert_int ${recipe === 'routes' ? '0.1' : '1'}
    virtual_ipaddress {
        198.51.100.7/32 dev mgmt0
    }
    track_process {
        ${watched.join('\n        ')}
    }
${action(lane, recipe)}
}
`;
}

function action(lane: Lane, recipe: Recipe): string {
  const route = `default via ${lane.gateway} proto ${PROTOCOL}`;
  if (recipe === 'routes') return `    virtual_routes {\n        default via ${lane.gateway} dev mgmt0\n    }`;
  if (recipe === 'command')
    return `    notify_fault "/sbin/ip route add ${route}"\n    notify_backup "/sbin/ip route del ${route}"`;
  const file = join(lane.directory, 'notify.sh');
  writeFileSync(
    file,
    `#!/bin/sh\ncase $1 in\n  fault) ip route add ${route} ;;\n  backup) ip route del ${route} ;;\nesac\n`,
  );
  chmodSync(file, 0o755);
  return `    notify_fault "${file} fault"\n    notify_backup "${file} backup"`;
}
