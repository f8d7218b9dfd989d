/** systemd/backup-router@.service, made from the unit of the one agent: the same but for names, paths and the network namespace. */

const HEADER = `# backup-router@.service: one of several agents on a host, each in a network namespace of its own (/run/netns/%i), with the configuration
# /etc/backup-router/%i.yaml. Made from backup-router.service by scripts/manual; the reasons stand there. For an agent in the namespace of
# the host, as for a VRF with a routing daemon of its own: systemctl edit backup-router@NAME, [Service], NetworkNamespacePath= (empty).
`;

/** From, to; each stands in the unit once. */
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

/** Throws where the unit has changed so that it cannot be made of it. */
export function templateUnit(unit: string): string {
  const body = unit
    .slice(unit.indexOf('[Unit]'))
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');
  const made = CHANGES.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`backup-router.service has no single ${from.trim()}`);
    return text.replace(from, () => to);
  }, body);
  return `${HEADER}\n${made}`;
}
