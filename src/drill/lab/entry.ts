/**
 * The program of this build, and a check that it is current. The code is compiled twice (tsc, then
 * the bundle), and tests must run the bundle of the same code.
 */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const DIST = import.meta.dirname.replace(/\/(?:bin|src\/drill\/lab)$/, '');

/** The path of a bundled program (scripts/lib/bundle.mjs) by its name. */
export function program(name: string): string {
  return join(DIST, `bin/${name}.cjs`);
}

/** The program that `bin` in package.json names. */
export const ENTRY = program('backup-router');

let checked = false;

/** Throws if the program is missing or older than a compiled module, since old code would run. */
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
