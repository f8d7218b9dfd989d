/**
 * `auto`, `adopt` and `symmetric-replies` together, in both families, with a real agent and a real
 * FRR. FRR's default route leads to where answers to the NOC are lost. The default route of the
 * management network is taken over, the replies use its current gateway, and everything is given
 * back. The NOC, which pings the management address, loses nothing.
 */

import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import { routeGet, routes } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, BUSY_MS, FAMILIES, frrAway, laboratory, owned, restartAgent, statusWhere } from './agent-support.js';

const TABLE = 25_629;
/** Between two packets of a ping. */
const PING_MS = 10;
const FIRST: Readonly<Record<Family, string>> = { inet: STANDARD.inet.gateway, inet6: STANDARD.inet6.gateway };
/** The same machine by another address: the gateway of a later lease or advertisement. */
const SECOND: Readonly<Record<Family, string>> = { inet: '10.255.0.9', inet6: '2001:db8:ff::9' };

t.setTimeout(400_000);

t.test('taken over, followed, given back', async (t) => {
  const std = laboratory(t);
  const { router, gw, noc } = std;
  for (const family of FAMILIES)
    gw.ip(`addr add ${SECOND[family]}/${family === 'inet' ? '24 dev router0' : '64 dev router0 nodad'}`);
  const frr = frrAway(std);
  const foreign = (family: Family): string =>
    router
      .run(['ip', family === 'inet' ? '-4' : '-6', 'route', 'show', 'default', 'dev', 'mgmt0'])
      .split('\n')
      .filter((line) => line !== '' && !/proto 157/.test(line))
      .join();
  // The kernel's own order of IPv6 defaults is the metric's; a lower one stands beside the other.
  const put = (gateways: Readonly<Record<Family, string>>, metric6 = 1024): void => {
    for (const family of FAMILIES)
      router.ip(
        `${family === 'inet' ? '-4' : '-6'} route add default via ${gateways[family]} dev mgmt0${family === 'inet' ? '' : ` metric ${metric6}`}`,
      );
  };
  put(FIRST);

  const config = (onStop: string): string =>
    JSON.stringify({
      'management-interface': 'mgmt0',
      ...Object.fromEntries(
        ['backup-router', 'inet6-backup-router'].map((key) => [
          key,
          { address: 'auto', adopt: true, 'symmetric-replies': true },
        ]),
      ),
      'routing-daemon': { frr: { daemons: ['zebra'], 'socket-directory': frr.directory } },
      withdraw: { 'hold-time': '300ms' },
      detect: { 'probe-interval': '100ms', 'probe-timeout': '2s' },
      'on-stop': onStop,
    });

  const pings = FAMILIES.map((family) => startPing(noc, STANDARD[family].mgmt));
  for (const ping of pings) await ping.nextReply(15_000);
  let since = Date.now();
  const unnoticed = async (when: string): Promise<void> => {
    for (const ping of pings) {
      await ping.nextReply(15_000);
      const lost = await ping.lost(since);
      t.ok(lost <= 5 + BUSY_MS / PING_MS, `${when}: ${lost} packets of ${ping.target} lost, one each ${PING_MS} ms`);
    }
    since = Date.now();
  };
  let agent = agentIn(std, config('keep'));
  const settled = async (
    phase: 'in' | 'out',
    adopted: number,
    gateways: Readonly<Record<Family, string>>,
  ): Promise<void> => {
    await statusWhere(
      agent,
      (status) =>
        status.routes.phase === phase &&
        status.adopted.length === adopted &&
        status.symmetricReplies.length === 2 &&
        status.symmetricReplies.every(({ state }) => state === 'installed') &&
        FAMILIES.every((family) =>
          routes(router, family, TABLE).some(({ dst, gateway }) => dst === 'default' && gateway === gateways[family]),
        ),
      40_000,
    );
    for (const family of FAMILIES) {
      const a = STANDARD[family];
      t.match(
        routeGet(router, a.noc, 'from', a.mgmt),
        new RegExp(`via ${gateways[family]} dev mgmt0`),
        `${family}: replies by the gateway`,
      );
      // What a dead FRR has left behind is left to work for a while.
      if (phase === 'out') t.match(routeGet(router, a.noc), /dev data0/, `${family}: other packets as FRR says`);
    }
  };

  await settled('in', 0, FIRST);
  await unnoticed('the agent, and no FRR');
  await frr.start();
  await settled('out', 2, FIRST);
  for (const family of FAMILIES) t.equal(foreign(family), '', `${family}: the foreign default is away`);
  await unnoticed('FRR has a default route of its own');

  put(SECOND, 512);
  await settled('out', 3, SECOND);
  for (const family of FAMILIES) t.equal(foreign(family), '', `${family}: the newer one, too`);
  await unnoticed('another default route comes');

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await agent.stop(signal);
    if (signal === 'SIGTERM')
      for (const family of FAMILIES)
        t.match(foreign(family), new RegExp(`^default via ${SECOND[family]} `), `${family}: given back`);
    await unnoticed(`the agent ends by ${signal}`);
    agent = restartAgent(std, agent, config('keep'));
    await settled('out', 3, SECOND);
    await unnoticed('the agent is back');
  }

  await frr.kill('zebra');
  await settled('in', 3, SECOND);
  await unnoticed('FRR dies');
  await frr.kill('staticd');
  await frr.start();
  await settled('out', 3, SECOND);
  await unnoticed('FRR is back');

  agent.configure(config('withdraw'));
  agent.signal('SIGHUP');
  await agent.waitForLog(/reload/, 15_000);
  t.match(await agent.stop(), { status: 0 });
  await eventually(() => owned(router).length === 0, { timeoutMs: 15_000, what: 'nothing of ours' });
  for (const family of FAMILIES)
    t.match(foreign(family), new RegExp(`^default via ${SECOND[family]} `), `${family}: given back`);
  await unnoticed('the agent stops, and withdraws');
  for (const ping of pings) await ping.stop();
});
