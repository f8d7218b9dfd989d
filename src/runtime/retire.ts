/**
 * A configuration that marked its routes with another protocol number leaves them to nobody: they are taken out here, once
 * the new ones stand.
 */

import { ownership, plan } from '../core/plan.js';
import type { Kernel } from '../core/ports.js';
import type { Config } from '../model/config.js';
import type { Log } from './log.js';

/** Removes what `former` owns and `current` cannot see. Resolves with what happened, or undefined: nothing to do, in all ordinary cases. */
export async function retire(kernel: Kernel, former: Config, current: Config, log: Log): Promise<string | undefined> {
  if (former.routeProtocol === current.routeProtocol) return undefined;
  try {
    const snapshot = await kernel.observe({ protocol: former.routeProtocol, maxLength: {} });
    const steps = plan(ownership(former), { routes: [], rules: [] }, snapshot);
    await kernel.apply(steps);
    log('notice', 'former-protocol-retired', { protocol: former.routeProtocol, changes: steps.length });
    return `routes of protocol ${former.routeProtocol} are out`;
  } catch (error) {
    log('error', 'retire-failed', {
      message: error instanceof Error ? error.message : String(error),
      remedy: `ip route flush table all proto ${former.routeProtocol}`,
    });
    return undefined;
  }
}
