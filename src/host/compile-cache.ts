/**
 * Node's own cache of code that V8 has compiled (module.enableCompileCache), which makes a start
 * faster. Node checks each entry against the source and a checksum, and compiles as usual where an
 * entry is missing, damaged or of another version. Nothing depends on the cache.
 *
 * Invariant: it is only in a directory that no other user may write. Whoever can change compiled
 * code has the rights of the process that loads it.
 */

import { lstatSync, statfsSync } from 'node:fs';
import * as nodeModule from 'node:module';

/** Since Node 22.10; the type declarations do not have them. */
const { enableCompileCache, flushCompileCache } = nodeModule as {
  readonly enableCompileCache?: (directory: string) => unknown;
  readonly flushCompileCache?: () => void;
};

/** The least free space: on a full disk each attempt of Node leaves an empty file. */
const FREE_BYTES = 1 << 23;

/**
 * The parent directory: of a service its state directory, which survives a reboot; of root
 * /var/cache; otherwise the user's cache directory (XDG).
 */
function homeOf(env: NodeJS.ProcessEnv): string | undefined {
  const { STATE_DIRECTORY: state, XDG_CACHE_HOME: cache, HOME: home } = env;
  if (state !== undefined && state !== '') return state.split(':')[0];
  if (process.geteuid?.() === 0) return '/var/cache';
  return cache ?? (home === undefined ? undefined : `${home}/.cache`);
}

/**
 * Turns the cache on if there is a directory for it. It is written when the process ends, or by
 * {@link writeCompileCache}.
 */
export function useCompileCache(env: NodeJS.ProcessEnv): void {
  const home = homeOf(env);
  if (home === undefined) return;
  try {
    const { uid, mode } = lstatSync(home);
    const { bavail, bsize } = statfsSync(home);
    if (uid === process.geteuid?.() && (mode & 0o022) === 0 && bavail * bsize > FREE_BYTES)
      enableCompileCache?.(`${home}/backup-router-code`);
  } catch {
    // Without the directory there is no cache.
  }
}

/**
 * Writes the cache now, for a process that may be killed later. Takes some milliseconds when there
 * is something new.
 */
export function writeCompileCache(): void {
  flushCompileCache?.();
}
