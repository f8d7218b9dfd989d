/**
 * Carries the outputs of the core's machine to the edges and their answers back: the only place with a timer.
 * It decides nothing. Kernel changes go out first, in the same turn of the event loop as the input that asked
 * for them, those of a death before the machine is even asked (readiness.ts); logs, status and watchdog come after.
 */

import { type Input, interest, nextDeadline, type Output, transition } from '../core/machine.js';
import type { Health, Kernel } from '../core/ports.js';
import { type Beginning, initialState, type State } from '../core/state.js';
import type { Clock } from '../host/clock.js';
import type { AdoptedRoute } from '../model/adopted.js';
import type { Config } from '../model/config.js';
import type { Snapshot } from '../model/snapshot.js';
import { ask } from './ask.js';
import type { Journal } from './journal.js';
import { readiness, resultsOf, type Sent } from './readiness.js';

export interface Driver {
  readonly state: () => State;
  /** Feeds one input and carries out what follows. */
  dispatch(input: Input): void;
  /** Takes over new health adapters; the old ones must be closed by the caller. */
  watch(health: Health): void;
  close(): void;
}

export interface DriverOptions {
  readonly kernel: Kernel;
  readonly health: Health;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Writes the record of routes that were taken over; returns what went wrong. Absent: none can be taken over. */
  readonly record?: (adopted: readonly AdoptedRoute[]) => string | undefined;
  readonly beginning: Omit<Beginning, 'watched'>;
  /** Called after every input that was carried out. */
  readonly onSettled: (state: State) => void;
  readonly onExit: () => void;
  /** Runs a function when nothing else is to be done; setImmediate when absent. */
  readonly whenIdle?: (run: () => void) => void;
}

export function startDriver(options: DriverOptions): Driver {
  const { kernel, clock, journal } = options;
  let health = options.health;
  let state = initialState({ ...options.beginning, watched: health.watched }, clock.now());
  let timer: { cancel(): void } | undefined;
  let closed = false;
  const ready = readiness(kernel);
  const whenIdle = options.whenIdle ?? setImmediate;
  let preparing = false;
  const prepareWhenIdle = (): void => {
    if (preparing || closed) return;
    preparing = true;
    whenIdle(() => {
      preparing = false;
      if (!closed) ready.prepare(state, clock.now());
    });
  };

  let heard = '';
  const listen = (config: Config, snapshot: Snapshot | undefined): void => {
    const request = interest(config, snapshot);
    if (JSON.stringify(request) === heard) return;
    heard = JSON.stringify(request);
    kernel.subscribe(request, (hint) => dispatch({ kind: 'hint', hint }));
  };

  const dispatch = (input: Input): void => {
    if (closed) return;
    // Events first, then the look that a reload asks for: nothing can happen between the two.
    if (input.kind === 'reload') listen(input.config, state.snapshot);
    if (input.kind === 'observed') listen(state.config, input.snapshot);
    const now = clock.now();
    const sent = ready.send(input, state, now);
    const result = transition(state, input, now);
    const before = state;
    state = result.state;
    for (const output of result.outputs) if (output.kind === 'apply') carryOut(output, sent);
    for (const output of result.outputs) if (output.kind !== 'apply') carryOut(output);
    journal(before, input, result, now);
    timer?.cancel();
    // By the time that was settled for: what fell due while the outputs were carried out has not been settled yet.
    timer = closed ? undefined : clock.at(nextDeadline(state, now), () => dispatch({ kind: 'tick' }));
    options.onSettled(state);
    prepareWhenIdle();
  };

  const carryOut = (output: Output, sent?: Sent): void => {
    switch (output.kind) {
      case 'apply':
        resultsOf(kernel, output.steps, sent).then(
          (results) => dispatch({ kind: 'applied', steps: output.steps, results }),
          (error: unknown) =>
            dispatch({
              kind: 'applied',
              steps: output.steps,
              results: output.steps.map(() => failed(error)),
            }),
        );
        return;
      case 'observe':
        kernel.observe(output.request).then(
          (snapshot) => dispatch({ kind: 'observed', id: output.id, snapshot }),
          (error: unknown) => dispatch({ kind: 'observe-failed', id: output.id, message: messageOf(error) }),
        );
        return;
      case 'ask':
        void ask(health, output.questions).then((held) => dispatch({ kind: 'answered', held }));
        return;
      case 'probe':
        kernel.probe(output.targets);
        return;
      case 'record': {
        const fault = options.record === undefined ? 'there is nowhere to write it' : options.record(output.adopted);
        // Not in this turn: the journal has yet to hear of what led here.
        void Promise.resolve().then(() => dispatch({ kind: 'recorded', fault }));
        return;
      }
      case 'phase':
        return;
      case 'exit':
        closed = true;
        options.onExit();
        return;
      default:
        output satisfies never;
    }
  };

  const watch = (next: Health): void => {
    health = next;
    next.start((id, verdict) => {
      if (health === next) dispatch({ kind: 'verdict', id, verdict });
    });
  };

  listen(state.config, undefined);
  dispatch({ kind: 'tick' });
  watch(health);

  return {
    state: () => state,
    dispatch,
    watch,
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

function failed(error: unknown): { readonly ok: false; readonly code: string; readonly message: string } {
  return { ok: false, code: 'EIO', message: messageOf(error) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
