/**
 * The vocabulary of `doctor`: what a check returns. A check is a pure function of the host's
 * evidence and reads nothing itself.
 *
 * Invariants: a check that lacks evidence returns `unknown` with the reason, never an empty
 * result. An empty result means that the check looked and the hazard is absent. Codes are stable,
 * because scripts match on them; docs/DOCTOR.md lists each one.
 */

import type { Host } from './host.js';
import type { Seen } from './seen.js';

/**
 * `error`: the backup routes do not work, or will not after the next boot. `warning`: they will
 * fail, or do harm, in some event. `note`: worth knowing.
 */
export type FindingSeverity = 'error' | 'warning' | 'note' | 'unknown' | 'ok';

export interface Finding {
  readonly severity: Exclude<FindingSeverity, 'ok'>;
  /** One or two sentences: the fault and its effect. */
  readonly message: string;
  /** The lines, routes, files or values that were seen. */
  readonly evidence: readonly string[];
  /** Commands or file text to paste; prose is behind `#`. Undefined: there is nothing to do. */
  readonly remedy: string | undefined;
}

/**
 * `not-applicable`: the hazard cannot exist with this configuration or on this host, or there is
 * nothing to look at yet and another check reports why (a missing interface).
 */
export type Outcome = readonly Finding[] | 'not-applicable';

export interface Check {
  /** Stable, kebab-case. */
  readonly code: string;
  /** The statement that holds if the check finds nothing. */
  readonly title: string;
  /** The numbers of the measured facts (docs/FACTS.md) behind the check. */
  readonly facts?: string;
  run(host: Host): Outcome;
}

/** Line breaks in `message` become blanks. `remedy` may be an array of lines. */
export function finding(
  severity: Finding['severity'],
  message: string,
  evidence: readonly string[],
  remedy?: string | readonly string[],
): Finding {
  const words = message.replace(/\s*\n\s*/g, ' ');
  return { severity, message: words, evidence, remedy: typeof remedy === 'object' ? remedy.join('\n') : remedy };
}

/** One finding if there is evidence, else none. */
export function found(...[severity, message, evidence, remedy]: Parameters<typeof finding>): readonly Finding[] {
  return evidence.length === 0 ? [] : [finding(severity, message, evidence, remedy)];
}

/** The result of a check that could not look. */
export function unknown(why: string, remedy?: string): readonly Finding[] {
  return [finding('unknown', `could not look: ${why}`, [], remedy)];
}

/** The judgement of the evidence, or `unknown` if there is none. */
export function look<T>(evidence: Seen<T>, judge: (value: T) => Outcome): Outcome {
  return evidence.kind === 'seen' ? judge(evidence.value) : unknown(evidence.why);
}

/**
 * Combines several results. Without findings the whole is ok only if each one could look.
 * `undefined`: it could not look, and another check reports why.
 */
export function together(looks: readonly (readonly Finding[] | undefined)[]): Outcome {
  const all = looks.flatMap((found) => found ?? []);
  return all.length === 0 && looks.includes(undefined) ? 'not-applicable' : all;
}
