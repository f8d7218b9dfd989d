/**
 * What another configuration changes. The former marks of our routes are remembered, so that those
 * routes can be removed. Pure.
 */

import type { DaemonId } from '../model/daemon.js';
import { type DaemonState, unheard } from './daemon-state.js';
import { retained } from './expected.js';
import type { Reload } from './inputs.js';
import { ownership } from './ownership.js';
import { type State, withAgenda, withWorld } from './state.js';

export function reloaded(state: State, { config, watched, restarted, role }: Reload, now: number): State {
  const { world, agenda } = state;
  const daemons = new Map<DaemonId, DaemonState>();
  for (const daemon of watched) {
    const known = restarted ? undefined : world.daemons.get(daemon.id);
    daemons.set(daemon.id, known === undefined ? unheard(daemon, now) : { ...known, ...daemon });
  }
  const next = withWorld(state, {
    config,
    role: role ?? world.role,
    former: ownership(world.config, world.former),
    daemons,
    verdictsBy: restarted ? now + config.probeTimeoutMs : world.verdictsBy,
    confirmed: restarted ? new Map() : world.confirmed,
    offers: restarted ? new Map() : world.offers,
    refused: new Map(),
    covered: retained(world.covered, config, watched),
  });
  return withAgenda(next, {
    askedInVain: agenda.askedInVain || (agenda.asking && restarted),
    foreignDue: true,
    dirty: 'reload',
    notBefore: now,
  });
}
