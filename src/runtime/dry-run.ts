/**
 * A kernel that is read and never changed, for `run --dry-run`: steps are printed as commands of
 * ip(8), and kept in memory so that the next observation shows them as done.
 */

import { ipCommand } from '../core/ip-command.js';
import { routeKey, ruleKey } from '../core/keys.js';
import type { Kernel, Step } from '../core/ports.js';
import type { Route, Rule } from '../model/route.js';

export function dryRun(kernel: Kernel, print: (command: string) => void): Kernel {
  const names = new Map<number, string>();
  const routes = new Map<string, { readonly route: Route; readonly present: boolean }>();
  const ruleChanges: (Step & { readonly rule: Rule })[] = [];
  const taken = new Set<string>();
  return {
    async observe(request) {
      const real = await kernel.observe(request);
      for (const { index, name } of real.links) names.set(index, name);
      return {
        ...real,
        foreignRoutes: real.foreignRoutes.filter((route) => !taken.has(routeKey(route))),
        originals: (real.originals ?? []).filter(({ route }) => !taken.has(routeKey(route))),
        ownRoutes: [
          ...real.ownRoutes.filter((route) => !routes.has(routeKey(route))),
          ...[...routes.values()].flatMap((entry) => (entry.present ? [entry.route] : [])),
        ],
        rules: changed(real.rules, ruleChanges),
      };
    },
    async apply(steps) {
      for (const step of steps) {
        print(ipCommand(step, (index) => names.get(index)));
        if (step.kind === 'adopt-route') taken.add(routeKey(step.adopted.route));
        if (step.kind === 'restore-route') taken.delete(routeKey(step.adopted.route));
        if ('adopted' in step) continue;
        if ('route' in step)
          routes.set(routeKey(step.route), { route: step.route, present: step.kind === 'add-route' });
        else ruleChanges.push(step);
      }
      return steps.map(() => ({ ok: true }));
    },
    probe: () => undefined,
    subscribe: (request, listener) => kernel.subscribe(request, listener),
    close: () => kernel.close(),
  };
}

/**
 * The rules after the changes, in order: a new rule is last, and of equal rules the oldest is
 * deleted.
 */
function changed(rules: readonly Rule[], changes: readonly (Step & { readonly rule: Rule })[]): readonly Rule[] {
  const list = [...rules];
  for (const { kind, rule } of changes) {
    const at = list.findIndex((other) => ruleKey(other) === ruleKey(rule));
    if (kind === 'add-rule') list.push(rule);
    else if (at >= 0) list.splice(at, 1);
  }
  return list;
}
