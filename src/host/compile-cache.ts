/**
 * Node's own cache of what V8 has compiled (module.enableCompileCache): it spares a start the parsing of the program. Node checks each entry against the
 * source and a checksum, and compiles as ever where one is missing, damaged or of another version; so nothing hangs on it.
 *
 * Invariant: it lies only where nobody but this user may write. Whoever can change compiled code has the rights of the process that loads it.
 */

import { lstatSync, statfsSync } from 'node:fs';
import * as nodeModule from 'node:module';

/** Since Node 22.10; the types do not have them. */
const { enableCompileCache, flushCompileCache } = nodeModule as {
  readonly enableCompileCache?: (directory: string) => unknown;
  readonly flushCompileCache?: () => void;
};

/** On a disk that is full Node leaves an empty file with each try. */
const FREE_BYTES = 1 << 23;

/** Of a service its state directory, which outlives a boot; of root /var/cache; else the cache directory of the user (XDG). */
function homeOf(env: NodeJS.ProcessEnv): string | undefined {
  const { STATE_DIRECTORY: state, XDG_CACHE_HOME: cache, HOME: home } = env;
  if (state !== undefined && state !== '') return state.split(':')[0];
  if (process.geteuid?.() === 0) return '/var/cache';
  return cache ?? (home === undefined ? undefined : `${home}/.cache`);
}

/** Turns it on where there is a directory for it; it is written when the process ends, or by {@link writeCompileCache}. */
export function useCompileCache(env: NodeJS.ProcessEnv): void {
  const home = homeOf(env);
  if (home === undefined) return;
  try {
    const { uid, mode } = lstatSync(home);
    const { bavail, bsize } = statfsSync(home);
    if (uid === process.geteuid?.() && (mode & 0o022) === 0 && bavail * bsize > FREE_BYTES)
      enableCompileCache?.(`${home}/backup-router-code`);
  } catch {
    // No such directory, no cache.
  }
}

/** For a process that may be killed: the code of its start. Takes some milliseconds when there is something new. */
export function writeCompileCache(): void {
  flushCompileCache?.();
}
