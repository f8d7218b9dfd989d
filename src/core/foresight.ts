/**
 * What the death of each watched daemon would change in the kernel, computed before it happens, so
 * that the messages are ready to send (invariant 6). Pure. Nothing is decided here: the machine is
 * asked what it would do. Its answer depends on world, orders and phase alone, so it holds as long
 * as these three are the same objects.
 */

import type { DaemonId } from '../model/daemon.js';
import { ruleKey, sameKey } from './keys.js';
import { transition } from './machine.js';
import type { Step } from './ports.js';
import { type State, withAgenda } from './state.js';

export interface Foresight extends Pick<State, 'world' | 'orders' | 'phase'> {
  /** By the daemon that dies; absent if its death changes nothing at once. */
  readonly steps: ReadonlyMap<DaemonId, readonly Step[]>;
}

export function foresee(state: State, now: number): Foresight {
  const { world, orders, phase } = state;
  const idle = withAgenda(state, { round: { kind: 'idle' } });
  const steps = new Map<DaemonId, readonly Step[]>();
  for (const id of phase.kind === 'in' || orders.stopping ? [] : world.daemons.keys()) {
    const { outputs } = transition(idle, { kind: 'verdict', id, verdict: { kind: 'down', reason: '' } }, now);
    for (const output of outputs) if (output.kind === 'apply') steps.set(id, output.steps);
  }
  return { world, orders, phase, steps };
}

export function staysTrue({ world, orders, phase }: Foresight, state: State): boolean {
  return world === state.world && orders === state.orders && phase === state.phase;
}

/** Whether two lists have the same steps in the same order. */
export function sameSteps(a: readonly Step[], b: readonly Step[]): boolean {
  return a.length === b.length && a.every((step, i) => sameStep(step, b[i]!));
}

function sameStep(a: Step, b: Step): boolean {
  if (a.kind !== b.kind) return false;
  if ('route' in a) return 'route' in b && sameKey(a.route, b.route);
  if (a.kind === 'add-rule' && b.kind === 'add-rule' && a.again !== b.again) return false;
  return 'rule' in a && 'rule' in b && ruleKey(a.rule) === ruleKey(b.rule);
}
