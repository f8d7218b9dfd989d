/**
 * The kernel behind core's port: three sockets and nothing else. Dumps have a socket with large
 * buffers, changes one of their own, so that a change never waits behind a dump and its port marks
 * what it causes; events the third, opened by the first subscribe().
 *
 * Invariant: no state but sockets, and which neighbours have failed (neighbours.ts). Whatever was
 * installed is read back from the kernel.
 */

import type { Kernel, KernelHint, ObserveRequest } from '../core/ports.js';
import { apply, prepare } from './apply.js';
import { Events } from './events.js';
import { writeProbe } from './messages/neighbour.js';
import { Failures } from './neighbours.js';
import { Connection } from './netlink/connection.js';
import { windowsOf } from './netlink/window.js';
import { observe } from './observe.js';
import { verify } from './verify.js';

/**
 * The kernel sizes the datagrams of a dump by what the reader has room for, up to 32 KiB
 * (af_netlink.c).
 */
const DUMP_BYTES = 32_768;
const RECEIVE_BUFFER = 1 << 20;

export interface KernelOptions {
  /**
   * The first look, and the changes that it leads to at once, do without the options that take
   * koffi; events begin after them.
   */
  readonly hurried?: boolean;
}

export interface OpenKernel extends Kernel {
  /** Resolves when the sockets have their options: whatever takes koffi may begin. */
  readonly begun: Promise<void>;
}

/** The socket of a hurried start has done its last look by then. */
const CLOSE_AFTER_MS = 10_000;

/**
 * Opens the sockets, in the network namespace of the process. Throws when the kernel has no
 * rtnetlink for us.
 */
export function openKernel({ hurried = false }: KernelOptions = {}): OpenKernel {
  const openDumps = (): Connection =>
    new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: 0, dumpBytes: DUMP_BYTES });
  // Without koffi's options dumps are as large only with a buffer of that size for each datagram.
  let dumps = hurried ? new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: DUMP_BYTES }) : openDumps();
  let first: Connection | undefined;
  const changes = new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: 0 });
  let events: Events | undefined;
  let subscription: { readonly request: ObserveRequest; readonly listener: (hint: KernelHint) => void } | undefined;
  let hardened = false;
  let closed = false;
  let tellBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve;
  });
  const failures = new Failures();
  const listen = (): void => {
    events?.close();
    if (subscription === undefined) return;
    const { request, listener } = subscription;
    events = new Events({ interest: { ...request, ownPort: changes.port }, listener, failures });
  };
  const harden = (): void => {
    if (hardened || closed) return;
    hardened = true;
    if (hurried) {
      first = dumps;
      dumps = openDumps();
      setTimeout(() => first?.close(), CLOSE_AFTER_MS).unref();
    }
    dumps.harden();
    changes.harden();
    listen();
    tellBegun();
  };
  // What happened since the look that went before is not known.
  const hardenLate = (): void => {
    if (hardened || closed) return;
    harden();
    subscription?.listener({ kind: 'begin', text: 'events begin', ownDeleted: false, sender: 0 });
  };
  if (!hurried) harden();
  return {
    begun,
    async observe(request) {
      events?.checkDrops();
      try {
        const snapshot = await observe(dumps, request);
        if (request.only === undefined) events?.learnNames(snapshot.links);
        return { ...snapshot, neighbours: failures.among(snapshot.neighbours, request.neighbours ?? []) };
      } finally {
        // Not before what the look leads to, which leaves in the turn that hears of it.
        if (!hardened) setImmediate(hardenLate);
      }
    },
    apply: (steps) => apply(changes, steps),
    prepare: (steps) => prepare(changes, steps),
    verify: (questions) => verify(dumps, questions),
    probe(targets) {
      void changes.change(
        windowsOf(
          targets.length,
          (i, writer) => writeProbe(writer, targets[i]!),
          (count) => changes.reserve(count),
        ),
      );
    },
    subscribe(request: ObserveRequest, listener: (hint: KernelHint) => void) {
      subscription = { request, listener };
      if (hardened) listen();
    },
    close() {
      closed = true;
      events?.close();
      first?.close();
      dumps.close();
      changes.close();
    },
  };
}
