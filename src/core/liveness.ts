/**
 * What a verdict changes: the life of a daemon, the count of its deaths, and what it has
 * confirmed. Pure.
 */

import type { DaemonId, Verdict } from '../model/daemon.js';
import type { DaemonState } from './daemon-state.js';
import { died } from './damping.js';
import { type State, withAgenda, withWorld } from './state.js';

export function heard(state: State, id: DaemonId, verdict: Verdict, now: number): State {
  const { daemons, damping, confirmed, offers } = state.world;
  const daemon = daemons.get(id);
  if (daemon === undefined) return state;
  const next = judged(daemon, verdict, now);
  if (next === daemon) return state;
  const lives = next.life === 'responsive';
  const orderly = next.stopped === true;
  // One incident counts once, however many daemons it takes down: a restart of FRR is one death,
  // not three.
  const death = !orderly && !lives && [...daemons.values()].every((other) => other.life === 'responsive');
  const known = withWorld(state, {
    daemons: new Map(daemons).set(id, death ? { ...next, undamped: damping } : next),
    // The end of file arrives before the news that the daemon was stopped. A stop is no death, so
    // the count is taken back.
    damping: death ? died(damping, now) : orderly && daemon.undamped !== undefined ? daemon.undamped : damping,
    // What it confirmed in its last life says nothing about the next.
    confirmed: lives ? confirmed : new Map(),
    offers: lives ? offers : new Map(),
  });
  return withAgenda(known, {
    askedInVain: state.agenda.askedInVain || (state.agenda.asking && !lives),
    // What a verdict changes (such as a tie that turns at the first sign of life) is looked at
    // without a pause.
    dirty: 'phase',
  });
}

function bare({
  stopped: _stopped,
  undamped: _undamped,
  ageUnknown: _ageUnknown,
  foundDead: _foundDead,
  ...daemon
}: DaemonState): DaemonState {
  return daemon;
}

function judged(daemon: DaemonState, verdict: Verdict, now: number): DaemonState {
  switch (verdict.kind) {
    case 'responsive': {
      if (daemon.life === 'responsive') return daemon;
      // Beside a daemon that is older than the agent the hold-time counts from the daemon's start.
      const ageMs = daemon.life === 'unknown' ? verdict.ageMs : 0;
      return {
        ...bare(daemon),
        life: 'responsive',
        since: now - (ageMs ?? 0),
        reason: verdict.reason,
        ...(ageMs === undefined ? { ageUnknown: true } : {}),
      };
    }
    case 'appeared':
      // A sign of life ends staleness. A daemon that answers stays responsive.
      if (daemon.life === 'responsive' || (daemon.life === 'appeared' && daemon.reason === verdict.reason))
        return daemon;
      return {
        ...bare(daemon),
        life: 'appeared',
        since: daemon.life === 'appeared' ? daemon.since : now,
        reason: verdict.reason,
      };
    case 'down':
    case 'unresponsive': {
      const stopped = verdict.kind === 'down' && verdict.orderly === true;
      return daemon.life === verdict.kind && daemon.reason === verdict.reason && stopped === (daemon.stopped === true)
        ? daemon
        : {
            ...bare(daemon),
            ...(stopped ? { stopped } : {}),
            ...(daemon.life === 'unknown' || daemon.foundDead === true ? { foundDead: true } : {}),
            // Kept from its last death until that is known to have been a stop.
            ...(!stopped && daemon.undamped !== undefined && daemon.life === 'down'
              ? { undamped: daemon.undamped }
              : {}),
            life: verdict.kind,
            since: daemon.life === 'down' || daemon.life === 'unresponsive' ? daemon.since : now,
            reason: verdict.reason,
          };
    }
    default:
      return verdict satisfies never;
  }
}
