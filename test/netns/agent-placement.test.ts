/**
 * Which route wins, by the kernel's own answer: more specific routes of main always win, shorter
 * ones never do, and ties go as specified (active foreign routes win them), for several
 * destination lengths and both placements.
 */

import t from 'tap';
import { routeGet } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, expected, laboratory, PLACEMENTS, settles, turned, zebraOnly } from './agent-support.js';

const DESTINATIONS = {
  inet: ['0.0.0.0/0', '10.0.0.0/8', '10.99.0.0/16'],
  inet6: ['::/0', '2001:db8::/32', '2001:db8:99::/48'],
};

/** For each address the interface that must carry it. */
type Cases = readonly (readonly [address: string, device: string])[];

const via = (family: 4 | 6): string => `via ${family === 4 ? STANDARD.inet.peer : STANDARD.inet6.peer} dev data0`;

for (const placement of PLACEMENTS) {
  t.test(`longest match and ties, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    const carries = (cases: Cases, when: string): void => {
      t.same(
        cases.map(([address]) => [address, / dev (\S+)/.exec(routeGet(router, address))?.[1] ?? 'none']),
        cases,
        when,
      );
    };
    const agent = agentIn(std, { placement, destinations: DESTINATIONS });
    await agent.waitForLog(/ ready /);
    await settles(t, router, expected({ placement, destinations: DESTINATIONS }), 'in');

    carries(
      [
        ['203.0.113.1', 'mgmt0'],
        ['10.5.5.5', 'mgmt0'],
        ['10.99.1.1', 'mgmt0'],
        ['10.1.0.77', 'data0'],
        ['10.255.0.77', 'mgmt0'],
        ['127.0.0.1', 'lo'],
        ['2001:4860::1', 'mgmt0'],
        ['2001:db8:5::5', 'mgmt0'],
        ['2001:db8:99::7', 'mgmt0'],
        ['2001:db8:1::77', 'data0'],
        ['::1', 'lo'],
      ],
      'alone: everything but the connected networks',
    );

    router.ipBatch([`route add default ${via(4)}`, `route add ::/0 ${via(6)} metric 10`]);
    carries(
      [
        ['203.0.113.1', 'data0'],
        ['10.5.5.5', 'mgmt0'],
        ['10.99.1.1', 'mgmt0'],
        ['2001:4860::1', 'data0'],
        ['2001:db8:5::5', 'mgmt0'],
        ['2001:db8:99::7', 'mgmt0'],
      ],
      'a foreign default wins its tie and nothing more',
    );

    router.ipBatch([`route add 10.0.0.0/8 ${via(4)}`, `route add 2001:db8::/32 ${via(6)}`]);
    carries(
      [
        ['10.5.5.5', 'data0'],
        ['10.99.1.1', 'mgmt0'],
        ['2001:db8:5::5', 'data0'],
        ['2001:db8:99::7', 'mgmt0'],
      ],
      'a foreign route of the middle length wins its tie; the longest destination stays ours',
    );

    router.ipBatch([
      `route add 10.99.1.0/24 ${via(4)}`,
      `route add 10.98.0.0/15 ${via(4)}`,
      `route add 2001:db8:99:1::/64 ${via(6)}`,
      `route add 2001:db8:98::/47 ${via(6)}`,
    ]);
    carries(
      [
        ['10.99.1.1', 'data0'],
        ['10.99.2.1', 'mgmt0'],
        ['10.98.1.1', 'data0'],
        ['2001:db8:99:1::1', 'data0'],
        ['2001:db8:99:2::1', 'mgmt0'],
        ['2001:db8:98::1', 'data0'],
      ],
      'more specific foreign routes win, one bit shorter loses',
    );

    router.ipBatch(['route del default', 'route del ::/0', 'route del 10.0.0.0/8', 'route del 2001:db8::/32']);
    carries(
      [
        ['203.0.113.1', 'mgmt0'],
        ['10.5.5.5', 'mgmt0'],
        ['10.99.1.1', 'data0'],
        ['10.98.1.1', 'data0'],
        ['2001:4860::1', 'mgmt0'],
        ['2001:db8:5::5', 'mgmt0'],
        ['2001:db8:98::1', 'data0'],
      ],
      'gone again: the ties are ours, the more specific ones are not',
    );
    await settles(t, router, expected({ placement, destinations: DESTINATIONS }), 'nothing of ours moved in all this');
    await agent.stop();
  });

  t.test(`preemption takes the tie at one length and from stale routes only, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    const frr = zebraOnly(std);
    // 196 is FRR's static protocol: once zebra is known dead these are its stale routes. Protocol 4 is the operator's.
    const add = [
      `route add 10.0.0.0/8 ${via(4)} proto 196 metric 20`,
      `route add 2001:db8::/32 ${via(6)} proto 196 metric 20`,
      `route add default ${via(4)} proto 4 metric 30`,
      `route add ::/0 ${via(6)} proto 4 metric 30`,
    ];
    router.ipBatch(add);
    const agent = agentIn(std, {
      placement,
      frr,
      daemons: ['zebra'],
      destinations: DESTINATIONS,
      preempt: '300ms',
      convergence: 0,
    });
    const cases = (eight: string): Cases => [
      ['203.0.113.1', 'data0'],
      ['10.5.5.5', eight],
      ['10.99.1.1', 'mgmt0'],
      ['2001:4860::1', 'data0'],
      ['2001:db8:5::5', eight],
      ['2001:db8:99::7', 'mgmt0'],
    ];
    const found = (): Cases =>
      cases('').map(([address]) => [address, / dev (\S+)/.exec(routeGet(router, address))?.[1] ?? 'none']);
    await agent.waitForLog(/ ready /);
    // 8 in IPv4, 32 in IPv6.
    await settles(
      t,
      router,
      expected({ placement, destinations: DESTINATIONS, preempting: [8, 32] }),
      'the stale length is preempted',
    );
    t.same(found(), cases('mgmt0'), "the stale routes lose, the operator's default does not");
    await frr.start();
    await turned(agent, 'out');
    await settles(t, router, [], 'out');
    await agent.stop();
  });
}
