/**
 * A foreign default route of each family on the management port, as DHCP and router advertisements
 * add it. Whoever added it adds it again when the port is back. The agent may take it over. Then
 * the twin alone has it; or the router alone, if it was deleted in between and an agent that does
 * not know of that gives it back (docs/ADOPT.md).
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
 * The route as `ip -N -d route` prints it, in a line of foreign.ts. A renamed port is no
 * management port: what was taken over there is given back.
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

/** Adds the routes that are missing, if the port allows it. */
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

/** Whether the line is a difference to the twin that taking over and giving back explain. */
export function isOfTakingOver(storm: Storm, line: string, mustBeOut: boolean): boolean {
  const how = LINE.exec(line)?.[1];
  if (!storm.lease || mustBeOut || how === undefined) return false;
  return how === 'should not be' || [...storm.candidates].some(adopts);
}
