/**
 * Junos text -> {@link Config}, or every reason why not. Pure. Settings that Junos text cannot
 * express have their default.
 *
 * The contract is the same as for YAML: no text makes this throw. `config` is set exactly if there
 * is no error. `partial` never sends more traffic to the backup router than the text asks for.
 */

import { FAMILIES, type Family } from '../../model/address.js';
import type { Config } from '../../model/config.js';
import { editDistance } from '../closest.js';
import { type Diagnostic, quote } from '../diagnostic.js';
import { STANZA } from '../gateways.js';
import { createReport, type Report } from '../report.js';
import { DEFAULTS } from '../settings.js';
import { adviceOf } from './advice.js';
import { formFault } from './encoding.js';
import { type HierarchyLevel, inheritance } from './groups.js';
import { readInterface } from './interface.js';
import { isMemberName, memberOfHost, membersOf } from './member.js';
import { misplacedRouters } from './misplaced.js';
import { reportMisplaced, reportNothing } from './nothing.js';
import { type JunosDocument, parseJunosText } from './parse.js';
import { type RouterResult, readRouter } from './routers.js';
import type { Statement } from './tree.js';

const NAMES = FAMILIES.map((family) => STANZA[family]);
/** The known name that a misspelt word was probably meant to be. */
const meant = (word: string): string | undefined =>
  word.length > 30
    ? undefined
    : /^(?:inet6?|ipv6)-backup(?!-router$)/.test(word)
      ? STANZA.inet6
      : /^(?:backup|default-(?:gateway|router)$)/.test(word)
        ? STANZA.inet
        : NAMES.find((name) => editDistance(word, name) <= 3);

/** What Junos text does not contain and the caller may know. */
export interface JunosHints {
  /** Name or MAC address of the management interface of this host. */
  readonly interface?: string | undefined;
  /** re0, re1, node0, node1: the member that the text is read for. */
  readonly member?: string | undefined;
  /** The name of this host, which may indicate the member. */
  readonly hostName?: string | undefined;
}

export interface JunosConfig {
  readonly config: Config | undefined;
  readonly partial: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** For `convert`: where the statements came from, such as `group re0`. */
  readonly origins: Readonly<Partial<Record<Family, readonly string[]>>>;
  readonly member: string | undefined;
  /** For `convert`: statements that are not needed here, or have another meaning. */
  readonly advice: readonly string[];
}

/** Reads the text of a Junos configuration. */
export function readJunos(text: string, fileName: string, hints: JunosHints): JunosConfig {
  const diagnostics = formFault(text, fileName);
  if (diagnostics !== undefined)
    return { config: undefined, partial: undefined, diagnostics, origins: {}, member: undefined, advice: [] };
  const document = parseJunosText(text, fileName);
  const { root, report } = document;
  const misplaced = misplacedRouters(root);
  const damaged = settleSyntax(document, misplaced.length > 0, hints);
  const member = chooseMember(document, hints);
  const found = readAs(root, member, report);
  const selector = readInterface(hints.interface, document.directives, found.interfaces, report);
  if (found.results.some((result) => result.found)) reportMisplaced(misplaced, report);
  else if (!found.incomplete) reportNothing(root, misplaced, damaged ? text.trimEnd().length - 1 : undefined, report);
  const lost = (result: RouterResult): boolean =>
    result.assumedDefault && (found.incomplete || (damaged && mayHaveLost(text)));
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
    advice: adviceOf(backupRouters, found.options),
  };
}

/** Reports the syntax faults. Returns whether they may have cost a statement that matters. */
function settleSyntax(document: JunosDocument, misplaced: boolean, hints: JunosHints): boolean {
  const { syntax, root } = document;
  if (!document.damaged) {
    syntax.settle(false);
    return false;
  }
  const report = createReport('', '');
  const { results } = readAs(root, chooseMember({ ...document, report }, hints), report);
  const matters = misplaced || syntax.matters() || results.every((result) => !result.found);
  syntax.settle(matters);
  return matters;
}

interface Found {
  readonly results: readonly RouterResult[];
  readonly interfaces: HierarchyLevel;
  readonly options: HierarchyLevel;
  readonly incomplete: boolean;
}

function readAs(root: Statement, member: string | undefined, report: Report): Found {
  const { top, enter, incomplete } = inheritance(root, member, report);
  const level = top();
  const system = enter(level, 'system');
  const results = FAMILIES.map((family) => readRouter(enter(system, STANZA[family]), family, report));
  const misspelt = system.sources
    .flatMap(({ statement }) => [...(statement.children?.values() ?? [])])
    .filter(({ word, inactive }) => !inactive && !NAMES.includes(word))
    .filter(({ word }) => meant(word) !== undefined);
  for (const { word, span } of misspelt)
    report.error(span, {
      code: 'unknown-key',
      message: `unknown statement ${quote(word)} in system`,
      suggestion: `did you mean '${meant(word)}'?`,
    });
  const strays = system.sources
    .flatMap(({ statement }) => statement.children?.get('destination') ?? [])
    .filter(({ inactive }) => !inactive);
  for (const { span } of strays)
    report.error(span, {
      code: 'unknown-key',
      message: "'destination' stands beside a backup router, and not in it",
      suggestion: "remove the ';' or the brace before it: 'backup-router 10.9.0.1 destination 172.16.0.0/12;'",
    });
  return {
    results,
    interfaces: enter(level, 'interfaces'),
    options: enter(level, 'routing-options'),
    incomplete: incomplete() || strays.length > 0 || misspelt.length > 0,
  };
}

/**
 * The member that the text is read for. undefined if the text has no members, so that it makes no
 * difference.
 */
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
      suggestion: `add a line '# backup-router: member ${members[0]!}' to the file, or give the option --member ${members[0]!}; a host name that ends in -${members[0]!} works too`,
    });
  }
  return members[0];
}

/**
 * Whether a possible destination is written near a backup router. In a damaged text it may not have
 * been found.
 */
function mayHaveLost(text: string): boolean {
  const NEAR = 400;
  for (let at = text.indexOf('backup-router'); at >= 0; at = text.indexOf('backup-router', at + 1)) {
    if (/desti|[\da-f:]\/\d/i.test(text.slice(at, at + NEAR))) return true;
  }
  // The text ends inside the statement.
  const last = /[^\n]*backup-router[^;{}]*$/.exec(text.slice(-NEAR))?.[0];
  return last !== undefined && !/^\s*set\s/.test(last);
}
