/**
 * The changes that a daemon's death will need, kept ready in the kernel's own bytes: what makes a death wait for nothing
 * (invariant 6). Worked out when the event loop is idle, after whatever has just been settled; used at most once.
 */

import { type Foresight, foresee, sameSteps, staysTrue } from '../core/foresight.js';
import type { Input } from '../core/inputs.js';
import type { Kernel, Prepared, Step, StepResult } from '../core/ports.js';
import type { State } from '../core/state.js';
import type { DaemonId } from '../model/daemon.js';

/** A batch that has left already. */
export interface Sent {
  readonly steps: readonly Step[];
  readonly results: Promise<readonly StepResult[]>;
}

export interface ReadyBatches {
  /** Sends what the machine will ask for after this input, if that is ready. */
  send(input: Input, state: State): Sent | undefined;
  /** To be called after each input: makes ready for the state, unless it is. */
  prepare(state: State, now: number): void;
}

export function readiness(kernel: Kernel): ReadyBatches {
  let foresight: Foresight | undefined;
  let batches: ReadonlyMap<DaemonId, Prepared> = new Map();
  return {
    send(input, state) {
      if (input.kind !== 'verdict' || input.verdict.kind !== 'down') return undefined;
      const batch = batches.get(input.id);
      // One batch at a time: the machine would wait for the one under way.
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
        // Of several daemons most cause the same; a batch is sent once, for whichever dies first.
        const known = [...made.values()].find((batch) => sameSteps(batch.steps, steps));
        made.set(id, known ?? kernel.prepare(steps));
      }
      batches = made;
    },
  };
}
