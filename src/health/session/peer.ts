/**
 * The process at the other end of a session's unix socket, and the news of its end
 * (ProcessEvents), which may come long before the socket closes: a dying process frees its memory
 * first.
 *
 * Invariants. A process known to be dying is no sign of life, though its socket still accepts.
 * Only an answer clears this: the news was wrong, or another process serves the socket.
 * Credentials are those of listen(2), and the pid may have been reused since: a process younger
 * than the socket is another one, and is not watched. Neither is a process whose first thread has
 * exited with status 0: it was a parent that went into the background by fork(2), whose pid is
 * free now, or its main() called pthread_exit(3).
 *
 * Where the kernel announces no ends of processes, the process is examined when its connection
 * ends: if a signal has ended it, /proc shows that before its sockets close.
 */

import { statSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { PeerEnding, ProcessEvents } from '../../core/ports.js';
import { descriptorOf } from '../../native/descriptor.js';
import { HeldProcess, isDead, mayMean, type ProcStat, uptimeMs } from '../proc.js';

interface Process {
  readonly pid: number;
  readonly held: HeldProcess;
  readonly ending: PeerEnding | undefined;
  readonly startMs: number;
  readonly name: string;
  /** Its first thread has ended; others may still run. */
  readonly ended: boolean;
}

/** How a process ended. */
export interface Farewell {
  readonly reason: string;
  /** It ended with status 0; or not by a signal, where the status is not known. */
  readonly orderly?: true;
}

interface PeerListener {
  /** Called inside the event that brought the news, at most once for each connection. */
  readonly ending: (reason: string) => void;
  /** The same news if it comes after the end of the connection. */
  readonly farewell: (farewell: Farewell) => void;
}

/**
 * An end of file within this time is explained by the exit of the first thread; later, the process
 * was a parent that went into the background.
 */
const LEFT_MS = 50;

export class Peer {
  readonly #processes: ProcessEvents | undefined;
  readonly #path: string;
  readonly #listener: PeerListener;
  #parted: Process | undefined;
  #left: { readonly farewell: Farewell; readonly at: number } | undefined;
  #process: Process | undefined;
  #dying: Process | undefined;
  #endWatch: (() => void) | undefined;

  constructor(processes: ProcessEvents | undefined, path: string, listener: PeerListener) {
    this.#processes = processes;
    this.#path = path;
    this.#listener = listener;
  }

  /** Called when a connection is established; returns whether the process is known to be dying. */
  meet(socket: Socket): boolean {
    this.#leave();
    this.#left = undefined;
    const process = this.#processes === undefined ? undefined : this.#identify(socket, this.#processes);
    this.#process = process;
    if (
      process !== undefined &&
      (process.ended || (process.pid === this.#dying?.pid && process.startMs === this.#dying.startMs))
    ) {
      this.#dying = process;
      return true;
    }
    this.#dying = undefined;
    this.#watch();
    return false;
  }

  /** This connection has shown a sign of life: a process serves it, whatever was reported. */
  answered(): void {
    if (this.#dying === undefined) return;
    this.#dying = undefined;
    this.#watch();
  }

  /**
   * The connection has ended. The end of the process may still be reported until the next
   * connection is established.
   */
  part(): void {
    // A refused attempt: the end of the former process may still be reported.
    if (this.#process === undefined) return;
    if (this.#process === this.#dying || !this.isKnown) return this.#leave();
    this.#parted = this.#process;
    this.#process = undefined;
  }

  /** Whether the end of the process will be reported. */
  get isKnown(): boolean {
    return this.#process !== undefined && this.#processes?.live === true;
  }

  /**
   * How the process whose connection has just ended is ending, from /proc or its pidfd; undefined
   * when not known. It must be the process that serves the socket.
   */
  look(): Farewell | undefined {
    if (this.#process === undefined) return undefined;
    const { held, ending } = this.#process;
    const stat = held.stat();
    const { how, orderly } =
      stat === undefined
        ? (ending?.read() ?? {})
        : { how: stat.signaled ? 'was ended by a signal' : 'ended by itself', orderly: !stat.signaled };
    return how === undefined ? undefined : farewellOf(this.#process, how, orderly === true);
  }

  /** How the process ended that has just exited with status 0, if there is one. */
  left(): Farewell | undefined {
    return this.#left !== undefined && performance.now() - this.#left.at < LEFT_MS ? this.#left.farewell : undefined;
  }

  /** Ends the watch: nothing more is reported. */
  close(): void {
    this.#leave();
  }

  #leave(): void {
    this.#endWatch?.();
    this.#endWatch = undefined;
    for (const process of [this.#process, this.#parted]) {
      process?.held.close();
      process?.ending?.close();
    }
    this.#process = undefined;
    this.#parted = undefined;
  }

  #watch(): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#endWatch = this.#processes?.watch(process.pid, (how, certain) => {
      // Each thread may be announced; the first suffices.
      if (this.#dying !== undefined || (this.#process !== process && this.#parted !== process)) return;
      const farewell = farewellOf(process, how, !certain);
      if (this.#parted === process) {
        this.#leave();
        return this.#listener.farewell(farewell);
      }
      if (!certain) {
        this.#left = { farewell, at: performance.now() };
        return this.#leave();
      }
      this.#dying = process;
      this.#listener.ending(farewell.reason);
    });
  }

  #identify(socket: Socket, processes: ProcessEvents): Process | undefined {
    // Without the descriptor no process event can be used, and the end of file remains.
    const fd = descriptorOf(socket);
    const pid = fd === undefined ? undefined : processes.peer(fd);
    const held = pid === undefined || pid <= 0 ? undefined : HeldProcess.open(pid);
    const stat = held?.stat();
    if (fd !== undefined && held !== undefined && stat !== undefined && this.#mayServe(stat))
      return {
        pid: held.pid,
        held,
        ending: processes.ending?.(fd),
        startMs: stat.startMs,
        name: stat.comm,
        ended: isDead(stat),
      };
    held?.close();
    return undefined;
  }

  #mayServe({ startMs }: ProcStat): boolean {
    try {
      const { mtimeMs } = statSync(this.#path);
      return mayMean({ startMs, uptimeMs: uptimeMs(), wallMs: Date.now(), mtimeMs, volatile: true });
    } catch {
      return false;
    }
  }
}

function farewellOf({ pid, name }: Process, how: string, orderly: boolean): Farewell {
  const reason = `process ${pid} (${name}) ${how}`;
  return orderly ? { reason, orderly } : { reason };
}
