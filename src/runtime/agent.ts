/**
 * The composition root of the daemon: opens the edges, starts the driver, and shuts down in order.
 * Routes come first: control socket, READY and the last known good copy follow the first round.
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import type { JunosHints } from '../config/junos/read.js';
import { networkNamespace } from '../control/network-namespace.js';
import type { Response } from '../control/protocol.js';
import type { Health, Kernel, ProcessEvents } from '../core/ports.js';
import { RESYNC_MS } from '../core/state.js';
import type { Surroundings } from '../core/status.js';
import { openHealth } from '../health/open.js';
import { ownAgeMs } from '../health/process-age.js';
import { socketMissing } from '../health/session/endpoint.js';
import { systemClock } from '../host/clock.js';
import { writeCompileCache } from '../host/compile-cache.js';
import { confinement } from '../host/confine.js';
import { openKernel } from '../kernel/kernel.js';
import { openProcessEvents } from '../kernel/process/process-events.js';
import type { Config } from '../model/config.js';
import { messageOf } from '../model/error.js';
import { CommandError, EXIT } from '../model/exit.js';
import type { Paths } from '../model/paths.js';
import { VERSION } from '../model/version.js';
import { claim, mustBeAlone, someoneListens } from './admission.js';
import { writeAdopted } from './adopted-record.js';
import { createAnnouncer } from './announcer.js';
import { type Chosen, chooseConfig } from './choose-config.js';
import { Configuration } from './configuration.js';
import { openControl } from './control-socket.js';
import { type Driver, startDriver } from './driver.js';
import { dryRun } from './dry-run.js';
import type { StatusSight } from './followers.js';
import { claimFirst } from './lock.js';
import { createLog, type Log } from './log.js';
import { metricsText } from './metrics-text.js';
import { spreadNet } from './net.js';
import { createNotifier, type Notifier } from './notify.js';
import { recorded, recorder } from './records.js';
import { inTurn } from './reload-queue.js';
import { answerer } from './requests.js';
import { type RoleWatch, watchRole } from './role.js';
import { sightOf } from './status-text.js';
import { openTelling } from './telling.js';

interface AgentOptions {
  readonly paths: Paths;
  /** Values that a configuration in Junos text does not contain. */
  readonly hints: JunosHints;
  readonly dryRun: boolean;
  readonly verbose: boolean;
}

/** Time limit of an orderly shutdown, in milliseconds; the kernel keeps what it has. */
const STOP_DEADLINE_MS = 3_000;

/** Resolves with the exit status when stopped. Rejects with a CommandError if it cannot start. */
export async function runAgent(options: AgentOptions): Promise<number> {
  const startedAt = performance.now();
  const { paths } = options;
  const log = createLog(process.env, options.verbose, paths.instance);
  const choice = chooseConfig(paths, options.hints, options.dryRun);
  if (choice.kind === 'none')
    throw new CommandError(
      EXIT.CONFIG,
      `nothing to run\n${renderDiagnostics(choice.diagnostics)}`,
      `backup-router check -c ${paths.configFile}`,
    );
  reportDiagnostics(log, choice.chosen);
  if (!options.dryRun) await mustBeAlone(paths.controlSocket, log);
  // Beside a running agent a dry run must not take its socket.
  const quiet = options.dryRun && (await someoneListens(paths.controlSocket));

  const notifier = createNotifier(process.env, (failure) => log('warning', 'notify-failed', { message: failure }));
  // If a daemon's socket is missing, it is down, and the routes go in before any verdict.
  const hurried = !options.dryRun && socketMissing(choice.chosen.config.routingDaemons);
  const opened = openKernel({ hurried });
  const kernel = options.dryRun ? dryRun(opened, (command) => process.stdout.write(`${command}\n`)) : opened;
  let release: (() => void) | undefined;
  try {
    // A hurried start locks after the first routes; only the creator of the file sends them.
    if (!options.dryRun && !(hurried && claimFirst(paths.lock))) release = claim(paths.lock, log);
    const begun = opened.begun.then(() => {
      if (!options.dryRun) release ??= claim(paths.lock, log);
    });
    return await live({ options, startedAt, log, chosen: choice.chosen, notifier, kernel, begun, quiet });
  } finally {
    kernel.close();
    release?.();
  }
}

interface Life {
  readonly options: AgentOptions;
  readonly startedAt: number;
  readonly log: Log;
  readonly chosen: Chosen;
  readonly notifier: Notifier;
  readonly kernel: Kernel;
  /** Resolves after the first routes. Rejects when another agent runs. */
  readonly begun: Promise<void>;
  /** Without a control socket. */
  readonly quiet: boolean;
}

/** In order: reporting, watching, the machine, what an operator may change, the end. */
async function live({ options, startedAt, log, chosen, notifier, kernel, begun, quiet }: Life): Promise<number> {
  const { paths } = options;
  const telling = openTelling(log, paths, options.dryRun);
  const { emit } = telling;
  const end = (error: unknown): never => endForBug(error, log);
  const net = spreadNet({
    tell: (error, count) => {
      log('error', 'fault-at', { stack: error instanceof Error ? error.stack : undefined });
      emit({ kind: 'fault', message: messageOf(error), count, remedy: 'report it, with the log' });
    },
    giveUp: end,
  });
  if (chosen.source !== 'file')
    emit({
      kind: 'configuration-not-used',
      file: paths.configFile,
      running: chosen.source,
      remedy: remedyFor(chosen, paths),
    });

  const processes = processEvents(log);
  const watch = (config: Config): Health => {
    if (config.routingDaemons.some(({ kind }) => kind === 'exec')) tellUnconfined(log);
    return openHealth(config.routingDaemons, config, undefined, processes);
  };
  // The source calls only when the driver runs.
  const follow = (config: Config): RoleWatch => {
    if (config.role.kind === 'exec') tellUnconfined(log);
    return watchRole(config.role, (said) => driver.dispatch({ kind: 'role', role: said }));
  };
  let role = follow(chosen.config);

  const announcer = createAnnouncer(notifier, begun);
  let exit = (): void => undefined;
  const exited = new Promise<void>((resolve, reject) => {
    exit = resolve;
    begun.catch(reject);
  });
  const driver: Driver = startDriver({
    kernel,
    health: watch(chosen.config),
    clock: systemClock,
    journal: telling.journal,
    beginning: {
      ...recorded(paths, log),
      config: chosen.config,
      former: chosen.former,
      resyncMs: Math.min(RESYNC_MS, notifier.watchdogIntervalMs ?? RESYNC_MS),
      role: role.initial,
    },
    record: (routes) => (options.dryRun ? undefined : writeAdopted(paths.adopted, routes)),
    ...recorder(paths, log, options.dryRun),
    onSettled(state) {
      telling.followers.poke();
      announcer.settled(state);
    },
    onExit: exit,
    aside: net.aside,
    onBug: end,
  });

  const take = (next: Chosen, former: Chosen): void => {
    const sameRole = JSON.stringify(former.config.role) === JSON.stringify(next.config.role);
    if (!sameRole) {
      role.close();
      role = follow(next.config);
    }
    driver.reload({
      config: next.config,
      health: sameWatch(former.config, next.config) ? undefined : watch(next.config),
      role: sameRole ? undefined : role.initial,
    });
  };
  const configuration = new Configuration({
    paths,
    hints: options.hints,
    chosen,
    take,
    emit,
    log,
    clock: systemClock,
    dryRun: options.dryRun,
  });
  void announcer.ready.then(() => {
    emit({ kind: 'ready', program: VERSION, afterMs: ownAgeMs() ?? Math.round(performance.now() - startedAt) });
    // Disk writes come last.
    setImmediate(() => {
      configuration.settled();
      telling.history();
      telling.metrics.begin(metrics);
      writeCompileCache();
    });
  });

  const reloadNow = async (confirmMs?: number): Promise<Response> => {
    notifier.reloading();
    try {
      return await configuration.reload(confirmMs, await configuration.read());
    } catch (error) {
      net.caught(error);
      return { ok: false, error: { code: 'internal', message: messageOf(error) } };
    } finally {
      notifier.ready();
    }
  };
  const reload = inTurn(reloadNow);
  const around = (): Surroundings => ({
    pid: process.pid,
    version: VERSION,
    dryRun: options.dryRun,
    networkNamespace: networkNamespace(),
    startedAt,
    wallOffset: Date.now() - performance.now(),
    configuration: configuration.status(),
    lastOutage: telling.lastOutage() ?? null,
  });
  const status = (): StatusSight => sightOf(driver.state(), around(), performance.now());
  const metrics = (): string =>
    metricsText(paths.instance, driver.state(), around(), telling.metrics.tally, net.count());
  const answer = answerer({
    driver,
    status,
    metrics,
    reload,
    confirm: () => configuration.confirm(),
    running: () => configuration.shown(),
    followers: telling.followers,
    history: telling.history,
    emit,
    ordersFile: paths.orders,
  });
  const control = quiet ? undefined : openControl(begun, paths.controlSocket, answer, { log, emit });

  let deadline: NodeJS.Timeout | undefined;
  const stop = (): void => {
    emit({ kind: 'stopping', onStop: driver.state().world.config.onStop });
    notifier.stopping();
    deadline ??= setTimeout(exit, STOP_DEADLINE_MS);
    driver.dispatch({ kind: 'stop' });
  };
  const hangUp = (): void => void reload();
  process.on('SIGHUP', hangUp).on('SIGTERM', stop).on('SIGINT', stop);

  try {
    await exited;
  } finally {
    clearTimeout(deadline);
    process.off('SIGHUP', hangUp).off('SIGTERM', stop).off('SIGINT', stop);
    driver.close();
    control?.close();
    configuration.close();
    telling.close();
    role.close();
    processes.close();
    net.close();
  }
  return EXIT.OK;
}

/** A bug of the core: its state can no longer be trusted. */
function endForBug(error: unknown, log: Log): never {
  log('error', 'bug', {
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    effect: 'the agent ends; the routes stay as they are',
  });
  process.exit(EXIT.SOFTWARE);
}

function processEvents(log: Log): ProcessEvents {
  return openProcessEvents({
    networkNamespace: process.env['BACKUP_ROUTER_PROCESS_EVENTS_NETNS'],
    onAbsent: (reason) =>
      log('debug', 'no-process-events', {
        message: reason,
        effect: "a daemon's death is noticed when its socket closes",
      }),
  });
}

/** Logs when the commands of the configuration keep the agent's capabilities. */
function tellUnconfined(log: Log): void {
  const { missing } = confinement();
  if (missing === undefined) return;
  log('warning', 'commands-unconfined', {
    message: missing,
    effect: 'the commands of the configuration run with the capabilities of the agent',
  });
}

function sameWatch(a: Config, b: Config): boolean {
  const key = (config: Config): string =>
    JSON.stringify([config.routingDaemons, config.probeIntervalMs, config.probeTimeoutMs]);
  return key(a) === key(b);
}

function reportDiagnostics(log: Log, chosen: Chosen): void {
  for (const d of chosen.diagnostics) {
    log(d.severity === 'error' ? 'error' : 'warning', 'configuration', {
      at: `${d.file}:${d.line}:${d.column}`,
      code: d.code,
      message: d.message,
      remedy: d.suggestion,
    });
  }
}

function remedyFor(chosen: Chosen, paths: Paths): string {
  return chosen.source === 'rolled-back'
    ? 'it was not confirmed in time: change it, or backup-router reload'
    : `backup-router check -c ${paths.configFile}`;
}
