/**
 * The composition root of the daemon: opens the edges, starts the driver, and ends in order.
 * Routes come first: control socket, READY and the last known good copy follow the first round.
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import type { JunosHints } from '../config/junos/read.js';
import type { Response } from '../control/protocol.js';
import type { ControlServer } from '../control/server.js';
import type { Health, Kernel } from '../core/ports.js';
import { RESYNC_MS, type State } from '../core/state.js';
import { statusOf } from '../core/status.js';
import { openHealth } from '../health/open.js';
import { socketMissing } from '../health/session/endpoint.js';
import { systemClock } from '../host/clock.js';
import { openKernel } from '../kernel/kernel.js';
import { openProcessEvents } from '../kernel/process/process-events.js';
import type { Config } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import type { Paths } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { VERSION } from '../model/version.js';
import { libcFault, loadLibc } from '../native/libc.js';
import { mustBeAlone, someoneListens } from './admission.js';
import { readAdopted, writeAdopted } from './adopted-record.js';
import { type Chosen, chooseConfig } from './choose-config.js';
import { createConfiguration } from './configuration.js';
import { type Driver, startDriver } from './driver.js';
import { dryRun } from './dry-run.js';
import { createEmit } from './emit.js';
import { createStatusFollowers } from './followers.js';
import { createHistory } from './history.js';
import { openHistoryFile, readHistory } from './history-file.js';
import { createJournal } from './journal.js';
import { createLog, type Log } from './log.js';
import { createNotifier, type Notifier } from './notify.js';
import { overrideOf, pinOf, readOrders } from './orders-record.js';
import { createOutages } from './outages.js';
import { answerer } from './requests.js';
import { type RoleWatch, watchRole } from './role.js';

export interface AgentOptions {
  readonly paths: Paths;
  /** For what a configuration in Junos text does not say. */
  readonly hints: JunosHints;
  readonly dryRun: boolean;
  readonly verbose: boolean;
}

/** How long an orderly end may take before we go anyway; the kernel keeps what it has. */
const STOP_DEADLINE_MS = 3_000;

/** Runs until stopped; resolves with the exit status. Rejects with a CommandError when it cannot start. */
export async function runAgent(options: AgentOptions): Promise<number> {
  const startedAt = performance.now();
  const { paths } = options;
  const log = createLog(process.env, options.verbose);
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
  // A daemon without a socket is down, and the routes go in; the word of any other comes first.
  const opened = openKernel({ hurried: !options.dryRun && socketMissing(choice.chosen.config.routingDaemons) });
  const kernel = options.dryRun ? dryRun(opened, (command) => process.stdout.write(`${command}\n`)) : opened;
  try {
    return await live({ options, startedAt, log, chosen: choice.chosen, notifier, kernel, begun: opened.begun, quiet });
  } finally {
    kernel.close();
  }
}

interface Life {
  readonly options: AgentOptions;
  readonly startedAt: number;
  readonly log: Log;
  readonly chosen: Chosen;
  readonly notifier: Notifier;
  readonly kernel: Kernel;
  /** The first routes have had their chance: all else may begin. */
  readonly begun: Promise<void>;
  /** Without a control socket. */
  readonly quiet: boolean;
}

function live({ options, startedAt, log, chosen, notifier, kernel, begun, quiet }: Life): Promise<number> {
  const { paths } = options;
  return new Promise((resolve) => {
    const processes = openProcessEvents({
      networkNamespace: process.env['BACKUP_ROUTER_PROCESS_EVENTS_NETNS'],
      onAbsent: (reason) =>
        log('debug', 'no-process-events', {
          message: reason,
          effect: "a daemon's death is noticed when its socket closes",
        }),
    });
    const watch = (config: Config): Health => openHealth(config.routingDaemons, timingOf(config), undefined, processes);
    const health = watch(chosen.config);
    let control: ControlServer | undefined;
    let ended = false;
    let deadline: NodeJS.Timeout | undefined;
    let ready = false;
    let rounds = 0;

    const failed = (message: string): void =>
      log('warning', 'history-not-kept', {
        file: paths.history,
        message,
        effect: 'what happens is remembered until the agent ends',
      });
    const history = createHistory({
      read: () => readHistory(paths.history),
      file: options.dryRun ? undefined : openHistoryFile(paths.history, failed),
      wallNow: Date.now,
    });
    const outages = createOutages();
    const loadHistory = (): void => outages.resume(history.load());
    const followers = createStatusFollowers(() => status());
    const emit = createEmit(log, (happening, level) => {
      history.record(happening, level);
      followers.poke();
    });
    if (chosen.source !== 'file')
      emit({
        kind: 'configuration-not-used',
        file: paths.configFile,
        running: chosen.source,
        remedy: remedyFor(chosen, paths),
      });

    const follow = (config: Config): RoleWatch =>
      watchRole(config.role, (role) => driver.dispatch({ kind: 'role', role }));
    let role = follow(chosen.config);

    const finish = (exitStatus: number): void => {
      ended = true;
      clearTimeout(deadline);
      process.off('SIGHUP', hangUp).off('SIGTERM', stop).off('SIGINT', stop);
      driver.close();
      control?.close();
      configuration.close();
      followers.close();
      history.close();
      role.close();
      processes.close();
      resolve(exitStatus);
    };
    const stop = (): void => {
      emit({ kind: 'stopping', onStop: driver.state().world.config.onStop });
      notifier.stopping();
      deadline ??= setTimeout(() => finish(EXIT.OK), STOP_DEADLINE_MS);
      driver.dispatch({ kind: 'stop' });
    };
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
    const configuration = createConfiguration({
      paths,
      hints: options.hints,
      chosen,
      take,
      emit,
      log,
      clock: systemClock,
      dryRun: options.dryRun,
    });
    const reload = (confirmMs?: number): Response => {
      notifier.reloading();
      const response = configuration.reload(confirmMs);
      notifier.ready();
      return response;
    };
    const hangUp = (): void => void reload();

    const onSettled = (state: State): void => {
      followers.poke();
      if (state.agenda.completedRounds === rounds) return;
      rounds = state.agenda.completedRounds;
      notifier.watchdog();
      notifier.status(`backup routes ${state.phase.kind}: ${state.phase.reason}`);
      if (ready || state.phase.kind === 'starting') return;
      ready = true;
      notifier.ready();
      emit({ kind: 'ready', version: VERSION, afterMs: Math.round(performance.now() - startedAt) });
      setImmediate(() => {
        configuration.settled();
        loadHistory();
      });
    };

    const orders = readOrders(paths.orders);
    const adopted = readAdopted(paths.adopted);
    if (adopted.fault !== undefined)
      log('error', 'record-unreadable', {
        file: paths.adopted,
        message: adopted.fault,
        effect: 'routes that were taken over before cannot be given back',
      });
    const driver: Driver = startDriver({
      kernel,
      health,
      clock: systemClock,
      journal: createJournal(emit, outages),
      beginning: {
        config: chosen.config,
        former: chosen.former,
        resyncMs: Math.min(RESYNC_MS, notifier.watchdogIntervalMs ?? RESYNC_MS),
        role: role.initial,
        roleOverride: overrideOf(orders),
        pin: pinOf(orders, performance.now(), Date.now()),
        adopted: adopted.adopted,
      },
      record: (routes) => (options.dryRun ? undefined : writeAdopted(paths.adopted, routes)),
      onSettled,
      onExit: () => finish(EXIT.OK),
    });
    process.on('SIGHUP', hangUp).on('SIGTERM', stop).on('SIGINT', stop);
    if (quiet) return;

    const status = (): Status => {
      const around = {
        pid: process.pid,
        version: VERSION,
        dryRun: options.dryRun,
        startedAt,
        wallOffset: Date.now() - performance.now(),
        configuration: configuration.status(),
        lastOutage: history.lastOutage() ?? null,
      };
      return statusOf(driver.state(), around, performance.now());
    };
    const numbered = (): typeof history => {
      loadHistory();
      return history;
    };
    const desk = {
      driver: () => driver,
      status,
      reload,
      confirm: configuration.confirm,
      followers,
      history: numbered,
      emit,
      ordersFile: paths.orders,
    };
    void begun.then(async () => {
      const { startControlServer } = await import('../control/server.js');
      if (ended) return;
      if (loadLibc() === undefined)
        log('warning', 'no-koffi', {
          message: libcFault(),
          effect: 'kernel events are polled for each second; reload works by SIGHUP only',
        });
      control = startControlServer(paths.controlSocket, answerer(desk), (error) =>
        log('warning', 'control-socket', {
          message: error.message,
          effect: 'no status; reload by SIGHUP only',
        }),
      );
    });
  });
}

function timingOf(config: Config): { readonly probeIntervalMs: number; readonly probeTimeoutMs: number } {
  return { probeIntervalMs: config.probeIntervalMs, probeTimeoutMs: config.probeTimeoutMs };
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
