/** Runs the cases of a drill one after the other and judges each. */

import { messageOf } from '../model/error.js';
import { type Absence, CASES, type DrillCase } from './cases.js';
import { sleep } from './lab/wait.js';
import type { TimeSpan } from './probes.js';
import type { CaseResult, DrillEvent, DrillSetup } from './protocol.js';
import { NotInTime, Testbed } from './testbed.js';

const STEADY_MS = 250;

/** Resolves when all cases have run. Rejects on a bug of the drill itself. */
export async function runDrill(setup: DrillSetup, tell: (event: DrillEvent) => void): Promise<void> {
  const testbed = await Testbed.open(setup);
  for (const one of CASES.filter(({ name }) => setup.cases.includes(name))) {
    tell({ kind: 'begin', name: one.name });
    tell({ kind: 'result', result: await runCase(testbed, one) });
  }
  tell({ kind: 'end' });
}

async function runCase(testbed: Testbed, one: DrillCase): Promise<CaseResult> {
  const startMs = Date.now();
  const failed = (reason: string): CaseResult => ({
    name: one.name,
    passed: false,
    outageMs: null,
    routesInMs: null,
    carriedBy: [],
    reason,
    tookMs: Date.now() - startMs,
  });
  try {
    await testbed.enter(one.from);
  } catch (error) {
    return failed(`could not begin: ${wordsOf(error, testbed)}`);
  }
  const fromMs = Date.now();
  const away: Absence[] = [];
  let fault: string | undefined;
  try {
    await one.run(testbed, (absence) => away.push(absence));
  } catch (error) {
    fault = wordsOf(error, testbed);
  }
  // The final state must last: a failure a moment later is part of the case.
  await sleep(STEADY_MS);
  const toMs = Date.now();
  const outageMs = await testbed.probes.longestOutageMs((port) =>
    without(
      { fromMs, toMs },
      away.filter((one) => one.port === port).map(({ window }) => window),
    ),
  );
  const allowedMs = testbed.setup.maxOutageMs + (one.allowanceMs ?? 0);
  const tooLong =
    outageMs > allowedMs
      ? `unanswered for ${Math.round(outageMs)} ms, allowed are ${allowedMs} ms${hint(testbed.setup, one)}`
      : undefined;
  return {
    name: one.name,
    passed: fault === undefined && tooLong === undefined,
    outageMs: Math.round(outageMs),
    routesInMs: routesIn(testbed, one, { fromMs, toMs }, away),
    carriedBy: testbed.probes.carriedBy({ fromMs, toMs }),
    reason: [fault, tooLong].filter((text) => text !== undefined).join('; '),
    tookMs: Date.now() - startMs,
  };
}

/**
 * The time in milliseconds from the fault, or from the return of the port, until the routes are
 * in. Of several ports the slowest counts.
 */
function routesIn(testbed: Testbed, one: DrillCase, whole: TimeSpan, away: readonly Absence[]): number | null {
  if (one.name === 'start') return null;
  const windows =
    away.length === 0
      ? [whole]
      : away.map(({ backMs }, i) => ({ fromMs: backMs, toMs: away[i + 1]?.window.fromMs ?? whole.toMs }));
  const times = windows.map((window) => testbed.owned.inAfterMs(window)).filter((ms) => ms !== undefined);
  return times.length === 0 ? null : Math.round(Math.max(...times) * 10) / 10;
}

/**
 * The text of an error. An expected failure has its own text. Other errors name the last process
 * of the router that ended by itself.
 */
function wordsOf(error: unknown, testbed: Testbed): string {
  if (error instanceof NotInTime) return error.message;
  const ended = testbed.network.router.processes
    .filter((process) => !process.running && process.end?.signal === undefined)
    .at(-1);
  const message = messageOf(error);
  if (ended === undefined) return message;
  return `${message} (${ended.argv.at(4) ?? ''} ended with status ${ended.end?.status})`;
}

/** A remark if the configuration explains a long outage. */
function hint(setup: DrillSetup, one: DrillCase): string {
  const withdraws = one.name === 'start' || (one.name !== 'boot' && one.from !== 'down');
  return setup.timings.convergenceTimeoutMs === 0 && withdraws
    ? ': with convergence-timeout 0 the backup routes leave before the daemon has its own'
    : '';
}

/** The parts of a window outside the holes, in order. */
export function without(window: TimeSpan, holes: readonly TimeSpan[]): readonly TimeSpan[] {
  const windows: TimeSpan[] = [];
  let fromMs = window.fromMs;
  for (const hole of holes) {
    windows.push({ fromMs, toMs: hole.fromMs });
    fromMs = hole.toMs;
  }
  return [...windows, { fromMs, toMs: window.toMs }];
}
