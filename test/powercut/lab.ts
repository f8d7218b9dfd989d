/**
 * A router whose agent is killed at a system call, and what must be so after its next start.
 *
 * The router has, in each family, a default route of somebody else on the management port, and one of a routing daemon (a process that
 * sleeps) on the data port. So there is something to take over, and something to lose.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type Agent, startAgent } from '../../src/drill/lab/agent.js';
import { command } from '../../src/drill/lab/command.js';
import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';

const FAMILIES = [
  {
    option: '-4',
    router: ['10.255.0.2/24', '10.1.0.2/24'],
    gateway: '10.255.0.1',
    gatewayLength: 24,
    peer: '10.1.0.1',
    peerLength: 24,
    /** What an operator wants to reach. */
    far: '203.0.113.9',
    metrics: [20, 0],
  },
  {
    option: '-6',
    router: ['2001:db8:ff::2/64', '2001:db8:1::2/64'],
    gateway: 'fe80::1',
    gatewayLength: 64,
    peer: '2001:db8:1::1',
    peerLength: 64,
    far: '2001:db8:cafe::9',
    metrics: [2048, 1024],
  },
] as const;
type Family = (typeof FAMILIES)[number];
/** The same, for whatever a laden machine takes. */
const PATIENCE = { timeoutMs: 60_000, intervalMs: 15 } as const;

export interface Router {
  readonly lab: Lab;
  readonly router: Namespace;
  /** The file with the number of what stands for a routing daemon. */
  readonly pidFile: string;
  readonly daemonPid: number;
}

export function routerLab(): Router {
  const lab = createLab();
  const [router, gw, peer] = [lab.namespace('router'), lab.namespace('gw'), lab.namespace('peer')];
  lab.link(router, 'mgmt0', gw, 'router0');
  lab.link(router, 'data0', peer, 'router0');
  const nodad = (address: string) => (address.includes(':') ? ' nodad' : '');
  for (const { router: own, gateway, gatewayLength, peer: far, peerLength } of FAMILIES) {
    router.ipBatch(own.map((address, i) => `addr add ${address} dev ${['mgmt0', 'data0'][i]}${nodad(address)}`));
    gw.ipBatch([`addr add ${gateway}/${gatewayLength} dev router0${nodad(gateway)}`, 'link set lo up']);
    peer.ipBatch([`addr add ${far}/${peerLength} dev router0${nodad(far)}`, 'link set lo up']);
  }
  // In a directory of its own: the agent watches it, and a trace that is written beside it would tell of itself for ever.
  mkdirSync(join(lab.directory, 'daemon'));
  const pidFile = join(lab.directory, 'daemon', 'daemon.pid');
  const daemon = router.spawn(['sleep', 'infinity'], { closeSignal: 'SIGKILL' });
  return { lab, router, pidFile, daemonPid: daemon.pid };
}

/** Whether what stands for a routing daemon runs, as its file has it. */
export function daemonRuns({ pidFile, daemonPid }: Router, runs: boolean): void {
  if (runs) writeFileSync(pidFile, `${daemonPid}\n`);
  else rmSync(pidFile, { force: true });
}

/** The world as it was before the agent: nothing of ours, the foreign defaults in their places. */
export function reset(world: Router): void {
  const { router } = world;
  daemonRuns(world, true);
  for (const { option, peer, gateway, metrics } of FAMILIES) {
    const lines = [
      'route flush table all proto 157',
      'rule flush protocol 157',
      `route replace default via ${peer} dev data0 proto 186 metric ${metrics[0]}`,
      `route replace default via ${gateway} dev mgmt0 proto boot metric ${metrics[1]} mtu 1400`,
    ];
    command(['ip', '-n', router.name, option, '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }
}

export interface Wish {
  readonly adopt: boolean;
  readonly placement?: 'local' | 'main';
  readonly destinations?: readonly string[];
  readonly hold?: string;
}

export function configText(
  { pidFile }: Router,
  { adopt, placement = 'local', destinations, hold = '0s' }: Wish,
): string {
  const stanza = ({ gateway }: Family, prefixes?: readonly string[]) => ({
    address: adopt ? 'auto' : gateway,
    ...(adopt ? { adopt } : {}),
    ...(prefixes === undefined ? {} : { destination: prefixes }),
  });
  return JSON.stringify({
    'management-interface': 'mgmt0',
    'backup-router': stanza(FAMILIES[0], destinations),
    'inet6-backup-router': stanza(FAMILIES[1]),
    'routing-daemon': { pidfile: { path: pidFile, 'route-protocols': [186] } },
    withdraw: { 'hold-time': hold, 'convergence-timeout': 'never' },
    placement,
    detect: { 'probe-interval': '200ms', 'probe-timeout': '2s' },
    'on-stop': 'withdraw',
  });
}

export function agentIn(world: Router, wish: Wish, directory?: string, wrapper?: readonly string[]): Agent {
  return startAgent(world.lab, world.router, {
    configText: configText(world, wish),
    ...(directory === undefined ? {} : { directory }),
    ...(wrapper === undefined ? {} : { wrapper }),
  });
}

/** The default routes that somebody else has put on the management port, of both families. */
export function foreignDefault({ router }: Router): string {
  return shown(router, ['-d', 'route', 'show', 'default', 'proto', 'boot']).replaceAll(/ +/g, ' ').trim();
}

/** Whether a packet of the router's finds no way out, of each family. */
export function cutOff({ router }: Router): readonly string[] {
  return FAMILIES.filter(({ far }) => !/ dev (?!lo)/.test(router.tryRun(['ip', 'route', 'get', far]).stdout)).map(
    ({ far }) => far,
  );
}

export function owned({ router }: Router): string {
  return [
    shown(router, ['route', 'show', 'table', 'all', 'proto', '157']),
    shown(router, ['rule', 'show']).replace(/^(?!.*proto 157).*\n/gm, ''),
  ].join('');
}

function shown(router: Namespace, words: readonly string[]): string {
  return FAMILIES.map(({ option }) => command(['ip', '-n', router.name, option, ...words])).join('');
}

/** One question on the agent's control socket; undefined: there was no answer. */
export function ask<T>(agent: Agent, request: object): Promise<T | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection(join(agent.directory, 'run/control.sock'));
    const end = (): void => {
      socket.destroy();
      resolve(text.endsWith('\n') ? (JSON.parse(text) as T) : undefined);
    };
    socket.setEncoding('utf8').setTimeout(15_000, end);
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.endsWith('\n')) end();
    });
    socket.on('error', end).on('end', end);
  });
}

/** Once the status fits. Rejects when the agent is gone. */
export async function settled(agent: Agent, what: string, fits: (status: Status) => boolean): Promise<Status> {
  let last: Status | undefined;
  await comes(what, async () => {
    if (!agent.process.running) return true;
    last = (await ask<{ readonly status: Status }>(agent, { command: 'status' }))?.status;
    return last !== undefined && fits(last);
  });
  if (last === undefined) throw new Error(`${what}: the agent has ended; ${agent.log.slice(-8).join(' | ')}`);
  return last;
}

export async function comes(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(holds, { ...PATIENCE, what });
}
