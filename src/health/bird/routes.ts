/**
 * What BIRD says of one prefix: the commands, and the reading of their answers. Pure.
 * Invariant: a
 * prefix is held when BIRD has exported a route to exactly it to one of its kernel protocols in
 * this life. BIRD's tables begin empty, so a leftover in the FIB is never among them, and while a
 * graceful restart recovers nothing is exported yet.
 */

import { type Prefix, parsePrefix, prefixText, samePrefix } from '../../model/prefix.js';
import type { Answer } from '../session/dialect.js';

/**
 * nest/cli.h: errors that mean no. 8001: network not found. 9001 is also the parser's: "No valid
 * tables" for a protocol of the other family or one that recovers.
 */
const NOT_FOUND = 8001;
const PARSE_ERROR = 9001;
const FIRST_ERROR = 8000;

export const SHOW_PROTOCOLS = 'show protocols';

/**
 * The names of the kernel protocols that are up: ` kernel1    Kernel     master4    up     since
 * info` (proto_cmd_show).
 */
export function kernelProtocols(answer: Answer): readonly string[] {
  if (answer.status >= FIRST_ERROR) throw new Error(`BIRD refused '${SHOW_PROTOCOLS}': ${answer.text.slice(0, 80)}`);
  return answer.text.split('\n').flatMap((line) => {
    const [name, kind, , state] = line
      .replace(/^\d{4}[ -]/, '')
      .trim()
      .split(/\s+/);
    return name !== undefined && kind === 'Kernel' && state === 'up' ? [name] : [];
  });
}

/**
 * `exported` shows what was exported, where `export` would run the filters again. Quoted, since a
 * name may hold `-`.
 */
export function showRouteCommand(p: Prefix, kernelProtocol: string): string {
  return `show route ${prefixText(p)} exported '${kernelProtocol}'`;
}

/** Whether the answer shows exactly that prefix; throws when BIRD would not answer. */
export function readShowRoute(p: Prefix, answer: Answer): boolean {
  if (answer.status === NOT_FOUND || answer.status === PARSE_ERROR) return false;
  if (answer.status >= FIRST_ERROR)
    throw new Error(`BIRD refused 'show route ${prefixText(p)}': ${answer.text.slice(0, 80)}`);
  return answer.text.split('\n').some((line) => {
    // ` 10.50.0.0/16         unicast [s4 08:33:54.930] * (200)`: BIRD 2 and 3.
    const shown = /^(?:1007-| )(\S+) /.exec(line)?.[1];
    const prefix = shown === undefined ? undefined : parsePrefix(shown);
    return prefix !== undefined && samePrefix(prefix, p);
  });
}

/** Whether one of the routes has a way out: `via ADDRESS on PORT`, or `dev PORT`; a blackhole has none. */
export function carries(answer: Answer): boolean {
  return /^\s*(?:\d{4}[ -])?\s*(?:via|dev) \S/m.test(answer.text);
}
