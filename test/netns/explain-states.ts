/**
 * The predictions of `explain` come true. While FRR is converged and the backup routes are out,
 * `explain` names for each address what will carry it in every state. Then each state is provoked,
 * and `ip route get` must agree. Both families; a tie, a backup route that is more specific than
 * the daemon's, one that is less specific, a foreign route that stays, a refusal, a connected
 * network, an own address. explain-states-*.test.ts run it, one file per placement.
 */

import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { routeGet, routes } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import {
  agentIn,
  type Case,
  expected,
  FAMILIES,
  laboratory,
  mark,
  owned,
  type Placement,
  settles,
  turned,
} from './agent-support.js';

const DESTINATIONS = {
  inet: ['0.0.0.0/0', '10.99.0.0/16', '10.200.0.0/16', '10.202.0.0/15', '10.151.7.0/24'],
  inet6: ['::/0', '2001:db8:99::/48', '2001:db8:200::/48', '2001:db8:202::/47', '2001:db8:151:7::/64'],
};
/** Announced by the peer beside its default: a tie of its own, and one more specific than a destination. */
const NETWORKS = ['10.200.0.0/16', '10.203.0.0/16', '2001:db8:200::/48', '2001:db8:203::/48'];

const ADDRESSES = [
  ...[
    '203.0.113.1',
    '10.99.0.10',
    '10.200.1.1',
    '10.203.1.1',
    '10.150.1.1',
    '10.151.7.1',
    '10.1.0.77',
    STANDARD.inet.loopback,
  ],
  ...[
    '2001:4860::1',
    '2001:db8:99::10',
    '2001:db8:200::1',
    '2001:db8:203::1',
    '2001:db8:151:7::1',
    STANDARD.inet6.loopback,
  ],
];

interface Told {
  readonly state: string;
  readonly carrier: string;
  readonly route: {
    readonly nexthops: readonly { readonly gateway: string | null; readonly interface: string | null }[];
  } | null;
}
interface Json {
  readonly agrees: boolean | null;
  readonly now: Told;
  readonly states: readonly Told[];
}

type Picture = Readonly<Record<string, string>>;

/** `via GATEWAY dev DEVICE`, `refused`, `own`: as told. */
function told({ carrier, route }: Told): string {
  if (carrier === 'host') return 'own';
  if (carrier === 'refused' || carrier === 'none' || route === null) return 'refused';
  return route.nexthops
    .map(({ gateway, interface: device }) => `${gateway === null ? '' : `via ${gateway} `}dev ${device}`)
    .join(' or ');
}

/** The same, as the kernel has it. */
function picture(router: Namespace): Picture {
  return Object.fromEntries(
    ADDRESSES.map((address) => {
      const line = routeGet(router, address);
      if (/^local /.test(line)) return [address, 'own'];
      const device = / dev (\S+)/.exec(line)?.[1];
      if (/^(RTNETLINK|unreachable|blackhole|prohibit)/.test(line) || device === undefined) return [address, 'refused'];
      const gateway = / via (\S+)/.exec(line)?.[1];
      return [address, `${gateway === undefined ? '' : `via ${gateway} `}dev ${device}`];
    }),
  );
}

/** Everything that `explain` says now, by state and address. */
async function predictions(t: Case, agent: Agent): Promise<Readonly<Record<string, Picture>>> {
  const all: Record<string, Record<string, string>> = {};
  for (const address of ADDRESSES) {
    const { status, stdout, stderr } = await agent.cli('explain', address, '--json', '-c', agent.configFile);
    if (status !== 0) throw new Error(`explain ${address}: ${status} ${stderr}${stdout}`);
    const json = JSON.parse(stdout) as Json;
    if (json.agrees !== true) t.same(json.agrees, true, `${address}: the walk agrees with the kernel`);
    for (const passage of [json.now, ...json.states]) (all[passage.state] ??= {})[address] = told(passage);
  }
  return all;
}

/** The test, for one placement. */
export function everyState(placement: Placement): void {
  void t.test(`every state is as predicted, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    // Somebody else's routes, which stay: one that no backup route reaches but the default, and a refusal above a destination.
    router.ipBatch([
      `route add 10.150.0.0/16 via ${STANDARD.inet.peer} dev data0 proto static`,
      `route add 2001:db8:150::/48 via ${STANDARD.inet6.peer} dev data0 proto static`,
      'route add blackhole 10.151.0.0/16 proto static',
      'route add unreachable 2001:db8:151::/48 proto static',
    ]);
    await startPeerFrr(std, { networks: NETWORKS });
    // With nexthop objects IPv6's suppress_prefixlength goes by whichever prefix of the object was looked up first.
    const frr = prepareRouterFrr(std, { zebraLines: ['no zebra nexthop kernel enable'] });
    const agent = agentIn(std, {
      placement,
      frr,
      destinations: DESTINATIONS,
      preempt: '15s',
      probeTimeout: '1s',
    });
    const wanted = (preempting: readonly number[] = []): readonly string[] =>
      expected({ placement, destinations: DESTINATIONS, preempting });
    await agent.waitForLog(/ ready /, 20_000);
    await settles(t, router, wanted(), 'booting: in', 20_000);
    const booting = picture(router);

    await frr.start();
    await turned(agent, 'out', 0, 60_000);
    const arrived = (): boolean =>
      NETWORKS.every((network) =>
        FAMILIES.some((family) => routes(router, family).some((route) => route.dst === network)),
      );
    await eventually(arrived, { timeoutMs: 60_000, what: 'the announced networks' });
    const all = await predictions(t, agent);
    t.same(owned(router), [], 'asked while they are out');
    t.same(
      Object.keys(all),
      ['now', 'booting', 'converged', 'clean-stop', 'crash', 'preempted', 'hang', 'standby'],
      'all the states are told',
    );
    t.same(booting, all['booting'], 'booting was as told');
    t.same(picture(router), all['now'], 'now');
    t.same(picture(router), all['converged'], 'converged');

    await agent.cli('role', 'standby');
    await settles(t, router, wanted(), 'standby: in', 20_000);
    t.same(picture(router), all['standby'], 'standby');
    await agent.cli('role', 'auto');
    await settles(t, router, [], 'out again', 20_000);

    frr.pause('zebra');
    await settles(t, router, wanted(), 'hang: in, and losing ties', 10_000);
    t.same(picture(router), all['hang'], 'hang');
    let from = mark(agent);
    frr.resume('zebra');
    await turned(agent, 'out', from, 60_000);
    await settles(t, router, [], 'out again', 20_000);

    await frr.kill('zebra');
    await settles(t, router, wanted(), 'crash: in, and losing ties', 10_000);
    t.same(picture(router), all['crash'], 'crash, before preemption');
    const stale = placement === 'local' ? [0, 16, 48] : [0];
    const ties = (line: string): boolean => /metric 1$|suppress (16|48)$/.test(line);
    await eventually(() => owned(router).some(ties), {
      timeoutMs: 60_000,
      what: `preemption at ${stale.join()}`,
    });
    t.same(picture(router), all['preempted'], 'crash, after preemption');
    t.match(
      JSON.parse((await agent.cli('plan', '--json', '-c', agent.configFile)).stdout),
      { applies: 'in', in: { commands: [] } },
      'plan knows since when it is dead: nothing to do',
    );

    from = mark(agent);
    await frr.kill('bgpd');
    await frr.start();
    await turned(agent, 'out', from, 60_000);
    await settles(t, router, [], 'out again', 20_000);
    await frr.stop();
    await eventually(
      () => FAMILIES.every((family) => routes(router, family).every((route) => route.protocol !== 186)),
      { timeoutMs: 20_000, what: 'zebra takes its routes along' },
    );
    await settles(t, router, wanted(), 'clean stop: in', 20_000);
    t.same(picture(router), all['clean-stop'], 'clean stop');
    const distinct = new Set(Object.values(all).map((one) => JSON.stringify(one)));
    t.ok(distinct.size >= 4, `the states differ: ${distinct.size} pictures of ${ADDRESSES.length} addresses`);
    await agent.stop();
  });
}
