/**
 * A default route of somebody else on the management port, of each family, as DHCP and router advertisements put it there; whoever has put it
 * there does so again when the port is back. The agent may take it over, so that it is in the twin alone, or in the router alone: what was
 * given up meanwhile is given back by an agent that does not know (docs/ADOPT.md).
 */

import { tryCommandAsync } from '../../src/drill/lab/command.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { STANDARD } from '../lab/standard.js';
import type { Family } from './facts.js';
import { FAMILIES } from './facts.js';
import type { Storm } from './storm.js';
import { adopts } from './variants.js';
import { both } from './world.js';

const { inet, inet6 } = STANDARD;
const ROUTES: Readonly<Record<Family, string>> = {
  inet: `default via ${inet.gateway} dev mgmt0 proto boot mtu 1400`,
  inet6: `::/0 via ${inet6.gatewayLinkLocal} dev mgmt0 proto boot metric 1024 mtu 1400`,
};
/**
 * As `ip -N -d route` shows it, within a line of foreign.ts. A port that has another name is no management port: what was taken over there is
 * given back.
 */
const LINE =
  /^(missing|should not be): \S+ (?:unicast|1) default via (?:10\.255\.0\.1|fe80::1) dev mgmt0x? (?:\S+ )*proto 3 /;
const BACK_MS = 1_500;
const FLAP_MS = 150;

export async function performLease(storm: Storm, what: string): Promise<void> {
  switch (what) {
    case 'add':
      return granted(storm);
    case 'del':
      return withdrawn(storm);
    case 'flap':
      withdrawn(storm);
      await storm.wait(FLAP_MS);
      return granted(storm);
    default:
      throw new Error(`lease ${what}?`);
  }
}

/** Puts it there where it is not, if the port allows it. */
export async function granted(storm: Storm): Promise<void> {
  if (!storm.lease) return;
  storm.touchedCover();
  for (const family of FAMILIES)
    if (!(await hasLease(storm.world.twin, family))) both(storm.world, [`route add ${ROUTES[family]}`]);
  storm.ways.good('no lease', BACK_MS);
}

function withdrawn(storm: Storm): void {
  storm.touchedCover();
  storm.ways.bad('no lease');
  both(
    storm.world,
    FAMILIES.map((family) => `route del ${ROUTES[family]}`),
  );
}

export async function hasLease(host: Namespace, family: Family): Promise<boolean> {
  const option = family === 'inet' ? '-4' : '-6';
  const argv = ['ip', '-n', host.name, option, 'route', 'show', 'default', 'dev', 'mgmt0', 'proto', 'boot'];
  return (await tryCommandAsync(argv)).stdout.trim() !== '';
}

/** A difference to the twin that taking over and giving back make. */
export function isOfTakingOver(storm: Storm, line: string, mustBeOut: boolean): boolean {
  const how = LINE.exec(line)?.[1];
  if (!storm.lease || mustBeOut || how === undefined) return false;
  return how === 'should not be' || [...storm.candidates].some(adopts);
}
