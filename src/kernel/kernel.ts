/**
 * The kernel behind core's port: three sockets and nothing else. Dumps have a socket with large buffers,
 * changes one of their own, so that a change never waits behind a dump and its port marks what it causes;
 * events the third, opened by the first subscribe().
 *
 * Invariant: no state but sockets, which neighbours have failed, which the kernel forgets too fast, and the routes last read or added, so that
 * equal ones are the same objects. Whatever was installed is read back from the kernel.
 */

import type { Kernel, KernelHint, ObserveRequest, Step } from '../core/ports.js';
import type { Neighbour } from '../model/link.js';
import { apply, prepare } from './apply.js';
import { Events, type Failures, neighbourKey } from './events.js';
import { writeProbe } from './messages/neighbour.js';
import { Connection } from './netlink/connection.js';
import { windowsOf } from './netlink/window.js';
import { observe } from './observe.js';
import { knownRoutes } from './own-routes.js';

/** The kernel sizes the datagrams of a dump by what the reader has room for, up to 32 KiB (af_netlink.c). */
const DUMP_DATAGRAM_BYTES = 32768;
/** An error answer: at most a request repeated and a sentence. */
const ANSWER_BYTES = 8192;
const RECEIVE_BUFFER = 1 << 20;

/** Opens the sockets, in the network namespace of the process. Throws when the kernel has no rtnetlink for us. `added`: by somebody before, just now. */
export function openKernel(added: readonly Step[] = []): Kernel {
  const dumps = new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: DUMP_DATAGRAM_BYTES });
  const changes = new Connection({ receiveBuffer: RECEIVE_BUFFER, datagramBytes: ANSWER_BYTES });
  let events: Events | undefined;
  const failures: Failures = new Set();
  const known = knownRoutes();
  known.expect(added);
  return {
    async observe(request) {
      events?.checkDrops();
      const snapshot = await observe(dumps, request, known);
      events?.learnNames(snapshot.links);
      return { ...snapshot, neighbours: withFailures(failures, snapshot.neighbours) };
    },
    apply(steps) {
      if (adds(steps)) known.expect(steps);
      return apply(changes, steps);
    },
    prepare(steps) {
      const prepared = prepare(changes, steps);
      return {
        steps,
        send() {
          const results = prepared.send();
          if (adds(steps)) known.expect(steps);
          return results;
        },
      };
    },
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

function adds(steps: readonly Step[]): boolean {
  return steps[0]?.kind === 'add-route';
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
