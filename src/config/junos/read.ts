/**
 * Junos text -> {@link Config}, or every reason why not. Pure. What Junos text cannot say has its default.
 *
 * The same contract as for YAML: nothing a text holds makes this throw; `config` is there exactly when no error is;
 * `partial` never leads more traffic to the backup router than the text asks for.
 */

import { FAMILIES, type Family } from '../../model/address.js';
import type { Config } from '../../model/config.js';
import type { Diagnostic } from '../diagnostic.js';
import { STANZA } from '../gateways.js';
import { createReport, type Report } from '../report.js';
import { DEFAULTS } from '../settings.js';
import { activeChildren, inheritance } from './groups.js';
import { readInterface } from './interface.js';
import { isMemberName, memberOfHost, membersOf } from './member.js';
import { type JunosDocument, parseJunosText } from './parse.js';
import { type RouterResult, readRouter } from './routers.js';
import type { Statement } from './tree.js';

/** What the text does not say and somebody else may. */
export interface JunosHints {
  /** Name or MAC address of the management interface of this host. */
  readonly interface?: string | undefined;
  /** re0, re1, node0, node1: on which one the text is read. */
  readonly member?: string | undefined;
  /** The name of this host, which may tell the member. */
  readonly hostName?: string | undefined;
}

export interface JunosConfig {
  readonly config: Config | undefined;
  readonly partial: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the statements came from, for `convert`: `group re0`. */
  readonly origins: Readonly<Partial<Record<Family, readonly string[]>>>;
  readonly member: string | undefined;
}

/** Reads the text of a Junos configuration. */
export function readJunos(text: string, fileName: string, hints: JunosHints): JunosConfig {
  const document = parseJunosText(text, fileName);
  const { root, report } = document;
  const member = chooseMember(document, hints);
  const found = readAs(root, member, report);
  const selector = readInterface(hints.interface, document.directives, found.interfaces, report);
  if (found.results.every((result) => !result.found)) reportNothing(root, report);
  const lost = (result: RouterResult): boolean =>
    result.assumedDefault && (found.incomplete || (document.damaged && mayHaveLost(text)));
  const backupRouters = found.results.filter((result) => !lost(result)).flatMap((result) => result.backupRouter ?? []);
  const partial: Config | undefined =
    selector === undefined || backupRouters.length === 0
      ? undefined
      : { ...DEFAULTS, managementInterfaces: [{ selector, backupRouters }] };
  return {
    config: report.errorCount() === 0 ? partial : undefined,
    partial,
    diagnostics: report.diagnostics(),
    origins: Object.fromEntries(FAMILIES.map((family, i) => [family, found.results[i]!.groups])),
    member,
  };
}

interface Found {
  readonly results: readonly RouterResult[];
  readonly interfaces: ReturnType<ReturnType<typeof inheritance>['enter']>;
  readonly incomplete: boolean;
}

function readAs(root: Statement, member: string | undefined, report: Report): Found {
  const { top, enter, incomplete } = inheritance(root, member, report);
  const level = top();
  const system = enter(level, 'system');
  const results = FAMILIES.map((family) => readRouter(enter(system, STANZA[family]), family, report));
  return { results, interfaces: enter(level, 'interfaces'), incomplete: incomplete() };
}

/** The member as which the text is read; undefined when it makes no difference because there are none. */
function chooseMember({ root, directives, report }: JunosDocument, hints: JunosHints): string | undefined {
  const members = membersOf(root);
  const said = directives.filter(({ key }) => key === 'member').at(-1)?.value;
  const asked = hints.member ?? said?.text;
  if (asked !== undefined) {
    const known = members.length === 0 ? isMemberName(asked) : members.includes(asked);
    const span = hints.member === undefined && said !== undefined ? said.span : { start: 0, end: 1 };
    if (!known)
      report.error(span, {
        code: 'unknown-member',
        message: `there is no group for the member ${asked.slice(0, 40)}`,
        suggestion:
          members.length > 0
            ? `the members that the file has groups for are ${members.join(', ')}`
            : 'a member is re0, re1, node0 or node1',
      });
    return known ? asked : members[0];
  }
  const ofHost = hints.hostName === undefined ? undefined : memberOfHost(root, members, hints.hostName);
  if (ofHost !== undefined || members.length === 0) return ofHost;
  const readings = new Set(
    members.map((member) =>
      JSON.stringify(readAs(root, member, createReport('', '')).results.map((result) => result.backupRouter)),
    ),
  );
  if (readings.size > 1) {
    const span = root.children?.get('groups')?.children?.get(members[0]!)?.span ?? { start: 0, end: 1 };
    report.error(span, {
      code: 'missing-member',
      message: `the backup router differs from ${members.join(' to ')}, and nothing says which of them this host is`,
      suggestion: `add a line '# backup-router: member ${members[0]!}' to the file, or give the option --member ${members[0]!}; a host name that ends in -${members[0]!} tells it too`,
    });
  }
  return members[0];
}

/** Why there is no backup router, as far as the text tells. */
function reportNothing(root: Statement, report: Report): void {
  const place = { start: 0, end: 1 };
  const inactive = deactivated(root);
  if (inactive !== undefined) {
    report.warning(inactive.span, {
      code: 'inactive',
      message: `'${inactive.word}' is inactive, so nothing in it counts`,
      suggestion: "activate it: remove 'inactive:', or the 'deactivate' line",
    });
  }
  const misplaced = FAMILIES.map((family) => root.children?.get(STANZA[family])).find(
    (statement) => statement !== undefined,
  );
  const holder = [...(root.children?.get('groups')?.children?.values() ?? [])].find((group) =>
    FAMILIES.some((family) => activeChildren(group, 'system').some(({ word }) => word === STANZA[family])),
  );
  const message = "there is neither 'system backup-router' nor 'system inet6-backup-router'";
  if (misplaced !== undefined)
    report.error(misplaced.span, {
      code: 'missing-key',
      message: `${message}; '${misplaced.word}' stands outside of 'system'`,
      suggestion: `put it into 'system { ... }', or write 'set system ${misplaced.word} ...'`,
    });
  else if (holder !== undefined && inactive === undefined)
    report.error(holder.span, {
      code: 'missing-key',
      message: `${message}; the group '${holder.word.slice(0, 40)}' has one and is not applied`,
      suggestion: `add 'apply-groups ${holder.word.slice(0, 40)};', or give --member if it is the group of a member`,
    });
  else
    report.error(place, {
      code: 'missing-key',
      message: `${message}${inactive === undefined ? '' : ' that is active'}`,
      suggestion: "add 'set system backup-router ADDRESS', or 'system { backup-router ADDRESS; }'",
    });
}

/** The outermost inactive statement on the way to a backup router, locally or in a group. */
function deactivated(root: Statement): Statement | undefined {
  const groups = root.children?.get('groups');
  if (groups?.inactive === true) return groups;
  for (const top of [root, ...(groups?.children?.values() ?? [])]) {
    if (top.inactive) return top;
    const system = top.children?.get('system');
    for (const family of FAMILIES) {
      const stanza = system?.children?.get(STANZA[family]);
      if (stanza === undefined) continue;
      if (system!.inactive) return system;
      if (stanza.inactive) return stanza;
      const address = [...(stanza.children?.values() ?? [])].find((child) => child.inactive);
      if (address !== undefined) return address;
    }
  }
  const applied = root.children?.get('apply-groups');
  return applied?.inactive === true ? applied : undefined;
}

/** Whether what may be a destination is written near a backup router: in a damaged text it may not have been found. */
function mayHaveLost(text: string): boolean {
  const NEAR = 400;
  for (let at = text.indexOf('backup-router'); at >= 0; at = text.indexOf('backup-router', at + 1)) {
    if (/desti|[\da-f:]\/\d/i.test(text.slice(at, at + NEAR))) return true;
  }
  return false;
}
