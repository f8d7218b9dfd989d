/** Everything foreign in the router, as text; its twin's must be the same. */

import { tryCommandAsync } from '../../src/drill/lab/command.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { World } from './world.js';

const ROUTES = ['route show table all', 'rule show', 'addr show'];
const BATCHES = [
  ['-4', [...ROUTES, 'link show', 'nexthop show']],
  ['-6', ROUTES],
] as const;

/** The first lines that only one of them has; empty: all that is foreign is as it should be. `protocols`: the agent's and the daemon's. */
export async function foreignDifference(world: World, protocols: readonly number[]): Promise<readonly string[]> {
  const [here, there] = await Promise.all([world.router, world.twin].map((host) => foreignLines(host, protocols)));
  const missing = without(there!, here!).map((line) => `missing: ${line}`);
  const more = without(here!, there!).map((line) => `should not be: ${line}`);
  return [...missing, ...more].slice(0, 6);
}

/** Those of `lines` that `others` does not have, each as often as it is missing. */
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
 * What the kernel makes of itself when a link has carrier: whether it does, after changes in quick succession, is a matter of moments
 * (net/ipv6/addrconf.c).
 */
const LINK_LOCAL = /^\S+ (?:fe80:|ff00::\/8)/;

/** Without what differs between two hosts, or from one moment to the next. */
function stable(record: string): string {
  return (
    record
      .replace(/^\d+: ([^:@]+)(?:@\S+)?:/, '$1')
      .replace(/inet6 fe80:\S+ scope \d+ [^\n]*\n[^\n]*/g, '')
      // A link's, which the kernel shows at its routes in its own time.
      .replace(/ (?:linkdown|dead)\b/g, '')
      // Of the numbers of the other ends ip believes that they are its own (ip/ipaddress.c).
      // So is the state of one without carrier: DOWN or LOWERLAYERDOWN (net/core/link_watch.c, rfc2863_policy).
      .replace(/ state [A-Z]+/, '')
      .replace(/,M-DOWN/g, '')
      .replace(/ link-netnsid \d+| link-netns \S+/g, '')
      .replace(/ (?:expires|age|users|used) -?\d+(?:sec)?/g, '')
      .replace(/(valid_lft|preferred_lft) \d+sec/g, '$1 *')
      .replace(/\s+/g, ' ')
      .trim()
  );
}
