/**
 * The changes that each daemon's death would need, encoded in advance, so that a death waits for
 * nothing (invariant 6). Computed when the event loop is idle after an input; each is used at most
 * once.
 */

import { type Foresight, foresee, sameSteps, staysTrue } from '../core/foresight.js';
import type { Input } from '../core/inputs.js';
import type { Kernel, Prepared, Step, StepResult } from '../core/ports.js';
import type { State } from '../core/state.js';
import type { DaemonId } from '../model/daemon.js';

/** A batch that was sent already. */
export interface Sent {
  readonly steps: readonly Step[];
  readonly results: Promise<readonly StepResult[]>;
}

interface ReadyBatches {
  /** Sends what the machine will ask for after this input, if it is prepared. */
  send(input: Input, state: State): Sent | undefined;
  /** Called after each input: prepares for the state unless that is done. */
  prepare(state: State, now: number): void;
}

export function readiness(kernel: Kernel): ReadyBatches {
  let foresight: Foresight | undefined;
  let batches: ReadonlyMap<DaemonId, Prepared> = new Map();
  return {
    send(input, state) {
      if (input.kind !== 'verdict' || input.verdict.kind !== 'down') return undefined;
      const batch = batches.get(input.id);
      // Only one batch at a time: the machine would wait for the present one.
      if (batch === undefined || state.agenda.round.kind === 'applying') return undefined;
      if (foresight === undefined || !staysTrue(foresight, state)) return undefined;
      foresight = undefined;
      return { steps: batch.steps, results: batch.send() };
    },
    prepare(state, now) {
      if (kernel.prepare === undefined || (foresight !== undefined && staysTrue(foresight, state))) return;
      foresight = foresee(state, now);
      const made = new Map<DaemonId, Prepared>();
      for (const [id, steps] of foresight.steps) {
        // Several daemons often need the same steps; they share a batch, which is sent once, for
        // the first that dies.
        const known = [...made.values()].find((batch) => sameSteps(batch.steps, steps));
        made.set(id, known ?? kernel.prepare(steps));
      }
      batches = made;
    },
  };
}
