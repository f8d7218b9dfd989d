/**
 * The agent's routes in the router's kernel, from the kernel's own notifications (`ip monitor`)
 * and dumps. It shares no code with the agent.
 */

import { tryCommandAsync } from './lab/command.js';
import type { Namespace } from './lab/namespace.js';
import type { TimeSpan } from './probes.js';

export class OwnedRoutes {
  readonly #added: { readonly atMs: number; readonly route: string }[] = [];

  constructor(
    readonly router: Namespace,
    readonly protocol: number,
  ) {
    router.spawn(['env', 'TZ=UTC', 'ip', '-N', '-ts', 'monitor', 'route'], {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line) => this.#read(line),
    });
  }

  /** The number of the agent's routes in the kernel now, of both families. */
  async count(): Promise<number> {
    const counts = await Promise.all(
      ['-4', '-6'].map(async (family) => {
        const { stdout } = await tryCommandAsync([
          'ip',
          '-n',
          this.router.name,
          '-N',
          family,
          'route',
          'show',
          'table',
          'all',
          'proto',
          String(this.protocol),
        ]);
        return stdout.split('\n').filter((line) => /^\S/.test(line)).length;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The time in milliseconds from the begin of the window to the last route that came in. Each
   * route counts when it first comes in. Undefined if none did.
   */
  inAfterMs({ fromMs, toMs }: TimeSpan): number | undefined {
    const first = new Map<string, number>();
    for (const { atMs, route } of this.#added)
      if (atMs >= fromMs && atMs <= toMs && !first.has(route)) first.set(route, atMs);
    return first.size === 0 ? undefined : Math.max(...first.values()) - fromMs;
  }

  #read(line: string): void {
    const match = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d*)\] ?(\S+ via \S+ dev \S+) .*\bproto (\d+)\b/.exec(
      line,
    );
    if (match === null || Number(match[4]) !== this.protocol) return;
    this.#added.push({ atMs: Date.parse(`${match[1]}Z`) + Number(`0.${match[2] || '0'}`), route: match[3]! });
  }
}
