/**
 * Names and texts of errno numbers, for results that people and programs read. Pure JavaScript:
 * libuv's own table has every errno that rtnetlink answers with, so this works without koffi.
 */

import { getSystemErrorMap } from 'node:util';

/** Node makes a new map for each call, and ten thousand routes may be refused at once. */
let names: ReturnType<typeof getSystemErrorMap> | undefined;

function entry(errno: number): readonly [string, string] {
  const nameless = `errno ${Math.abs(errno)}`;
  names ??= getSystemErrorMap();
  return names.get(-Math.abs(errno)) ?? [nameless, nameless];
}

/** `EEXIST` for 17; `errno 999` for a number without a name. */
export function errnoName(errno: number): string {
  return entry(errno)[0];
}

/** The text of the errno: `file already exists` for 17. */
export function errnoText(errno: number): string {
  return entry(errno)[1];
}

/** An Error with a `code`, the shape that Node's own system errors have. */
export function systemError(code: string, message: string): Error & { readonly code: string } {
  return Object.assign(new Error(message), { code });
}
