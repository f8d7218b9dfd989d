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

import { formatDuration } from '../config/duration.js';
import type { JunosHints } from '../config/junos/read.js';
import { configText, type LoadedConfig, loadConfig } from '../config/load.js';
import type { Response } from '../control/protocol.js';
import type { Clock } from '../host/clock.js';
import type { Paths } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { keepAside, loadAside } from './aside.js';
import type { Chosen } from './choose-config.js';
import { createDeadline, type Deadline } from './deadline.js';
import type { Emit } from './emit.js';
import { createDrift, type FileDrift } from './file-drift.js';
import type { Log } from './log.js';
import { createRecorder, type Recorder } from './recorder.js';
import { decideReload } from './reload-decision.js';
import { pendingRecord, type RolledBack, readUnconfirmed, type Unconfirmed } from './unconfirmed-record.js';

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

export class Configuration {
  readonly #options: ConfigurationOptions;
  readonly #drift: FileDrift;
  readonly #recorder: Recorder;
  readonly #deadline: Deadline;
  #running: Chosen;

  constructor(options: ConfigurationOptions) {
    const { chosen, clock, dryRun, paths } = options;
    this.#options = options;
    this.#running = chosen;
    this.#drift = createDrift(paths.configFile, () => configText(paths.configFile));
    this.#recorder = createRecorder(paths.unconfirmed, dryRun);
    this.#deadline = createDeadline(clock, () => this.#rollBack());
    if (chosen.pending !== undefined) this.#deadline.set(chosen.pending.leftMs);
  }

  /** Reads the file, a large one without blocking the event loop. */
  async read(): Promise<ReadFile> {
    const { paths, hints } = this.#options;
    const look = this.#drift.look();
    return { look, loaded: await loadAside(paths.configFile, hints) };
  }

  /**
   * Takes the file as it was read, or as it is now; with a time, until it is confirmed. For a
   * large text the answer takes a while.
   */
  reload(confirmMs?: number, reading = this.#readNow()): Response | Promise<Response> {
    const { look, loaded } = reading;
    const done = (answer: Response): Response => {
      if (answer.ok) this.#drift.taken(look);
      return answer;
    };
    const busy = this.#recorder.busy();
    const answer =
      busy === undefined ? this.#reloadTo(loaded, confirmMs) : busy.then(() => this.#reloadTo(loaded, confirmMs));
    return answer instanceof Promise ? answer.then(done) : done(answer);
  }

  confirm(): Response | Promise<Response> {
    return this.#recorder.busy()?.then(() => this.#confirmNow()) ?? this.#confirmNow();
  }

  /** The configuration chosen at start runs: the disk may be written now. */
  settled(): void {
    const { chosen, dryRun, paths } = this.#options;
    this.#keep();
    if (dryRun) return;
    const { rolledBack, pending, text, source } = this.#running;
    if (rolledBack !== undefined && this.#running === chosen) this.#writeLater(rolledBack);
    // Written again with the time of this boot, so that the next boot can only shorten it.
    else if (pending !== undefined && this.#running === chosen)
      this.#writeLater(pendingRecord(text!, pending.former, this.#deadline.leftMs()!));
    else if (source === 'file' && pending === undefined && readUnconfirmed(paths.unconfirmed) !== undefined)
      this.#recorder.forget();
  }

  status(): Status['configuration'] {
    const { source, diagnostics, text, pending, rolledBack } = this.#running;
    const leftMs = this.#deadline.leftMs();
    return {
      file: this.#options.paths.configFile,
      source,
      errors: diagnostics
        .filter((d) => d.severity === 'error')
        .map((d) => `${d.file}:${d.line}:${d.column}: ${d.message}`),
      changed: this.#drift.changed(source === 'file' ? text : undefined),
      unconfirmed:
        pending === undefined || leftMs === undefined
          ? null
          : { deadline: this.#deadline.text(), leftMs: Math.max(0, Math.round(leftMs)) },
      rolledBackAt: rolledBack === undefined ? null : new Date(rolledBack.atWallMs).toISOString(),
    };
  }

  /** The running configuration as text, and its source. */
  shown(): Response {
    const { source, text } = this.#running;
    return {
      ok: true,
      configuration: {
        file: this.#options.paths.configFile,
        source,
        text: text !== undefined && text.length <= MAX_SHOWN ? text : null,
      },
    };
  }

  close(): void {
    this.#deadline.clear();
  }

  #readNow(): ReadFile {
    const { paths, hints } = this.#options;
    return { look: this.#drift.look(), loaded: loadConfig(paths.configFile, hints) };
  }

  #reloadTo(loaded: LoadedConfig, confirmMs: number | undefined): Response | Promise<Response> {
    const decision = decideReload(this.#running, this.#options.paths.configFile, loaded, confirmMs !== undefined);
    switch (decision.kind) {
      case 'refuse':
        return this.#refuse(decision.code, decision.message, decision.suggestion, decision.errors);
      case 'take':
        return this.#takeForGood(decision.next, decision.answer, decision.unchanged);
      case 'take-until-confirmed': {
        const untilMs = this.#options.clock.now() + (confirmMs ?? this.#deadline.leftMs() ?? 0);
        return this.#takeOnApproval(decision.next, decision.former, untilMs);
      }
      default:
        return decision satisfies never;
    }
  }

  #run(next: Chosen): void {
    const former = this.#running;
    this.#running = next;
    this.#options.take(next, former);
  }

  #keep(): void {
    const { dryRun, paths, log } = this.#options;
    const { source, pending, text } = this.#running;
    if (dryRun || source !== 'file' || pending !== undefined || text === undefined) return;
    keepAside(paths.lastKnownGood, text, (message) =>
      log('warning', 'last-known-good', {
        message,
        effect: 'a broken configuration file would have no copy to fall back to',
      }),
    );
  }

  #refuse(code: string, message: string, suggestion: string, errors = 0): Response {
    this.#options.emit({
      kind: 'reload-refused',
      file: this.#options.paths.configFile,
      errors,
      message: errors === 0 ? message : undefined,
      remedy: suggestion,
    });
    return { ok: false, error: { code, message, suggestion } };
  }

  #takeForGood(next: Chosen, answer: string, unchanged: boolean): Response {
    this.#deadline.clear();
    // An unchanged file is taken again, too: that is how an operator makes the agent look again.
    this.#run(next);
    this.#keep();
    const fault = this.#recorder.forget();
    return {
      ok: true,
      unchanged,
      message:
        fault === undefined
          ? answer
          : `${answer}; a restart of the agent will not load it, since ${this.#options.paths.unconfirmed} cannot be removed (${fault})`,
    };
  }

  #takeOnApproval(next: Chosen, former: string, untilMs: number): Response | Promise<Response> {
    const { clock } = this.#options;
    const goBackTo = this.#running.pending === undefined ? this.#running.config : this.#running.pending.config;
    const take = (fault: string | undefined): Response =>
      this.#taken({ ...next, pending: { former, config: goBackTo, leftMs: untilMs - clock.now() } }, untilMs, fault);
    const fault = this.#recorder.write(pendingRecord(next.text!, former, untilMs - clock.now()));
    return fault instanceof Promise ? fault.then(take) : take(fault);
  }

  /** `fault`: why the record that it can be rolled back by could not be written. */
  #taken(next: Chosen, untilMs: number, fault: string | undefined): Response {
    if (fault !== undefined)
      return this.#refuse(
        'state-directory',
        `the new configuration was not loaded, since the roll-back cannot be recorded: ${fault}`,
        'make the state directory writable, or reload without --confirm',
      );
    this.#run(next);
    const leftMs = Math.max(1, untilMs - this.#options.clock.now());
    this.#deadline.set(leftMs);
    const at = this.#deadline.text();
    this.#options.emit({
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
  }

  #rollBack(): void {
    const { emit, log, paths } = this.#options;
    const busy = this.#recorder.busy();
    if (busy !== undefined) return void busy.then(() => this.#rollBack());
    // A new deadline may have been set meanwhile.
    const leftMs = this.#deadline.leftMs();
    if (leftMs !== undefined && leftMs > 0) return this.#deadline.set(leftMs);
    this.#deadline.clear();
    const { config: former, pending, text } = this.#running;
    if (pending === undefined || text === undefined) return;
    const { config } = pending;
    if (config === undefined)
      return log('error', 'roll-back-failed', {
        effect: 'the unconfirmed configuration stays in force',
        remedy: 'backup-router reload',
      });
    const rolledBack: RolledBack = { kind: 'rolled-back', text, former: pending.former, atWallMs: Date.now() };
    this.#run({ config, source: 'rolled-back', diagnostics: [], text: pending.former, former, rolledBack });
    emit({
      kind: 'configuration-rolled-back',
      file: paths.configFile,
      reason: 'not confirmed in time',
      remedy: 'change the file and reload',
    });
    this.#writeLater(rolledBack);
  }

  /** If this fails, the record on disk still has the same effect at the next start. */
  #writeLater(what: Unconfirmed): void {
    this.#recorder.writeAndTell(what, (message) =>
      this.#options.log('warning', 'unconfirmed-record', { message, effect: 'none while the agent runs' }),
    );
  }

  #confirmNow(): Response {
    const { emit, paths } = this.#options;
    const former = this.#running;
    if (former.pending === undefined) {
      const at =
        former.rolledBack === undefined
          ? ''
          : `; the last unconfirmed one was rolled back at ${new Date(former.rolledBack.atWallMs).toISOString()}`;
      return {
        ok: false,
        error: {
          code: 'not-pending',
          message: `there is nothing to confirm${at}`,
          suggestion: 'backup-router reload --confirm 5m',
        },
      };
    }
    const { pending, ...confirmed } = former;
    // The copy first: if the agent dies here, the deadline stands and no answer was given.
    this.#running = confirmed;
    this.#keep();
    const fault = this.#recorder.forget();
    if (fault !== undefined) {
      this.#running = former;
      return {
        ok: false,
        error: {
          code: 'state-directory',
          message: `not confirmed, since ${paths.unconfirmed} cannot be removed (${fault}); it is rolled back at ${this.#deadline.text()}`,
          suggestion: 'make the state directory writable, and confirm again',
        },
      };
    }
    this.#deadline.clear();
    emit({ kind: 'configuration-confirmed', what: paths.configFile });
    return { ok: true, message: 'configuration confirmed' };
  }
}
