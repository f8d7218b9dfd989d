/**
 * The process at the other end of a session's unix socket, and the news of its end (ProcessEvents),
 * which may come long before the socket closes: a process that dies gives its memory back first.
 *
 * Invariants. A process known to die is no sign of life, though its socket still accepts: only an
 * answer clears it (then the news was wrong, or another process serves the socket). Credentials are
 * those of listen(2), and the number may have been used again since: a process younger than the
 * socket is another one, and is not watched. Nor is one whose first thread left in peace: a parent
 * that went into the background by fork(2), whose number is free now, or main() that called
 * pthread_exit(3).
 */

import { statSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ProcessEvents } from '../../core/ports.js';
import { descriptorOf } from '../../native/descriptor.js';
import { HeldProcess, isDead, mayMean, uptimeMs } from '../proc.js';

interface Process {
  readonly pid: number;
  readonly startMs: number;
  readonly name: string;
  /** Its first thread has ended: others may still be on their way. */
  readonly ended: boolean;
}

export class Peer {
  readonly #processes: ProcessEvents | undefined;
  readonly #path: string;
  readonly #onEnding: (reason: string) => void;
  #process: Process | undefined;
  #dying: Process | undefined;
  #endWatch: (() => void) | undefined;

  /**
   * `onEnding` is called inside the event that brought the news, at most once for each connection.
   */
  constructor(processes: ProcessEvents | undefined, path: string, onEnding: (reason: string) => void) {
    this.#processes = processes;
    this.#path = path;
    this.#onEnding = onEnding;
  }

  /**
   * To be called when a connection stands; returns whether this is the process that is known to
   * die.
   */
  meet(socket: Socket): boolean {
    this.leave();
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

  /**
   * A sign of life has come over this connection: whatever was said of the process, somebody lives.
   */
  answered(): void {
    if (this.#dying === undefined) return;
    this.#dying = undefined;
    this.#watch();
  }

  /** The connection has ended. */
  leave(): void {
    this.#endWatch?.();
    this.#endWatch = undefined;
    this.#process = undefined;
  }

  #watch(): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#endWatch = this.#processes?.watch(process.pid, (how, certain) => {
      // Each thread may be announced; the first says it all.
      if (this.#dying !== undefined || this.#process !== process) return;
      if (!certain) return this.leave();
      this.#dying = process;
      this.#onEnding(`process ${process.pid} (${process.name}) ${how}`);
    });
  }

  #identify(socket: Socket, processes: ProcessEvents): Process | undefined {
    // Without it there is no news, and the end of file remains.
    const fd = descriptorOf(socket);
    const pid = fd === undefined ? undefined : processes.peer(fd);
    const held = pid === undefined || pid <= 0 ? undefined : HeldProcess.open(pid);
    const stat = held?.stat();
    held?.close();
    if (pid === undefined || stat === undefined) return undefined;
    try {
      const { mtimeMs } = statSync(this.#path);
      if (!mayMean({ startMs: stat.startMs, uptimeMs: uptimeMs(), wallMs: Date.now(), mtimeMs, volatile: true }))
        return undefined;
    } catch {
      return undefined;
    }
    return { pid, startMs: stat.startMs, name: stat.comm, ended: isDead(stat) };
  }
}
