/**
 * The kernel as a starting agent sees it: one look and one batch of changes over plain sockets, so that the first route need not wait
 * for koffi (7 ms). Then, and for ever, the kernel of kernel.ts.
 *
 * The turn comes with the second look, which follows every batch, or at once when the first look led to no change. Events begin with it;
 * what happened between is found by that second look, or by the hint that says so.
 * Invariant: plain sockets never meet what could overflow them (fact N2): no event arrives on them, dumps wait for their reader, and of
 * changes no more than one window is unanswered. A kernel with too many routes for a look without filters is left to kernel.ts.
 */

import type { Kernel, KernelHint, ObserveRequest } from '../core/ports.js';
import { apply } from './apply.js';
import { firstLook } from './first-look.js';
import { openKernel } from './kernel.js';
import { Connection } from './netlink/connection.js';
import { openPlainSocket } from './netlink/socket.js';

export interface EarlyKernel extends Kernel {
  /** Resolves when events have begun. */
  readonly begun: Promise<void>;
}

const ANSWER_BYTES = 8192;

export function openEarlyKernel(): EarlyKernel {
  let real: Kernel | undefined;
  let changes: Connection | undefined;
  let subscription: { readonly request: ObserveRequest; readonly listener: (hint: KernelHint) => void } | undefined;
  let interleaved: (() => void) | undefined;
  let looked = false;
  let applied = false;
  let answered = true;
  let closed = false;
  let tellBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve;
  });

  const turn = (): Kernel => {
    if (real !== undefined) return real;
    real = openKernel();
    if (interleaved !== undefined) real.interleave?.(interleaved);
    if (subscription !== undefined) real.subscribe(subscription.request, subscription.listener);
    if (answered) changes?.close();
    tellBegun();
    return real;
  };
  const turnUnlessApplied = (): void => {
    if (applied || closed || real !== undefined) return;
    turn();
    subscription?.listener({ kind: 'overflow', text: 'events begin', ownDeleted: false, sender: 0 });
  };

  const kernel: EarlyKernel = {
    begun,
    async observe(request) {
      if (looked || real !== undefined) return turn().observe(request);
      looked = true;
      try {
        const snapshot = await firstLook(request);
        // After what the look leads to, which the microtasks of this turn do.
        setImmediate(turnUnlessApplied);
        return snapshot;
      } catch {
        return turn().observe(request);
      }
    },
    apply(steps) {
      if (real !== undefined) return real.apply(steps);
      applied = true;
      changes ??= new Connection({ receiveBuffer: 0, datagramBytes: ANSWER_BYTES }, openPlainSocket);
      answered = false;
      return apply(changes, steps).finally(() => {
        answered = true;
        if (real !== undefined) changes?.close();
      });
    },
    // Nothing is worth preparing before the first routes are in.
    prepare: (steps) => real?.prepare?.(steps) ?? { steps, send: () => kernel.apply(steps) },
    // The core asks again in a second.
    probe: (targets) => real?.probe(targets),
    interleave(work) {
      interleaved = work;
      real?.interleave?.(work);
    },
    subscribe(request, listener) {
      subscription = { request, listener };
      real?.subscribe(request, listener);
    },
    close() {
      closed = true;
      changes?.close();
      real?.close();
    },
  };
  return kernel;
}
