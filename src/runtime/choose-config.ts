/**
 * The configuration to run at start: the first of these that exists.
 *
 *   an unconfirmed one with time left                     as it was taken, whatever the file is now
 *   one that was not confirmed, and the file is the same  what ran before it
 *   the file without an error                             the file
 *   the last known good copy                              the copy
 *   the valid part of the file, then of the copy          that part
 *
 * A typing error never leaves a router without backup routes.
 */

import type { Diagnostic } from '../config/diagnostic.js';
import type { JunosHints } from '../config/junos/read.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import type { Config } from '../model/config.js';
import type { Paths } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { readLastKnownGood } from './last-known-good.js';
import {
  leftMs,
  type Moment,
  type RolledBack,
  readUnconfirmed,
  thisMoment,
  type Unconfirmed,
} from './unconfirmed-record.js';

export interface Chosen {
  readonly config: Config;
  readonly source: Status['configuration']['source'];
  /** The diagnostics of the file, and of the copy where only its valid part is used. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of the configuration; undefined when it is not UTF-8 and cannot be recorded. */
  readonly text: string | undefined;
  /**
   * The configuration that ran before, if it is known: its gateways and its protocol number may
   * still mark routes.
   */
  readonly former: Config | undefined;
  /**
   * Present while it is unconfirmed. `config` is the configuration of the former text; undefined:
   * that text is no longer valid.
   */
  readonly pending?: { readonly former: string; readonly config: Config | undefined; readonly leftMs: number };
  readonly rolledBack?: RolledBack;
}

type ConfigChoice =
  | { readonly kind: 'chosen'; readonly chosen: Chosen }
  | { readonly kind: 'none'; readonly diagnostics: readonly Diagnostic[] };

/**
 * `hints`: values that a Junos text does not contain. A dry run shows what the file would do, even
 * if the running agent has an unconfirmed configuration.
 */
export function chooseConfig(
  paths: Paths,
  hints: JunosHints,
  dryRun = false,
  now?: Moment,
  pipes = dryRun,
): ConfigChoice {
  const loaded = loadConfig(paths.configFile, hints, pipes);
  const record = dryRun ? undefined : readUnconfirmed(paths.unconfirmed);
  const chosen =
    (record === undefined ? undefined : approved(record, loaded, paths, hints, now ?? thisMoment())) ??
    ordinary(loaded, paths, hints);
  return chosen === undefined ? { kind: 'none', diagnostics: loaded.diagnostics } : { kind: 'chosen', chosen };
}

function ordinary(loaded: LoadedConfig, paths: Paths, hints: JunosHints): Chosen | undefined {
  const { diagnostics, text } = loaded;
  const kept = readLastKnownGood(paths.lastKnownGood);
  const copy = kept === undefined ? undefined : kept === text ? loaded : parseConfig(kept, paths.lastKnownGood, hints);
  const former = copy?.config;
  if (loaded.config !== undefined) return { config: loaded.config, source: 'file', diagnostics, text, former };
  if (former !== undefined) return { config: former, source: 'last-known-good', diagnostics, text: kept, former };
  if (loaded.partial !== undefined) return { config: loaded.partial, source: 'partial', diagnostics, text, former };
  // The valid part of a copy that was once complete, when the file has none.
  if (copy?.partial !== undefined)
    return {
      config: copy.partial,
      source: 'last-known-good',
      diagnostics: [...diagnostics, ...copy.diagnostics],
      text: kept,
      former: copy.partial,
    };
  return undefined;
}

/**
 * The configuration that the record of an unconfirmed one requires at this start; undefined: none.
 */
function approved(
  record: Unconfirmed,
  loaded: LoadedConfig,
  paths: Paths,
  hints: JunosHints,
  now: Moment,
): Chosen | undefined {
  const taken = meaning(record.text, paths.configFile, hints);
  const before = meaning(record.former, paths.configFile, hints);
  const left = record.kind === 'pending' ? leftMs(record, now) : 0;
  if (record.kind === 'pending' && left > 0 && taken !== undefined) {
    return {
      config: taken,
      source: 'file',
      diagnostics: [],
      text: record.text,
      former: before,
      pending: { former: record.former, config: before, leftMs: left },
    };
  }
  // A file that was changed since is a new one and is taken as at any start.
  if (before === undefined || (loaded.text !== record.text && loaded.config !== undefined)) return undefined;
  if (loaded.text !== record.text)
    return {
      config: before,
      source: 'last-known-good',
      diagnostics: loaded.diagnostics,
      text: record.former,
      former: taken,
    };
  const rolledBack: RolledBack =
    record.kind === 'rolled-back'
      ? record
      : { kind: 'rolled-back', text: record.text, former: record.former, atWallMs: now.wallMs };
  return {
    config: before,
    source: 'rolled-back',
    diagnostics: [],
    text: record.former,
    former: taken,
    rolledBack,
  };
}

/** The configuration that ran with this text; it may have run with errors. */
function meaning(text: string, file: string, hints: JunosHints): Config | undefined {
  const { config, partial } = parseConfig(text, file, hints);
  return config ?? partial;
}
