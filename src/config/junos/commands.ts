/**
 * Commands of configuration mode, one per line: `set`, `delete`, `deactivate` and the others that
 * change the candidate configuration, in the order of the text. Commands that change nothing here
 * (`protect`, `annotate`, `insert`, `commit`) are skipped.
 */

import type { Span } from '../report.js';
import type { Lexer } from './lexer.js';
import type { Syntax } from './syntax.js';
import { extend, find, type Node, put, startPath, type Word } from './tree.js';

interface Commands {
  /** If the current token begins a command, reads the whole command and returns true. */
  readonly take: () => boolean;
  readonly level: () => readonly Word[];
  readonly setLevel: (level: readonly Word[]) => void;
  /** The number of commands read. */
  readonly count: () => number;
}

const IGNORED: ReadonlySet<string> = new Set([
  'protect',
  'unprotect',
  'annotate',
  'insert',
  'commit',
  'show',
  'configure',
  'run',
  'quit',
  'rollback',
  'status',
  'load',
  'save',
  'help',
  'update',
]);
/** Commands without arguments. */
const ALONE: ReadonlySet<string> = new Set([
  'edit',
  'top',
  'up',
  'exit',
  'commit',
  'show',
  'configure',
  'quit',
  'rollback',
  'status',
  'help',
  'update',
]);
/** Commands that replace the candidate configuration by one that is not in the text. */
const LOADS: ReadonlySet<string> = new Set(['override', 'replace', 'update', 'factory-default', 'patch']);
const REWRITES: ReadonlySet<string> = new Set(['rename', 'copy', 'replace', 'wildcard']);
const VERBS: ReadonlySet<string> = new Set([
  'set',
  'delete',
  'deactivate',
  'activate',
  'edit',
  'top',
  'up',
  'exit',
  ...IGNORED,
  ...REWRITES,
]);

/** Words of nested `edit` commands. The same limit as for braces (curly.ts). */
const MAX_LEVEL = 256;

/** A word or a list in a command. */
type Item = Word | readonly Word[];

/**
 * `text` shows how the line ends, which distinguishes an abbreviated command from a statement in
 * braces.
 */
export function createCommands(text: string, root: Node, lexer: Lexer, report: Syntax): Commands {
  let level: readonly Word[] = [];
  const former: (readonly Word[])[] = [];
  let count = 0;

  /**
   * The command that the word abbreviates. Junos accepts a prefix that no other command begins
   * with. A word alone in its line is one only if the command can do without arguments.
   */
  const verbOf = (word: string, start: number): string | undefined => {
    if (VERBS.has(word)) return word;
    if (word.length < 2 || word.length > 10) return undefined;
    const candidates = [...VERBS].filter((verb) => verb.startsWith(word));
    if (candidates.length !== 1) return undefined;
    const newline = text.indexOf('\n', start);
    const line = text.slice(start, newline < 0 ? text.length : newline).trimEnd();
    return /[;{}]$/.test(line) || (line === word && !ALONE.has(candidates[0]!)) ? undefined : candidates[0];
  };

  const each = (items: readonly Item[], act: (words: readonly Word[]) => void): void => {
    const at = items.findIndex((item) => Array.isArray(item));
    if (at < 0) return act([...level, ...(items as readonly Word[])]);
    const before = items.slice(0, at) as readonly Word[];
    for (const item of items[at] as readonly Word[]) act([...level, ...before, item]);
  };

  const set = (items: readonly Item[]): void => {
    const path = startPath(root);
    for (const word of level) extend(path, word);
    for (const item of items) {
      if ('span' in item) extend(path, item);
      else {
        for (const word of item) put(path.cursor, word);
        path.listed = true;
      }
    }
  };

  const remove = (words: readonly Word[]): void => {
    if (words.length === 0) root.children = undefined;
    const found = find(root, words);
    found?.parent.children?.delete(found.node.word);
  };

  const mark =
    (inactive: boolean) =>
    (words: readonly Word[]): void => {
      const found = find(root, words);
      if (found === undefined) return;
      found.node.inactive = inactive;
      found.node.span = words.at(-1)!.span;
    };

  const run = (verb: string, items: readonly Item[], place: Span): void => {
    const words = items.filter((item): item is Word => 'span' in item);
    if (verb === 'set') {
      if (items.length === 0)
        report.error(place, {
          code: 'syntax',
          message: "'set' without a statement",
          suggestion: 'is the line cut off?',
        });
      return set(items);
    }
    if (verb === 'delete') return each(items, remove);
    if (verb === 'deactivate' || verb === 'activate') return each(items, mark(verb === 'deactivate'));
    if (verb === 'edit') {
      if (level.length + words.length > MAX_LEVEL)
        return report.error(place, {
          code: 'too-deep',
          message: `a level more than ${MAX_LEVEL} words deep`,
          suggestion: "is a 'top' or 'up' missing in front of it?",
        });
      former.push(level);
      level = [...level, ...words];
    }
    if (verb === 'up') level = level.slice(0, Math.max(0, level.length - (Number(words[0]?.text) || 1)));
    if (verb === 'exit') level = former.pop() ?? [];
    if (verb === 'top') {
      const [next, ...rest] = items;
      const here = level;
      level = [];
      if (next === undefined || !('span' in next)) return;
      run(next.text, rest, place);
      if (next.text !== 'edit') level = here;
    }
    const rewrites = REWRITES.has(verb) && changesRouters(verb, [...level, ...words]);
    const loads =
      verb === 'load' && LOADS.has(words[0]?.text ?? '') && !words.some(({ text: word }) => word === 'terminal');
    if (rewrites || ((verb === 'rollback' || loads) && hasRouter(root))) {
      report.error(
        place,
        {
          code: 'not-supported-yet',
          message: rewrites
            ? `'${verb}' needs a configuration that is not in this text`
            : `'${verb}' replaces what stands above it by a configuration that only the device has`,
          suggestion: "run it on the device and use the output of 'show configuration | display set'",
        },
        'text',
      );
    }
  };

  return {
    take: () => {
      const verb = lexer.kind() === 'word' ? verbOf(lexer.text(), lexer.start()) : undefined;
      if (verb === undefined) return false;
      count++;
      const place: Span = { start: lexer.start(), end: lexer.end() };
      lexer.advance();
      // A comment text or a pattern may contain anything, so faults in it are not reported.
      const items = readItems(lexer, IGNORED.has(verb) ? undefined : report);
      run(verb, items, place);
      return true;
    },
    level: () => level,
    setLevel: (next) => {
      level = next;
      former.length = 0;
    },
    count: () => count,
  };
}

/**
 * Whether the command may change what is read here: its path leads to a backup router or a group,
 * or it replaces a pattern.
 */
function changesRouters(verb: string, words: readonly Word[]): boolean {
  if (verb === 'replace') return words.at(-1) !== undefined && words.some(({ text }) => text === 'pattern');
  const path = words.map(({ text }) => text).filter((word) => !['range', 'set', 'delete'].includes(word));
  const [first, second] = path;
  return (
    first === 'groups' ||
    first === 'apply-groups' ||
    path.some((word) => word.includes('backup-router')) ||
    (first === 'system' && (second === undefined || second === 'to' || /[*?[]/.test(second)))
  );
}

function hasRouter(root: Node): boolean {
  return ['backup-router', 'inet6-backup-router'].some((name) => root.children?.get('system')?.children?.has(name));
}

/**
 * The rest of the line. A list that is open at its end continues on the next line, unless that
 * begins a command.
 */
function readItems(lexer: Lexer, report: Syntax | undefined): readonly Item[] {
  const items: Item[] = [];
  let list: Word[] | undefined;
  let nested = 0;
  let open: Span = { start: 0, end: 0 };
  while (
    lexer.kind() !== 'end' &&
    (!lexer.firstOnLine() ||
      (list !== undefined && (lexer.kind() === ']' || (lexer.kind() === 'word' && !VERBS.has(lexer.text())))))
  ) {
    const span: Span = { start: lexer.start(), end: lexer.end() };
    const kind = lexer.kind();
    if (kind === 'word') {
      const word: Word = { text: lexer.text(), span };
      if (list === undefined) items.push(word);
      else list.push(word);
    } else if (kind === '[' && list === undefined) {
      list = [];
      open = span;
      items.push(list);
    } else if (kind === ']' && list !== undefined) {
      if (nested > 0) nested--;
      else list = undefined;
    } else if (kind === '[') {
      nested++;
      report?.error(span, {
        code: 'syntax',
        message: 'a list within a list',
        suggestion: "remove the '[', and its ']'",
      });
    } else {
      report?.error(span, {
        code: 'syntax',
        message: `'${kind}' does not belong in a command`,
        suggestion: kind === ';' ? 'remove it: a command ends with its line' : 'remove it, or put the word in quotes',
      });
    }
    lexer.advance();
  }
  if (list !== undefined)
    report?.error(open, {
      code: 'syntax',
      message: 'the list that begins here does not end',
      suggestion: "write ']' after its last item",
    });
  return items;
}
