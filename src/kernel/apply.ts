/**
 * Steps as messages. Decides nothing: what cannot be put on the wire is refused here with EINVAL, everything
 * else is the kernel's to refuse.
 *
 * Invariant: the first bytes leave within the call; results come in the order of the steps.
 */

import type { Step, StepResult } from '../core/ports.js';
import type { Connection } from './connection.js';
import { encodeAddRoute, encodeDeleteRoute, routeFault } from './messages-route.js';
import { encodeAdoptRoute, encodeRestoreRoute, isOver, originalFault } from './original.js';
import { encodeAddRule, encodeDeleteRule, ruleFault } from './messages-rule.js';

export async function apply(connection: Connection, steps: readonly Step[]): Promise<readonly StepResult[]> {
  const known = steps.map(knownResult);
  const answers = await connection.change(steps.filter((_, i) => known[i] === undefined).map(encodeStep));
  let next = 0;
  return known.map((result) => result ?? answers[next++]!);
}

/** The result of a step that the kernel need not be asked for. */
function knownResult(step: Step): StepResult | undefined {
  const message = stepFault(step);
  if (message !== undefined) return { ok: false, code: 'EINVAL', message };
  return step.kind === 'restore-route' && isOver(step.adopted) ? { ok: true } : undefined;
}

/** Why the step cannot be put on the wire; undefined when it can. */
export function stepFault(step: Step): string | undefined {
  if ('adopted' in step) return originalFault(step.adopted);
  return 'route' in step ? routeFault(step.route) : ruleFault(step.rule);
}

/** The netlink message of the step. */
export function encodeStep(step: Step): Buffer {
  switch (step.kind) {
    case 'add-route': return encodeAddRoute(step.route);
    case 'delete-route': return encodeDeleteRoute(step.route);
    case 'add-rule': return encodeAddRule(step.rule);
    case 'delete-rule': return encodeDeleteRule(step.rule);
    case 'adopt-route': return encodeAdoptRoute(step.adopted);
    case 'restore-route': return encodeRestoreRoute(step.adopted);
    default: throw new TypeError(`unknown step ${JSON.stringify(step satisfies never)}`);
  }
}
