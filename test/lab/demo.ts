/**
 * The demonstration behind scripts/demo: a router with a real kernel and real FRR in the standard
 * laboratory, from boot to the return of the daemon. It is printed as a timeline with the outage
 * that the operator's ping saw in each act. The network is built in standard.ts, the outage is
 * measured in ping.ts.
 */

import { type Agent, startAgent } from '../../src/drill/lab/agent.js';
import type { Frr } from '../../src/drill/lab/frr.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { type Ping, startPing } from './ping.js';
import { RouteWatch } from './route-watch.js';
import { STANDARD, type StandardLab, standardLab } from './standard.js';
import { prepareRouterFrr, startPeerFrr } from './standard-frr.js';

const HOLD_S = 2;
const PREEMPT_S = 3;

interface Stage {
  readonly lab: StandardLab;
  readonly frr: Frr;
  readonly ping: Ping;
  readonly startMs: number;
  readonly summary: (readonly [act: string, outage: string, detail: string])[];
}

const bold = (text: string): string =>
  process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' ? `\x1b[1m${text}\x1b[0m` : text;

function tell(stage: Stage, text: string): void {
  process.stdout.write(`${((Date.now() - stage.startMs) / 1000).toFixed(2).padStart(7)}s  ${text}\n`);
}

function act(title: string): number {
  process.stdout.write(`\n${bold(title)}\n`);
  return Date.now();
}

/** Ends an act and prints the longest time for which the NOC's ping went unanswered in it. */
async function curtain(stage: Stage, title: string, since: number, detail: string): Promise<void> {
  await sleep(300);
  const lost = await stage.ping.lost(since);
  const gap = await stage.ping.longestGapMs(since);
  const outage = lost === 0 ? 'none' : `${gap.toFixed(0)} ms`;
  tell(stage, `outage seen from the NOC in this act: ${bold(outage)} (${lost} pings lost)`);
  stage.summary.push([title, outage, detail]);
}

function config(frr: Frr): string {
  return `management-interface: mgmt0
backup-router:
  address: ${STANDARD.inet.gateway}
inet6-backup-router:
  address: ${STANDARD.inet6.gatewayLinkLocal}
routing-daemon:
  - frr: {daemons: [zebra, bgpd], socket-directory: ${frr.directory}}
withdraw: {hold-time: ${HOLD_S}s}
stale: {preempt-after: ${PREEMPT_S}s}
`;
}

const PICTURE = `
   NOC 10.99.0.10 --- management gateway 10.255.0.1 --- mgmt0 [ router ] data0 --- BGP neighbour 10.1.0.1
                                 |                                                        |
                                 +--------------------------- core -----------------------+
`;

async function boot(stage: Stage, startIt: () => Agent): Promise<Agent> {
  const title = '1. Boot: no FRR yet, and no agent';
  act(title);
  await sleep(500);
  tell(
    stage,
    `the NOC pings ${STANDARD.inet.mgmt}: ${stage.ping.alive() ? 'answered (?)' : 'no answer, the router knows no way back'}`,
  );
  const startMs = Date.now();
  const agent = startIt();
  tell(stage, 'the agent is started (in a real boot by systemd, before FRR)');
  const replyMs = await stage.ping.nextReply(10_000, startMs);
  tell(stage, `first answer ${bold(`${(replyMs - startMs).toFixed(0)} ms`)} after the agent's start; FRR does not run`);
  tell(stage, stage.lab.router.ip('route show table 25500').trim());
  await sleep(300);
  stage.summary.push([
    title,
    `${((replyMs - stage.ping.startMs) / 1000).toFixed(1)} s`,
    'until the agent was started: that is why it starts first',
  ]);
  return agent;
}

async function converge(stage: Stage, agent: Agent, title: string, start: () => Promise<void>): Promise<void> {
  const since = act(title);
  const seen = agent.log.length;
  await start();
  tell(stage, 'zebra and bgpd answer; the routes stay in until they have proved themselves');
  await agent.waitForLog(/routes phase=out/, 60_000, seen);
  const line = stage.lab.router.ip('route show default').trim();
  tell(stage, `${bold('withdrawn')}: held for ${HOLD_S} s and every destination is covered by FRR:`);
  tell(stage, `  ${line}`);
  await curtain(stage, title, since, 'FRR took over before the backup routes left');
}

async function crash(stage: Stage, watch: RouteWatch): Promise<void> {
  const title = '3. Crash: SIGKILL to zebra';
  const since = act(title);
  const killed = watch.next(/^(?!Deleted).*default via .* table 25500/);
  const atMs = performance.timeOrigin + performance.now();
  await stage.frr.kill('zebra');
  const routeMs = (await killed) - atMs;
  tell(stage, `backup route in the kernel ${bold(`${routeMs.toFixed(1)} ms`)} after the kill`);
  tell(stage, `zebra's own route is stale now, and still forwards: left to work for ${PREEMPT_S} s`);
  await sleep(PREEMPT_S * 1000 + 200);
  tell(
    stage,
    `then the backup route takes the tie: ${stage.lab.router.ip(`route get ${STANDARD.inet.noc}`).split('\n')[0]!.trim()}`,
  );
  await curtain(stage, title, since, `backup route installed ${routeMs.toFixed(1)} ms after death`);
}

async function stop(stage: Stage, watch: RouteWatch): Promise<void> {
  const title = '5. Orderly stop of FRR, which takes its routes away';
  const since = act(title);
  const back = watch.next(/^(?!Deleted).*default via .* table 25500/);
  await stage.frr.stop();
  await back;
  tell(stage, `${bold('back')}: ${stage.lab.router.ip('route show table 25500').trim()}`);
  await curtain(stage, title, since, 'from the first daemon that ended to the backup route');
}

async function main(): Promise<void> {
  const lab = standardLab();
  try {
    await startPeerFrr(lab);
    const frr = prepareRouterFrr(lab);
    const stage: Stage = {
      lab,
      frr,
      ping: startPing(lab.noc, STANDARD.inet.mgmt),
      startMs: Date.now(),
      summary: [],
    };
    process.stdout.write(PICTURE);
    const agent = await boot(stage, () => startAgent(lab.lab, lab.router, { configText: config(frr) }));
    const watch = new RouteWatch(lab.router);
    await converge(stage, agent, '2. FRR starts and learns a default route by BGP', () => frr.start());
    await crash(stage, watch);
    // watchfrr restarts all daemons when zebra dies, because bgpd would not announce its routes to
    // a new zebra.
    await converge(stage, agent, '4. Return: zebra and bgpd are restarted, as watchfrr would', async () => {
      await frr.stop('bgpd');
      await frr.start();
    });
    await stop(stage, watch);
    process.stdout.write(`\n${bold('What `backup-router status` says now')}\n\n${(await agent.cli('status')).stdout}`);
    await agent.stop();
    report(stage);
  } finally {
    await lab.close();
  }
}

function report(stage: Stage): void {
  const width = Math.max(...stage.summary.map(([title]) => title.length));
  process.stdout.write(`\n${bold('Outages of the management address, as the NOC saw them (one ping each 10 ms)')}\n\n`);
  for (const [title, outage, detail] of stage.summary)
    process.stdout.write(`  ${title.padEnd(width)}  ${outage.padStart(8)}  ${detail}\n`);
}

await main();
