/**
 * Which configuration to run: the file; if it has errors, the last known good copy; if there is none, the
 * valid part of the file. A router is never left without backup routes for the sake of a typing error.
 */

import type { Diagnostic } from '../config/diagnostic.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../model/config.js';
import type { Paths } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { parserThatKnows } from './compiled-config.js';
import { readLastKnownGood } from './last-known-good.js';

export interface Chosen {
  readonly config: Config;
  readonly source: Status['configuration']['source'];
  /** Of the file, not of the copy. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text to keep as last known good once it has run; undefined when it is not the file's. */
  readonly text: string | undefined;
  /** The configuration that ran before, as far as it is known: its gateways and its protocol number may still mark routes. */
  readonly former: Config | undefined;
}

export type Choice = { readonly kind: 'chosen'; readonly chosen: Chosen } | { readonly kind: 'none'; readonly diagnostics: readonly Diagnostic[] };

export function chooseConfig(paths: Paths): Choice {
  const parse = parserThatKnows(paths.compiled);
  const loaded = loadConfig(paths.configFile, parse);
  const kept = readLastKnownGood(paths.lastKnownGood);
  const former = kept === undefined ? undefined : kept === loaded.text ? loaded.config : parse(kept, paths.lastKnownGood).config;
  const { diagnostics } = loaded;
  if (loaded.config !== undefined) return { kind: 'chosen', chosen: { config: loaded.config, source: 'file', diagnostics, text: loaded.text, former } };
  if (former !== undefined) return { kind: 'chosen', chosen: { config: former, source: 'last-known-good', diagnostics, text: undefined, former } };
  if (loaded.partial !== undefined) return { kind: 'chosen', chosen: { config: loaded.partial, source: 'partial', diagnostics, text: undefined, former } };
  return { kind: 'none', diagnostics };
}
