/**
 * zebra's answers about one prefix: the command, and how its JSON is read (zebra/zebra_vty.c,
 * vty_show_ip_route). Invariant: a route counts only when zebra, in this life, got it from a
 * protocol and put it into the FIB. A route that it found in the kernel when it started has
 * ZEBRA_FLAG_SELFROUTE (docs/FACTS.md), even while `selected` and `installed`.
 *
 * If a VRF is asked for, only routes count that zebra reports in that VRF: `all` and its
 * abbreviations (`al`) are words of the command, so for a VRF of such a name zebra answers for
 * every VRF (8.4.4).
 */

import { type Prefix, parsePrefix, prefixText, samePrefix } from '../../model/prefix.js';
import type { Answer } from '../session/dialect.js';

/**
 * lib/zclient.h: "a route that is read in on startup that was left around from a previous run of
 * FRR".
 */
const ZEBRA_FLAG_SELFROUTE = 0x02;
/**
 * lib/command.h: CMD_SUCCESS, and CMD_WARNING, which 8.4.4 returns with `{}` for a prefix that it
 * does not have.
 */
const CMD_SUCCESS = 0;
const CMD_WARNING = 1;

/** Asks for one prefix: the whole table would block zebra for seconds (fact F6). */
export function showRouteCommand(p: Prefix, vrf?: string): string {
  return `show ${p.family === 'inet' ? 'ip' : 'ipv6'} route ${vrf === undefined ? '' : `vrf ${vrf} `}${prefixText(p)} json`;
}

/**
 * Whether the answer shows the prefix as held, in the VRF of that name if one is given; throws
 * when it does not answer the question.
 */
export function readShowRoute(p: Prefix, answer: Answer, vrf?: string): boolean {
  return shown(p, answer, vrf).some((entry) => holds(p, entry));
}

/**
 * Whether the answer shows a route of this life of zebra that would carry packets, whether it is
 * selected or another protocol's route is preferred (fact F18). A refusal (`Null0`) carries none.
 */
export function readOffer(p: Prefix, answer: Answer, vrf?: string): boolean {
  return shown(p, answer, vrf).some((entry) => {
    const { nexthops, distance } = entry;
    return (
      isOwn(p, entry) &&
      distance !== UNUSABLE_DISTANCE &&
      Array.isArray(nexthops) &&
      nexthops.some((hop) => isObject(hop) && hop['active'] === true && typeof hop['interfaceIndex'] === 'number')
    );
  });
}

/** zebra never selects a route with this distance (DISTANCE_INFINITY, lib/zebra.h). */
const UNUSABLE_DISTANCE = 255;

function shown(p: Prefix, answer: Answer, vrf: string | undefined): Readonly<Record<string, unknown>>[] {
  // A VRF that the kernel has and zebra does not know (yet): nothing in it is held (zebra_vty.c,
  // "%% VRF %s not found").
  if (vrf !== undefined && answer.status === CMD_WARNING && answer.text.trim() === `% VRF ${vrf} not found`) return [];
  const command = showRouteCommand(p, vrf);
  if (answer.status !== CMD_SUCCESS && answer.status !== CMD_WARNING) {
    throw new Error(`zebra refused '${command}': ${answer.text.trim().slice(0, 80)}`);
  }
  return entries(command, answer.text).filter((entry) => vrf === undefined || entry['vrfName'] === vrf);
}

function holds(p: Prefix, entry: Readonly<Record<string, unknown>>): boolean {
  return isOwn(p, entry) && entry['selected'] === true && entry['installed'] === true;
}

/** Whether it is a route of this life of zebra to exactly that prefix. */
function isOwn(p: Prefix, entry: Readonly<Record<string, unknown>>): boolean {
  const prefix = typeof entry['prefix'] === 'string' ? parsePrefix(entry['prefix']) : undefined;
  const flags = entry['internalFlags'];
  return (
    prefix !== undefined &&
    samePrefix(prefix, p) &&
    // A kernel route is not zebra's; with placement `main` it may be the backup route itself.
    entry['protocol'] !== 'kernel' &&
    // Without flags the two lives cannot be distinguished: the prefix is not held, and the
    // convergence-timeout decides.
    typeof flags === 'number' &&
    (flags & ZEBRA_FLAG_SELFROUTE) === 0
  );
}

function entries(command: string, text: string): Readonly<Record<string, unknown>>[] {
  let parsed: unknown;
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new Error(`zebra answered '${command}' with no JSON`);
  }
  if (!isObject(parsed)) throw new Error(`zebra answered '${command}' with no object`);
  return Object.values(parsed).flatMap((value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
