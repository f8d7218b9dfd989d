/**
 * Measures what the agent uses and how soon it answers a death while the host has very many
 * foreign routes, rules, links, addresses, neighbours, clients or deaths of daemons. The numbers
 * are not judged, but routes that do not come in at all are an error.
 */

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { type Agent, startAgent } from '../../src/drill/lab/agent.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { crowdOf, floodOf, rushOf } from '../lab/flood.js';
import { type StandardLab, standardLab } from '../lab/standard.js';
import { added, configText, type Monitor, monitor } from '../netns/agent-support.js';

/** The same as Nice= of the unit. */
const UNIT_NICE = -10;
const ROUNDS = 5;
const WATCH_MS = 10_000;
const REACTION_MS = 60_000;

export interface ScaleOptions {
  /** The fraction of the full numbers, for a quick look. */
  readonly part: number;
  readonly only: RegExp;
  readonly tell: (line: string) => void;
}

interface Host {
  readonly std: StandardLab;
  readonly daemon: Daemon;
  readonly agent: Agent;
  readonly part: number;
}

/** Creates the load and keeps it up until the returned function is called. */
type Load = (host: Host) => Promise<() => Promise<void>>;

const LOADS: Readonly<Record<string, Load>> = {
  'nothing else': async () => async () => undefined,
  '1,000,000 foreign routes': async ({ std, part }) => {
    const count = Math.round(1_000_000 * part);
    await batch(
      std,
      count,
      (i) => `route add ${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24 via 10.1.0.1 proto 186`,
    );
    return nothing;
  },
  '10,000 foreign rules': async ({ std, part }) => {
    await batch(
      std,
      Math.round(10_000 * part),
      (i) => `rule add pref ${1_000 + i} from 198.18.${i >> 8}.${i & 255} lookup 4000`,
    );
    return nothing;
  },
  '4,000 links, 200 changes a second': async ({ std, part }) => {
    const pairs = Math.round(2_000 * part);
    await batch(std, pairs, (i) => `link add f${i} type veth peer name g${i}`);
    return forEver(async (turn) => {
      await batch(std, 20, (i) => `link set f${(20 * turn + i) % pairs} ${turn % 2 === 0 ? 'up' : 'down'}`);
      await sleep(100);
    });
  },
  '4,000 links, as many changes as the kernel takes': async ({ std, part }) => {
    const pairs = Math.round(2_000 * part);
    await batch(std, pairs, (i) => `link add f${i} type veth peer name g${i}`);
    return forEver((turn) => batch(std, pairs, (i) => `link set f${i} ${turn % 2 === 0 ? 'up' : 'down'}`));
  },
  '5,000 addresses': async ({ std, part }) => {
    await batch(std, Math.round(5_000 * part), (i) => `addr add 10.200.${i >> 8}.${i & 255}/32 dev data0`);
    return nothing;
  },
  '30,000 neighbours': async ({ std, part }) => {
    const mac = (i: number): string => `02:00:00:01:${hex(i >> 8)}:${hex(i & 255)}`;
    await batch(std, 1, () => 'addr add 10.160.0.1/11 dev data0');
    await batch(
      std,
      Math.round(30_000 * part),
      (i) => `neigh add 10.${161 + (i >> 16)}.${(i >> 8) & 255}.${i & 255} lladdr ${mac(i)} dev data0 nud permanent`,
    );
    return nothing;
  },
  '1,000 clients': async ({ agent, part }) =>
    clients(join(agent.directory, 'run/control.sock'), Math.round(1_000 * part)),
  '50 clients that ask without end and read nothing, or write anything': async ({ agent }) => {
    const child = floodOf(join(agent.directory, 'run/control.sock'));
    return async () => void child.kill('SIGKILL');
  },
  '200 clients that connect and go without end': async ({ agent }) => {
    const child = rushOf(join(agent.directory, 'run/control.sock'));
    return async () => void child.kill('SIGKILL');
  },
  '200 clients of every kind': async ({ agent }) => {
    const child = crowdOf(join(agent.directory, 'run/control.sock'));
    return async () => void child.kill('SIGKILL');
  },
  '1,000 deaths of the daemon a minute': async ({ daemon }) =>
    forEver(async () => {
      await daemon.die();
      await sleep(30);
      await daemon.live();
      await sleep(30);
    }),
};

/** A foreign route more or less, ten times a second, while the agent has so many destinations. */
const changingRoutes: Load = async ({ std }) =>
  forEver(async (turn) => {
    const change = turn % 2 === 0 ? 'add' : 'del';
    await batch(std, 1, () => `route ${change} 20.${(turn >> 1) & 255}.0.0/20 via 10.1.0.1 proto 186`);
    await sleep(100);
  });
const DESTINATIONS: Readonly<Record<string, number>> = { '10,000 destinations': 10_000, '50,000 destinations': 50_000 };

const nothing = async (): Promise<void> => undefined;

/** Prints a table, row by row. */
export async function scale({ part, only, tell }: ScaleOptions): Promise<void> {
  tell('| beside | CPU, % of a core | RssAnon, MiB | death to route, ms: median, most | told |');
  tell('|---|---|---|---|---|');
  const many = Object.keys(DESTINATIONS).map((name) => [name, changingRoutes] as const);
  for (const [name, load] of [...Object.entries(LOADS), ...many]) {
    if (!only.test(name)) continue;
    tell(await row(name, load, part));
  }
}

async function row(name: string, load: Load, part: number): Promise<string> {
  const std = standardLab();
  try {
    const path = join(std.lab.directory, 'daemon.sock');
    const daemon = new Daemon(path);
    await daemon.live();
    const count = Math.round((DESTINATIONS[name] ?? 0) * part);
    const list = Array.from({ length: count }, (_, i) => `20.${i >> 8}.${i & 255}.0/24`);
    const configuration = configText({
      hold: '50ms',
      convergence: 0,
      ...(count === 0 ? {} : { destinations: { inet: ['0.0.0.0/0', ...list] } }),
      more: { 'routing-daemon': [{ socket: path }] },
    });
    const agent = startAgent(std.lab, std.router, {
      configText: configuration,
      wrapper: ['nice', '-n', String(UNIT_NICE - getPriority())],
    });
    await agent.waitForLog(/routes phase=out/, REACTION_MS);
    const { pid } = agent.process;
    let most = 0;
    const sampling = setInterval(() => {
      most = Math.max(most, rssAnonKiB(pid));
    }, 100);
    // If the load is deaths, the first death is measured: soon the daemon dies so often that the
    // routes stay in.
    const watch = name.includes('deaths') ? await monitor(std.router) : undefined;
    const stop = await load({ std, daemon, agent, part });
    const first = await watch?.next(added('inet'), await daemon.died, REACTION_MS);
    await watch?.stop();
    await sleep(2_000);
    const [before, from] = [cpuMs(pid), performance.now()];
    await sleep(WATCH_MS);
    const share = (100 * (cpuMs(pid) - before)) / (performance.now() - from);
    const times =
      first === undefined
        ? await reactions({ std, daemon, agent, part }, count / 10)
        : [first.atMs - (await daemon.died)];
    clearInterval(sampling);
    await stop();
    const told = agent.log.filter((line) => / (?:observe-failed|events-lost) /.test(line));
    await agent.kill();
    daemon.close();
    const sorted = [...times].sort((a, b) => a - b);
    const reaction =
      sorted.length === 0 ? '–' : `${sorted[sorted.length >> 1]!.toFixed(1)}, ${sorted.at(-1)!.toFixed(1)}`;
    const words = [...new Set(told.map((line) => / (observe-failed|events-lost) /.exec(line)![1]!))].join(', ');
    return `| ${name} | ${share.toFixed(1)} | ${(most / 1024).toFixed(0)} | ${reaction} | ${words || 'nothing'} |`;
  } finally {
    await std.close();
  }
}

/** `restMs`: more time for the routes to leave. */
async function reactions({ std, daemon, agent }: Host, restMs: number): Promise<readonly number[]> {
  const watch: Monitor = await monitor(std.router);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const atMs = await daemon.die();
    times.push((await watch.next(added('inet'), atMs, REACTION_MS)).atMs - atMs);
    const from = agent.log.length;
    await daemon.live();
    // Not by the kernel's notifications: the monitor loses some of ten thousand.
    await agent.waitForLog(/ applied .*deleted=[1-9]/, REACTION_MS, from);
    await sleep(500 + restMs);
  }
  await watch.stop();
  return times;
}

/** A daemon in this process that accepts connections and says nothing. */
class Daemon {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #tellDeath = (_atMs: number): void => undefined;
  /** The time of its first death (Date.now()). */
  readonly died = new Promise<number>((resolve) => {
    this.#tellDeath = resolve;
  });

  constructor(readonly path: string) {}

  async live(): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
  }

  /** Closes its sockets, as at the end of a process. Resolves with the time (Date.now()). */
  async die(): Promise<number> {
    const atMs = performance.timeOrigin + performance.now();
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#tellDeath(atMs);
    return atMs;
  }

  close(): void {
    void this.die();
  }
}

/** `count` connections that ask for the status each second and reconnect when they are closed. */
async function clients(path: string, count: number): Promise<() => Promise<void>> {
  let closed = false;
  const sockets = new Set<Socket>();
  const open = (): void => {
    if (closed) return;
    const socket = createConnection(path);
    sockets.add(socket);
    const timer = setInterval(() => socket.writable && socket.write('{"command":"status"}\n'), 1_000);
    socket.resume();
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(timer);
        sockets.delete(socket);
        setTimeout(open, 1_000);
      });
  };
  for (let i = 0; i < count; i++) open();
  return async () => {
    closed = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** Repeats `turn` until the returned function is called. */
function forEver(turn: (count: number) => Promise<void>): () => Promise<void> {
  let going = true;
  const done = (async () => {
    for (let count = 0; going; count++) await turn(count);
  })();
  return async () => {
    going = false;
    await done;
  };
}

let batches = 0;

/** Runs `count` ip commands in the router. Does not block; failed commands are ignored. */
async function batch(std: StandardLab, count: number, lineOf: (i: number) => string): Promise<void> {
  const file = join(std.lab.directory, `batch-${batches++ % 4}`);
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(lineOf(i));
  writeFileSync(file, `${lines.join('\n')}\n`);
  await new Promise<void>((resolve) => {
    const child = spawn('ip', ['-n', std.router.name, '-force', '-batch', file], { stdio: 'ignore' });
    child.once('close', () => resolve());
  });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** The CPU time in milliseconds; /proc has clock ticks of 10 ms (proc(5)). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function rssAnonKiB(pid: number): number {
  return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
