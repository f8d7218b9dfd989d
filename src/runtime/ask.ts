/**
 * Asks the daemons what the core wants to know, some prefixes at a time: a daemon answers one question after the other
 * (fact F6), an answer must come within probe-timeout, its time in the queue included, and zebra takes 0.16 ms for one.
 * What could not be asked is left out of the answer, so that it is asked again later.
 */

import { type Question, questionKey } from '../core/coverage.js';
import type { Health } from '../core/ports.js';

/** 0.1 s of zebra's time, of the 10 s that the default probe-timeout allows. */
const AT_ONCE = 500;

/** What the daemons hold, by `questionKey`. */
export async function ask(
  health: Pick<Health, 'holds'>,
  questions: readonly Question[],
): Promise<ReadonlyMap<string, boolean>> {
  const answers = new Map<string, boolean>();
  for (const vrf of new Set(questions.map((question) => question.vrf)))
    await askOf(
      health,
      vrf,
      questions.filter((question) => question.vrf === vrf),
      answers,
    );
  return answers;
}

/** Whether the daemons have routes of their own to the prefixes, by `questionKey`. */
export async function askOffers(
  health: Pick<Health, 'offers'>,
  questions: readonly Question[],
): Promise<ReadonlyMap<string, boolean | undefined>> {
  const answers = new Map<string, boolean | undefined>();
  for (const question of questions) {
    try {
      answers.set(questionKey(question), (await health.offers?.([question.prefix], question.vrf))?.[0]);
    } catch {
      // As above.
    }
  }
  return answers;
}

async function askOf(
  health: Pick<Health, 'holds'>,
  vrf: string | undefined,
  questions: readonly Question[],
  answers: Map<string, boolean>,
): Promise<void> {
  try {
    for (let from = 0; from < questions.length; from += AT_ONCE) {
      const some = questions.slice(from, from + AT_ONCE);
      const held = await health.holds(
        some.map((question) => question.prefix),
        vrf,
      );
      some.forEach((question, i) => answers.set(questionKey(question), held[i] === true));
    }
  } catch {
    // Not connected, or too slow: the rest would not fare better, and may already be asked of another life.
  }
}
