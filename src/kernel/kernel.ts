/**
 * The kernel behind core's port: three sockets and nothing else. Dumps have a socket with large buffers,
 * changes one of their own, so that a change never waits behind a dump and its port marks what it causes;
 * events the third, opened by the first subscribe().
 *
 * Invariant: no state but sockets, and which neighbours have failed, which the kernel forgets too fast. Whatever was installed is
 * read back from the kernel.
 */

import type { Kernel, KernelHint, ObserveRequest } from '../core/ports.js';
import type { Neighbour } from '../model/link.js';
import { apply, prepare } from './apply.js';
import { Events, type Failures, neighbourKey } from './events.js';
import { writeProbe } from './messages/neighbour.js';
import { Connection } from './netlink/connection.js';
import { windowsOf } from './netlink/window.js';
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
  const failures: Failures = new Set();
  return {
    async observe(request) {
      events?.checkDrops();
      const snapshot = await observe(dumps, request);
      events?.learnNames(snapshot.links);
      return { ...snapshot, neighbours: withFailures(failures, snapshot.neighbours) };
    },
    apply: (steps) => apply(changes, steps),
    prepare: (steps) => prepare(changes, steps),
    probe(targets) {
      void changes.change(
        windowsOf(
          targets.length,
          (i, writer) => writeProbe(writer, targets[i]!),
          (count) => changes.reserve(count),
        ),
      );
    },
    interleave: (work) => dumps.interleave(work),
    subscribe(request: ObserveRequest, listener: (hint: KernelHint) => void) {
      events?.close();
      events = new Events({ interest: { ...request, ownPort: changes.port }, listener, failures });
    },
    close() {
      events?.close();
      dumps.close();
      changes.close();
    },
  };
}

/**
 * A neighbour that has failed is asked again with the next packet that is sent to it, and shows as incomplete from then on, often before
 * anybody has looked. Until it answers or is gone it has still failed.
 */
function withFailures(failures: Failures, neighbours: readonly Neighbour[]): readonly Neighbour[] {
  if (failures.size === 0 || neighbours.length === 0) return neighbours;
  const unanswered = new Set(neighbours.filter((neighbour) => !neighbour.known).map(neighbourKey));
  for (const key of failures) if (!unanswered.has(key)) failures.delete(key);
  return neighbours.map((neighbour) =>
    failures.has(neighbourKey(neighbour)) ? { ...neighbour, failed: true } : neighbour,
  );
}
