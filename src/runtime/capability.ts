/** Whether this process may change routes: CAP_NET_ADMIN in its effective set (capabilities(7), proc(5)). */

import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from '../model/exit.js';

const CAP_NET_ADMIN = 12n;

/** True also when it cannot be found out: the kernel will then say so itself. */
function mayChangeRoutes(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return effective === undefined || ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n;
  } catch {
    return true;
  }
}

/** Throws the exit status 77, which names the capability, with this remedy. */
export function requireCapability(remedy: string): void {
  if (mayChangeRoutes()) return;
  throw new CommandError(EXIT.NO_PERMISSION, 'no permission to change routes: the capability CAP_NET_ADMIN is missing', remedy);
}
