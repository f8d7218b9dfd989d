/**
 * `address: none` on a real point-to-point device without neighbours, both families: a tun device,
 * like those of WireGuard, PPP and modems. The backup routes name only the interface; nothing is
 * probed and nothing is reported dead.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { ownRoutes, routeGet } from '../lab/inspect.js';
import { type Ping, startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, FAMILIES, frrAway, laboratory, owned, statusOf, statusWhere, turned } from './agent-support.js';

const END = fileURLToPath(new URL('./tun-end.js', import.meta.url));
const ROUTER = { inet: '10.254.9.2', inet6: '2001:db8:f9::2' } as const;
const FAR = { inet: '10.254.9.1', inet6: '2001:db8:f9::1' } as const;

t.setTimeout(400_000);

/** One end, and the device with its addresses; up. */
async function end(
  namespace: Namespace,
  own: typeof ROUTER | typeof FAR,
  peer: typeof ROUTER | typeof FAR,
): Promise<ChildProcess> {
  const child = spawn('ip', ['netns', 'exec', namespace.name, process.execPath, END, 'tun0'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await eventually(() => namespace.tryRun(['ip', 'link', 'show', 'dev', 'tun0']).status === 0, {
    timeoutMs: 20_000,
    what: 'tun0',
  });
  namespace.ipBatch([
    `addr add ${own.inet} peer ${peer.inet}/32 dev tun0`,
    `addr add ${own.inet6}/64 dev tun0 nodad`,
    'link set tun0 up',
  ]);
  return child;
}

/** Joins the two ends; what is returned ends them, and their devices. */
async function tunnel(t: Test, router: Namespace, gw: Namespace): Promise<() => Promise<void>> {
  const ends = [await end(router, ROUTER, FAR), await end(gw, FAR, ROUTER)] as const;
  ends[0].stdout!.pipe(ends[1].stdin!);
  ends[1].stdout!.pipe(ends[0].stdin!);
  for (const { stdin } of ends) stdin!.on('error', () => undefined);
  const close = async (): Promise<void> => {
    for (const one of ends) {
      if (one.exitCode !== null || one.signalCode !== null) continue;
      const gone = once(one, 'exit');
      one.kill('SIGKILL');
      await gone;
    }
  };
  t.teardown(close);
  return close;
}

async function answered(noc: Namespace, timeoutMs = 1500): Promise<readonly boolean[]> {
  const pings: readonly Ping[] = FAMILIES.map((family) => startPing(noc, ROUTER[family]));
  const replies = await Promise.allSettled(pings.map((ping) => ping.nextReply(timeoutMs)));
  for (const ping of pings) await ping.stop();
  return replies.map(({ status }) => status === 'fulfilled');
}

t.test('a point-to-point device', async (t) => {
  const std = laboratory(t);
  const { router, gw, noc } = std;
  let close = await tunnel(t, router, gw);
  t.match(router.ip('link show dev tun0'), /POINTOPOINT.*NOARP/);
  const frr = frrAway(std);
  const config = (symmetric: boolean): string =>
    JSON.stringify({
      'management-interface': 'tun0',
      'backup-router': { address: 'none', 'symmetric-replies': symmetric },
      'inet6-backup-router': { address: 'none', 'symmetric-replies': symmetric },
      'routing-daemon': { frr: { daemons: ['zebra'], 'socket-directory': frr.directory } },
      withdraw: { 'hold-time': '300ms' },
      detect: { 'probe-interval': '100ms', 'probe-timeout': '2s' },
      stale: { 'preempt-after': '500ms' },
    });
  const ours = (): readonly string[] =>
    FAMILIES.flatMap((family) =>
      ownRoutes(router, family).map(({ dst, gateway, dev }) => `${dst} ${gateway ?? '-'} ${dev}`),
    );
  const both = ['default - tun0', 'default - tun0'];
  const installed = (): Promise<unknown> =>
    eventually(() => ours().join() === both.join(), { timeoutMs: 20_000, what: 'by the interface alone' });

  t.same(await answered(noc), [false, false], 'lost without the agent');
  const agent = agentIn(std, config(false));
  await installed();
  t.same(await answered(noc, 20_000), [true, true], 'beside no FRR');
  for (const family of FAMILIES) t.match(routeGet(router, STANDARD[family].noc), /^\S+ (?:from :: )?dev tun0 /, family);
  const status = await statusOf(agent);
  t.same(status.gateways, [], 'no gateway is asked, none is told dead');
  t.same(status.waiting, []);
  t.equal((await agent.cli('status')).status, 0);

  await frr.start();
  await turned(agent, 'out');
  await eventually(() => owned(router).length === 0, { timeoutMs: 20_000, what: 'withdrawn' });
  t.same(await answered(noc), [false, false], 'FRR leads elsewhere');
  agent.configure(config(true));
  agent.signal('SIGHUP');
  await statusWhere(
    agent,
    ({ symmetricReplies: all }) => all.length === 2 && all.every(({ state }) => state === 'installed'),
    20_000,
  );
  t.same(await answered(noc, 20_000), [true, true], 'with symmetric replies');
  agent.configure(config(false));
  agent.signal('SIGHUP');
  await eventually(() => owned(router).length === 0, { timeoutMs: 20_000, what: 'no replies' });

  await frr.kill('zebra');
  await installed();
  await eventually(async () => (await answered(noc)).every(Boolean), {
    timeoutMs: 20_000,
    what: 'the stale routes are beaten',
  });
  t.pass('beside a dead FRR');

  await close();
  await statusWhere(agent, ({ waiting }) => waiting.some(({ subject }) => subject === 'tun0'), 20_000);
  t.same(ours(), [], 'the device is gone');
  close = await tunnel(t, router, gw);
  await installed();
  await eventually(async () => (await answered(noc)).every(Boolean), { timeoutMs: 20_000, what: 'the device is back' });
  t.same((await statusOf(agent)).waiting, []);
});
