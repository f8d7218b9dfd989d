/**
 * One storm: a laboratory, the actions of a plan one after the other, and a judgement at each
 * `check`.
 *
 * It keeps a record of what the storm itself has done, so that the judge knows what to expect. It
 * never asks the agent for that.
 */

import { sleep } from '../../src/drill/lab/wait.js';
import type { Daemons } from './daemons.js';
import { daemonsIn } from './daemons.js';
import { judge, type Problem } from './judge.js';
import { granted } from './lease.js';
import { perform } from './perform.js';
import { countOf, type Plan } from './plan.js';
import { StormAgent } from './storm-agent.js';
import { hasNocPrefix, textOfVariant } from './variants.js';
import { Watchers, Ways } from './ways.js';
import { buildWorld, type World } from './world.js';

/**
 * The longest cut without an excuse in milliseconds. An event leads to the routes within 100 ms;
 * the rest is for a busy machine.
 */
const CUT_MS = 500;
/**
 * The time until everything must be right after a burst. A hang is found after two seconds, a
 * repair waits five seconds at most; the rest is for a busy machine.
 */
const SETTLE_MS = 30_000;
/** How long the routes may stay in beside a healthy daemon, except at the last check. */
const PATIENCE_MS = 2_000;
const POLL_MS = 60;

export interface Violation {
  readonly after: string;
  readonly problems: readonly string[];
}

export interface Result {
  readonly violation: Violation | undefined;
  readonly events: number;
  readonly checks: number;
  readonly worstCutMs: number;
  readonly lives: number;
  readonly peakRssAnonKiB: number;
}

export type Say = (line: string) => void;

export class Storm {
  readonly ways = new Ways();
  readonly away = new Set<string>();
  readonly seen = new Set<string>();
  candidates = new Set<string>();
  fileHas: string | undefined;
  pendingUntil = 0;
  role: 'primary' | 'standby' | 'unknown' = 'primary';
  pinned: 'no' | 'unknown' | number = 'no';
  orderWritten = true;
  diskWorks = true;
  clockJumped = false;
  descriptorsLow = false;
  dataCarrier = true;
  deaths = 0;
  flushes = 0;
  /**
   * The time (Date.now()) of the last action on daemons; `coverAt`: on what covers destinations.
   */
  daemonsAt = 0;
  coverAt = 0;

  constructor(
    readonly world: World,
    readonly agent: StormAgent,
    readonly daemons: Daemons,
    readonly watchers: Watchers,
    /** See lease.ts. */
    readonly lease = false,
  ) {}

  textOf(variant: string): string {
    return textOfVariant(variant, this.daemons.watched);
  }

  /**
   * Without carrier on the data port, the daemon's longer prefix for the NOC stays and leads
   * nowhere. Only a configuration with that prefix as a destination can change this.
   */
  reconsider(): void {
    const why = 'a longer route that leads nowhere';
    if (!this.dataCarrier && [...this.candidates].some((one) => !hasNocPrefix(one))) this.ways.bad(why);
    else this.ways.good(why, 1_500);
  }

  touchedDaemons(): void {
    this.daemonsAt = Date.now();
    this.touchedCover();
  }

  touchedCover(): void {
    this.coverAt = Date.now();
  }

  /**
   * The agent's process ends here. The storm does not know which configuration the next one reads.
   */
  restarts(): void {
    this.descriptorsLow = false;
    for (const one of this.seen) this.candidates.add(one);
    if (!this.orderWritten || this.clockJumped) {
      this.role = 'unknown';
      this.pinned = 'unknown';
    }
  }

  async agentReady(): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if ((await this.agent.ask({ command: 'status' })) !== undefined) return;
      await sleep(50);
    }
  }

  async wait(ms: number): Promise<void> {
    await sleep(ms);
  }
}

/** Plays the plan to its end or to the first violation. Nothing is left behind. */
export async function play(plan: Plan, say: Say = () => undefined): Promise<Result> {
  const world = buildWorld();
  const agent = new StormAgent(world, plan.processEvents);
  const storm = new Storm(world, agent, daemonsIn(world, plan.daemon), new Watchers(world.std.noc), plan.lease);
  let [events, checks, worstCutMs, peakRssAnonKiB] = [0, 0, 0, 0];
  const result = (violation?: Violation): Result => ({
    violation,
    events,
    checks,
    worstCutMs,
    lives: agent.lives,
    peakRssAnonKiB,
  });
  try {
    let since = Date.now();
    storm.ways.bad('the agent has not been started');
    await granted(storm);
    await perform(storm, 'config', ['default']);
    storm.seen.add('default');
    storm.candidates.add('default');
    await agent.begin();
    await storm.agentReady();
    storm.ways.good('the agent has not been started', 1_500);
    for (const line of plan.actions) {
      const [pause = '0', verb = '', ...words] = line.split(' ');
      await sleep(Number(pause));
      if (verb !== 'check') {
        say(line);
        await perform(storm, verb, words);
        storm.reconsider();
        events += countOf([line]);
        continue;
      }
      checks++;
      const outcome = await settled(storm, words[0], since);
      since = Date.now();
      worstCutMs = Math.max(worstCutMs, outcome.worstCutMs);
      peakRssAnonKiB = Math.max(peakRssAnonKiB, agent.footprint()?.rssAnonKiB ?? 0);
      if (outcome.problems.length > 0) return result({ after: line, problems: outcome.problems });
      say(line);
    }
    return result();
  } finally {
    await agent.close();
    await world.std.close();
  }
}

/** `how`: `out` requires that all is well and the routes are out; `now` does not wait. */
async function settled(
  storm: Storm,
  how: string | undefined,
  since: number,
): Promise<{ readonly problems: readonly string[]; readonly worstCutMs: number }> {
  const { agent, ways, watchers } = storm;
  const mustBeOut = how === 'out';
  if (how !== 'now') agent.resume();
  const from = Date.now();
  let problems: readonly Problem[];
  for (;;) {
    problems = await judge(storm, mustBeOut);
    const took = Date.now() - from;
    if (problems.length === 0 || how === 'now' || took > (mustBeOut ? 2 : 1) * SETTLE_MS) break;
    if (took > PATIENCE_MS && problems.every(({ soft }) => soft)) {
      problems = [];
      break;
    }
    if (agent.faults.length > 0) break;
    await sleep(POLL_MS);
  }
  const excuses = [
    ...ways.excuses(),
    // If a kill coincides with a withdrawal of the daemon's route, the next process brings the
    // routes in.
    ...agent.absences.map(({ from: began, to, why }) => ({ from: began, to: to + 500, why: `agent: ${why}` })),
  ];
  const cuts = await watchers.cuts(since, PING_LIMIT_MS, excuses);
  const said = problems.map(({ text }) => text);
  const cut = cuts
    .filter(({ countedMs }) => countedMs > CUT_MS)
    .map(({ target, gap, countedMs }) => {
      const at = (ms: number): string => new Date(ms).toISOString().slice(11, 23);
      return `${target} was cut off from ${at(gap.fromMs)} to ${at(gap.toMs)}, ${countedMs.toFixed(0)} ms of it without a reason`;
    });
  return {
    problems: [...said, ...cut, ...(said.length + cut.length > 0 ? context(storm) : [])],
    worstCutMs: Math.max(0, ...cuts.map(({ countedMs }) => countedMs)),
  };
}

/** Shorter cuts are one or two packets. */
const PING_LIMIT_MS = 100;

/** Context for whoever reads about a violation. */
function context(storm: Storm): readonly string[] {
  return [
    `  faults of the storm under way: ${storm.ways.open.join(', ') || 'none'}`,
    ...storm.agent.log.slice(-25).map((line) => `  | ${line}`),
  ];
}
