/**
 * The running configuration: what a reload takes, what is rolled back unless it is confirmed, and
 * what is kept as last known good. The caller applies a configuration to driver and adapters.
 *
 *   reload            the file, for good; while another one is unconfirmed: with its deadline
 *   reload --confirm  the file, until the deadline unless confirmed; again: with a new deadline
 *   confirm           the running one, for good
 *   the deadline      what last ran for good, as by a reload; the file itself waits for a reload
 *
 * Invariants: no text is taken with a deadline before the record on disk has the text to go back
 * to. The last known good copy is never an unconfirmed one. Memory and record agree after each
 * answer, or the answer says otherwise. While a thread writes the record of large texts, other
 * requests wait.
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import { formatDuration } from '../config/duration.js';
import type { JunosHints } from '../config/junos/read.js';
import { configText, type LoadedConfig, loadConfig } from '../config/load.js';
import type { Response } from '../control/protocol.js';
import type { Clock } from '../host/clock.js';
import type { Paths } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { keepAside, loadAside } from './aside.js';
import type { Chosen } from './choose-config.js';
import type { Emit } from './emit.js';
import { createDrift } from './file-drift.js';
import type { Log } from './log.js';
import { createRecorder } from './recorder.js';
import { type RolledBack, readUnconfirmed, thisMoment, type Unconfirmed } from './unconfirmed-record.js';

export interface Configuration {
  readonly current: () => Chosen;
  /** Reads the file, a large one without blocking the event loop. */
  read(): Promise<ReadFile>;
  /**
   * Takes the file as it was read, or as it is now; with a time, until it is confirmed. For a
   * large text the answer takes a while.
   */
  reload(confirmMs?: number, reading?: ReadFile): Response | Promise<Response>;
  confirm(): Response | Promise<Response>;
  /** The configuration chosen at start runs: the disk may be written now. */
  settled(): void;
  status(): Status['configuration'];
  /** The running configuration as text, and its source. */
  running(): Response;
  close(): void;
}

interface ReadFile {
  /** The state of the file before it was read (file-drift.ts). */
  readonly look: string;
  readonly loaded: LoadedConfig;
}

/** In UTF-16 units. A longer text is not sent: it would exceed the client's budget. */
const MAX_SHOWN = 1 << 18;

interface ConfigurationOptions {
  readonly paths: Paths;
  /** Values that a Junos text does not contain. */
  readonly hints: JunosHints;
  readonly chosen: Chosen;
  /** Runs it in place of the current one. */
  readonly take: (next: Chosen, former: Chosen) => void;
  readonly emit: Emit;
  readonly log: Log;
  readonly clock: Clock;
  /** true: nothing is written. */
  readonly dryRun: boolean;
}

export function createConfiguration({
  paths,
  hints,
  chosen,
  take,
  emit,
  log,
  clock,
  dryRun,
}: ConfigurationOptions): Configuration {
  let current = chosen;
  const drift = createDrift(paths.configFile, () => configText(paths.configFile));
  let deadline: number | undefined;
  let timer: { cancel(): void } | undefined;
  const recorder = createRecorder(paths.unconfirmed, dryRun);

  const run = (next: Chosen): void => {
    const former = current;
    current = next;
    take(next, former);
  };
  const arm = (leftMs: number): void => {
    timer?.cancel();
    deadline = clock.now() + leftMs;
    timer = clock.at(deadline, rollBack);
  };
  const disarm = (): void => {
    timer?.cancel();
    timer = undefined;
    deadline = undefined;
  };
  const keep = (): void => {
    if (dryRun || current.source !== 'file' || current.pending !== undefined || current.text === undefined) return;
    keepAside(paths.lastKnownGood, current.text, (message) =>
      log('warning', 'last-known-good', {
        message,
        effect: 'a broken configuration file would have no copy to fall back to',
      }),
    );
  };
  const refuse = (code: string, message: string, suggestion: string, errors = 0): Response => {
    emit({
      kind: 'reload-refused',
      file: paths.configFile,
      errors,
      message: errors === 0 ? message : undefined,
      remedy: suggestion,
    });
    return { ok: false, error: { code, message, suggestion } };
  };

  const takeForGood = (next: Chosen, answer: string, unchanged = false): Response => {
    disarm();
    // An unchanged file is taken again, too: that is how an operator makes the agent look again.
    run(next);
    keep();
    const fault = recorder.forget();
    return {
      ok: true,
      unchanged,
      message:
        fault === undefined
          ? answer
          : `${answer}; a restart of the agent will not load it, since ${paths.unconfirmed} cannot be removed (${fault})`,
    };
  };
  const pendingRecord = (text: string, former: string, untilMs: number): Unconfirmed => ({
    kind: 'pending',
    text,
    former,
    leftMs: Math.max(1, untilMs - clock.now()),
    at: thisMoment(),
  });
  const takeOnApproval = (next: Chosen, former: string, untilMs: number): Response | Promise<Response> => {
    const goBackTo = current.pending === undefined ? current.config : current.pending.config;
    const fault = recorder.write(pendingRecord(next.text!, former, untilMs));
    const take = (written: string | undefined): Response =>
      taken({ ...next, pending: { former, config: goBackTo, leftMs: untilMs - clock.now() } }, untilMs, written);
    return fault instanceof Promise ? fault.then(take) : take(fault);
  };
  const taken = (next: Chosen, untilMs: number, fault: string | undefined): Response => {
    if (fault !== undefined) {
      return refuse(
        'state-directory',
        `the new configuration was not loaded, since the roll-back cannot be recorded: ${fault}`,
        'make the state directory writable, or reload without --confirm',
      );
    }
    run(next);
    const leftMs = Math.max(1, untilMs - clock.now());
    arm(leftMs);
    const at = deadlineText();
    emit({
      kind: 'configuration-unconfirmed',
      leftMs: Math.round(leftMs),
      deadline: at,
      remedy: 'backup-router confirm',
    });
    return {
      ok: true,
      unchanged: false,
      deadline: at,
      message: `configuration reloaded; unless confirmed (backup-router confirm) it is rolled back in ${formatDuration(Math.ceil(leftMs / 1000) * 1000)}, at ${at}`,
    };
  };

  const rollBack = (): void => {
    const busy = recorder.busy();
    if (busy !== undefined) return void busy.then(rollBack);
    // A new deadline may have been set meanwhile.
    if (deadline !== undefined && clock.now() < deadline) return arm(deadline - clock.now());
    const { pending, text } = current;
    disarm();
    if (pending === undefined || text === undefined) return;
    const { config } = pending;
    if (config === undefined)
      return log('error', 'roll-back-failed', {
        effect: 'the unconfirmed configuration stays in force',
        remedy: 'backup-router reload',
      });
    const rolledBack: RolledBack = {
      kind: 'rolled-back',
      text,
      former: pending.former,
      atWallMs: Date.now(),
    };
    run({
      config,
      source: 'rolled-back',
      diagnostics: [],
      text: pending.former,
      former: current.config,
      rolledBack,
    });
    emit({
      kind: 'configuration-rolled-back',
      file: paths.configFile,
      reason: 'not confirmed in time',
      remedy: 'change the file and reload',
    });
    writeLater(rolledBack);
  };
  // If this fails, the record on disk still has the same effect at the next start.
  const writeLater = (what: Unconfirmed): void =>
    recorder.writeAndTell(what, (message) =>
      log('warning', 'unconfirmed-record', { message, effect: 'none while the agent runs' }),
    );
  const deadlineText = (): string =>
    new Date(Date.now() + Math.max(0, (deadline ?? clock.now()) - clock.now())).toISOString();

  const takeRead = (
    confirmMs: number | undefined,
    { config, diagnostics, text }: LoadedConfig,
  ): Response | Promise<Response> => {
    if (config === undefined || text === undefined) {
      const message = `${paths.configFile} has errors; the former configuration stays in force\n${renderDiagnostics(diagnostics)}`;
      return refuse(
        'configuration',
        message,
        `backup-router check -c ${paths.configFile}`,
        diagnostics.filter((d) => d.severity === 'error').length,
      );
    }
    const next: Chosen = { config, source: 'file', diagnostics, text, former: current.config };
    const former = current.pending?.former ?? current.text;
    const unchanged = current.pending === undefined && current.source === 'file' && text === current.text;
    if (unchanged)
      return takeForGood(
        next,
        confirmMs === undefined ? 'configuration unchanged' : 'configuration unchanged, so nothing is left to confirm',
        unchanged,
      );
    if (current.pending === undefined && confirmMs === undefined) return takeForGood(next, 'configuration reloaded');
    if (former === undefined)
      return refuse(
        'not-possible',
        'what runs now is not UTF-8, so there would be no way back to it',
        'reload without --confirm',
      );
    if (text === former)
      return takeForGood(next, 'configuration reloaded; it is the last confirmed one, so nothing is left to confirm');
    return takeOnApproval(next, former, confirmMs === undefined ? (deadline ?? 0) : clock.now() + confirmMs);
  };

  const confirm = (): Response => {
    if (current.pending === undefined) {
      const at =
        current.rolledBack === undefined
          ? ''
          : `; the last unconfirmed one was rolled back at ${new Date(current.rolledBack.atWallMs).toISOString()}`;
      return {
        ok: false,
        error: {
          code: 'not-pending',
          message: `there is nothing to confirm${at}`,
          suggestion: 'backup-router reload --confirm 5m',
        },
      };
    }
    const { pending, ...confirmed } = current;
    // The copy first: if the agent dies here, the deadline stands and no answer was given.
    const former = current;
    current = confirmed;
    keep();
    const fault = recorder.forget();
    if (fault !== undefined) {
      current = former;
      return {
        ok: false,
        error: {
          code: 'state-directory',
          message: `not confirmed, since ${paths.unconfirmed} cannot be removed (${fault}); it is rolled back at ${deadlineText()}`,
          suggestion: 'make the state directory writable, and confirm again',
        },
      };
    }
    disarm();
    emit({ kind: 'configuration-confirmed', what: paths.configFile });
    return { ok: true, message: 'configuration confirmed' };
  };

  if (chosen.pending !== undefined) arm(chosen.pending.leftMs);

  return {
    current: () => current,
    async read() {
      const look = drift.look();
      return { look, loaded: await loadAside(paths.configFile, hints) };
    },
    reload(confirmMs, reading = { look: drift.look(), loaded: loadConfig(paths.configFile, hints) }) {
      const { look, loaded } = reading;
      const done = (answer: Response): Response => {
        if (answer.ok) drift.taken(look);
        return answer;
      };
      const busy = recorder.busy();
      const answer = busy === undefined ? takeRead(confirmMs, loaded) : busy.then(() => takeRead(confirmMs, loaded));
      return answer instanceof Promise ? answer.then(done) : done(answer);
    },
    confirm: () => recorder.busy()?.then(confirm) ?? confirm(),
    settled() {
      keep();
      if (dryRun) return;
      if (current.rolledBack !== undefined && current === chosen) writeLater(current.rolledBack);
      // Written again with the time of this boot, so that the next boot can only shorten it.
      else if (current.pending !== undefined && current === chosen)
        writeLater(pendingRecord(current.text!, current.pending.former, deadline!));
      else if (
        current.source === 'file' &&
        current.pending === undefined &&
        readUnconfirmed(paths.unconfirmed) !== undefined
      )
        recorder.forget();
    },
    status: () => ({
      file: paths.configFile,
      source: current.source,
      errors: current.diagnostics
        .filter((d) => d.severity === 'error')
        .map((d) => `${d.file}:${d.line}:${d.column}: ${d.message}`),
      changed: drift.changed(current.source === 'file' ? current.text : undefined),
      unconfirmed:
        current.pending === undefined || deadline === undefined
          ? null
          : { deadline: deadlineText(), leftMs: Math.max(0, Math.round(deadline - clock.now())) },
      rolledBackAt: current.rolledBack === undefined ? null : new Date(current.rolledBack.atWallMs).toISOString(),
    }),
    running: () => ({
      ok: true,
      configuration: {
        file: paths.configFile,
        source: current.source,
        text: current.text !== undefined && current.text.length <= MAX_SHOWN ? current.text : null,
      },
    }),
    close: disarm,
  };
}
