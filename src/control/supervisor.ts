/**
 * How to start and stop the agent and read its log, in the commands of what starts it on this
 * host.
 */

import { existsSync } from 'node:fs';
import { unitOf } from '../model/paths.js';

/** Whether systemd runs here (sd_booted(3)). */
const systemd = (): boolean => existsSync('/run/systemd/system');

/** The unit's name without `.service`. */
const unit = (): string => unitOf(process.env).replace(/\.service$/, '');

export function startAdvice(): string {
  return systemd() ? `systemctl start ${unit()}` : 'start it as this host starts its services, or: backup-router run';
}

export function stopAdvice(): string {
  return systemd() ? `systemctl stop ${unit()}` : 'stop the agent as this host stops its services';
}

export function logAdvice(): string {
  return systemd() ? `journalctl -u ${unit()}` : 'see what the agent has written to its standard error';
}
