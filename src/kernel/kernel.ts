/**
 * Implements the core's kernel port with three sockets. Dumps use a socket with large buffers.
 * Changes use a second one, so that a change never waits behind a dump, and its port marks the
 * notifications that our changes cause. Events use the third, opened by the first subscribe().
 *
 * Invariant: the only state is the sockets, the neighbours that have failed (neighbours.ts) and
 * the decoded rules of the last dump (rules.ts). What was installed is read back from the kernel.
 */

import type { Kernel, KernelHint, ObserveRequest } from '../core/ports.js';
import { apply, prepare } from './apply.js';
import { Events } from './events.js';
import { Failures } from './neighbours.js';
import { Connection } from './netlink/connection.js';
import { observe } from './observe.js';
import { probe } from './probe.js';
import { verify } from './verify.js';

/**
 * In bytes. The kernel makes the datagrams of a dump as large as the reader's buffer, up to 32 KiB
 * (af_netlink.c).
 */
const DUMP_BYTES = 32_768;
const RECEIVE_BUFFER = 1 << 20;

interface KernelOptions {
  /**
   * Fast start: the first look, and the changes that follow from it at once, do without the socket
   * options that need koffi. Events begin after them.
   */
  readonly hurried?: boolean;
}

interface OpenKernel extends Kernel {
  /** Resolves when the sockets have their options; then koffi may be used for other purposes. */
  readonly begun: Promise<void>;
}

/** After this time the first socket of a hurried start has no dump under way. */
const CLOSE_AFTER_MS = 10_000;

/**
 * Opens the sockets in the network namespace of the process. Throws when the kernel refuses
 * rtnetlink.
 */
export function openKernel({ hurried = false }: KernelOptions = {}): OpenKernel {
  const openDumps = (): Connection =>
    new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: 0, dumpBytes: DUMP_BYTES });
  // Without koffi's options, datagrams of that size need a buffer of that size for each datagram.
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
  // Events between the first look and this moment were missed, so a hint asks for another look.
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
        // After the changes that the look leads to: these are sent in the turn in which it
        // resolves.
        if (!hardened) setImmediate(hardenLate);
      }
    },
    apply: (steps) => apply(changes, steps),
    prepare: (steps) => prepare(changes, steps),
    verify: (questions) => verify(dumps, questions),
    probe(targets) {
      // Not through `dumps`: the answer would wait behind a dump, and be old by then.
      probe(changes, targets).catch(() => undefined);
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
