/** Symmetric replies for the status. Pure. */

import type { RepliesStatus } from '../model/status.js';
import { ruleKey } from './keys.js';
import { missingRoutes } from './presence.js';
import { type Replies, repliesOf } from './replies.js';
import type { SeenWorld } from './state.js';

export function repliesStatus(world: SeenWorld): readonly RepliesStatus[] {
  const all = repliesOf(world);
  if (all.length === 0) return [];
  const rules = new Set(world.snapshot.rules.map(ruleKey));
  return all.map((one): RepliesStatus => {
    const absent = missingRoutes(world, one.routes);
    const missing =
      one.routes.find((route) => absent.has(route)) ?? one.rules.find((rule) => !rules.has(ruleKey(rule)));
    return {
      family: one.family,
      interface: one.interfaceName,
      sources: one.rules.flatMap(({ detail }) => detail?.from?.address ?? []),
      gateway: one.gateway ?? '',
      table: one.table,
      state: one.vrf !== undefined ? 'not-needed' : stands(one) && missing === undefined ? 'installed' : 'absent',
      reason: one.reason ?? behind(one) ?? (missing === undefined ? null : 'not in the kernel yet'),
    };
  });
}

function stands({ reason }: Replies): boolean {
  return reason === undefined;
}

/** Why the rules do not stand where they should (rule-place.ts); undefined: they do. */
function behind({ place }: Replies): string | undefined {
  return place !== undefined && 'trouble' in place ? place.trouble?.reason : undefined;
}
