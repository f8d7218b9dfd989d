/**
 * `groups NAME when { ... }`: the conditions under which a group applies. Conditions on the routing
 * engine, node or member are evaluated. Those on model, chassis, time and peers depend on the
 * device and are taken as true, with a warning.
 */

import { quote } from '../diagnostic.js';
import type { Report } from '../report.js';
import type { Statement } from './tree.js';

/** The conditions that name a member, and the names that each can have. */
const OF_MEMBERS: Readonly<Record<string, RegExp>> = {
  'routing-engine': /^re\d$/,
  node: /^node\d$/,
  member: /^member\d$/,
};

/** The members named in the conditions of the group. */
export function membersInConditions(group: Statement): readonly string[] {
  return Object.keys(OF_MEMBERS).flatMap((kind) =>
    valuesOf(group, kind).filter((name) => OF_MEMBERS[kind]!.test(name)),
  );
}

/** Whether the group may apply to the member. */
export function mayApply(group: Statement, member: string | undefined): boolean {
  return Object.entries(OF_MEMBERS).every(([kind, names]) => {
    const values = valuesOf(group, kind);
    return values.length === 0 || member === undefined || !names.test(member) || values.includes(member);
  });
}

/** Warns of conditions of the group that were taken as true without being evaluated. */
export function reportUndecided(group: Statement, member: string | undefined, report: Report): void {
  for (const condition of conditions(group)) {
    const names = OF_MEMBERS[condition.word];
    if (names !== undefined && member !== undefined && names.test(member) && !isStrange(condition)) continue;
    // Without a member, a difference between members is already an error, and without a difference
    // the condition does not matter.
    if (names !== undefined && member === undefined && !isStrange(condition)) continue;
    report.warning(condition.span, {
      code: 'not-supported-yet',
      message: `the condition ${quote(condition.word)} of the group ${quote(group.word)} is not evaluated: the group counts as applied`,
      suggestion: 'do not apply the group if the condition is false on this host',
    });
  }
}

function isStrange(condition: Statement): boolean {
  return [...(condition.children?.values() ?? [])].some((value) => value.children !== undefined);
}

function conditions(group: Statement): readonly Statement[] {
  const when = group.children?.get('when');
  if (when === undefined || when.inactive) return [];
  return [...(when.children?.values() ?? [])].filter(({ inactive }) => !inactive);
}

function valuesOf(group: Statement, kind: string): readonly string[] {
  const condition = conditions(group).find(({ word }) => word === kind);
  return [...(condition?.children?.values() ?? [])].filter(({ inactive }) => !inactive).map(({ word }) => word);
}
