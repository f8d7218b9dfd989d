/**
 * The router for random worlds: a laboratory with the links and addresses that they name, and the
 * seed of the run.
 */

import type { Test } from 'tap';
import { createLab } from '../../../src/drill/lab/lab.js';
import type { Namespace } from '../../../src/drill/lab/namespace.js';
import { DEVICES } from './worlds.js';

export function routerOfWorlds(t: Test): { readonly router: Namespace; readonly outside: Namespace } {
  const lab = createLab();
  t.teardown(() => lab.close());
  const router = lab.namespace('router', { forwarding: true });
  const outside = lab.namespace('outside');
  for (const device of DEVICES) lab.link(router, device, outside, device);
  router.ipBatch([
    ...DEVICES.flatMap((device, i) => [
      `addr add 10.${i + 1}.0.2/24 dev ${device}`,
      `addr add 2001:db8:${i + 1}::2/64 dev ${device} nodad`,
    ]),
    'addr add 10.9.0.2/32 dev lo',
    'addr add 2001:db8:9::2/128 dev lo nodad',
    'link set d1 group 7',
  ]);
  return { router, outside };
}

/** BACKUP_ROUTER_SEED repeats a run. */
export function seedOf(t: Test): number {
  const seed = Number(process.env['BACKUP_ROUTER_SEED'] ?? Date.now() % 1_000_000_000);
  t.comment(`seed ${seed}`);
  return seed;
}
