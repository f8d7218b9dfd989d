/**
 * What a configuration would change in the kernel as it is now: the steps that bring the backup
 * routes in, and the steps that take them out. Pure; used by `plan`. The decisions are those of
 * the agent itself (desired.ts, plan.ts).
 */

import type { DaemonId } from '../model/daemon.js';
import { takeable } from './adopt.js';
import type { DaemonState, Life } from './daemon-state.js';
import { desiredOf } from './desired.js';
import { accepted, type Facts, imagine, OUT, ownershipOf, phaseIn } from './explain/scenes.js';
import type { Wait } from './management.js';
import { plan } from './plan.js';
import type { Step } from './ports.js';

/** The life of a daemon, and since how many milliseconds. */
export interface Standing {
  readonly life: Life;
  readonly forMs: number;
}

export interface Intent {
  readonly bringIn: readonly Step[];
  readonly takeOut: readonly Step[];
  /** What a backup route needs before it can go in. */
  readonly waits: readonly Wait[];
  /**
   * Foreign default routes that would be taken over (`adopt: true`) once ours are in and the
   * daemon has one of its own.
   */
  readonly adopt: readonly Step[];
}

/**
 * `standings`: of the daemons, from an agent whose routes are in. Without it every daemon is taken
 * to have died this moment.
 */
export function intentOf(facts: Facts, standings: ReadonlyMap<DaemonId, Standing> | undefined): Intent {
  const { snapshot } = facts;
  const imagined = imagine(facts, snapshot, 'down', phaseIn('down'));
  const { daemons } = imagined.world;
  const stood = new Map([...daemons].map(([id, daemon]) => [id, stand(daemon, standings?.get(id))]));
  const state = { ...imagined, world: { ...imagined.world, daemons: stood } };
  const own = ownershipOf(facts);
  const want = accepted(state, [], 0);
  const replaced = takeable(state.world).filter(({ link, router }) =>
    want.routes.some(
      ({ family, destination, nexthops }) =>
        family === router.family && destination.length === 0 && nexthops[0]?.interfaceIndex === link.index,
    ),
  );
  return {
    bringIn: plan(own, desiredOf(want), snapshot),
    takeOut: plan(own, desiredOf(accepted({ ...state, phase: OUT }, [], 0)), snapshot),
    waits: want.waits,
    adopt: replaced.map(({ original: { route, message } }) => ({
      kind: 'adopt-route',
      adopted: { route, message, interfaceName: '' },
    })),
  };
}

function stand(daemon: DaemonState, standing: Standing | undefined): DaemonState {
  return standing === undefined ? daemon : { ...daemon, life: standing.life, since: -standing.forMs };
}
