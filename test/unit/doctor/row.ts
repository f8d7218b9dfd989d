/** One row of the tables of rows-*.ts: a spoilt host that the check must tell, and a host that looks like it and is in order. */

import type { Finding } from '../../../src/doctor/finding.js';
import type { Spoil } from './fixture.js';

export interface Row {
  readonly code: string;
  readonly what: string;
  readonly bad: Spoil;
  readonly severity: Finding['severity'];
  /** Matches the evidence, joined by newlines. */
  readonly evidence: RegExp;
  /** Matches the remedy; absent: there must be none. */
  readonly remedy?: RegExp;
  /** Nothing to tell here. */
  readonly near: Spoil;
}

/** The configuration of the fixture with further lines, or another routing daemon. */
export function config(
  more = '',
  daemon = '[{frr: {daemons: [zebra, bgpd]}}]',
  inet = '{address: 10.255.0.1}',
  inet6 = "{address: 'fe80::1'}",
): string {
  return `management-interface: mgmt0\nbackup-router: ${inet}\n${inet6 === '' ? '' : `inet6-backup-router: ${inet6}\n`}routing-daemon: ${daemon}\n${more}\n`;
}

/** IPv4 alone. */
export const INET = config('', undefined, undefined, '');
export const MAIN = config('placement: main');
export const BIRD = '[{bird: {}}]';
