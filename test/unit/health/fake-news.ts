/** The process events of a test: it says itself who is behind a socket, and who dies when. */

import type { EndingListener, ProcessEvents } from '../../../src/core/ports.js';

export class News implements ProcessEvents {
  live = true;
  readonly listeners = new Map<number, Set<EndingListener>>();
  /** Who is behind every socket; a test listens itself. */
  pid: number | undefined = process.pid;

  peer(): number | undefined {
    return this.pid;
  }

  watch(pid: number, listener: EndingListener): () => void {
    const all = this.listeners.get(pid) ?? new Set();
    this.listeners.set(pid, all.add(listener));
    return () => void all.delete(listener);
  }

  tell(how: string, certain = true, pid = process.pid): void {
    for (const listener of [...(this.listeners.get(pid) ?? [])]) listener(how, certain);
  }

  watching(pid = process.pid): number {
    return this.listeners.get(pid)?.size ?? 0;
  }

  close(): void {}
}
