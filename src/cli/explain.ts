/**
 * `backup-router explain ADDRESS`: which route carries packets of this router to it now, and would
 * in each state.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Explanation, explain as explainWays } from '../core/explain/explain.js';
import { inspect } from '../kernel/inspect.js';
import type { Address } from '../model/address.js';
import { CommandError, EXIT } from '../model/exit.js';
import type { Vrf } from '../model/policy.js';
import { namesOf } from '../model/route-text.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ConfigOptions } from './config-options.js';
import { addressArgument } from './explain-address.js';
import { explanationJson } from './explain-json.js';
import { explanationText } from './explain-text.js';
import { type Gathered, gather } from './facts.js';
import { print, printJson, terminal } from './print.js';
import { paintFor } from './terminal.js';

/** A difference that lasts is one. */
const ATTEMPTS = 3;
const PAUSE_MS = 100;

export interface ExplainOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly vrf?: string;
}

/** Resolves with 0, or 1 when the kernel goes another way than its rules and routes let expect. */
export async function explain(text: string, options: ExplainOptions): Promise<number> {
  const address = addressArgument(text);
  const { facts, vrf, explanation } = await settled(address, options);
  const nameOf = namesOf(facts.snapshot.links);
  if (options.json === true) printJson(explanationJson(explanation, facts, vrf, nameOf));
  else print(explanationText(explanation, facts, vrf, nameOf, paintFor(terminal(), process.env), terminal().columns));
  return !explanation.agrees ? EXIT.NOT_IN_STATE : EXIT.OK;
}

interface Settled {
  readonly facts: Gathered;
  readonly vrf: Vrf | undefined;
  readonly explanation: Explanation;
}

/**
 * Rules, routes and the kernel's answer are read one after the other: what changed in between is
 * read again.
 */
async function settled(address: Address, options: ExplainOptions): Promise<Settled> {
  for (let left = ATTEMPTS; ; left--) {
    const facts = await gather(options);
    const vrf = options.vrf === undefined ? undefined : vrfNamed(options.vrf, facts.snapshot);
    const explanation = explainWays(facts, await inspect((kernel) => kernel.ways(address, vrf)), vrf);
    if (explanation.agrees || left <= 1) return { facts, vrf, explanation };
    await sleep(PAUSE_MS);
  }
}

function vrfNamed(name: string, snapshot: Snapshot): Vrf {
  const vrfs = snapshot.links.filter((link) => link.vrfTable !== undefined);
  const link = vrfs.find((one) => one.name === name);
  if (link?.vrfTable !== undefined) return { name, index: link.index, table: link.vrfTable };
  throw new CommandError(
    EXIT.USAGE,
    `there is no VRF ${name}`,
    vrfs.length === 0 ? 'leave --vrf out: this host has no VRF' : `--vrf ${vrfs.map((one) => one.name).join(' or ')}`,
  );
}
