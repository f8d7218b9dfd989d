/**
 * The template units, generated from the units of the single agent. They differ in names, paths and
 * the network namespace.
 */

const HEADER = `# backup-router@.service: one of several agents on a host, each in a network namespace of its own
# (/run/netns/%i), with the configuration /etc/backup-router/%i.yaml. Made from
# backup-router.service by scripts/manual; the reasons stand there. For an agent in the namespace
# of the host, as for a VRF with a routing daemon of its own: systemctl edit backup-router@NAME,
# [Service], NetworkNamespacePath= (empty).
`;

/** Text in the unit and its replacement. Each text occurs in the unit once. */
const CHANGES: readonly (readonly [string, string])[] = [
  ['Description=Backup router: reachability', 'Description=Backup router of %i: reachability'],
  [
    'ExecStart=/usr/bin/backup-router run -c /etc/backup-router/config.yaml\n',
    'Environment=BACKUP_ROUTER_INSTANCE=%i\nExecStart=/usr/bin/backup-router run -c /etc/backup-router/%i.yaml\n',
  ],
  ['RestartSec=100ms\n', '# Where the namespace is not there yet each try fails.\nRestartSec=1s\n'],
  ['RuntimeDirectory=backup-router\n', 'NetworkNamespacePath=/run/netns/%i\nRuntimeDirectory=backup-router/%i\n'],
  ['StateDirectory=backup-router\n', 'StateDirectory=backup-router/%i\n'],
  ['Also=backup-router-start.target\n', ''],
];

const HOOKS_HEADER = `# backup-router-hooks@.service: the hooks of one of several agents, made from
# backup-router-hooks.service by scripts/manual.
`;

const HOOKS_CHANGES: readonly (readonly [string, string])[] = [
  ['Description=Hooks of backup-router:', 'Description=Hooks of backup-router of %i:'],
  ['After=backup-router.service\n', 'After=backup-router@%i.service\n'],
  ['ExecStart=', 'Environment=BACKUP_ROUTER_INSTANCE=%i\nExecStart='],
  ['RuntimeDirectory=backup-router-hooks\n', 'RuntimeDirectory=backup-router-hooks/%i\n'],
  ['StateDirectory=backup-router-hooks\n', 'StateDirectory=backup-router-hooks/%i\n'],
];

export function templateOfHooks(unit: string): string {
  return template(unit, HOOKS_HEADER, HOOKS_CHANGES);
}

export function templateUnit(unit: string): string {
  return template(unit, HEADER, CHANGES);
}

/** Throws if the unit has changed so that a replacement no longer applies. */
function template(unit: string, header: string, changes: typeof CHANGES): string {
  const body = unit
    .slice(unit.indexOf('[Unit]'))
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');
  const made = changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`the unit has no single ${from.trim()}`);
    return text.replace(from, () => to);
  }, body);
  return `${header}\n${made}`;
}
