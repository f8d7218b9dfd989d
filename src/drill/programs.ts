/**
 * Finds what is installed on this host: the routing daemons that a drill can run, and the tools
 * that it needs. It looks at files only.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from '../host/executable.js';
import { FRR_DAEMONS } from './adapt.js';
import { CONTAINER_NEEDS, SYSTEM_PATH } from './container.js';
import type { DrillDaemon } from './protocol.js';

/** In the packages of Debian, Ubuntu and FRR; of Fedora and its relatives; built from source. */
const FRR_DIRECTORIES: readonly string[] = [
  '/usr/lib/frr',
  '/usr/libexec/frr',
  '/usr/local/lib/frr',
  '/usr/local/sbin',
];

/** The programs of each kind by name; empty for a kind that cannot run. */
export function findDaemons(): Readonly<Record<DrillDaemon, Readonly<Record<string, string>>>> {
  const directory = FRR_DIRECTORIES.find((one) => ['zebra', 'bgpd'].every((name) => isExecutable(join(one, name))));
  const frr =
    directory === undefined || !hasUser('frr')
      ? []
      : FRR_DAEMONS.map((name) => [name, join(directory, name)] as const).filter(([, path]) => isExecutable(path));
  const bird = findProgram('bird');
  return { frr: Object.fromEntries(frr), bird: bird === undefined ? {} : { bird } };
}

/** The missing tools, each with its Debian package. */
export function missingTools(): readonly { readonly tool: string; readonly package: string }[] {
  return Object.entries(CONTAINER_NEEDS).flatMap(([tool, name]) =>
    findProgram(tool) === undefined ? [{ tool, package: name }] : [],
  );
}

function findProgram(name: string): string | undefined {
  return SYSTEM_PATH.split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** Whether a user exists. The FRR daemons drop their privileges to the user of their package. */
function hasUser(name: string): boolean {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .some((line) => line.startsWith(`${name}:`));
  } catch {
    return false;
  }
}
