/** All foreign state in the router as text. It must equal that of the router's twin. */

import { tryCommandAsync } from '../../src/drill/lab/command.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { World } from './world.js';

const ROUTES = ['route show table all', 'rule show', 'addr show'];
const BATCHES = [
  ['-4', [...ROUTES, 'link show', 'nexthop show']],
  ['-6', ROUTES],
] as const;

/**
 * The first lines that only one of the two routers has. Empty: all foreign state is as it should
 * be. `protocols`: those of the agent and of the daemon.
 */
export async function foreignDifference(world: World, protocols: readonly number[]): Promise<readonly string[]> {
  const [here, there] = await Promise.all([world.router, world.twin].map((host) => foreignLines(host, protocols)));
  const missing = without(there!, here!).map((line) => `missing: ${line}`);
  const more = without(here!, there!).map((line) => `should not be: ${line}`);
  return [...missing, ...more].slice(0, 6);
}

/** The lines that `others` does not have, each as often as it is missing. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

async function foreignLines(host: Namespace, protocols: readonly number[]): Promise<readonly string[]> {
  const own = new RegExp(`\\bproto (?:${protocols.join('|')})\\b`);
  const texts = await Promise.all(
    BATCHES.map(async ([family, lines]) => {
      const argv = ['ip', '-n', host.name, family, '-N', '-d', '-force', '-batch', '-'];
      const { stdout } = await tryCommandAsync(argv, { input: `${lines.join('\n')}\n` });
      // A record is a line and the indented lines below it.
      const records = stdout.match(/^\S[^\n]*\n(?:[ \t][^\n]*\n)*/gm) ?? [];
      return records
        .filter((record) => !own.test(record.split('\n', 1)[0]!) && !LINK_LOCAL.test(record))
        .map((record) => `${family} ${stable(record)}`);
    }),
  );
  return texts.flat();
}

/**
 * Addresses and routes that the kernel itself creates when a link gets carrier. After quick
 * changes it depends on timing whether they exist (net/ipv6/addrconf.c).
 */
const LINK_LOCAL = /^\S+ (?:fe80:|ff00::\/8)/;

/** Removes what differs between two hosts or from one moment to the next. */
function stable(record: string): string {
  return (
    record
      .replace(/^\d+: ([^:@]+)(?:@\S+)?:/, '$1')
      .replace(/inet6 fe80:\S+ scope \d+ [^\n]*\n[^\n]*/g, '')
      // The state of a link, which the kernel shows in its routes with a delay.
      .replace(/ (?:linkdown|dead)\b/g, '')
      // ip takes the interface indexes of the other ends for its own (ip/ipaddress.c). So it also
      // prints a wrong state for a link without carrier: DOWN or LOWERLAYERDOWN
      // (net/core/link_watch.c, rfc2863_policy).
      .replace(/ state [A-Z]+/, '')
      .replace(/,M-DOWN/g, '')
      .replace(/ link-netnsid \d+| link-netns \S+/g, '')
      .replace(/ (?:expires|age|users|used) -?\d+(?:sec)?/g, '')
      .replace(/(valid_lft|preferred_lft) \d+sec/g, '$1 *')
      .replace(/\s+/g, ' ')
      .trim()
  );
}
