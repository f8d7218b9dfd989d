/**
 * The environment variables that tell a hook about its event, documented in docs/HOOKS.md. Pure.
 */

import type { Event } from '../model/event.js';
import { fieldName } from '../model/field-name.js';

/**
 * Maximum number of characters of one value. The kernel accepts 128 KiB (MAX_ARG_STRLEN,
 * linux/binfmts.h).
 */
const MAX_VALUE = 16_384;

/** `text`: the event as a sentence. */
export function environmentOf(
  event: Event,
  text: string,
  instance: string | undefined,
): Readonly<Record<string, string>> {
  const { kind, ...fields } = event;
  return Object.fromEntries(
    Object.entries({ ...fields, event: kind, text, json: JSON.stringify(event), instance })
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => [fieldName(key), String(value).replaceAll('\0', '').slice(0, MAX_VALUE)]),
  );
}
