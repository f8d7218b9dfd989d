/** The state of each gateway for the status. Pure. */

import { neighbourKey } from '../model/link.js';
import type { GatewayStatus } from '../model/status.js';
import { chosen, type Gateway, gatewaysIn } from './gateways.js';
import type { SeenWorld } from './state.js';

/** `at`: the status fields of a monotonic time. */
export function gatewayStatus(
  world: SeenWorld,
  at: (monotonic: number) => { readonly since: string; readonly forMs: number },
): readonly GatewayStatus[] {
  return gatewaysIn(world).map((gateway): GatewayStatus => {
    const { address, family, interfaceName } = gateway;
    return {
      address,
      family,
      interface: interfaceName,
      ...lifeOf(world, gateway, at),
      chosen: chosen(world, gateway) === address,
    };
  });
}

function lifeOf(
  world: SeenWorld,
  { link, address, standing }: Gateway,
  at: (monotonic: number) => { readonly since: string; readonly forMs: number },
): Pick<GatewayStatus, 'state' | 'reason' | 'since' | 'forMs'> {
  const never = { since: null, forMs: null };
  if (standing.kind === 'unasked') return { state: 'unknown', reason: standing.why, ...never };
  if (standing.kind !== 'neighbour') return { state: standing.kind, reason: null, ...never };
  const seen =
    link === undefined ? undefined : world.sightings.get(neighbourKey({ interfaceIndex: link.index, address }));
  return seen === undefined || seen.state === 'unknown'
    ? { state: 'unknown', reason: 'it has been asked and has not answered yet', ...never }
    : { state: seen.state, reason: null, ...at(seen.since) };
}
