/**
 * The small file that tells `status` about failing hooks. Others may have written it, so it is
 * read up to {@link MAX_BYTES} and checked.
 */

import { readBounded } from '../host/small-file.js';
import type { HookStatus, HooksStatus } from '../model/hooks.js';

const MAX_BYTES = 65_536;
const MAX_HOOKS = 100;

/** undefined: no hooks process runs, or the file is not valid. */
export function readHooksStatus(path: string): HooksStatus | undefined {
  try {
    const value = JSON.parse(readBounded(path, MAX_BYTES)) as HooksStatus;
    const sound =
      typeof value.directory === 'string' &&
      [value.pid, value.lastEvent, value.waiting, value.leftOut].every(Number.isSafeInteger) &&
      Array.isArray(value.hooks) &&
      value.hooks.length <= MAX_HOOKS &&
      value.hooks.every(isHook);
    return sound ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHook(hook: Partial<HookStatus> | null): boolean {
  if (typeof hook?.name !== 'string' || !Number.isSafeInteger(hook.runs) || !Number.isSafeInteger(hook.failures))
    return false;
  const { last } = hook;
  return (
    last === null ||
    (typeof last?.at === 'string' &&
      !Number.isNaN(Date.parse(last.at)) &&
      Number.isSafeInteger(last.event) &&
      typeof last.kind === 'string' &&
      Number.isFinite(last.tookMs) &&
      (last.fault === null || typeof last.fault === 'string'))
  );
}

/** The text of the file, with as many hooks as it may hold. */
export function statusText(status: HooksStatus): string {
  return `${JSON.stringify({ ...status, hooks: status.hooks.slice(0, MAX_HOOKS) })}\n`;
}
