/**
 * The kernel behind core's port: three sockets and nothing else. Dumps have a socket with large buffers,
 * changes one of their own, so that a change never waits behind a dump and its port marks what it causes;
 * events the third, opened by the first subscribe().
 *
 * Invariant: no state but sockets. Whatever was installed is read back from the kernel.
 */

import type { Kernel, KernelHint, ObserveRequest } from '../core/ports.js';
import { apply } from './apply.js';
import { Connection } from './connection.js';
import { Events } from './events.js';
import { encodeProbe } from './messages-link.js';
import { observe } from './observe.js';

/** The kernel sizes the datagrams of a dump by what the reader has room for, up to 32 KiB (af_netlink.c). */
const DUMP_DATAGRAM_BYTES = 32768;
/** An error answer: at most a request repeated and a sentence. */
const ANSWER_BYTES = 8192;
const RECEIVE_BUFFER = 1 << 20;

/** Opens the sockets, in the network namespace of the process. Throws when the kernel has no rtnetlink for us. */
export function openKernel(): Kernel {
  const dumps = new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: DUMP_DATAGRAM_BYTES });
  const changes = new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: ANSWER_BYTES });
  let events: Events | undefined;
  return {
    async observe(request) {
      events?.checkDrops();
      const snapshot = await observe(dumps, request);
      events?.learnNames(snapshot.links);
      return snapshot;
    },
    apply: (steps) => apply(changes, steps),
    probe(targets) {
      void changes.change(targets.map(encodeProbe));
    },
    subscribe(request: ObserveRequest, listener: (hint: KernelHint) => void) {
      events?.close();
      events = new Events({ interest: { ...request, ownPort: changes.port }, listener });
    },
    close() {
      events?.close();
      dumps.close();
      changes.close();
    },
  };
}
