/**
 * Which routing engine or node this host is. The groups re0, re1, node0, node1 and member0 to
 * member9 apply to one of them only, and `"${node}"` names one.
 *
 * It is taken from, in this order: the option, the comment in the file, the host name that the
 * group itself configures, the end of the host name (`r1-re0`).
 */

import type { Statement } from './tree.js';
import { membersInConditions } from './when.js';

const MEMBER = /^(?:re[01]|node[01]|member\d)$/;
const IN_HOST_NAME = /(?:^|[-_.])(re[01]|node[01]|member\d)(?:\.|$)/i;

export function isMemberName(name: string): boolean {
  return MEMBER.test(name);
}

/** The members that the text has groups for, or conditions of groups on, in text order. */
export function membersOf(root: Statement): readonly string[] {
  const groups = root.children?.get('groups');
  if (groups === undefined || groups.inactive) return [];
  const active = [...(groups.children?.values() ?? [])].filter(({ inactive }) => !inactive);
  return [
    ...new Set(
      active.flatMap((group) => [...(isMemberName(group.word) ? [group.word] : []), ...membersInConditions(group)]),
    ),
  ];
}

/** The member that the host name indicates, if it is one of `members`. */
export function memberOfHost(root: Statement, members: readonly string[], hostName: string): string | undefined {
  const short = hostName.split('.')[0]!;
  const groups = root.children?.get('groups');
  const configured = members.filter((member) => {
    const names = groups?.children?.get(member)?.children?.get('system')?.children?.get('host-name')?.children;
    return [hostName, short].some((name) => names?.has(name) === true);
  });
  if (configured.length === 1) return configured[0];
  const word = IN_HOST_NAME.exec(hostName)?.[1]?.toLowerCase();
  return word !== undefined && members.includes(word) ? word : undefined;
}
