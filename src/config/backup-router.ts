/**
 * One stanza, `backup-router` or `inet6-backup-router`.
 *
 * Invariant: the default route is assumed only where the stanza is silent about destinations and holds nothing
 * that could have been meant as one.
 */

import type { Family } from '../model/address.js';
import type { BackupRouter } from '../model/config.js';
import { defaultPrefix } from '../model/prefix.js';
import { readDestinations } from './destinations.js';
import type { Entry } from './document.js';
import { readGateways, STANZA } from './gateways.js';
import { BACKUP_ROUTER_KEYS } from './keys.js';
import type { Report } from './report.js';
import { readSection } from './section.js';

export interface StanzaResult {
  /** undefined without a valid gateway or a valid destination. */
  readonly backupRouter: BackupRouter | undefined;
  /** The stanza says nothing of destinations, so the default route was put in. */
  readonly assumedDefault: boolean;
  /** The stanza has a `destination` key. */
  readonly namesDestinations: boolean;
}

const NOTHING: StanzaResult = { backupRouter: undefined, assumedDefault: false, namesDestinations: false };

/** Reads the stanza of the family; all faults go into the report. */
export function readBackupRouter(entry: Entry, family: Family, report: Report): StanzaResult {
  const name = STANZA[family];
  if (entry.value.kind === 'scalar') {
    report.error(entry.value.span, { code: 'wrong-type', message: `${name} must be a mapping`, suggestion: `write ${name}: {address: ${entry.value.text}}` });
    return NOTHING;
  }
  const section = readSection(entry.value, name, BACKUP_ROUTER_KEYS, report, { adopt: 'remove it; the default route of somebody else is left alone' });
  if (section === undefined) return NOTHING;
  const address = section.get('address');
  if (!section.has('address')) report.error(entry.keySpan, { code: 'missing-key', message: `${name} has no 'address'`, suggestion: "add 'address:' with the address of the router on the management network" });
  const gateways = address === undefined ? [] : readGateways(address, family, report);
  const destination = section.get('destination');
  const namesDestinations = section.has('destination');
  const assumedDefault = !namesDestinations && section.unknownKeys.length === 0;
  const destinations = destination !== undefined ? readDestinations(destination, family, gateways, report) : assumedDefault ? [defaultPrefix(family)] : [];
  const complete = gateways.length > 0 && destinations.length > 0;
  return { backupRouter: complete ? { family, gateways, destinations } : undefined, assumedDefault, namesDestinations };
}
