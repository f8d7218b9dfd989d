/**
 * The program of this build, and a guard: what is tested must be what is built, which is done twice
 * (tsc, bundle).
 */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const DIST = import.meta.dirname.replace(/\/(?:bin|src\/drill\/lab)$/, '');

/** A file of the program (scripts/lib/bundle.mjs), by its name. */
export function program(name: string): string {
  return join(DIST, `bin/${name}.cjs`);
}

/** What `bin` of package.json names. */
export const ENTRY = program('backup-router');

let checked = false;

/** Throws when the program is missing or older than a compiled module: yesterday's code would run. */
export function mustBeBundled(): void {
  if (checked) return;
  const compiled = join(DIST, 'src');
  const bundled = statSync(ENTRY, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newer = readdirSync(compiled, { recursive: true, encoding: 'utf8' }).find(
    (name) => name.endsWith('.js') && statSync(join(compiled, name)).mtimeMs > bundled,
  );
  if (newer !== undefined)
    throw new Error(`${ENTRY} is ${bundled === 0 ? 'missing' : `older than dist/src/${newer}`}: npm run build`);
  checked = true;
}
