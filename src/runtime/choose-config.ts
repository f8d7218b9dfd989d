/**
 * Which configuration to run at start, the first of these that there is:
 *
 *   one that awaits its confirmation, with time left      as it was taken, whatever the file says by now
 *   one that nobody confirmed, and the file still has it  what ran before it
 *   the file without an error                             the file
 *   the last known good copy                              the copy
 *   the valid part of the file, then of the copy          that
 *
 * A router is never left without backup routes for the sake of a typing error.
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
  /** Of the file, not of the copy. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text that the configuration is the meaning of; undefined when it cannot be written down as such (not UTF-8). */
  readonly text: string | undefined;
  /** The configuration that ran before, as far as it is known: its gateways and its protocol number may still mark routes. */
  readonly former: Config | undefined;
  /** It runs on approval. `config`: what the former text meant; undefined: nothing any more. */
  readonly pending?: { readonly former: string; readonly config: Config | undefined; readonly leftMs: number };
  readonly rolledBack?: RolledBack;
}

export type ConfigChoice =
  | { readonly kind: 'chosen'; readonly chosen: Chosen }
  | { readonly kind: 'none'; readonly diagnostics: readonly Diagnostic[] };

/** `hints`: for what a Junos text does not say. A dry run shows what the file would do, whatever awaits its confirmation in the agent beside it. */
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
  // Half a copy of something that once was right, where the file has nothing at all.
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

/** What the record of an unconfirmed configuration says of this start; undefined: nothing. */
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
  // A file that has been changed since is another one: it is taken as at any start.
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

/** What a text meant when it ran, which it did although it may have had errors. */
function meaning(text: string, file: string, hints: JunosHints): Config | undefined {
  const { config, partial } = parseConfig(text, file, hints);
  return config ?? partial;
}
