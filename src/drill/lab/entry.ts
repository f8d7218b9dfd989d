/**
 * The command's entry point in this build, and a guard: what is tested must be what is built, and
 * the daemon is built twice (tsc, bundle).
 */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside this file in the same build; what `bin` of package.json names. */
export const ENTRY = fileURLToPath(new URL('../../cli/backup-router.cjs', import.meta.url));

/**
 * Options of Node that scripts/install writes into the launcher: one thread beside the main one,
 * which is all that collecting garbage needs. Idle, it wakes half as often.
 */
export const NODE_OPTIONS: readonly string[] = ['--v8-pool-size=1'];

let checked = false;

/**
 * Throws when the daemon's bundle is missing or older than a compiled module: an agent would run
 * yesterday's code, or not from its bundle.
 */
export function mustBeBundled(): void {
  if (checked) return;
  const compiled = fileURLToPath(new URL('../..', import.meta.url));
  const bundled = statSync(join(compiled, '../daemon.cjs'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newer = readdirSync(compiled, { recursive: true, encoding: 'utf8' }).find(
    (name) => /\.c?js$/.test(name) && statSync(join(compiled, name)).mtimeMs > bundled,
  );
  if (newer !== undefined)
    throw new Error(`dist/daemon.cjs is ${bundled === 0 ? 'missing' : `older than dist/src/${newer}`}: npm run build`);
  checked = true;
}
