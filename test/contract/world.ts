/**
 * What the contract suite needs to act as the outside world on a kernel, fake or real, in the
 * terms of `ip`. It is implemented in fake-world.ts and real-world.ts.
 */

import type { Kernel } from '../../src/core/ports.js';

export interface World {
  readonly kernel: Kernel;
  /** Adds a link that is up, with carrier. */
  linkAdd(name: string): void;
  linkUp(name: string): void;
  linkDown(name: string): void;
  linkDelete(name: string): void;
  /** `prefixRoute: false` means `noprefixroute`, as NetworkManager sets it. */
  addressAdd(name: string, address: string, options?: { readonly prefixRoute?: boolean }): void;
  addressRemove(name: string, address: string): void;
  /** A foreign route, protocol 4 unless another is given. */
  routeAdd(route: {
    readonly destination: string;
    readonly via?: string;
    readonly dev: string;
    readonly table?: number;
    readonly metric: number;
    readonly protocol?: number;
  }): void;
  /** Deletes such a route from the main table. */
  routeDelete(route: { readonly destination: string; readonly dev: string; readonly metric: number }): void;
  /** Adds a foreign blackhole route to the main table, protocol 4. */
  refusalAdd(destination: string): void;
  /** The gateway of a packet that this host sends to the address; undefined if it has none. */
  leavesBy(address: string): string | undefined;
  /**
   * `ip -6 route append`: adds a next hop to the route of the same identity, with protocol 4 (boot
   * is 3).
   */
  routeAppend(route: {
    readonly destination: string;
    readonly via: string;
    readonly dev: string;
    readonly table: number;
    readonly metric: number;
  }): void;
  /**
   * A neighbour on the link answers for the address from now on, or no longer. The result of a
   * probe reaches the neighbour table; in the fake, `probesDone` sets it.
   */
  neighbourAnswers(name: string, address: string, answers: boolean): void;
  /** Waits until earlier probes have a result. */
  probesDone(): Promise<void>;
  /** Adds a permanent entry, as an operator would. */
  neighbourPermanent(name: string, address: string): void;
  /** Deletes all routes of the table, of both families. */
  flushTable(table: number): void;
  /** Deletes the rules with that priority, of both families. */
  deleteRules(priority: number): void;
  close(): void;
}

/**
 * Waits until pending events have arrived. A process that has not had the processor for a while runs its timers before it
 * reads; so it reads between them.
 */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(() => setImmediate(resolve), 10));
}
