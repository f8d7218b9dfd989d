/**
 * The command line of scripts/chaos. It runs one seed after the other until the time or the count
 * is over. A plan that fails is shortened.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Plan, planIn, planOf, textOf } from './plan.js';
import { scale } from './scale.js';
import { shortest } from './shrink.js';
import { soak } from './soak.js';
import { play, type Result } from './storm.js';

const HELP = `scripts/chaos [--seed N] [--seeds COUNT] [--minutes M] [--bursts N] [--daemon frr|bird] [--replay FILE] [--verbose]

  --seed N       the first seed; the time of day when it is left out
  --seeds COUNT  so many seeds, one after the other; 1, or as many as the minutes allow
  --minutes M    no new seed after so many minutes
  --bursts N     bursts in each storm, of 4 to 14 actions; 12
  --daemon WHAT  with FRR or with BIRD; every fourth seed has BIRD when it is left out
  --adopt        beside default routes of somebody else, which some configurations take over
  --replay FILE  the actions of a file, as a failing seed prints them; - is standard input
  --tries N      how often a failing seed is tried again while it is made shorter; 24
  --soak         one life of the agent for so many --minutes, a fault each --every ms: what it uses, minute by minute
  --every MS     300
  --scale        what it uses beside a million routes of others, ten thousand rules and the like
  --part P       of those numbers: 1
  --only WORDS   those whose name has the words
  --verbose      names each action before it is done

Exit status: 0, or 1 when something was not as it must be.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      minutes: { type: 'string' },
      bursts: { type: 'string', default: '12' },
      daemon: { type: 'string' },
      adopt: { type: 'boolean', default: false },
      replay: { type: 'string' },
      tries: { type: 'string', default: '24' },
      soak: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      part: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      every: { type: 'string', default: '300' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.scale) {
    const tell = (line: string): void => void process.stdout.write(`${line}\n`);
    await scale({ part: Number(values.part), only: new RegExp(values.only), tell });
    return 0;
  }
  const daemon = values.daemon === 'frr' || values.daemon === 'bird' ? values.daemon : undefined;
  const say = values.verbose ? (line: string) => void process.stderr.write(`  ${line}\n`) : undefined;
  if (values.replay !== undefined) {
    const plan = planIn(readFileSync(values.replay === '-' ? 0 : values.replay, 'utf8'));
    return told(plan, await play(plan, say)) ? 0 : 1;
  }
  const first = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  if (values.soak) {
    const tell = (line: string): void => void process.stdout.write(`${line}\n`);
    const minutes = Number(values.minutes ?? 60);
    const wrong = await soak({ seed: first, minutes, everyMs: Number(values.every), tell });
    for (const one of wrong) tell(`wrong: ${one}`);
    return wrong.length === 0 ? 0 : 1;
  }
  const untilMs =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000;
  const count =
    values.seeds !== undefined ? Number(values.seeds) : values.minutes === undefined ? 1 : Number.POSITIVE_INFINITY;
  const totals = { seeds: 0, events: 0, checks: 0, lives: 0, failed: 0, worstCutMs: 0, peakRssAnonKiB: 0 };
  for (let seed = first; seed < first + count && Date.now() < untilMs; seed++) {
    const plan = planOf(seed, daemon, Number(values.bursts), values.adopt);
    const result = await play(plan, say);
    totals.seeds++;
    totals.events += result.events;
    totals.checks += result.checks;
    totals.lives += result.lives;
    totals.worstCutMs = Math.max(totals.worstCutMs, result.worstCutMs);
    totals.peakRssAnonKiB = Math.max(totals.peakRssAnonKiB, result.peakRssAnonKiB);
    if (told(plan, result)) continue;
    totals.failed++;
    await makeShort(plan, Number(values.tries));
  }
  process.stdout.write(
    `${totals.seeds} seeds, ${totals.events} events, ${totals.checks} judgements, ${totals.lives} lives of the agent; longest unexcused cut ${totals.worstCutMs.toFixed(0)} ms, most memory of its own ${(totals.peakRssAnonKiB / 1024).toFixed(0)} MiB; ${totals.failed} failed\n`,
  );
  return totals.failed === 0 && totals.events > 0 ? 0 : 1;
}

/** Prints one line per storm. True: nothing was wrong. */
function told(plan: Plan, { violation, events, checks, worstCutMs, lives }: Result): boolean {
  const head = `seed ${plan.seed} ${plan.daemon}`;
  if (violation === undefined) {
    process.stdout.write(
      `ok ${head}: ${events} events, ${checks} judgements, ${lives} lives, longest unexcused cut ${worstCutMs.toFixed(0)} ms\n`,
    );
    return true;
  }
  process.stdout.write(
    `FAILED ${head} after ${events} events, at judgement ${checks} (${violation.after}):\n${violation.problems.map((line) => `  ${line}`).join('\n')}\n`,
  );
  return false;
}

async function makeShort(plan: Plan, tries: number): Promise<void> {
  const fails = async (actions: readonly string[]): Promise<boolean> =>
    (await play({ ...plan, actions })).violation !== undefined;
  const actions = await shortest(plan.actions, fails, tries);
  process.stdout.write(`shortest form found, for scripts/chaos --replay FILE:\n${textOf({ ...plan, actions })}`);
}

process.exitCode = await main();
