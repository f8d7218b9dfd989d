/**
 * What the contract suite needs to act as the outside world on a kernel, fake or real. The words are those of
 * `ip`; the two makers are in fake-world.ts and real-world.ts.
 */

import type { Kernel } from '../../src/core/ports.js';

export interface World {
  readonly kernel: Kernel;
  /** Adds a link that is up, with carrier. */
  linkAdd(name: string): void;
  linkUp(name: string): void;
  linkDown(name: string): void;
  linkDelete(name: string): void;
  /** `prefixRoute: false`: `noprefixroute`, as NetworkManager adds it. */
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
  /** Takes such a route out of the main table again. */
  routeDelete(route: { readonly destination: string; readonly dev: string; readonly metric: number }): void;
  /** A foreign blackhole route of the main table, protocol 4. */
  refusalAdd(destination: string): void;
  /** The gateway by which a packet of this host to the address leaves; undefined: it does not. */
  leavesBy(address: string): string | undefined;
  /** `ip -6 route append`: one more next hop of the same identity, protocol 4 (boot is 3). */
  routeAppend(route: {
    readonly destination: string;
    readonly via: string;
    readonly dev: string;
    readonly table: number;
    readonly metric: number;
  }): void;
  /**
   * A neighbour on the link that answers for the address from now on, or no longer. Probes bring what they find to the neighbour table;
   * the fake is told of it by `probesDone`.
   */
  neighbourAnswers(name: string, address: string, answers: boolean): void;
  /** Waits until probes sent before are decided. */
  probesDone(): Promise<void>;
  /** An operator's own entry. */
  neighbourPermanent(name: string, address: string): void;
  /** Deletes whatever stands in the table, of both families. */
  flushTable(table: number): void;
  /** Deletes the rules of that priority, of both families. */
  deleteRules(priority: number): void;
  close(): void;
}

/** Lets whatever is on its way arrive. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}
