/**
 * Probes of neighbours. Snapshots are old by up to ten seconds, and a probe takes an operator's
 * permanent entry away (fact K27). Therefore the kernel is asked for the entry first, and the
 * probe leaves in the turn of the event loop in which the answer arrives.
 */

import type { StepResult } from '../core/ports.js';
import { type NeighbourId, neighbourKey } from '../model/link.js';
import {
  decodeEntry,
  decodeNeighbour,
  encodeNeighbourDump,
  encodeNeighbourGet,
  type ProbedEntry,
  writeProbe,
} from './messages/neighbour.js';
import type { Connection, DumpDecoder } from './netlink/connection.js';
import * as uapi from './netlink/uapi.js';
import { windowsOf } from './netlink/window.js';

/**
 * Probes the targets but those whose entry is fixed, or cannot be read. One result for each probe
 * that was sent. Rejects when the kernel cannot be asked.
 */
export async function probe(connection: Connection, targets: readonly NeighbourId[]): Promise<readonly StepResult[]> {
  if (targets.length === 0) return [];
  const entries = await readEntries(connection, targets);
  const probes = targets.flatMap((target, i) => {
    const entry = entries[i];
    return entry === undefined || entry === 'fixed' ? [] : [{ target, entry }];
  });
  return connection.change(
    windowsOf(
      probes.length,
      (i, writer) => writeProbe(writer, probes[i]!.target, probes[i]!.entry),
      (count) => connection.reserve(count),
    ),
  );
}

/** The entry of each; undefined: the kernel refuses to say. */
async function readEntries(
  connection: Connection,
  targets: readonly NeighbourId[],
): Promise<readonly (ProbedEntry | undefined)[]> {
  const answers = await connection.answers(targets.map(encodeNeighbourGet), decode);
  if (answers.some((answer) => 'code' in answer && answer.code === 'EOPNOTSUPP')) {
    // Before Linux 5.0 only a dump is possible.
    const table = new Map(await connection.dump(encodeNeighbourDump(), decode));
    return targets.map((target) => table.get(neighbourKey(target)) ?? 'absent');
  }
  return answers.map((answer) => {
    if (!('code' in answer)) return answer.found?.[1];
    return answer.code === 'ENOENT' || answer.code === 'ENODEV' ? 'absent' : undefined;
  });
}

const decode: DumpDecoder<readonly [key: string, entry: ProbedEntry]> = (bytes, start, end, type) => {
  const neighbour = type === uapi.RTM_NEWNEIGH ? decodeNeighbour(bytes, start, end) : undefined;
  return neighbour === undefined ? undefined : [neighbourKey(neighbour), decodeEntry(bytes, start, end)];
};
