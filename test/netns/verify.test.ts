/**
 * Questions to the kernel (src/kernel/verify.ts) that it answers otherwise than it sends packets:
 * the deletion of one IPv6 route leaves ENETUNREACH for the others with the same nexthop object
 * (fact K19). This file is also the child that asks inside the namespace (`verify.test.js child`).
 */

import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { samplesOf } from '../../src/core/sample.js';
import { createLab } from '../../src/drill/lab/lab.js';
import { Connection } from '../../src/kernel/netlink/connection.js';
import { verify } from '../../src/kernel/verify.js';
import { parsePrefix } from '../../src/model/prefix.js';

const SELF = fileURLToPath(import.meta.url);
/** One shares the object with a deleted route, one has an object of its own, one has no route. */
const DESTINATIONS = ['2001:db8:b::/48', '2001:db8:d::/48', '2001:db8:e::/48'];

if (process.argv[2] === 'child') await child();
else
  t.test('an IPv6 route that the kernel does not name, and follows', async (t) => {
    const lab = createLab();
    t.teardown(() => lab.close());
    const [router, peer] = [lab.namespace('router'), lab.namespace('peer')];
    lab.link(router, 'd0', peer, 'd1');
    router.ipBatch([
      'addr add 2001:db8:1::2/64 dev d0 nodad',
      'nexthop add id 3 via 2001:db8:1::1 dev d0',
      'nexthop add id 4 via 2001:db8:1::3 dev d0',
      'route add 2001:db8:a::/48 nhid 3',
      'route add 2001:db8:b::/48 nhid 3',
      'route add 2001:db8:d::/48 nhid 4',
    ]);
    const ask = (address: string, ...cpu: readonly string[]): string =>
      router.run(['sh', '-c', '"$@" 2>&1 || true', 'sh', ...cpu, 'ip', '-6', 'route', 'get', 'fibmatch', address]);
    // The cache of each CPU; what changes addresses empties it, and the link's own comes late.
    const stale = (): boolean => {
      for (const [cpu] of cpus().entries()) ask('2001:db8:a::1', 'taskset', '-c', String(cpu));
      router.ipBatch(['route del 2001:db8:a::/48']);
      return /unreachable/.test(ask('2001:db8:b::1'));
    };
    for (let tries = 0; !stale() && tries < 40; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      router.ipBatch(['route add 2001:db8:a::/48 nhid 3']);
    }
    t.match(ask('2001:db8:b::1'), /unreachable/, 'the fact: the route is there, and the kernel names none');
    const words = (byObject: boolean): unknown =>
      JSON.parse(router.run([process.execPath, SELF, 'child', String(byObject)]));
    t.same(words(false), ['refused ENETUNREACH', 'route 2001:db8:d::', 'refused ENETUNREACH']);
    t.same(words(true), ['unknown', 'route 2001:db8:d::', 'refused ENETUNREACH'], 'nothing follows from it');
    t.match(ask('2001:db8:b::1'), /unreachable/, 'it lasts');
  });

async function child(): Promise<void> {
  const connection = new Connection({ receiveBuffer: 1 << 20, datagramBytes: 32768 });
  const questions = DESTINATIONS.map((text) => {
    const destination = parsePrefix(text)!;
    const byObject = process.argv[3] === 'true';
    return { destination, addresses: samplesOf(destination, []), vrf: undefined, byObject };
  });
  const words = await verify(connection, questions);
  const spelled = words.map((word) => {
    if (word.kind === 'route') return `route ${word.route.destination.address}`;
    return word.kind === 'refused' ? `refused ${word.code}` : 'unknown';
  });
  process.stdout.write(JSON.stringify(spelled));
  connection.close();
}
