/**
 * The route of the main table that would take a packet if the routes of one protocol did not
 * exist: longest prefix, then lowest metric.
 */

import { BlockList } from 'node:net';
import { tryCommandAsync } from '../../src/drill/lab/command.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { NOTHING, type Way, wayOfJson } from './facts.js';

export async function mainWayOf(host: Namespace, address: string, without: number): Promise<Way> {
  const six = address.includes(':');
  const argv = ['ip', '-n', host.name, '-N', '-j', '-d', six ? '-6' : '-4', 'route', 'show', 'table', 'main'];
  const { stdout } = await tryCommandAsync(argv);
  const found = (stdout.trim() === '' ? [] : (JSON.parse(stdout) as readonly Record<string, unknown>[]))
    .map((raw) => {
      const dst = raw['dst'] === 'default' ? (six ? '::/0' : '0.0.0.0/0') : String(raw['dst']);
      return { dst, metric: Number(raw['metric'] ?? 0), way: wayOfJson(raw, dst, six) };
    })
    .filter(({ dst, way }) => way.protocol !== without && contains(dst, address))
    .sort((a, b) => b.way.length - a.way.length || a.metric - b.metric);
  return found[0]?.way ?? { ...NOTHING, refusal: 'nothing' };
}

/** Uses Node's implementation of prefixes, not this project's. */
export function contains(prefix: string, address: string): boolean {
  const six = address.includes(':');
  if (prefix.includes(':') !== six) return false;
  const [network = '', length = six ? '128' : '32'] = prefix.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(length), six ? 'ipv6' : 'ipv4');
  return list.check(address, six ? 'ipv6' : 'ipv4');
}
