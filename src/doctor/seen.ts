/**
 * Evidence that may be missing: what was seen, or why it could not be. Forces every check to say `unknown` instead of a false ok.
 */

import { type Outcome, unknown } from './finding.js';

export type Seen<T> = { readonly kind: 'seen'; readonly value: T } | { readonly kind: 'unseen'; readonly why: string };

export function seen<T>(value: T): Seen<T> {
  return { kind: 'seen', value };
}

export function unseen(why: string): { readonly kind: 'unseen'; readonly why: string } {
  return { kind: 'unseen', why };
}

/** What the check makes of the evidence; `unknown` where there is none. */
export function look<T>(evidence: Seen<T>, judge: (value: T) => Outcome): Outcome {
  return evidence.kind === 'seen' ? judge(evidence.value) : unknown(evidence.why);
}
