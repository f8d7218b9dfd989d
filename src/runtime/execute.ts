/**
 * Carries out one output of the core's machine, and feeds its result back as an input. Total over
 * the outputs.
 */

import type { Input, Output } from '../core/inputs.js';
import type { Health, Kernel } from '../core/ports.js';
import type { World } from '../core/state.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { messageOf } from '../model/error.js';
import { ask, askOffers } from './ask.js';
import type { Sent } from './readiness.js';

export interface Recording {
  /**
   * Writes the record of routes that were taken over; returns the error. Absent: no route is taken
   * over.
   */
  readonly record?: (adopted: readonly AdoptedRoute[]) => string | undefined;
  /** Records which destinations were covered. Absent: this is lost when the agent ends. */
  readonly remember?: (covered: World['covered']) => void;
  /** Records the ways that default routes named last. Absent: lost when the agent ends. */
  readonly learn?: (learned: World['learned']) => void;
}

interface ExecutorOptions {
  readonly kernel: Kernel;
  /** The adapters that watch now. */
  readonly health: () => Health;
  readonly dispatch: (input: Input) => void;
  readonly recording: Recording;
  readonly onExit: () => void;
}

/** `sent`: the steps of the output are on their way already. */
type Execute = (output: Output, sent?: Sent) => void;

export function createExecutor({ kernel, health, dispatch, recording, onExit }: ExecutorOptions): Execute {
  return (output, sent) => {
    switch (output.kind) {
      case 'apply': {
        const { steps, results } = sent ?? { steps: output.steps, results: kernel.apply(output.steps) };
        results.then(
          (answers) => dispatch({ kind: 'applied', steps, results: answers }),
          (error: unknown) => dispatch({ kind: 'applied', steps, results: steps.map(() => failed(error)) }),
        );
        return;
      }
      case 'observe':
        kernel.observe(output.request).then(
          (snapshot) => dispatch({ kind: 'observed', id: output.id, snapshot }),
          (error: unknown) => dispatch({ kind: 'observe-failed', id: output.id, message: messageOf(error) }),
        );
        return;
      case 'ask':
        void ask(health(), output.questions).then((held) => dispatch({ kind: 'answered', held }));
        return;
      case 'ask-offers':
        void askOffers(health(), output.questions).then((offers) => dispatch({ kind: 'offered', offers }));
        return;
      case 'verify':
        (kernel.verify?.(output.questions) ?? Promise.resolve(undefined)).then(
          (words) => dispatch({ kind: 'verified', id: output.id, words }),
          () => dispatch({ kind: 'verified', id: output.id, words: undefined }),
        );
        return;
      case 'probe':
        kernel.probe(output.targets);
        return;
      case 'record': {
        const fault =
          recording.record === undefined ? 'there is nowhere to write it' : recording.record(output.adopted);
        // Not in this turn: the journal has to see first what led here.
        void Promise.resolve().then(() => dispatch({ kind: 'recorded', fault }));
        return;
      }
      case 'remember':
        recording.remember?.(output.covered);
        return;
      case 'learn':
        recording.learn?.(output.learned);
        return;
      case 'phase':
        return;
      case 'exit':
        return onExit();
      default:
        output satisfies never;
    }
  };
}

function failed(error: unknown): { readonly ok: false; readonly code: string; readonly message: string } {
  return { ok: false, code: 'EIO', message: messageOf(error) };
}
