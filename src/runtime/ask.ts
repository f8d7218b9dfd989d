/**
 * Asks the daemons the core's questions, a limited number of prefixes at a time: a daemon answers
 * one question after the other (fact F6), each answer must come within probe-timeout, time in the
 * queue included, and zebra takes 0.16 ms for one. Questions without an answer are left out, and
 * are asked again later.
 */

import { type Question, questionKey } from '../core/coverage.js';
import type { Health } from '../core/ports.js';

/** Takes 0.1 s of zebra's time; the default probe-timeout allows 10 s. */
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
      // Left out, as in {@link ask}.
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
    // Not connected, or too slow: the other questions would fail, too, and might reach another
    // life of the daemon.
  }
}
