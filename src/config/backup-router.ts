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
import { type GatewaysResult, readGateways, STANZA } from './gateways.js';
import { BACKUP_ROUTER_KEYS } from './keys.js';
import type { Report } from './report.js';
import { readBoolean, readSection, type Section } from './section.js';

export interface StanzaResult {
  /** undefined without a valid gateway or a valid destination. */
  readonly backupRouter: BackupRouter | undefined;
  /** The stanza says nothing of destinations, so the default route was put in. */
  readonly assumedDefault: boolean;
  /**
   * Where the stanza has its `destination` key; undefined: it has none, or no `address` beside it, so that it may be another
   * stanza's. Two stanzas that are aliases of one have one place.
   */
  readonly destinationAt: number | undefined;
}

const NOTHING: StanzaResult = { backupRouter: undefined, assumedDefault: false, destinationAt: undefined };

/** Reads the stanza of the family; all faults go into the report. */
export function readBackupRouter(entry: Entry, family: Family, report: Report): StanzaResult {
  const name = STANZA[family];
  if (entry.value.kind === 'scalar') {
    report.error(entry.value.span, {
      code: 'wrong-type',
      message: `${name} must be a mapping`,
      suggestion: `write ${name}: {address: ${entry.value.text}}`,
    });
    return NOTHING;
  }
  const section = readSection(entry.value, name, BACKUP_ROUTER_KEYS, report);
  if (section === undefined) return NOTHING;
  const address = section.get('address');
  if (!section.has('address'))
    report.error(entry.keySpan, {
      code: 'missing-key',
      message: `${name} has no 'address'`,
      suggestion: section.has('adopt')
        ? "add 'address: auto', which is what 'adopt' goes with"
        : "add 'address:' with the address of the router on the management network",
    });
  const found: GatewaysResult =
    address === undefined ? { gateways: [], auto: false, mentionsAuto: false } : readGateways(address, family, report);
  const adopt = readAdopt(section, found, report);
  const { gateways } = found;
  const destination = section.get('destination');
  const assumedDefault = !section.has('destination') && section.unknownKeys.length === 0;
  const destinations =
    destination !== undefined
      ? readDestinations(destination, family, gateways, report)
      : assumedDefault
        ? [defaultPrefix(family)]
        : [];
  const complete = (found.auto || gateways.length > 0) && destinations.length > 0;
  const backupRouter = complete
    ? { family, gateways, auto: found.auto ? { adopt } : undefined, destinations }
    : undefined;
  return {
    backupRouter,
    assumedDefault,
    destinationAt: section.has('address') ? section.keyAt('destination') : undefined,
  };
}

/** Whether the default route that is found is taken over. In doubt it is left alone. */
function readAdopt(section: Section, { auto, mentionsAuto }: GatewaysResult, report: Report): boolean {
  const entry = section.get('adopt');
  const adopt = readBoolean(entry, report) ?? false;
  // Without a usable address, that is the fault to mend first.
  if (entry === undefined || mentionsAuto || !section.has('address')) return auto && adopt;
  report.error(entry.keySpan, {
    code: 'adopt-without-auto',
    message:
      "'adopt' takes over the default route in which 'address: auto' finds the gateway; the address is given here",
    suggestion: "remove it, or write 'address: auto'",
  });
  return false;
}
