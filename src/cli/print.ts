/** Prints the JSON of a command: one value, whole. */

export function printJson<T extends { readonly version: 1 }>(value: T): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
