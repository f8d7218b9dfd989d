/**
 * `backup-router explain ADDRESS`: which route carries packets of this router to the address now,
 * and in each state.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Explanation, explain as explainWays } from '../core/explain/explain.js';
import { inspect } from '../kernel/inspect.js';
import { type Address, familyOf, isLinkLocal } from '../model/address.js';
import { CommandError, EXIT } from '../model/exit.js';
import type { Vrf } from '../model/link.js';
import { nextHopsOf } from '../model/next-hops.js';
import { containsAddress } from '../model/prefix.js';
import { namesOf } from '../model/route-text.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Ways } from '../model/ways.js';
import type { ConfigOptions } from './config-options.js';
import { addressArgument, sourceArgument } from './explain-address.js';
import { explanationJson } from './explain-json.js';
import { explanationText } from './explain-text.js';
import { type Gathered, gather } from './facts.js';
import { print, printJson, terminal } from './print.js';
import { paintFor } from './terminal.js';

/** A difference that remains after this many attempts is real. */
const ATTEMPTS = 3;
const PAUSE_MS = 100;

interface ExplainOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly vrf?: string;
  readonly from?: string;
}

/** Resolves with 0, or 1 if the kernel's answer differs from what its rules and routes imply. */
export async function explain(text: string, options: ExplainOptions): Promise<number> {
  const address = addressArgument(text);
  const from = options.from === undefined ? undefined : sourceArgument(options.from, address);
  const { facts, vrf, explanation } = await settled(address, from, options);
  const nameOf = namesOf(facts.snapshot.links);
  if (options.json === true) printJson(explanationJson(explanation, facts, { vrf, from }, nameOf));
  else
    print(
      explanationText(explanation, facts, { vrf, from }, nameOf, paintFor(terminal(), process.env), terminal().columns),
    );
  return !explanation.agrees ? EXIT.NOT_IN_STATE : EXIT.OK;
}

interface Settled {
  readonly facts: Gathered;
  readonly vrf: Vrf | undefined;
  readonly explanation: Explanation;
}

/**
 * Rules, routes and the kernel's answer are read one after the other. On a difference everything is
 * read again, because something may have changed in between.
 */
async function settled(address: Address, from: Address | undefined, options: ExplainOptions): Promise<Settled> {
  for (let left = ATTEMPTS; ; left--) {
    const gathered = await gather(options);
    const vrf = options.vrf === undefined ? undefined : vrfNamed(options.vrf, gathered.snapshot);
    const { ways, neighbours } = await inspect(async (kernel) => {
      if (from !== undefined && !isOwn(await kernel.ways(from))) throw strange(from, gathered.snapshot);
      const ways = await kernel.ways(address, vrf, from);
      const { routeProtocol: protocol } = gathered.config;
      const request = { protocol, maxLength: {}, only: 'neighbours' } as const;
      const hops = nextHopsOf(ways.routes, ways.objects);
      return { ways, neighbours: (await kernel.observe({ ...request, neighbours: hops })).neighbours };
    });
    const facts = {
      ...gathered,
      snapshot: { ...gathered.snapshot, neighbours: [...gathered.snapshot.neighbours, ...neighbours] },
    };
    const explanation = explainWays(facts, ways, vrf, from);
    if (explanation.agrees || left <= 1) return { facts, vrf, explanation };
    await sleep(PAUSE_MS);
  }
}

/** Whether the kernel has it in a table of local addresses, including those of VRFs. */
function isOwn({ address, routes }: Ways): boolean {
  return routes.some(({ type, destination }) => type === 'local' && containsAddress(destination, address));
}

/** Packets with a foreign source address are not this router's own. */
function strange(from: Address, { addresses }: Snapshot): CommandError {
  const own = addresses.filter(({ address }) => familyOf(address) === familyOf(from) && !isLinkLocal(address));
  return new CommandError(
    EXIT.USAGE,
    `${from} is not an address of this host`,
    own.length === 0 ? 'leave --from out' : `--from ${own.map(({ address }) => address).join(' or ')}`,
  );
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
