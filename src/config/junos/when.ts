/**
 * `groups NAME when { ... }`: the conditions under which a group counts. Those on the routing engine, node or member are decided; those on
 * model, chassis, time and peers are the device's own, and taken as true with a warning.
 */

import { quote } from '../diagnostic.js';
import type { Report } from '../report.js';
import type { Statement } from './tree.js';

/** Conditions that name a member, by its kind. */
const OF_MEMBERS: Readonly<Record<string, RegExp>> = {
  'routing-engine': /^re\d$/,
  node: /^node\d$/,
  member: /^member\d$/,
};

/** The members that the conditions of the group name. */
export function membersInConditions(group: Statement): readonly string[] {
  return Object.keys(OF_MEMBERS).flatMap((kind) =>
    valuesOf(group, kind).filter((name) => OF_MEMBERS[kind]!.test(name)),
  );
}

/** Whether the group may count on the member. */
export function mayApply(group: Statement, member: string | undefined): boolean {
  return Object.entries(OF_MEMBERS).every(([kind, names]) => {
    const values = valuesOf(group, kind);
    return values.length === 0 || member === undefined || !names.test(member) || values.includes(member);
  });
}

/** Tells which conditions of the group were taken as true without having been looked at. */
export function reportUndecided(group: Statement, member: string | undefined, report: Report): void {
  for (const condition of conditions(group)) {
    const names = OF_MEMBERS[condition.word];
    if (names !== undefined && member !== undefined && names.test(member) && !isStrange(condition)) continue;
    // Without a member, what the members differ in is an error already, and where they do not differ it makes no difference.
    if (names !== undefined && member === undefined && !isStrange(condition)) continue;
    report.warning(condition.span, {
      code: 'not-supported-yet',
      message: `the condition ${quote(condition.word)} of the group ${quote(group.word)} is not looked at: the group is taken as applied`,
      suggestion: 'do not apply the group if it does not count on this host',
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
