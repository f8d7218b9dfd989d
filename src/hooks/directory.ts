/** The hooks: the executable files of a directory, in the order of their names. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from '../host/executable.js';

export interface Hook {
  readonly name: string;
  readonly path: string;
}

/**
 * Names that run-parts(8) accepts, and names with a suffix, except backups of editors and package
 * managers.
 */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
const LEFT_BEHIND = /\.(dpkg-[a-z]+|rpm(new|save|orig)|ucf-[a-z]+|bak|orig|swp|disabled)$/;

/** Empty if the directory does not exist. Files that are not executable are left out. */
export function hooksIn(directory: string): readonly Hook[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => NAME.test(name) && !LEFT_BEHIND.test(name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => ({ name, path: join(directory, name) }))
    .filter(({ path }) => isExecutable(path));
}
