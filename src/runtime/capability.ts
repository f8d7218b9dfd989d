/** Whether this process may change routes: CAP_NET_ADMIN in its effective set (capabilities(7), proc(5)). */

import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from '../model/exit.js';

const CAP_NET_ADMIN = 12;

/** Also true when it cannot be determined: then the kernel will refuse. */
function mayChangeRoutes(): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const line = status.indexOf('\nCapEff:');
    // The last eight of sixteen hexadecimal digits.
    const low = line < 0 ? Number.NaN : Number.parseInt(status.slice(status.indexOf('\n', line + 1) - 8), 16);
    return Number.isNaN(low) || ((low >>> CAP_NET_ADMIN) & 1) === 1;
  } catch {
    return true;
  }
}

/** Throws exit status 77, naming the capability, with this remedy. */
export function requireCapability(remedy: string): void {
  if (mayChangeRoutes()) return;
  throw new CommandError(
    EXIT.NO_PERMISSION,
    'no permission to change routes: the capability CAP_NET_ADMIN is missing',
    remedy,
  );
}
