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
  addressAdd(name: string, address: string): void;
  addressRemove(name: string, address: string): void;
  /** A foreign route, protocol 4 unless another is given. */
  routeAdd(route: { readonly destination: string; readonly via: string; readonly dev: string; readonly table?: number; readonly metric: number; readonly protocol?: number }): void;
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
