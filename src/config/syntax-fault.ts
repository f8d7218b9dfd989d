/**
 * Translates an error of the YAML parser into words for the author of the file, with the line to
 * write.
 */

import type { DiagnosticCode, Fault } from './diagnostic.js';
import type { Span } from './report.js';
import { withoutQuotes } from './slips.js';

export const INDENTED: Fault = {
  code: 'syntax',
  message: 'this line is indented, and a later key is not',
  suggestion: 'the keys of the top level begin in the first column: remove the spaces',
};

/** Offset of the first key if it is indented and a later one is not. */
export function indentedTop(text: string): number | undefined {
  const found = /^(?:[ \t]*(?:#[^\n]*)?\n)*( +)[\w-]+:/.exec(text);
  return found !== null && /^[\w-]+:/m.test(text)
    ? found.index + found[0].length - found[0].trimStart().length
    : undefined;
}

export interface Cause {
  readonly span: Span;
  readonly fault: Fault;
  /** Offset of the key whose value is concerned. */
  readonly key: number;
}

const keyBefore = (text: string, at: number): number => {
  const line = text.lastIndexOf('\n', at - 1) + 1;
  return line + text.slice(line).search(/\S|$/);
};

/** The first quote or the innermost bracket without an end; undefined if there is none. */
export function unclosed(text: string): Cause | undefined {
  const bare = withoutQuotes(text);
  const cause = (at: number, what: string, end: string): Cause => ({
    span: { start: at, end: at + 1 },
    fault: {
      code: 'syntax',
      message: `the ${what} that begins here does not end`,
      suggestion: `write ${end} behind its last ${what === 'quoted text' ? 'character' : 'item'}`,
    },
    key: keyBefore(text, at),
  });
  const quote = /(?<=^|[\s[{,])["']/m.exec(bare)?.index;
  if (quote !== undefined) return cause(quote, 'quoted text', text[quote] === '"' ? `'"'` : `"'"`);
  const open: number[] = [];
  for (const { index, 0: sign } of bare.matchAll(/[[\]{}]/g))
    if (sign === '[' || sign === '{') open.push(index);
    else open.pop();
  const at = open.at(-1);
  if (at === undefined) return undefined;
  return text[at] === '[' ? cause(at, 'list', "']'") : cause(at, 'mapping', "'}'");
}

/**
 * The first item of a list below a key without a value, if its dash is indented less than the key,
 * or by a tab.
 */
export function outdentedItem(text: string): Cause | undefined {
  for (const found of text.matchAll(
    /^([ ]*)([\w-]+):[ \t]*(?:#[^\n]*)?\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*([ \t]*)-[ \t]+([^\n#]*[^\s#])/gm,
  )) {
    const [whole, indent, , before, item] = found;
    const tab = before!.indexOf('\t');
    if (tab < 0 && before!.length >= indent!.length) continue;
    const line = found.index + whole.lastIndexOf('\n') + 1;
    const start = tab < 0 ? line + before!.length : line + tab;
    return {
      span: { start, end: start + 1 },
      fault:
        tab < 0
          ? {
              code: 'syntax',
              message: `this item belongs to '${found[2]!.slice(0, 40)}' and is indented less`,
              suggestion: `write '${indent}  - ${item!.slice(0, 60)}'`,
            }
          : { code: 'tab-indent', message: 'Tabs are not allowed as indentation', suggestion: 'indent with spaces' },
      key: found.index + indent!.length,
    };
  }
  return undefined;
}

/** What to write for a line whose colon is another character, or has no blank after it. */
function keySlip(text: string, at: number): string | undefined {
  const line = text.slice(at).split('\n', 1)[0]!.trim();
  const found = /^["']?([A-Za-z][\w-]*)["']?\s*(=|\uff1a|:)\s*(\S.*)?$/.exec(line);
  const bare = /^((?:[a-z]+-)+[a-z]+)[ \t]+([^\s:]+)$/.exec(line);
  if (bare !== null) return `write '${bare[1]}: ${bare[2]!.slice(0, 60)}', with a colon and a space`;
  if (found === null || (found[2] === ':' && /^[^\s]+:\s/.test(line))) return undefined;
  if (found[2] === ':' && found[3] === undefined && /[^\s]/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at)))
    return `write '${found[1]}', without the colon`;
  return `write '${found[1]}: ${(found[3] ?? '').slice(0, 60)}', with a colon and a space`;
}

/** `code` and `message` are those of the parser. */
export function syntaxFault(code: string, message: string, text: string, at: number): Fault {
  const result = (own: DiagnosticCode, suggestion: string, words = message): Fault => ({
    code: own,
    message: words,
    suggestion,
  });
  switch (code) {
    case 'TAB_AS_INDENT':
      return result('tab-indent', 'indent with spaces');
    case 'BAD_ALIAS':
      if (/^\*\s/.test(text.slice(at, at + 2)))
        return result('syntax', "write '- ' for '* '", 'the items of a list begin with a dash');
      return result('syntax', 'write the value itself');
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY': {
      if (/^[0-9a-f:]+:\s*$/im.test(text.slice(at, at + 50).split('\n')[0]!))
        return result(
          'syntax',
          'put an address that ends in a colon in quotes',
          'this reads as a key, not as an address',
        );
      const slip = keySlip(text, at);
      if (slip !== undefined) return result('syntax', slip, 'this line is not a key with a value');
      return result(
        'syntax',
        "is the next line indented too far, or is there a ':' too many?",
        'the value begins with another key',
      );
    }
    case 'BAD_INDENT':
      return result('syntax', 'keys of one level start in the same column; is a bracket not closed?');
    case 'MISSING_CHAR':
    case 'UNEXPECTED_TOKEN':
      if (text[at - 1] === ']' && /^:\d/.test(text.slice(at, at + 2)))
        return result(
          'syntax',
          "put an IPv6 address with a port in quotes: '[::1]:179'",
          'this reads as a list, not as an address',
        );
      if (/directives-end/.test(message))
        return result(
          'syntax',
          "write '---' in the line below it, or remove it",
          'a line that begins with % ends with ---',
        );
      if (code === 'UNEXPECTED_TOKEN') return result('syntax', 'is a quote or bracket missing or left over?');
      if (/^Missing , /.test(message))
        return result('syntax', "write ',' behind the one before", 'a comma is missing in front of this');
      return result(
        'syntax',
        /quote|bracket|\]|\}/.test(message) ? 'close it' : "write 'key: value', with a space after the colon",
      );
    case 'BAD_SCALAR_START':
      return result(
        'syntax',
        'write the value itself; put it in quotes if it really begins so',
        `a value cannot begin with '${text[at] ?? ''}'`,
      );
    default:
      return result('syntax', 'see docs/CONFIGURATION.md for the form of the file');
  }
}
