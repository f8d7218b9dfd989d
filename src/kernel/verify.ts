/**
 * Asks the kernel (RTM_GETROUTE) which route a packet of this host to a destination takes: without
 * source, mark and tos, as user 0. Needs no privileges.
 *
 * If a more specific route takes an address, the answer says nothing about the destination, and
 * its next address is asked. If it refuses an address and the route is one with a nexthop object, a
 * UDP socket is connected to it, which sends nothing: the kernel cannot name a route after the
 * deletion of another that shares the object (fact K19). Invariant: every question has an answer; `unknown` where the kernel
 * cannot be asked.
 */

import { createSocket } from 'node:dgram';
import type { KernelWord, VerifyQuestion } from '../core/ports.js';
import type { Address } from '../model/address.js';
import { decodeRoute } from './messages/route.js';
import type { Connection, DumpDecoder, GetAnswer } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';
import { encodeRouteGet } from './ways.js';

/**
 * Errors that mean that the lookup gives no route: no route at all, a refusal
 * (net/ipv4/fib_semantics.c, fib_props), or a link that is down.
 */
const REFUSED: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL', 'ENETDOWN']);

export async function verify(
  connection: Connection,
  questions: readonly VerifyQuestion[],
): Promise<readonly KernelWord[]> {
  const words = questions.map((): KernelWord => ({ kind: 'unknown' }));
  let open = questions.map((_, i) => i);
  for (let turn = 0; open.length > 0; turn++) {
    const left: number[] = [];
    // In pieces: between them the event loop hears of a death.
    for (let from = 0; from < open.length; from += AT_ONCE) {
      const some = open.slice(from, from + AT_ONCE);
      const asked = some.flatMap((i) => {
        const { addresses, vrf } = questions[i]!;
        const address = addresses[turn];
        return address === undefined ? [] : { i, address, vrf };
      });
      const answers = await connection.answers(
        asked.map(({ address, vrf }) => encodeRouteGet(address, uapi.RTM_F_FIB_MATCH, { vrf, user: ROOT })),
        matched,
      );
      for (const [at, { i, address, vrf }] of asked.entries()) {
        const word = wordOf(answers[at]!, questions[i]!);
        const { byObject = false } = questions[i]!;
        if (word.kind === 'refused' && byObject && vrf === undefined && (await connects(address))) continue;
        if (word.kind !== 'unknown') words[i] = word;
        if (word.kind !== 'route') left.push(i);
      }
    }
    open = left;
  }
  return words;
}

/** Whether the kernel has a way for the datagrams of a socket. */
function connects(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp6');
    const end = (connected: boolean): void => {
      socket.close();
      resolve(connected);
    };
    socket.once('error', () => end(false));
    // The types know no error; the callback gets one where the kernel has no way.
    socket.connect(DISCARD, address, (error?: Error) => end(error === undefined));
  });
}

/** RFC 863. Nothing is sent to it. */
const DISCARD = 9;

/** Questions that are made at once. */
const AT_ONCE = 256;
const ROOT = 0;

const matched: DumpDecoder<NonNullable<ReturnType<typeof decodeRoute>>> = (bytes, start, end, type) =>
  type === uapi.RTM_NEWROUTE ? decodeRoute(bytes, start, end) : undefined;

function wordOf(
  answer: GetAnswer<NonNullable<ReturnType<typeof decodeRoute>>>,
  { destination }: VerifyQuestion,
): KernelWord {
  if ('code' in answer) return REFUSED.has(answer.code) ? { kind: 'refused', code: answer.code } : { kind: 'unknown' };
  const { found } = answer;
  return found === undefined || found.destination.length > destination.length
    ? { kind: 'unknown' }
    : { kind: 'route', route: found };
}
