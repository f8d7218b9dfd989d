/** What to do with the agent, in the words of whatever starts it on this host. */

import { existsSync } from 'node:fs';

/** systemd runs here (sd_booted(3)). */
const systemd = (): boolean => existsSync('/run/systemd/system');

export function startAdvice(): string {
  return systemd()
    ? 'systemctl start backup-router'
    : 'start it as this host starts its services, or: backup-router run';
}

export function stopAdvice(): string {
  return systemd() ? 'systemctl stop backup-router' : 'stop the agent as this host stops its services';
}

export function logAdvice(): string {
  return systemd() ? 'journalctl -u backup-router' : 'see what the agent has written to its standard error';
}
