/**
 * The given command line again, to be run as root or in another network namespace. Suggested to the
 * user if a permission was missing.
 */

import { commandThere, type Elsewhere } from '../control/network-namespace.js';

/** `sudo backup-router hold 5m`. */
export function sudoAgain(): string {
  return `sudo backup-router ${given()}`;
}

/** `sudo ip netns exec blue backup-router plan`. */
export function thereAgain(elsewhere: Elsewhere): string {
  return commandThere(elsewhere, given());
}

function given(): string {
  return process.argv.slice(2).map(shellWord).join(' ');
}

/** Quoted if sh would otherwise interpret it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
