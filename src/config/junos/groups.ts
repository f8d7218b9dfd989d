/**
 * Inheritance: what a level of the configuration contains once `apply-groups` has added what the
 * groups have for it.
 *
 * A level is a list of statements in order of precedence: the local one, then the groups applied at
 * that level in their order, then groups applied further out. Inactive statements and groups are
 * left out. Only the levels that are asked for are computed. Nothing is expanded or copied.
 */

import { closest } from '../closest.js';
import { quote } from '../diagnostic.js';
import type { Report } from '../report.js';
import { isMemberName } from './member.js';
import type { Statement } from './tree.js';
import { mayApply, reportUndecided } from './when.js';

/** A statement that contributes to a level, and its group (undefined: local). */
interface Source {
  readonly statement: Statement;
  readonly group: string | undefined;
}

export interface HierarchyLevel {
  readonly sources: readonly Source[];
  readonly path: readonly string[];
  readonly excluded: ReadonlySet<string>;
  readonly applied: ReadonlySet<string>;
}

/** Depth of groups that apply groups. More is a mistake or an attack on the reader. */
const MAX_DEPTH = 64;

interface Inheritance {
  readonly top: () => HierarchyLevel;
  /**
   * The level of the named statement inside this level. It has no sources if the statement does not
   * exist.
   */
  readonly enter: (level: HierarchyLevel, word: string) => HierarchyLevel;
  /**
   * What an applied group contributes is not fully known: the group is undefined, nested too
   * deeply, or `apply-groups` is malformed.
   */
  readonly incomplete: () => boolean;
}

/** Inheritance as it applies to the given member. */
export function inheritance(root: Statement, member: string | undefined, report: Report): Inheritance {
  const groups = active(root.children?.get('groups'));
  let incomplete = false;
  /** Groups whose undecided conditions have been reported. */
  const undecided = new Set<string>();
  const strange = new Set<Statement>();

  /** Reports `apply-groups a b`, of which only the first group would be applied. */
  const alone = (reference: Statement): void => {
    const [next] = reference.children?.values() ?? [];
    if (next === undefined || strange.has(reference)) return;
    strange.add(reference);
    incomplete = true;
    report.error(next.span, {
      code: 'syntax',
      message: `${quote(next.word)} follows the group ${quote(reference.word)}: several groups must be a list`,
      suggestion: `write 'apply-groups [ ${reference.word.slice(0, 40)} ${next.word.slice(0, 40)} ]'`,
    });
  };

  /** The statements of the group for the path. */
  const contribution = (name: string, path: readonly string[]): readonly Source[] => {
    const group = active(groups?.children?.get(name));
    if (group === undefined || !mayApply(group, member)) return [];
    let found: readonly Statement[] = [group];
    for (const word of path) found = found.flatMap((statement) => inGroup(statement, word, true));
    // Conditions are reported only for groups that have a backup router, whose path is two levels
    // deep.
    if (found.length > 0 && !undecided.has(name) && statesRouter(group)) {
      undecided.add(name);
      reportUndecided(group, member, report);
    }
    return found.map((statement) => ({ statement, group: name }));
  };

  const defined = (name: string, applied: Statement): boolean => {
    if (groups?.children?.has(name) === true || name.startsWith('junos-')) return true;
    incomplete = true;
    const quoted = /^'(.*)'$/.exec(name)?.[1];
    const near = closest(name, [...(groups?.children?.keys() ?? [])]);
    report.error(applied.span, {
      code: 'unknown-group',
      message: `there is no group ${quote(name)}`,
      suggestion:
        quoted !== undefined
          ? `write "${quoted}": Junos has double quotes alone`
          : near !== undefined
            ? `did you mean '${near}'?`
            : `add 'groups { ${name} { ... } }', or remove it from apply-groups`,
    });
    return false;
  };

  const build = (
    inherited: readonly Source[],
    path: readonly string[],
    outer: Pick<HierarchyLevel, 'excluded' | 'applied'>,
  ): HierarchyLevel => {
    const excluded = new Set(outer.excluded);
    const applied = new Set(outer.applied);
    for (const { statement } of inherited)
      for (const reference of activeChildren(statement, 'apply-groups-except')) {
        alone(reference);
        excluded.add(reference.word);
      }
    const sources: Source[] = [];
    const add = (source: Source, depth: number): void => {
      sources.push(source);
      for (const reference of activeChildren(source.statement, 'apply-groups')) {
        alone(reference);
        const name = reference.word === '${node}' ? (member ?? reference.word) : reference.word;
        if (excluded.has(name) || excluded.has(reference.word) || applied.has(name)) continue;
        if (isMemberName(name) && name !== member) continue;
        applied.add(name);
        if (!defined(name, reference)) continue;
        if (depth >= MAX_DEPTH) {
          incomplete = true;
          report.error(reference.span, {
            code: 'too-deep',
            message: `groups apply groups, more than ${MAX_DEPTH} deep`,
            suggestion: 'apply the groups where they are needed, side by side',
          });
          continue;
        }
        for (const one of contribution(name, path)) add(one, depth + 1);
      }
    };
    // A group that is applied further out and excepted here contributes nothing from here on.
    for (const source of inherited) if (source.group === undefined || !excluded.has(source.group)) add(source, 0);
    return { sources, path, excluded, applied };
  };

  return {
    top: () => build([{ statement: root, group: undefined }], [], { excluded: new Set(), applied: new Set() }),
    enter: (level, word) => {
      const exists = level.sources.some(({ statement }) => active(statement.children?.get(word)) !== undefined);
      const inherited = level.sources.flatMap(({ statement, group }): readonly Source[] => {
        const inside =
          group === undefined
            ? [active(statement.children?.get(word))].filter((s) => s !== undefined)
            : inGroup(statement, word, exists);
        return inside.map((one) => ({ statement: one, group }));
      });
      return build(inherited, [...level.path, word], level);
    },
    incomplete: () => incomplete,
  };
}

function statesRouter(group: Statement): boolean {
  return [...(group.children?.values() ?? [])].some(
    ({ word, children }) =>
      (word === 'system' || word.startsWith('<')) &&
      [...(children?.keys() ?? [])].some((key) => key.endsWith('backup-router') || key.startsWith('<')),
  );
}

/** The active children of the named statement. */
export function activeChildren(statement: Statement, word: string): readonly Statement[] {
  return [...(active(statement.children?.get(word))?.children?.values() ?? [])].filter((child) => !child.inactive);
}

function active(statement: Statement | undefined): Statement | undefined {
  return statement?.inactive === true ? undefined : statement;
}

/**
 * The statement of exactly that name, and those whose pattern matches it if it exists elsewhere.
 */
function inGroup(statement: Statement, word: string, exists: boolean): readonly Statement[] {
  const exact = active(statement.children?.get(word));
  const found = exact === undefined ? [] : [exact];
  if (!exists) return found;
  for (const [name, child] of statement.children ?? []) {
    if (name.startsWith('<') && name.endsWith('>') && !child.inactive && globMatches(name.slice(1, -1), word))
      found.push(child);
  }
  return found;
}

/** Whether the name matches a group pattern with `*`, `?` and `[...]`. */
function globMatches(glob: string, word: string): boolean {
  if (glob.length > 64) return false;
  // Consecutive stars are merged. At most three stars are allowed, which bounds the time of the
  // regular expression.
  const stars = glob.replace(/\*+/g, '*');
  if (stars.split('*').length > 4) return false;
  const source = stars.replace(/\[([^\]\\^]*)\]|[\s\S]/g, (part, set: string | undefined) => {
    if (set !== undefined && set !== '') return `[${set.replace(/[[\]\\^]/g, '\\$&')}]`;
    return part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[^\w]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`, 's').test(word.slice(0, 256));
  } catch {
    // An invalid range such as `[z-a]` matches nothing.
    return false;
  }
}
