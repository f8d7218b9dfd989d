/**
 * The two peculiarities of Linux that `explain` knows: refusals are never suppressed (fact K18),
 * and IPv6 routes may share a nexthop object (fact K19).
 */

import t from 'tap';
import { routeGet } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, expected, FAMILIES, laboratory, settles } from './agent-support.js';

interface Json {
  readonly agrees: boolean;
  readonly now: { readonly carrier: string };
  readonly notes: readonly string[];
}

t.test('a refusal in main hides a longer backup route', async (t) => {
  const { router, ...std } = laboratory(t);
  const destinations = { inet: ['10.99.0.0/16'], inet6: ['2001:db8:99::/48'] };
  const agent = agentIn({ router, ...std }, { destinations });
  await settles(t, router, expected({ destinations }), 'in', 20_000);
  for (const type of ['blackhole', 'unreachable', 'prohibit', 'throw']) {
    router.ipBatch([`route add ${type} 10.0.0.0/8`, `route add ${type} 2001:db8::/32`]);
    for (const address of ['10.99.0.10', '2001:db8:99::10']) {
      const json = JSON.parse((await agent.cli('explain', address, '--json', '-c', agent.configFile)).stdout) as Json;
      const carried = / dev mgmt0 /.test(routeGet(router, address));
      t.same(
        [json.agrees, json.now.carrier],
        [true, carried ? 'backup' : 'refused'],
        `${type} ${address}: as the kernel has it`,
      );
      t.equal(carried, type === 'throw', `${type} ${address}: ${carried ? 'carried' : 'refused'}`);
    }
    router.ipBatch([`route del ${type} 10.0.0.0/8`, `route del ${type} 2001:db8::/32`]);
  }
  await agent.stop();
});

t.test('IPv6 routes that share a nexthop object', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const destinations = { inet: ['10.99.0.0/16'], inet6: ['2001:db8:99::/48'] };
  const agent = agentIn(std, { destinations });
  await settles(t, router, expected({ destinations }), 'in', 20_000);
  const notes = async (address: string): Promise<string> =>
    (JSON.parse((await agent.cli('explain', address, '--json', '-c', agent.configFile)).stdout) as Json).notes.join(
      ' ',
    );
  router.ipBatch([`route add 2001:db8:5::/48 via ${STANDARD.inet6.peer} dev data0`]);
  t.notMatch(await notes('2001:db8:5::1'), /nexthop object/, 'not without one');
  router.ipBatch([
    `nexthop add id 16 via ${STANDARD.inet6.peer} dev data0`,
    'route add ::/0 nhid 16 metric 20',
    'route add 2001:db8:6::/48 nhid 16 metric 20',
    `nexthop add id 4 via ${STANDARD.inet.peer} dev data0`,
    'route add default nhid 4',
  ]);
  t.match(await notes('2001:db8:99::10'), /Where routes of several prefixes share one.*no zebra nexthop kernel enable/);
  t.notMatch(await notes('10.99.0.10'), /nexthop object/, 'IPv4 is not affected');
  router.run(['taskset', '-c', '0', 'ip', '-6', 'route', 'get', '2001:db8:6::1']);
  t.comment(
    `MEASURED with the /48 looked up first, the backup route 2001:db8:99::/48 against main's default: ${router.run(['taskset', '-c', '0', 'ip', '-6', 'route', 'get', '2001:db8:99::10']).trim()}`,
  );
  await agent.stop();
});

t.test('routes that name a nexthop object alone, and packets from one address of the host', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  router.sysctl('net.ipv4.nexthop_compat_mode', 0);
  router.ipBatch([
    `nexthop add id 4 via ${STANDARD.inet.peer} dev data0`,
    `nexthop add id 6 via ${STANDARD.inet6.peer} dev data0`,
    'route add default nhid 4 proto 186 metric 20',
    'route add ::/0 nhid 6 proto 186 metric 20',
    `rule add pref 90 from ${STANDARD.inet.mgmt} prohibit`,
    'route add prohibit ::/0 table 77',
  ]);
  router.ip(`-6 rule add pref 90 from ${STANDARD.inet6.mgmt} lookup 77`);
  const agent = agentIn(std, { preempt: 'never' });
  await settles(t, router, expected(), 'in');
  const explained = async (...words: readonly string[]): Promise<Json & { readonly from: string | null }> =>
    JSON.parse((await agent.cli('explain', ...words, '--json', '-c', agent.configFile)).stdout);
  for (const family of FAMILIES) {
    const { noc, mgmt, data } = STANDARD[family];
    t.match(await explained(noc), { agrees: true, from: null, now: { carrier: 'daemon' } }, `${family}: ids alone`);
    t.match(await explained(noc, '--from', data), { agrees: true, from: data, now: { carrier: 'daemon' } });
    t.match(await explained(noc, '--from', mgmt), { agrees: true, from: mgmt, now: { carrier: 'refused' } });
    t.not(router.tryRun(['ip', 'route', 'get', noc, 'from', mgmt]).status, 0, 'as the kernel has it');
    const strange = await agent.cli('explain', noc, '--from', noc, '-c', agent.configFile);
    t.match([strange.status, strange.stderr], [64, `${noc} is not an address of this host`]);
    t.match(strange.stderr, `--from`, 'with those that are');
  }
  const mixed = await agent.cli('explain', STANDARD.inet.noc, '--from', STANDARD.inet6.mgmt, '-c', agent.configFile);
  t.match([mixed.status, mixed.stderr], [64, 'are of different families']);
  await agent.stop();
});
