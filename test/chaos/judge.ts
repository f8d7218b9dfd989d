/**
 * Checks what must hold after a burst, from what the kernel says (facts.ts, foreign.ts), what the
 * storm has done, and packets. The agent's status is compared with all of that and decides nothing
 * here.
 */

import type { Status } from '../../src/model/status.js';
import { owned } from '../netns/agent-support.js';
import { FAMILIES, type Family, type Port, portOf, same, transitWayOf, type Way, wayOf, wayText } from './facts.js';
import { foreignDifference } from './foreign.js';
import { hasLease, isOfTakingOver } from './lease.js';
import { contains, mainWayOf } from './main-table.js';
import { statusProblems } from './status-truth.js';
import type { Storm } from './storm.js';
import { adopts, setsOf, VARIANTS } from './variants.js';

export interface Problem {
  readonly text: string;
  /** A daemon is healthy and the routes are still in. That is acceptable for some time. */
  readonly soft?: boolean;
}

/** One address for each relevant prefix: the destinations, and the foreign routes within them. */
const SAMPLES: Readonly<Record<Family, readonly string[]>> = {
  inet: ['198.51.100.77', '10.99.0.10', '172.17.0.1', '172.20.5.5', '203.0.113.5'],
  inet6: ['2001:db8:dead::1', '2001:db8:99::10', '2001:db8:c1::5'],
};
/** Addresses that only a default route can carry. */
const BY_DEFAULT: readonly string[] = ['198.51.100.77', '2001:db8:dead::1'];
/** The NOC, which sends the pings. */
const NOC: Readonly<Record<Family, string>> = { inet: '10.99.0.10', inet6: '2001:db8:99::10' };
/**
 * A next hop that was bad counts again after ten good seconds. Until then either route may win the
 * tie.
 */
const TRUST_MS = 15_000;
const MAX_RSS_ANON_KIB = 220_000;
const MAX_DESCRIPTORS = 100;
const MAX_THREADS = 24;
const OWN = 157;

interface Seen {
  readonly family: Family;
  readonly address: string;
  /** The route of the router's own packet. */
  readonly here: Way;
  /** The route that it would have without the agent's routes. */
  readonly foreign: Way;
}

export async function judge(storm: Storm, mustBeOut: boolean): Promise<readonly Problem[]> {
  const { world, agent, daemons } = storm;
  const [mgmt, seen, difference, answer] = await Promise.all([
    portOf(world.router, 'mgmt0'),
    Promise.all(FAMILIES.flatMap((family) => SAMPLES[family].map((address) => lookAt(storm, family, address)))),
    foreignDifference(world, [OWN, ...daemons.protocols]).then((lines) =>
      lines.filter((line) => !isOfTakingOver(storm, line, mustBeOut)),
    ),
    agent.ask<{ readonly status: Status }>({ command: 'status' }, agent.atWork ? 20_000 : 5_000),
  ]);
  const own = owned(world.router);
  const problems: Problem[] = difference.map((line) => ({ text: `foreign: ${line}` }));
  problems.push(...agent.faults.map((text) => ({ text })), ...footprintProblems(storm));
  const bug = agent.log.find((line) => / (?:bug|fault-at) /.test(line));
  if (bug !== undefined) problems.push({ text: `the agent's log: ${bug}` });
  // Without CAP_NET_ADMIN the state cannot be right.
  if (!agent.orders.mayChange) return problems;
  if (!agent.atWork) problems.push({ text: 'the agent does not run' });

  const leased = new Map(
    await Promise.all(FAMILIES.map(async (family) => [family, await hasLease(world.twin, family)] as const)),
  );
  const verdicts = [...storm.candidates].map((variant) =>
    verdictOn(
      storm,
      variant,
      (family) => possibility(mgmt, family, !adopts(variant) || leased.get(family) === true),
      own,
      seen,
      mustBeOut,
    ),
  );
  // The configuration with the fewest problems is the one that runs.
  const best = verdicts.sort((a, b) => weight(a) - weight(b))[0] ?? [];
  problems.push(...best, ...(await packetProblems(storm, seen, mgmt)), ...(await lossProblems(storm, seen)));
  problems.push(...statusProblems(answer?.status, own, storm));
  return problems;
}

function weight(problems: readonly Problem[]): number {
  return problems.reduce((sum, { soft }) => sum + (soft === true ? 1 : 100), 0);
}

async function lookAt({ world: { router } }: Storm, family: Family, address: string): Promise<Seen> {
  const [here, transit] = await Promise.all([wayOf(router, address), transitWayOf(router, address)]);
  // With placement main, packets of other hosts use our routes, too.
  const foreign = transit.protocol === OWN ? await mainWayOf(router, address, OWN) : transit;
  return { family, address, here, foreign };
}

/** What is wrong if the agent runs this configuration. */
function verdictOn(
  storm: Storm,
  variant: string,
  possibilityOf: (family: Family) => Possibility,
  own: readonly string[],
  seen: readonly Seen[],
  mustBeOut: boolean,
): readonly Problem[] {
  const { must, why } = expectation(storm, variant, seen);
  if (mustBeOut && must !== 'out') return [{ text: `at the end the routes should be out, but ${why}` }];
  const problems: Problem[] = [];
  for (const family of FAMILIES) {
    const lines = own.filter((line) => line.startsWith(`${family} `));
    const possible = possibilityOf(family);
    const whole = setsOf(variant, family).some((set) => set.join() === lines.join());
    const told = `${variant}, ${family}: ${lines.join('; ') || 'nothing'}`;
    if (lines.length > 0 && !whole) problems.push({ text: `neither all nor nothing of ${told}` });
    else if (must === 'in' && possible === 'yes' && lines.length === 0)
      problems.push({ text: `in (${why}), and of ${told}` });
    else if (must === 'out' && lines.length > 0)
      problems.push({ text: `out (${why}), and of ${told}`, soft: !mustBeOut });
    else if (lines.length > 0 && possible === 'no') problems.push({ text: `no way to have ${told}` });
    for (const one of seen)
      if (one.family === family) problems.push(...lookupProblems(storm, variant, one, lines.length > 0, possible));
  }
  const there = FAMILIES.filter((family) => possibilityOf(family) === 'yes').map((family) =>
    own.some((line) => line.startsWith(`${family} `)),
  );
  if (new Set(there).size > 1) problems.push({ text: `${variant}: one family is in and the other is out` });
  return problems;
}

type Possibility = 'yes' | 'no' | 'perhaps';

/** Whether backup routes of the family can exist, by the kernel's conditions for a next hop. */
function possibility(mgmt: Port | undefined, family: Family, hasGateway: boolean): Possibility {
  if (mgmt === undefined || !mgmt.up) return 'no';
  if (!hasGateway) return 'perhaps';
  if (!mgmt.addresses.some((address) => address.startsWith(family === 'inet' ? '10.255.0.' : 'fe80:')))
    return 'perhaps';
  return mgmt.carrier ? 'yes' : 'perhaps';
}

/** Whether the routes must be in or out by the specification. Undefined: either. */
function expectation(
  storm: Storm,
  variant: string,
  seen: readonly Seen[],
): { readonly must: 'in' | 'out' | undefined; readonly why: string } {
  if (!storm.daemons.well()) return { must: 'in', why: 'a daemon is not well' };
  if (storm.role === 'standby') return { must: 'in', why: 'standby' };
  if (typeof storm.pinned === 'number' && Date.now() < storm.pinned) return { must: 'in', why: 'held' };
  const uncovered = seen.find(
    (one) => lengthIn(variant, one) !== undefined && isDestination(one.address) && !carries(one.foreign),
  );
  if (uncovered !== undefined)
    return { must: 'in', why: `${uncovered.address} is not covered: ${wayText(uncovered.foreign)}` };
  if (storm.role === 'unknown' || storm.pinned === 'unknown') return { must: undefined, why: 'who knows' };
  return { must: 'out', why: 'all is well' };
}

/** Whether the address stands for a destination, not for a foreign route within one. */
function isDestination(address: string): boolean {
  return !['203.0.113.5', '2001:db8:c1::5', '172.20.5.5'].includes(address);
}

function carries({ refusal, flags }: Way): boolean {
  return refusal === undefined && !flags.includes('linkdown') && !flags.includes('dead');
}

/** The length of the longest destination of the configuration that contains the address. */
function lengthIn(variant: string, { family, address }: Pick<Seen, 'family' | 'address'>): number | undefined {
  const lengths = VARIANTS[variant]!.destinations[family].filter((prefix) => contains(prefix, address)).map((prefix) =>
    Number(prefix.split('/')[1]),
  );
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

/** Checks longest-prefix match and ties as packets see them. */
function lookupProblems(
  storm: Storm,
  variant: string,
  { family, address, here, foreign }: Seen,
  areIn: boolean,
  possible: string,
): readonly Problem[] {
  const length = lengthIn(variant, { family, address });
  const told = `${address} goes ${wayText(here)}, and without us ${wayText(foreign)}`;
  const ours = here.protocol === OWN && here.dev === 'mgmt0';
  if (length === undefined || !areIn) {
    return same(here, foreign) ? [] : [{ text: `${told}: nothing of ours should change that` }];
  }
  if (possible !== 'yes') return [];
  if (foreign.refusal === undefined && foreign.length !== undefined && foreign.length > length)
    return same(here, foreign) ? [] : [{ text: `${told}: the longer prefix must win` }];
  if (foreign.refusal === undefined && foreign.length === length) {
    const stale = storm.daemons.protocols.has(foreign.protocol ?? 0) && !storm.daemons.well();
    const broken = !carries(foreign);
    // A gateway that does not answer makes a leased default route as bad as a link without
    // carrier.
    const settled = Date.now() - storm.coverAt > TRUST_MS && !(storm.lease && storm.ways.open.includes('gateway'));
    if (ours || same(here, foreign)) {
      if (!settled || stale) return [];
      if (!broken && !same(here, foreign)) return [{ text: `${told}: an active route must win the tie` }];
      if (broken && !ours) return [{ text: `${told}: a broken route must lose the tie` }];
      return [];
    }
    return [{ text: `${told}: neither of the two` }];
  }
  return ours ? [] : [{ text: `${told}: ours must carry it` }];
}

/**
 * An address that is reachable without the agent must be reachable with it, whatever was taken
 * over.
 */
async function lossProblems({ world, lease }: Storm, seen: readonly Seen[]): Promise<readonly Problem[]> {
  if (!lease) return [];
  const found = await Promise.all(
    seen
      .filter(({ address }) => BY_DEFAULT.includes(address))
      .map(async ({ address, here }) => {
        const there = await wayOf(world.twin, address);
        if (!carries(there) || carries(here)) return [];
        return [{ text: `${address} goes ${wayText(here)}, and without an agent ${wayText(there)}` }];
      }),
  );
  return found.flat();
}

/** If the NOC can be answered, its pings must be answered. */
async function packetProblems(
  { ways, watchers }: Storm,
  seen: readonly Seen[],
  mgmt: Port | undefined,
): Promise<readonly Problem[]> {
  if (ways.open.length > 0) return [];
  const alive = await watchers.alive();
  if (alive === undefined) return [];
  return FAMILIES.flatMap((family, i) => {
    const one = seen.find(({ address }) => address === NOC[family]);
    if (one === undefined || !carries(one.here) || alive[i] === true) return [];
    // Without a link-local address on the link, IPv6 finds no neighbour.
    if (family === 'inet6' && mgmt?.addresses.some((address) => address.startsWith('fe80:')) !== true) return [];
    return [{ text: `${one.address} goes ${wayText(one.here)}, and its pings are not answered` }];
  });
}

function footprintProblems({ agent }: Storm): readonly Problem[] {
  const footprint = agent.footprint();
  if (footprint === undefined) return [];
  const { rssAnonKiB, descriptors, threads } = footprint;
  return [
    ...(rssAnonKiB > MAX_RSS_ANON_KIB ? [{ text: `the agent has ${rssAnonKiB} KiB of its own` }] : []),
    ...(descriptors > MAX_DESCRIPTORS ? [{ text: `the agent has ${descriptors} descriptors` }] : []),
    ...(threads > MAX_THREADS ? [{ text: `the agent has ${threads} threads` }] : []),
  ];
}
