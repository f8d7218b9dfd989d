/** What was thrown: its message, and the code of a failed system call (`ENOENT`). */

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** undefined: it has none. */
export function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | null | undefined)?.code;
}
