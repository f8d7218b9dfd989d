/**
 * Encodes steps as netlink messages and sends them. It decides nothing: a step that cannot be
 * encoded fails here with EINVAL; every other refusal is the kernel's.
 *
 * Invariant: the first bytes are sent within the call; results come in the order of the steps.
 */

import type { Prepared, Step, StepResult } from '../core/ports.js';
import { isOver, originalFault, writeAdoptRoute, writeRestoreRoute } from './messages/original.js';
import { routeFault, writeAddRoute, writeDeleteRoute } from './messages/route.js';
import { ruleFault, writeAddRule, writeDeleteRule } from './messages/rule.js';
import type { Writer } from './netlink/codec.js';
import type { Connection } from './netlink/connection.js';
import { type Window, windowsOf } from './netlink/window.js';

export async function apply(connection: Connection, steps: readonly Step[]): Promise<readonly StepResult[]> {
  const { windows, merge } = lay(connection, steps);
  return merge(await connection.change(windows));
}

/** Encodes all steps in advance, so that sending them later is no work but the system call. */
export function prepare(connection: Connection, steps: readonly Step[]): Prepared {
  const { windows, merge } = lay(connection, steps);
  const written = [...windows];
  // Of no steps: nothing is sent, and V8 compiles now what the first batch runs through.
  if (steps.length > 0) void prepare(connection, []).send();
  return { steps, send: () => connection.change(written).then(merge) };
}

interface Layout {
  readonly windows: Iterable<Window>;
  /** Merges the results of the steps that were not sent with the kernel's answers. */
  readonly merge: (answers: readonly StepResult[]) => readonly StepResult[];
}

function lay(connection: Connection, steps: readonly Step[]): Layout {
  const known = new Map<number, StepResult>();
  steps.forEach((step, i) => {
    const result = knownResult(step);
    if (result !== undefined) known.set(i, result);
  });
  const sent = known.size === 0 ? steps : steps.filter((_, i) => !known.has(i));
  const windows = windowsOf(
    sent.length,
    (i, writer) => writeStep(writer, sent[i]!),
    (count) => connection.reserve(count),
  );
  if (known.size === 0) return { windows, merge: (answers) => answers };
  return {
    windows,
    merge(answers) {
      let next = 0;
      return steps.map((_, i) => known.get(i) ?? answers[next++]!);
    },
  };
}

/** The result of a step that is not sent to the kernel; undefined when it must be sent. */
function knownResult(step: Step): StepResult | undefined {
  const message = stepFault(step);
  if (message !== undefined) return { ok: false, code: 'EINVAL', message };
  return step.kind === 'restore-route' && isOver(step.adopted) ? { ok: true } : undefined;
}

/** Why the step cannot be encoded; undefined when it can. */
export function stepFault(step: Step): string | undefined {
  if ('adopted' in step) return originalFault(step.adopted);
  return 'route' in step ? routeFault(step.route) : ruleFault(step.rule);
}

/** Writes the netlink message of the step. */
export function writeStep(writer: Writer, step: Step): void {
  switch (step.kind) {
    case 'add-route':
      return writeAddRoute(writer, step.route);
    case 'delete-route':
      return writeDeleteRoute(writer, step.route);
    case 'add-rule':
      return writeAddRule(writer, step.rule, step.again === true);
    case 'delete-rule':
      return writeDeleteRule(writer, step.rule);
    case 'adopt-route':
      return writeAdoptRoute(writer, step.adopted);
    case 'restore-route':
      return writeRestoreRoute(writer, step.adopted);
    default:
      throw new TypeError(`unknown step ${JSON.stringify(step satisfies never)}`);
  }
}
