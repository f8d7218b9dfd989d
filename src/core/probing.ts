/** Which gateways are asked for a sign of life, and when. Pure. */

import { FAMILIES, type Family } from '../model/address.js';
import type { Config } from '../model/config.js';
import { PROBE_EVERY_MS } from './gateway.js';
import type { Output } from './inputs.js';
import { linkOf } from './management.js';
import type { ProbeTarget } from './ports.js';
import { isSeen, moreUrgent, type SeenWorld, type State, withAgenda } from './state.js';

/** Whether the life of a gateway decides something: there are several of them in a list, or several interfaces of one family. */
function hasChoice({ managementInterfaces }: Config, family: Family): boolean {
  const routers = managementInterfaces.flatMap((management) =>
    management.backupRouters.filter((router) => router.family === family),
  );
  return routers.length > 1 || routers.some((router) => router.gateways.length > 1);
}

/** The gateways whose life decides something, on interfaces that are up. */
export function probeTargets({ config, snapshot }: SeenWorld): ProbeTarget[] {
  return config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, snapshot);
    if (link === undefined || !link.up || !link.carrier) return [];
    const listed = backupRouters
      .filter((router) => hasChoice(config, router.family))
      .flatMap((router) => router.gateways);
    return listed.flatMap((address) => {
      const neighbour = snapshot.neighbours.find((n) => n.interfaceIndex === link.index && n.address === address);
      return neighbour?.permanent === true
        ? []
        : [{ interfaceIndex: link.index, address, known: neighbour?.known ?? false }];
    });
  });
}

/** Asks them in turn of the clock, and looks at the answers to the questions before. */
export function probe(state: State, outputs: Output[], now: number): State {
  const { world, phase, agenda } = state;
  if (now < agenda.probeAt || !isSeen(world) || !probes(state)) return state;
  const targets = probeTargets(world);
  if (targets.length > 0) outputs.push({ kind: 'probe', targets });
  return withAgenda(state, {
    probeAt: now + PROBE_EVERY_MS[phase.kind === 'out' ? 'out' : 'in'],
    dirty: moreUrgent(agenda.dirty, 'probe'),
  });
}

/** Whether any gateway is asked at all. */
export function probes({ world }: State): boolean {
  return FAMILIES.some((family) => hasChoice(world.config, family));
}
