/**
 * Evidence that may be missing: what was seen, or why it could not be.
 * A check asks it through `look` (finding.ts), which says `unknown` instead of a false ok.
 */

export type Seen<T> = { readonly kind: 'seen'; readonly value: T } | { readonly kind: 'unseen'; readonly why: string };

export function seen<T>(value: T): Seen<T> {
  return { kind: 'seen', value };
}

export function unseen(why: string): { readonly kind: 'unseen'; readonly why: string } {
  return { kind: 'unseen', why };
}
