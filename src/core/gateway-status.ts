/** The state of each gateway for the status. Pure. */

import { selectorText } from '../model/config.js';
import type { GatewayStatus } from '../model/status.js';
import { autoGateway } from './auto.js';
import { sightingOf } from './gateway.js';
import { chosen, type Gateway, gatewaysIn } from './gateways.js';
import { linkOf } from './management.js';
import type { SeenWorld } from './state.js';

/**
 * `starting`: a link that is not there, or down, may still come. `at`: the status fields of a
 * monotonic time.
 */
export function gatewayStatus(
  world: SeenWorld,
  starting: boolean,
  at: (monotonic: number) => { readonly since: string; readonly forMs: number },
): readonly GatewayStatus[] {
  const named = gatewaysIn(world).map((gateway): GatewayStatus => {
    const { address, family, interfaceName } = gateway;
    const life = lifeOf(world, gateway, at);
    const out = life.state === 'unknown' && gateway.link?.up !== true && !starting;
    return {
      address,
      family,
      interface: interfaceName,
      ...life,
      ...(out ? { state: 'off-link' as const } : {}),
      chosen: chosen(world, gateway) === address,
    };
  });
  return starting ? named : [...named, ...unnamed(world)];
}

/** `address: auto` that has found no gateway. */
function unnamed(world: SeenWorld): readonly GatewayStatus[] {
  return world.config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, world.snapshot);
    return backupRouters
      .filter(({ auto }) => auto !== undefined)
      .flatMap((router): readonly GatewayStatus[] => {
        const way =
          link === undefined ? { reason: 'no such interface' } : autoGateway(world, selector, link, router, 0);
        if (!('reason' in way)) return [];
        const { family } = router;
        const name = link?.name ?? selectorText(selector);
        const { reason } = way;
        const never = { since: null, forMs: null, chosen: false };
        return [{ address: 'auto', family, interface: name, state: 'off-link', reason, ...never }];
      });
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
  const seen = link === undefined ? undefined : sightingOf(world.sightings, link.index, address);
  const { odd } = standing;
  return seen === undefined || seen.state === 'unknown'
    ? {
        state: 'unknown',
        reason: ['it has been asked and has not answered yet', odd ?? []].flat().join('; '),
        ...never,
      }
    : { state: seen.state, reason: odd ?? null, ...at(seen.since) };
}
