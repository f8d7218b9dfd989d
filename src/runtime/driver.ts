/**
 * Carries out the outputs of the core's machine and feeds their results back. It decides nothing
 * and has one timer, for the machine's next deadline. Kernel changes are sent first, in the same
 * turn of the event loop as the input that caused them; those of a death are sent before the
 * machine is asked (readiness.ts). Logs, status and watchdog come after.
 */

import { retained } from '../core/expected.js';
import type { Input, Output } from '../core/inputs.js';
import { interest } from '../core/looks.js';
import { nextDeadline, transition } from '../core/machine.js';
import type { Health, Kernel } from '../core/ports.js';
import { type Beginning, initialState, type RoleState, type State, type World } from '../core/state.js';
import type { Clock } from '../host/clock.js';
import type { AdoptedRoute } from '../model/adopted.js';
import type { Config } from '../model/config.js';
import { ask, askOffers } from './ask.js';
import type { Journal } from './journal.js';
import { readiness, type Sent } from './readiness.js';

export interface Driver {
  readonly state: () => State;
  /** Feeds one input and carries out what follows. */
  dispatch(input: Input): void;
  /** Replaces the running configuration. */
  reload(next: Next): void;
  /** Ends the driver and its health adapters. */
  close(): void;
}

interface Next {
  readonly config: Config;
  /**
   * The adapters that watch from now on; absent: the present ones. A held connection is worth
   * keeping, because a new one has no verdict at first.
   */
  readonly health?: Health | undefined;
  /** The role from its source; absent: unchanged. */
  readonly role?: RoleState | undefined;
}

interface DriverOptions {
  readonly kernel: Kernel;
  readonly health: Health;
  readonly clock: Clock;
  readonly journal: Journal;
  /**
   * Writes the record of routes that were taken over; returns the error. Absent: no route is taken
   * over.
   */
  readonly record?: (adopted: readonly AdoptedRoute[]) => string | undefined;
  /** Records which destinations were covered. Absent: this is lost when the agent ends. */
  readonly remember?: (covered: World['covered']) => void;
  readonly beginning: Omit<Beginning, 'watched'>;
  /** Called after every input that was carried out. */
  readonly onSettled: (state: State) => void;
  readonly onExit: () => void;
  /**
   * Runs what reports the state, and catches what it throws, which does not concern the routes.
   * Absent: it must not throw.
   */
  readonly aside?: (run: () => void) => void;
  /**
   * Called when the machine or the execution of its steps has thrown: the state can no longer be
   * trusted.
   */
  readonly onBug?: (error: unknown) => void;
  /** Runs a function when the event loop is idle; setImmediate when absent. */
  readonly whenIdle?: (run: () => void) => void;
}

export function startDriver(options: DriverOptions): Driver {
  const { kernel, clock, journal } = options;
  let health = options.health;
  let state = initialState(
    {
      ...options.beginning,
      watched: health.watched,
      covered: retained(options.beginning.covered ?? new Map(), options.beginning.config, health.watched),
    },
    clock.now(),
  );
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
  const listen = (): void => {
    const request = interest(state.world);
    if (JSON.stringify(request) === heard) return;
    heard = JSON.stringify(request);
    kernel.subscribe(request, (hint) => dispatch({ kind: 'hint', hint }));
  };

  const aside = options.aside ?? ((run: () => void) => run());
  const dispatch = (input: Input): void => {
    if (closed) return;
    try {
      carryOn(input);
    } catch (error) {
      options.onBug?.(error);
      throw error;
    }
  };
  const carryOn = (input: Input): void => {
    const now = clock.now();
    const sent = ready.send(input, state);
    const result = transition(state, input, now);
    const before = state;
    state = result.state;
    // The subscription comes before the look that a reload or a new VRF asks for, so that no
    // change between the two is missed.
    if (state.world !== before.world) listen();
    for (const output of result.outputs) if (output.kind === 'apply') carryOut(output, sent);
    for (const output of result.outputs) if (output.kind !== 'apply') carryOut(output);
    aside(() => journal(before, input, result, now));
    timer?.cancel();
    // Computed for the time of the input: what became due while the outputs were carried out is
    // still to be handled.
    timer = closed ? undefined : clock.at(nextDeadline(state, now), () => dispatch({ kind: 'tick' }));
    aside(() => options.onSettled(state));
    prepareWhenIdle();
  };

  const carryOut = (output: Output, sent?: Sent): void => {
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
        void ask(health, output.questions).then((held) => dispatch({ kind: 'answered', held }));
        return;
      case 'ask-offers':
        void askOffers(health, output.questions).then((offers) => dispatch({ kind: 'offered', offers }));
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
        const fault = options.record === undefined ? 'there is nowhere to write it' : options.record(output.adopted);
        // Not in this turn: the journal has to see first what led here.
        void Promise.resolve().then(() => dispatch({ kind: 'recorded', fault }));
        return;
      }
      case 'remember':
        options.remember?.(output.covered);
        return;
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
    next.start((id, verdict) => {
      if (health === next) dispatch({ kind: 'verdict', id, verdict });
    });
  };

  listen();
  dispatch({ kind: 'tick' });
  watch(health);

  return {
    state: () => state,
    dispatch,
    reload({ config, health: next = health, role }) {
      const restarted = next !== health;
      if (restarted) health.close();
      health = next;
      const { watched } = next;
      dispatch({ kind: 'reload', config, watched, restarted, ...(role === undefined ? {} : { role }) });
      if (restarted) watch(next);
    },
    close() {
      closed = true;
      timer?.cancel();
      health.close();
    },
  };
}

function failed(error: unknown): { readonly ok: false; readonly code: string; readonly message: string } {
  return { ok: false, code: 'EIO', message: messageOf(error) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
