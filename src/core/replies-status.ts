/** Symmetric replies for the status. Pure. */

import { carriedFrom } from '../fib/destination.js';
import type { Address } from '../model/address.js';
import { ruleText, tableText } from '../model/route-text.js';
import type { RepliesStatus } from '../model/status.js';
import { viewWith } from './hidden.js';
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
    const overtaken = missing === undefined && stands(one) ? overtakenBy(world, one) : undefined;
    return {
      family: one.family,
      interface: one.interfaceName,
      sources: sourcesOf(one),
      gateway: one.gateway ?? '',
      table: one.table,
      state:
        one.vrf !== undefined
          ? 'not-needed'
          : stands(one) && missing === undefined && overtaken === undefined
            ? 'installed'
            : 'absent',
      reason: one.reason ?? behind(one) ?? (missing === undefined ? (overtaken ?? null) : 'not in the kernel yet'),
    };
  });
}

function sourcesOf({ rules }: Replies): readonly Address[] {
  return rules.flatMap(({ detail }) => detail?.from?.address ?? []);
}

/**
 * The foreign rule that takes the packets first and refuses them. One that leads them somewhere is
 * its owner's wish. Tables that only some sources are looked up in are not read (tablesOf).
 */
function overtakenBy(world: SeenWorld, one: Replies): string | undefined {
  const view = viewWith(world, one);
  for (const source of sourcesOf(one))
    for (const { destination } of one.routes) {
      const answer = carriedFrom(view, source, destination);
      if (answer.kind === 'carried' || answer.why !== 'refused' || answer.rule === undefined) continue;
      if (!one.rules.includes(answer.rule))
        return `rule ${ruleText(answer.rule, tableText)} takes packets from ${source} first, and refuses them`;
    }
  return undefined;
}

function stands({ reason }: Replies): boolean {
  return reason === undefined;
}

/** Why the rules do not stand where they should (rule-place.ts); undefined: they do. */
function behind({ place }: Replies): string | undefined {
  return place !== undefined && 'trouble' in place ? place.trouble?.reason : undefined;
}
