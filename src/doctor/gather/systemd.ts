/** Gathers the properties of the agent's unit from systemd, and the unit file of this version. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../model/error.js';
import type { SystemdEvidence } from '../host.js';
import { UNIT, UNIT_FILE } from '../identity.js';
import { type Seen, seen, unseen } from '../seen.js';

const PROPERTIES: readonly string[] = [
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'UnitFileState',
  'NeedDaemonReload',
  'NRestarts',
];
const TIMEOUT_MS = 3_000;
/** In `systemd/` beside dist/, in a checkout and in an installation by scripts/install. */
const SHIPPED = join(import.meta.dirname.replace(/\/dist\/(?:bin|src\/.*)$/, ''), 'systemd', UNIT_FILE);

/** Asks `systemctl show`. systemd runs if /run/systemd/system exists (sd_booted(3)). */
export async function gatherSystemd(root: string): Promise<Seen<SystemdEvidence>> {
  if (root !== '') return unseen(`the files below ${root} are looked at, not a running system`);
  if (!existsSync('/run/systemd/system')) return unseen('systemd does not run here');
  // Loaded here because loading it takes a tenth of the start.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => {
    execFile(
      'systemctl',
      ['show', UNIT, ...PROPERTIES.map((name) => `--property=${name}`)],
      { timeout: TIMEOUT_MS, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } },
      (error, stdout) => {
        if (error !== null) return resolve(unseen(`systemctl show ${UNIT}: ${error.message.split('\n')[0]}`));
        resolve(seen({ unit: parseProperties(stdout) }));
      },
    );
  });
}

/** `Name=value` lines. */
function parseProperties(text: string): Readonly<Record<string, string>> {
  const pairs = text
    .split('\n')
    .flatMap((line): [string, string][] =>
      line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
    );
  return Object.fromEntries(pairs);
}

export function gatherShippedUnit(): Seen<string> {
  try {
    return seen(readFileSync(SHIPPED, 'utf8'));
  } catch (error) {
    return unseen(`this installation carries no copy of the unit file: ${codeOf(error)}`);
  }
}
