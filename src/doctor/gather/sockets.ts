/**
 * Asks each configured routing daemon once, and FRR's daemons for their running configuration.
 * Each conversation has a short-lived connection of its own; the agent holds another one, and two
 * fit in the backlog (fact F6). Only one command is outstanding at a time.
 *
 * `show running-config` needs `enable`. A vty socket grants it without a password to whoever may
 * open the socket. Nothing is changed.
 */

import { lstatSync, readdirSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { FRR_ROUTING_DAEMONS } from '../../config/daemons/frr.js';
import { BIRD } from '../../health/bird/dialect.js';
import { VTY } from '../../health/frr/dialect.js';
import type { Dialect } from '../../health/session/dialect.js';
import { type Endpoint, endpointText } from '../../health/session/endpoint.js';
import { Exchange } from '../../health/session/exchange.js';
import { systemClock } from '../../host/clock.js';
import type { Config } from '../../model/config.js';
import type { Answered, PathStep, RunningConfig, SocketEvidence, SocketOutcome } from '../host.js';
import { type Seen, seen, unseen } from '../seen.js';

/** The daemons whose configuration can mention kernel routes or static routes. */
const CONFIGURABLE: readonly string[] = [...FRR_ROUTING_DAEMONS, 'staticd', 'mgmtd'];
/** The time-out in milliseconds. A busy and healthy zebra was silent for 5.2 s (fact F13). */
const SILENT_MS = 10_000;

const FRR_RUN = '/run/frr';
const ELSEWHERE_MS = 1_000;
const MAX_PATHSPACES = 32;

interface SocketsEvidence {
  readonly sockets: readonly SocketEvidence[];
  readonly running: readonly RunningConfig[];
  readonly runningComplete: Seen<true>;
  readonly nexthopTracking: readonly Answered[];
}

interface Target {
  readonly id: string;
  readonly kind: SocketEvidence['kind'];
  readonly endpoint: Endpoint;
  readonly dialect: Dialect | undefined;
}

export async function gatherSockets(config: Config): Promise<SocketsEvidence> {
  const limitMs = Math.min(SILENT_MS, config.probeTimeoutMs);
  const [sockets, configurations, nexthopTracking] = await Promise.all([
    Promise.all(targetsOf(config).map(async (target) => ask(target, limitMs))),
    Promise.all(
      configurable(config).map(async ({ daemon, path }) => ({
        daemon,
        sockets: dirname(path),
        result: await runningConfig(path, limitMs),
      })),
    ),
    nexthopTrackingOf(config, limitMs),
  ]);
  const failed = configurations.find(({ result }) => result.kind === 'unseen');
  return {
    sockets,
    nexthopTracking,
    running: configurations.flatMap(({ daemon, sockets: directory, result }) =>
      result.kind === 'seen' ? [{ daemon, sockets: directory, text: result.value }] : [],
    ),
    runningComplete:
      failed?.result.kind === 'unseen'
        ? unseen(`${failed.daemon} was not asked for its configuration: ${failed.result.why}`)
        : seen(true),
  };
}

function targetsOf(config: Config): readonly Target[] {
  return config.routingDaemons.flatMap((daemon): readonly Target[] => {
    switch (daemon.kind) {
      case 'frr':
        return daemon.daemons.map((name) => ({
          id: `frr/${name}`,
          kind: 'frr',
          endpoint: { kind: 'unix', path: join(daemon.socketDirectory, `${name}.vty`) },
          dialect: VTY,
        }));
      case 'bird':
        return [{ id: 'bird', kind: 'bird', endpoint: { kind: 'unix', path: daemon.socket }, dialect: BIRD }];
      case 'socket':
        return [
          {
            id: `socket/${endpointText(daemon.endpoint)}`,
            kind: 'socket',
            endpoint: daemon.endpoint,
            dialect: undefined,
          },
        ];
      default:
        return [];
    }
  });
}

function configurable(config: Config): readonly { readonly daemon: string; readonly path: string }[] {
  return config.routingDaemons.flatMap((daemon) => {
    if (daemon.kind !== 'frr') return [];
    const present = listed(daemon.socketDirectory).filter((name) => CONFIGURABLE.includes(name));
    return present.map((name) => ({ daemon: name, path: join(daemon.socketDirectory, `${name}.vty`) }));
  });
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .flatMap((name) => (name.endsWith('.vty') ? [name.slice(0, -4)] : []))
      .sort();
  } catch {
    return [];
  }
}

async function ask(target: Target, limitMs: number): Promise<SocketEvidence> {
  const where = endpointText(target.endpoint);
  const result = await conversation(target.endpoint, target.dialect, limitMs, async () => undefined);
  const steps = target.endpoint.kind === 'unix' ? stepsTo(target.endpoint.path) : [];
  const missing = target.kind === 'frr' && ['absent', 'no-directory', 'stale'].includes(result.outcome);
  const elsewhere = missing ? { elsewhere: await answersElsewhere(target) } : {};
  return {
    id: target.id,
    kind: target.kind,
    where,
    outcome: result.outcome,
    detail: result.detail,
    steps,
    ...elsewhere,
  };
}

/** The other directories in which the daemon answers: FRR's own and its pathspaces. */
async function answersElsewhere(target: Target): Promise<readonly string[]> {
  if (target.endpoint.kind !== 'unix') return [];
  const name = basename(target.endpoint.path);
  const own = dirname(target.endpoint.path);
  const directories = [FRR_RUN, ...subdirectories(FRR_RUN)].filter((directory) => directory !== own);
  const asked = directories.map(async (directory) => {
    const endpoint: Endpoint = { kind: 'unix', path: join(directory, name) };
    const { outcome } = await conversation(endpoint, VTY, ELSEWHERE_MS, async () => undefined);
    return outcome === 'answers' ? [directory] : [];
  });
  return (await Promise.all(asked)).flat();
}

function subdirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .flatMap((entry) => (entry.isDirectory() ? [join(directory, entry.name)] : []))
      .slice(0, MAX_PATHSPACES);
  } catch {
    return [];
  }
}

async function nexthopTrackingOf(config: Config, limitMs: number): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (const daemon of config.routingDaemons) {
    if (daemon.kind !== 'frr') continue;
    const endpoint: Endpoint = { kind: 'unix', path: join(daemon.socketDirectory, 'zebra.vty') };
    await conversation(endpoint, VTY, limitMs, async (exchange) => {
      for (const command of ['show ip nht vrf all', 'show ipv6 nht vrf all']) {
        const answer = await exchange.ask(command, limitMs);
        if (answer.status === 0) answers.push({ sockets: daemon.socketDirectory, command, text: answer.text });
      }
    });
  }
  return answers;
}

async function runningConfig(path: string, limitMs: number): Promise<Seen<string>> {
  let text: string | undefined;
  const result = await conversation({ kind: 'unix', path }, VTY, limitMs, async (exchange) => {
    await exchange.ask('enable', limitMs);
    const answer = await exchange.ask('show running-config', limitMs);
    if (answer.status === 0) text = answer.text;
  });
  return text === undefined ? unseen(`${path}: ${result.outcome} ${result.detail}`.trim()) : seen(text);
}

/**
 * Connects, waits for the answer to the heartbeat (without a dialect, for the connection), then
 * sends the commands. It always ends by itself.
 */
function conversation(
  endpoint: Endpoint,
  dialect: Dialect | undefined,
  limitMs: number,
  talk: (exchange: Exchange) => Promise<void>,
): Promise<{ readonly outcome: SocketOutcome; readonly detail: string }> {
  const absence = absenceOf(endpoint);
  if (absence !== undefined)
    return Promise.resolve({ outcome: refusalOf(absence, endpoint), detail: absence.code ?? absence.message });
  return new Promise((resolve) => {
    const socket: Socket = process
      .getBuiltinModule('node:net')
      .createConnection(
        endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port },
      );
    const exchange =
      dialect === undefined ? undefined : new Exchange(dialect, systemClock, (bytes) => socket.write(bytes, 'latin1'));
    let heard = false;
    const finish = (outcome: SocketOutcome, detail = ''): void => {
      clearTimeout(timer);
      exchange?.close(detail);
      socket.destroy();
      resolve({ outcome, detail });
    };
    const timer = setTimeout(() => finish('silent', `no answer in ${limitMs} ms`), 3 * limitMs);
    const firstAnswer = setTimeout(() => heard || finish('silent', `no answer in ${limitMs} ms`), limitMs);
    firstAnswer.unref();
    socket.on('connect', () => {
      if (exchange === undefined) return finish('accepts');
      exchange.open();
      exchange.probe();
    });
    socket.on('data', (chunk) => {
      const received = exchange?.receive(chunk) ?? { kind: 'incomplete' as const };
      if (received.kind === 'fault') return finish('fault', received.reason);
      // BIRD sends its greeting and answers `restrict` first; the heartbeat is sent after them.
      if (received.kind === 'incomplete' && exchange?.outstanding === false) exchange.probe();
      if (received.kind !== 'answered' || heard || exchange === undefined) return;
      heard = true;
      talk(exchange).then(
        () => finish('answers'),
        (error: Error) => finish('fault', error.message),
      );
    });
    socket.on('end', () => finish('fault', 'it hung up'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(refusalOf(error, endpoint), error.code ?? error.message),
    );
  });
}

/**
 * Why a unix socket is not there. Loading Node's sockets takes a tenth of a bare start, so they are
 * loaded only when there is something to connect to.
 */
function absenceOf(endpoint: Endpoint): NodeJS.ErrnoException | undefined {
  if (endpoint.kind !== 'unix') return undefined;
  try {
    lstatSync(endpoint.path);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? (error as NodeJS.ErrnoException) : undefined;
  }
}

function refusalOf(error: NodeJS.ErrnoException, endpoint: Endpoint): SocketOutcome {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return endpoint.kind === 'unix' && !isThere(dirname(endpoint.path)) ? 'no-directory' : 'absent';
    case 'ECONNREFUSED':
      return endpoint.kind === 'unix' ? 'stale' : 'absent';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    default:
      return 'fault';
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Owner and mode of every directory on the path and of the file itself, up to the first that does
 * not exist or cannot be seen.
 */
export function stepsTo(path: string): readonly PathStep[] {
  const steps: PathStep[] = [];
  const parts = path.split('/').filter((part) => part !== '');
  for (let i = 1; i <= parts.length; i++) {
    const at = `/${parts.slice(0, i).join('/')}`;
    try {
      const stat = i < parts.length ? statSync(at) : lstatSync(at);
      steps.push({ path: at, mode: stat.mode, uid: stat.uid, gid: stat.gid });
    } catch {
      break;
    }
  }
  return steps;
}
