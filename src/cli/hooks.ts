/** `backup-router hooks`: the process of backup-router-hooks.service. */

import { parseDuration } from '../config/duration.js';
import { runHooks } from '../hooks/run.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { createLog } from '../runtime/log.js';
import { eventText } from './event-text.js';

export interface HooksCommandOptions {
  readonly directory?: string;
  readonly timeout: string;
}

export function hooks({ directory, timeout }: HooksCommandOptions): Promise<number> {
  const paths = pathsOf(process.env);
  const limit = parseDuration(timeout, { minMs: 100, maxMs: 600_000, neverAllowed: false });
  if (!limit.ok)
    throw new CommandError(
      EXIT.USAGE,
      `not a valid time limit: ${timeout}`,
      'backup-router hooks --timeout 10s (100ms to 10m)',
    );
  return runHooks({
    paths,
    directory: directory ?? paths.hooks,
    timeoutMs: Number(limit.value),
    log: createLog(process.env),
    textOf: eventText,
  });
}
