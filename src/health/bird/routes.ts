/**
 * BIRD's answers about one prefix: the commands, and how their answers are read. Pure. Invariant:
 * a prefix is held when BIRD, in this life, has exported a route to exactly this prefix to one of
 * its kernel protocols. BIRD's tables begin empty, so routes left in the FIB are never among them,
 * and nothing is exported while a graceful restart recovers.
 */

import { type Prefix, parsePrefix, prefixText, samePrefix } from '../../model/prefix.js';
import type { Answer } from '../session/dialect.js';

/**
 * nest/cli.h: errors that mean no. 8001: network not found. 9001 comes from the parser, too: "No
 * valid tables" for a protocol of the other family or one that is recovering.
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
 * `exported` shows what was exported; `export` would run the filters again. The name is quoted
 * because it may contain `-`.
 */
export function showRouteCommand(p: Prefix, kernelProtocol: string): string {
  return `show route ${prefixText(p)} exported '${kernelProtocol}'`;
}

/** Whether the answer shows exactly that prefix; throws when BIRD refuses to answer. */
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

/**
 * Whether one of the routes has a next hop: `via ADDRESS on PORT` or `dev PORT`; a blackhole has
 * none.
 */
export function carries(answer: Answer): boolean {
  return /^\s*(?:\d{4}[ -])?\s*(?:via|dev) \S/m.test(answer.text);
}
