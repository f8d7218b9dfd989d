/**
 * What a check says: the vocabulary of `doctor`. A check is a pure function of the host's evidence;
 * it never looks for itself.
 *
 * Invariants: a check that could not see what it needs says `unknown` and why, never nothing.
 * Nothing (no finding) means that it looked and found the hazard absent. Codes are stable: scripts
 * match on them; docs/DOCTOR.md lists each.
 */

import type { Host } from './host.js';
import type { Seen } from './seen.js';

/**
 * `error`: the backup routes do not work, or will not. `warning`: they will fail, or do harm, in
 * some event. `note`: worth knowing.
 */
export type FindingSeverity = 'error' | 'warning' | 'note' | 'unknown' | 'ok';

export interface Finding {
  readonly severity: Exclude<FindingSeverity, 'ok'>;
  /** One or two sentences: what is wrong and what comes of it. */
  readonly message: string;
  /** The very lines, routes, files or values that were seen. */
  readonly evidence: readonly string[];
  /**
   * Commands or file text that can be pasted; prose in it stands behind `#`. Undefined: there is
   * nothing to do.
   */
  readonly remedy: string | undefined;
}

/**
 * `not-applicable`: the hazard cannot exist under this configuration or on such a host, or there is nothing yet to look at, for
 * which another check has a finding (an interface that is missing).
 */
export type Outcome = readonly Finding[] | 'not-applicable';

export interface Check {
  /** Stable, kebab-case. */
  readonly code: string;
  /** What is true when the check finds nothing. */
  readonly title: string;
  /** The measured facts behind it, by their numbers in docs/FACTS.md; may be empty. */
  readonly facts: string;
  run(host: Host): Outcome;
}

/** Line breaks in `message` count as blanks; `remedy` may be given as lines. */
export function finding(
  severity: Finding['severity'],
  message: string,
  evidence: readonly string[],
  remedy?: string | readonly string[],
): Finding {
  const words = message.replace(/\s*\n\s*/g, ' ');
  return { severity, message: words, evidence, remedy: typeof remedy === 'object' ? remedy.join('\n') : remedy };
}

/** One finding where there is evidence of it, else none. */
export function found(...[severity, message, evidence, remedy]: Parameters<typeof finding>): readonly Finding[] {
  return evidence.length === 0 ? [] : [finding(severity, message, evidence, remedy)];
}

/** The answer of a check that could not look. */
export function unknown(why: string, remedy?: string): readonly Finding[] {
  return [finding('unknown', `could not look: ${why}`, [], remedy)];
}

/** What the check makes of the evidence; `unknown` where there is none. */
export function look<T>(evidence: Seen<T>, judge: (value: T) => Outcome): Outcome {
  return evidence.kind === 'seen' ? judge(evidence.value) : unknown(evidence.why);
}

/** Several looks as one. Where nothing is found, it is in order only if each could look; `undefined`: it could not, and another check says why. */
export function together(looks: readonly (readonly Finding[] | undefined)[]): Outcome {
  const all = looks.flatMap((found) => found ?? []);
  return all.length === 0 && looks.includes(undefined) ? 'not-applicable' : all;
}
