/**
 * The composition root of the daemon: opens the edges, starts the driver, and ends in order.
 * Routes come first: control socket, READY and the last known good copy follow the first round.
 */

import { startControlServer, type ControlServer } from '../control/server.js';
import { someoneListens } from '../control/probe.js';
import type { Response } from '../control/protocol.js';
import { statusOf } from '../core/status.js';
import type { Kernel } from '../core/ports.js';
import { RESYNC_MS, type State } from '../core/state.js';
import { absentSockets, downAtOnce } from '../health/absent.js';
import { openHealth } from '../health/open.js';
import { openEarlyKernel } from '../kernel/early.js';
import { openKernel } from '../kernel/kernel.js';
import { allBackupRouters, type Config } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import type { Paths } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { VERSION } from '../model/version.js';
import { renderDiagnostics } from '../config/diagnostic.js';
import { libcFault, loadLibc } from '../native/libc.js';
import { readAdopted, writeAdopted } from './adopted-record.js';
import { mustBeAlone } from './admission.js';
import { chooseConfig, type Chosen } from './choose-config.js';
import { keepCompiled } from './compiled-config.js';
import { systemClock } from './clock.js';
import { startDriver, type Driver } from './driver.js';
import { dryRun } from './dry-run.js';
import { createJournal, stepText } from './journal.js';
import { writeLastKnownGood } from './last-known-good.js';
import { afterwards, createLog, type Log } from './log.js';
import { createNotifier, type Notifier } from './notify.js';
import { overrideOf, pinOf, readOrders } from './operator.js';
import { reloadInto, type Reloaded } from './reload.js';
import { answerer } from './requests.js';
import { retire } from './retire.js';
import { watchRole, type RoleWatch } from './role.js';

export interface AgentOptions {
  readonly paths: Paths;
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
  const choice = chooseConfig(paths);
  if (choice.kind === 'none') throw new CommandError(EXIT.CONFIG, `nothing to run\n${renderDiagnostics(choice.diagnostics)}`, `backup-router check -c ${paths.configFile}`);
  reportChoice(log, choice.chosen, paths);
  if (!options.dryRun) await mustBeAlone(paths.controlSocket, log);
  // Beside a running agent a dry run must not take its socket.
  const quiet = options.dryRun && (await someoneListens(paths.controlSocket));

  const notifier = createNotifier(process.env, (failure) => log('warning', 'notify-failed', { message: failure }));
  // A daemon without a socket is down: the routes may go in before all else is there. Otherwise its word comes first.
  const absent = options.dryRun ? [] : absentSockets(choice.chosen.config.routingDaemons);
  const early = absent.some((path) => path !== undefined) ? openEarlyKernel() : undefined;
  const kernel = early ?? (options.dryRun ? dryRun(openKernel(), (step) => process.stdout.write(`${step.kind} ${stepText(step)}\n`)) : openKernel());
  const begun = early?.begun ?? Promise.resolve();
  void begun.then(() => {
    if (loadLibc() === undefined) log('warning', 'no-koffi', { message: libcFault(), effect: 'kernel events are polled for each second; reload works by SIGHUP only' });
  });
  try {
    return await live({ options, startedAt, log: early === undefined ? log : afterwards(log, begun), chosen: choice.chosen, notifier, kernel, absent, begun, quiet });
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
  /** Sockets of daemons that are not there, in the order of what is watched. */
  readonly absent: readonly (string | undefined)[];
  /** The routes had their chance: all else may begin. */
  readonly begun: Promise<void>;
  /** Without a control socket. */
  readonly quiet: boolean;
}

function live({ options, startedAt, log, chosen, notifier, kernel, absent, begun, quiet }: Life): Promise<number> {
  const { paths } = options;
  return new Promise((resolve) => {
    let current = chosen;
    let health = downAtOnce(openHealth(current.config.routingDaemons, timingOf(current.config)), absent, begun);
    let control: ControlServer | undefined;
    let ended = false;
    let deadline: NodeJS.Timeout | undefined;
    let ready = false;
    let rounds = 0;

    const follow = (config: Config): RoleWatch => watchRole(config.role, (role) => driver.dispatch({ kind: 'role', role }));
    let role = follow(current.config);

    const finish = (exitStatus: number): void => {
      ended = true;
      clearTimeout(deadline);
      process.off('SIGHUP', reload).off('SIGTERM', stop).off('SIGINT', stop);
      driver.close();
      control?.close();
      role.close();
      health.close();
      resolve(exitStatus);
    };
    const stop = (): void => {
      log('notice', 'stopping', { on_stop: driver.state().config.onStop });
      notifier.stopping();
      deadline ??= setTimeout(() => finish(EXIT.OK), STOP_DEADLINE_MS);
      driver.dispatch({ kind: 'stop' });
    };
    // What the former routes held back (their slots) is put in once they are out: our own deletions raise no hint.
    const retireFormer = (former: Config, config: Config): void => {
      void retire(kernel, former, config, log).then((text) => {
        if (text !== undefined) driver.dispatch({ kind: 'hint', hint: { kind: 'route', text, ownDeleted: false, sender: 0 } });
      });
    };
    const reload = (): Response => {
      notifier.reloading();
      const result = reloadInto(paths, current, driver, health, (config) => openHealth(config.routingDaemons, timingOf(config)));
      if (result.kind === 'taken') {
        retireFormer(current.config, result.chosen.config);
        const sameRole = JSON.stringify(current.config.role) === JSON.stringify(result.chosen.config.role);
        current = result.chosen;
        health = result.health;
        if (!sameRole) {
          role.close();
          role = follow(current.config);
          driver.dispatch({ kind: 'role', role: role.initial });
        }
        keep(log, options, current);
      } else log('error', 'reload-refused', { file: paths.configFile, errors: result.errors, remedy: 'backup-router check' });
      notifier.ready();
      return reloadResponse(result, paths);
    };

    const onSettled = (state: State): void => {
      if (state.completedRounds === rounds) return;
      rounds = state.completedRounds;
      notifier.watchdog();
      notifier.status(`backup routes ${state.phase.kind}: ${state.phase.reason}`);
      if (ready || state.phase.kind === 'starting') return;
      ready = true;
      notifier.ready();
      log('notice', 'ready', { version: VERSION, after_ms: Math.round(performance.now() - startedAt) });
      setImmediate(() => {
        keep(log, options, current);
        if (current.former !== undefined) retireFormer(current.former, current.config);
      });
    };

    const orders = readOrders(paths.orders);
    const adopted = readAdopted(paths.adopted);
    if (adopted.fault !== undefined) log('error', 'record-unreadable', { file: paths.adopted, message: adopted.fault, effect: 'routes that were taken over before cannot be given back' });
    const driver: Driver = startDriver({
      kernel,
      health,
      clock: systemClock,
      journal: createJournal(log),
      beginning: {
        config: current.config,
        formerGateways: current.former === undefined ? [] : allBackupRouters(current.former).flatMap((router) => router.gateways),
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
    process.on('SIGHUP', reload).on('SIGTERM', stop).on('SIGINT', stop);
    if (quiet) return;

    const status = (): Status => {
      const around = { pid: process.pid, version: VERSION, dryRun: options.dryRun, startedAt, wallOffset: Date.now() - performance.now(), configuration: configurationOf(current, paths) };
      return statusOf(driver.state(), around, performance.now());
    };
    void begun.then(() => {
      if (ended) return;
      control = startControlServer(paths.controlSocket, answerer({ driver: () => driver, status, reload, log, ordersFile: paths.orders }), (error) =>
        log('warning', 'control-socket', { message: error.message, effect: 'no status; reload by SIGHUP only' }),
      );
    });
  });
}

function reloadResponse(result: Reloaded, paths: Paths): Response {
  if (result.kind === 'taken') return { ok: true, message: 'configuration reloaded' };
  const message = `${paths.configFile} has errors; what ran before goes on\n${result.text}`;
  return { ok: false, error: { code: 'configuration', message, suggestion: `backup-router check -c ${paths.configFile}` } };
}

function timingOf(config: Config): { readonly probeIntervalMs: number; readonly probeTimeoutMs: number } {
  return { probeIntervalMs: config.probeIntervalMs, probeTimeoutMs: config.probeTimeoutMs };
}

function reportChoice(log: Log, chosen: Chosen, paths: Paths): void {
  for (const d of chosen.diagnostics) {
    log(d.severity === 'error' ? 'error' : 'warning', 'configuration', { at: `${d.file}:${d.line}:${d.column}`, code: d.code, message: d.message, remedy: d.suggestion });
  }
  if (chosen.source !== 'file') {
    log('error', 'configuration-not-used', { file: paths.configFile, running: chosen.source, remedy: `backup-router check -c ${paths.configFile}` });
  }
}

function configurationOf(chosen: Chosen, paths: Paths): Status['configuration'] {
  return {
    file: paths.configFile,
    source: chosen.source,
    errors: chosen.diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.file}:${d.line}:${d.column}: ${d.message}`),
  };
}

/** Keeps what runs, if it is the file as it stands. */
function keep(log: Log, options: AgentOptions, chosen: Chosen): void {
  if (options.dryRun || chosen.text === undefined) return;
  const { paths } = options;
  const fault = writeLastKnownGood(paths.lastKnownGood, chosen.text) ?? keepCompiled(paths.compiled, { ...chosen, text: chosen.text });
  if (fault !== undefined) log('warning', 'last-known-good', { message: fault, effect: 'a broken configuration file would have no copy to fall back to' });
}
