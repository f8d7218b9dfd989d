/**
 * Measures when the kernel got a route, by `ip -ts monitor`, which stamps each event with its own
 * clock. It is for measurements that must not rely on the agent's log.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Process } from '../../src/drill/lab/process.js';

/** A running monitor of routes and rules in one namespace. */
export class RouteWatch {
  readonly #process: Process;
  readonly #waiting: { readonly pattern: RegExp; readonly resolve: (atMs: number) => void }[] = [];

  constructor(namespace: Namespace) {
    this.#process = namespace.spawn(['stdbuf', '-oL', 'ip', '-ts', 'monitor', 'route', 'rule'], {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line) => this.#read(line),
    });
  }

  /**
   * Resolves with the time (as Date.now(), with fractions) of the next event whose text matches.
   */
  next(pattern: RegExp): Promise<number> {
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  #read(line: string): void {
    const stamped = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+)\] (?:\[[A-Z]+\])?(.*)$/.exec(line);
    if (stamped === null) return;
    // ip(8) prints local time. Date does not keep microseconds.
    const fraction = Number(`0.${stamped[1]!.split('.')[1]!}`) * 1000;
    const atMs = new Date(stamped[1]!.split('.')[0]!).getTime() + fraction;
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (this.#waiting[i]!.pattern.test(stamped[2]!)) this.#waiting.splice(i, 1)[0]!.resolve(atMs);
    }
  }
}
