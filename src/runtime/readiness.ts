/**
 * The changes that a daemon's death will need, kept ready in the kernel's own bytes: what makes a death wait for nothing
 * (invariant 6). Worked out when the event loop is idle, after whatever has just been settled; used at most once.
 *
 * It decides nothing: core/foresight.ts says what would happen and for how long that holds. When it no longer holds, nothing is
 * ready, and the ordinary way is taken.
 */

import { type Foresight, foresee, sameSteps, staysTrue } from '../core/foresight.js';
import type { Input } from '../core/machine.js';
import type { Kernel, Prepared, Step, StepResult } from '../core/ports.js';
import type { State } from '../core/state.js';
import type { DaemonId } from '../model/daemon.js';

/** A batch that has left already. */
export interface Sent {
  readonly steps: readonly Step[];
  readonly results: Promise<readonly StepResult[]>;
}

export interface Readiness {
  /** Sends what was ready for this input, if that is what it would cause. */
  send(input: Input, state: State, now: number): Sent | undefined;
  /** To be called after each input: makes ready for the state, unless it is. */
  prepare(state: State, now: number): void;
}

export function readiness(kernel: Kernel): Readiness {
  let foresight: Foresight | undefined;
  let batches: ReadonlyMap<DaemonId, Prepared> = new Map();
  return {
    send(input, state, now) {
      if (foresight === undefined || input.kind !== 'verdict' || input.verdict.kind !== 'down') return undefined;
      const batch = batches.get(input.id);
      if (batch === undefined || !staysTrue(foresight, state, now)) return undefined;
      foresight = undefined;
      return { steps: batch.steps, results: batch.send() };
    },
    prepare(state, now) {
      if (kernel.prepare === undefined || (foresight !== undefined && staysTrue(foresight, state, now))) return;
      foresight = foresee(state, now);
      const made = new Map<DaemonId, Prepared>();
      for (const [id, steps] of foresight.steps) {
        // What is given back carries the lifetime that it has left, and that is known when it leaves.
        if (steps.some((step) => 'adopted' in step)) continue;
        // Of several daemons most cause the same; a batch is sent once, for whichever dies first.
        const known = [...made.values()].find((batch) => sameSteps(batch.steps, steps));
        made.set(id, known ?? kernel.prepare(steps));
      }
      batches = made;
    },
  };
}

/** The results of the steps that the machine asks for, given what has left already: the same, in all cases that can be thought of. */
export function resultsOf(
  kernel: Kernel,
  steps: readonly Step[],
  sent: Sent | undefined,
): Promise<readonly StepResult[]> {
  if (sent === undefined) return kernel.apply(steps);
  if (sameSteps(sent.steps, steps)) return sent.results;
  // One batch at a time: EEXIST tells what has been done.
  return sent.results.then(() => kernel.apply(steps));
}
