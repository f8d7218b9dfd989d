/**
 * Gives back the routes that were taken over, without the daemon: for `restore`, `flush`, and the
 * unit's ExecStopPost=. Idempotent: a route that exists already, or whose place another has taken,
 * counts as given back. A route that cannot be given back stays in the record. One that the kernel
 * would have removed by itself leaves it.
 */

import { restoreSteps, without } from '../core/adopt.js';
import { bound, isVoid } from '../core/foreign-default.js';
import type { Kernel, Step } from '../core/ports.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { destinationText } from '../model/prefix.js';
import type { Snapshot } from '../model/snapshot.js';
import { readAdopted, writeAdopted } from './adopted-record.js';

interface GivenBack {
  readonly steps: readonly Step[];
  /** Why a route could not be given back, or why the record is not up to date. */
  readonly faults: readonly string[];
}

/** The steps that would give the routes back; none is carried out. */
export function owedSteps(path: string, snapshot: Snapshot): readonly Step[] {
  return restoreSteps(readAdopted(path).adopted, snapshot);
}

export async function giveBack(kernel: Kernel, path: string, snapshot: Snapshot): Promise<GivenBack> {
  const { adopted, fault } = readAdopted(path);
  const faults = fault === undefined ? [] : [`${path}: ${fault}`];
  if (adopted.length === 0) return { steps: [], faults };
  const steps = restoreSteps(adopted, snapshot);
  const results = await kernel.apply(steps);
  const returned: AdoptedRoute[] = [];
  results.forEach((result, i) => {
    const step = steps[i];
    if (step?.kind !== 'restore-route') return;
    if (result.ok || result.code === 'EEXIST') returned.push(step.adopted);
    else faults.push(`${textOf(step.adopted)}: ${result.message} (${result.code})`);
  });
  for (const one of adopted)
    if (isVoid(one, snapshot)) returned.push(one);
    else if (bound(one, snapshot) === undefined) faults.push(`${textOf(one)}: no such interface`);
  const unwritten = returned.length === 0 ? undefined : writeAdopted(path, without(adopted, returned));
  // Harmless: the routes exist, and giving them back again changes nothing.
  if (unwritten !== undefined) faults.push(`${path}: ${unwritten}`);
  return { steps, faults };
}

function textOf({ route, interfaceName }: AdoptedRoute): string {
  return `${destinationText(route.destination)} via ${route.nexthops[0]?.gateway ?? ''} dev ${interfaceName}`;
}
