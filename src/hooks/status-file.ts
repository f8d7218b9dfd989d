/** The small file by which `status` knows of failing hooks. Others may have written anything: it is read to a bound, and checked. */

import { readBounded } from '../host/small-file.js';
import type { HookStatus, HooksStatus } from '../model/hooks.js';

const MAX_BYTES = 65_536;
const MAX_HOOKS = 100;

/** undefined: no hooks run, or what stands there is no such file. */
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

/** What fits into the file. */
export function statusText(status: HooksStatus): string {
  return `${JSON.stringify({ ...status, hooks: status.hooks.slice(0, MAX_HOOKS) })}\n`;
}
