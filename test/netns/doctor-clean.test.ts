/** On a router without hazards doctor finds none, whatever the placement, and changes nothing. */

import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import { agentIn, laboratory, owned, PLACEMENTS, statusWhere, turned } from './agent-support.js';
import { complaints, examine } from './doctor-support.js';

t.setTimeout(400_000);

for (const placement of PLACEMENTS) {
  t.test(`placement ${placement}: nothing worse than notes, and everything could be looked at`, async (t) => {
    // Forwarding is a hazard of placement main, and told as such elsewhere.
    const std = laboratory(t, { forwarding: placement === 'local' });
    const peer = await startPeerFrr(std);
    // FRR's default is a hazard of placement local for IPv6 (fact K19).
    const frr = prepareRouterFrr(std, { zebraLines: ['no zebra nexthop kernel enable'] });
    await frr.start();
    const agent = agentIn(std, { frr, placement });
    await turned(agent, 'out');
    // The withdrawal is told when it is decided.
    await eventually(() => owned(std.router).length === 0, { what: 'the withdrawal' });
    const before = [
      std.router.ip('route show table all'),
      std.router.ip('-6 route show table all'),
      std.router.ip('rule show'),
      ...owned(std.router),
    ];
    const found = await examine(std, agent);
    t.same(complaints(found), []);
    t.equal(found.status, 0, 'exit status');
    t.same(
      found.report.findings.filter(({ severity }) => severity === 'unknown'),
      [],
      'nothing unknown',
    );
    t.ok(found.report.summary.ok > 30, `${found.report.summary.ok} checks ok`);
    t.same(
      [
        std.router.ip('route show table all'),
        std.router.ip('-6 route show table all'),
        std.router.ip('rule show'),
        ...owned(std.router),
      ],
      before,
      'the kernel is as it was',
    );

    await frr.kill('zebra');
    await turned(agent, 'in');
    await statusWhere(agent, ({ backupRoutes }) => backupRoutes.every(({ state }) => state !== 'absent'));
    const later = await examine(std, agent);
    t.same(
      later.report.findings
        .filter(({ severity }) => severity === 'warning' || severity === 'error')
        .map(({ code }) => code),
      ['socket-stale'],
      'zebra is dead, and that is all',
    );
    t.match(later.of('socket-stale')[0]!, {
      message: /left its socket behind/,
      evidence: [`${frr.directory}/zebra.vty: ECONNREFUSED`],
    });
    t.match(later.of('stale-routes'), [{ severity: 'note', evidence: [/proto 186/, /proto 186/] }]);
    t.equal(later.status, 1);
    await peer.stop();
  });
}
