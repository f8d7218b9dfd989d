/**
 * The record on disk of foreign routes that were taken over (adopt.ts): what is written to it, and
 * what the result of writing changes. Pure.
 */

import type { AdoptedRoute } from '../model/adopted.js';
import { interferenceAfter, without } from './adopt.js';
import { isVoid } from './foreign-default.js';
import type { Output } from './inputs.js';
import { isSeen, type State, withAgenda, withWorld } from './state.js';

export function writeRecord(state: State, adopted: readonly AdoptedRoute[], outputs: Output[]): State {
  outputs.push({ kind: 'record', adopted });
  return withWorld(state, { record: { ...state.world.record, writing: adopted, returned: [] } });
}

/**
 * Void records count as given back, so they leave the record. After a write that failed the next
 * one waits as long as any other.
 */
export function voided(state: State, now: number): State {
  const { world, agenda } = state;
  const { record } = world;
  const early = agenda.recordFault !== undefined && now < agenda.restoreAt;
  if (!isSeen(world) || record.adopted.length === 0 || record.writing !== undefined || early) return state;
  const over = without(record.adopted, record.returned).filter((adopted) => isVoid(adopted, world.snapshot));
  return over.length === 0
    ? state
    : withWorld(state, { record: { ...record, returned: [...record.returned, ...over] } });
}

/**
 * The record to write after routes were given back or became void; undefined if none were, or if
 * one is being written.
 */
export function recordOwed({ world: { record } }: State): readonly AdoptedRoute[] | undefined {
  return record.returned.length === 0 || record.writing !== undefined
    ? undefined
    : without(record.adopted, record.returned);
}

/**
 * The record was written, or could not be. In the latter case the routes that it was to name stay
 * in the kernel.
 */
export function recorded(state: State, fault: string | undefined, now: number): State {
  const { record } = state.world;
  if (record.writing === undefined) return state;
  const dirty = state.agenda.dirty ?? 'hint';
  if (fault === undefined)
    return withAgenda(withWorld(state, { record: { ...record, adopted: record.writing, writing: undefined } }), {
      dirty,
      recordFault: undefined,
    });
  // What was given back may be given back again, which changes nothing.
  return withAgenda(withWorld(state, { record: { ...record, writing: undefined } }), {
    dirty,
    recordFault: `the record cannot be written: ${fault}`,
    adoptInterference: interferenceAfter(state.agenda.adoptInterference, now),
    restoreAt: now + state.agenda.resyncMs,
  });
}
