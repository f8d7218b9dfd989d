/**
 * Evidence that may be missing: the value, or why it could not be seen. A check reads it through
 * `look` (finding.ts), which returns `unknown` instead of a false ok.
 */

export type Seen<T> = { readonly kind: 'seen'; readonly value: T } | { readonly kind: 'unseen'; readonly why: string };

export function seen<T>(value: T): Seen<T> {
  return { kind: 'seen', value };
}

export function unseen(why: string): { readonly kind: 'unseen'; readonly why: string } {
  return { kind: 'unseen', why };
}
