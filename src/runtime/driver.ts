/**
 * Carries out the outputs of the core's machine and feeds their results back. It decides nothing
 * and has one timer, for the machine's next deadline. Kernel changes are sent first, in the same
 * turn of the event loop as the input that caused them; those of a death are sent before the
 * machine is asked (readiness.ts). Logs, status and watchdog come after.
 */

import { retained } from '../core/expected.js';
import type { Input } from '../core/inputs.js';
import { interest } from '../core/looks.js';
import { nextDeadline, transition } from '../core/machine.js';
import type { Health, Kernel } from '../core/ports.js';
import { type Beginning, initialState, type RoleState, type State } from '../core/state.js';
import type { Clock } from '../host/clock.js';
import type { Config } from '../model/config.js';
import { createExecutor, type Recording } from './execute.js';
import type { Journal } from './journal.js';
import { readiness } from './readiness.js';

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

interface DriverOptions extends Recording {
  readonly kernel: Kernel;
  readonly health: Health;
  readonly clock: Clock;
  readonly journal: Journal;
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
  const execute = createExecutor({
    kernel,
    health: () => health,
    dispatch,
    recording: options,
    onExit() {
      closed = true;
      options.onExit();
    },
  });
  const carryOn = (input: Input): void => {
    const now = clock.now();
    const sent = ready.send(input, state);
    const result = transition(state, input, now);
    const before = state;
    state = result.state;
    // The subscription comes before the look that a reload or a new VRF asks for, so that no
    // change between the two is missed.
    if (state.world !== before.world) listen();
    for (const output of result.outputs) if (output.kind === 'apply') execute(output, sent);
    for (const output of result.outputs) if (output.kind !== 'apply') execute(output);
    aside(() => journal(before, input, result, now));
    timer?.cancel();
    // Computed for the time of the input: what became due while the outputs were carried out is
    // still to be handled.
    timer = closed ? undefined : clock.at(nextDeadline(state, now), () => dispatch({ kind: 'tick' }));
    aside(() => options.onSettled(state));
    prepareWhenIdle();
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
