/**
 * YAML text -> a small tree of values with their positions. Only this file uses the document model
 * of the `yaml` package. The readers interpret the values.
 *
 * Invariants: aliases share their value, so an alias bomb cannot expand. Nesting is bounded while
 * the text is parsed: parser and composer are recursive, and V8 aborts the process, past any
 * handler, when it compiles a regular expression on an exhausted stack.
 */

import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  Parser,
} from 'yaml';
import type { Fault } from './diagnostic.js';
import type { Report, Span } from './report.js';
import { lessIndented, mendSlips } from './slips.js';
import { INDENTED, indentedTop, outdentedItem, syntaxFault, unclosed } from './syntax-fault.js';

interface Placed {
  readonly span: Span;
}

export interface ScalarValue extends Placed {
  readonly kind: 'scalar';
  /** As written, without quotes. */
  readonly text: string;
  /** The value as YAML resolves it. */
  readonly value: string | number | boolean;
}

interface ListValue extends Placed {
  readonly kind: 'list';
  readonly items: readonly Value[];
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Value;
}

export interface MapValue extends Placed {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

/** No value, `~` or `null`. */
interface NullValue extends Placed {
  readonly kind: 'null';
}

export type Value = ScalarValue | ListValue | MapValue | NullValue;

interface YamlDocument {
  readonly root: Value | undefined;
  /** Part of the text is not in `root`. */
  readonly damaged: boolean;
}

/**
 * Characters, not counting prefixes, of which there may be any number. A faulty file of this size
 * takes a second or two to parse, an acceptable delay of the boot.
 */
const MAX_LENGTH = 1 << 18;
const PREFIX_ITEMS = /(?:- )?["']?[0-9A-Fa-f.:]{2,45}\/\d{1,3}["']?,?\s+/g;
const MAX_DEPTH = 32;

/** The fault if the text is too long to be parsed, otherwise undefined. */
export function lengthFault(text: string): Fault | undefined {
  const length = text.length <= MAX_LENGTH ? text.length : text.replace(PREFIX_ITEMS, '').length;
  if (length <= MAX_LENGTH) return undefined;
  return {
    code: 'too-large',
    message: `the file has ${length} characters, not counting prefixes; ${MAX_LENGTH} are read at most`,
    suggestion: 'is this the right file?',
  };
}

/**
 * Parses the first document of the text. Line ends must be LF or CRLF. Syntax faults go into the
 * report. Never throws.
 */
export function parseDocument(original: string, report: Report): YamlDocument {
  const refuse = (at: number, fault: Fault): YamlDocument => {
    report.error({ start: at, end: at + 1 }, fault);
    return { root: undefined, damaged: true };
  };
  const { text, slips } = mendSlips(original);
  for (const { span, fault } of slips) report.error(span, fault);
  const { tokens, tooDeepAt } = parseTokens(text);
  if (tooDeepAt !== undefined)
    return refuse(tooDeepAt, {
      code: 'too-deep',
      message: `nested deeper than ${MAX_DEPTH} levels`,
      suggestion: 'is a bracket not closed?',
    });
  const [first, second] = compose(tokens, text.length);
  if (second !== undefined) {
    const start = second.range[0];
    report.error(
      { start, end: start + 3 },
      {
        code: 'several-documents',
        message: 'a second YAML document begins here',
        suggestion: "remove the line '---' and what follows it, or use two files",
      },
    );
  }
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0');
    report.error(
      { start: control.index, end: control.index + 1 },
      {
        code: 'control-character',
        message: `control character U+${code}`,
        suggestion: 'the file must be plain UTF-8 text',
      },
    );
  }
  if (first === undefined) return { root: undefined, damaged: control !== null };
  const deep = first.errors.length > 0 ? indentedTop(text) : undefined;
  if (deep !== undefined) return refuse(deep, INDENTED);
  const untabbed = first.errors.length > 0 ? withoutTabs(text) : undefined;
  let tabTold = false;
  let star = -1;
  const open = first.errors.some(({ message }) => UNCLOSED.test(message)) ? unclosed(text) : undefined;
  const outdented = first.errors.length > 0 ? outdentedItem(text) : undefined;
  for (const found of [open, outdented]) {
    if (found === undefined) continue;
    report.error(found.span, found.fault);
    report.follows(found.key);
  }
  // The first line of an INI file is a list to YAML. That it is no mapping is told below.
  const foreign = isSeq(first.contents) && /^\[[^\]\n]*\][ \t\r]*$/m.test(text);
  for (const e of foreign ? [] : first.errors) {
    // What follows from an end that is missing, or from an item that is not indented.
    if (open !== undefined && (e.pos[0] >= open.span.start || UNCLOSED.test(e.message))) continue;
    if (outdented !== undefined && e.pos[0] >= outdented.key && e.pos[0] <= outdented.span.end) continue;
    // Further errors on the line of a '*' that stands in place of a dash follow from it.
    if (star >= 0 && !text.slice(star, e.pos[0]).includes('\n')) continue;
    if (e.code === 'BAD_ALIAS') star = e.pos[0];
    const less = lessIndented(text, e.pos[0]);
    if (less !== undefined) {
      report.error(less.span, less.fault);
      continue;
    }
    const tabAt = untabbed?.tabAt ?? tabBefore(text, e.pos[0]);
    // For a line with wrong indentation, the error points at its first word: other errors there
    // follow from it.
    const start = e.code === 'BAD_INDENT' ? e.pos[0] + Math.max(0, text.slice(e.pos[0]).search(/[^ ]/)) : e.pos[0];
    if (tabAt === undefined)
      report.error({ start, end: Math.max(start + 1, e.pos[1]) }, syntaxFault(e.code, e.message, text, e.pos[0]));
    // Of all errors caused by tabs, only the first is reported.
    else if (!tabTold) report.error({ start: tabAt, end: tabAt + 1 }, syntaxFault('TAB_AS_INDENT', TABS, text, tabAt));
    tabTold ||= tabAt !== undefined;
  }
  for (const w of first.warnings)
    report.warning(
      { start: w.pos[0], end: w.pos[1] },
      {
        code: 'unknown-tag',
        message: w.message,
        suggestion: /include/.test(w.message)
          ? 'remove it; further files go into the directory beside this one, config.d for config.yaml'
          : 'remove the tag',
      },
    );
  const root = convertDocument(untabbed?.document ?? first, text, report);
  return {
    root,
    damaged: first.errors.length + slips.length > 0 || second !== undefined || control !== null,
  };
}

/**
 * Like the parser's own `parse`, but it watches the depth of the parser's stack, which is the
 * nesting depth of the text. Unwinding that stack is recursive, one call for each level.
 */
function parseTokens(text: string): { readonly tokens: readonly CST.Token[]; readonly tooDeepAt: number | undefined } {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The document itself takes one level of the stack.
    if (parser.stack.length > MAX_DEPTH + 1) return { tokens: [], tooDeepAt: parser.offset - 1 };
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, tooDeepAt: undefined };
}

function compose(tokens: readonly CST.Token[], length: number): readonly Document.Parsed<ParsedNode>[] {
  return [
    ...new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: 'silent' }).compose(tokens, true, length),
  ];
}

/** What the parser says of quotes and brackets without an end. */
const UNCLOSED = /^Missing closing|end with a [\]}]$/;
const TABS = 'Tabs are not allowed as indentation';

/**
 * Offset of the tab in the indentation of the line at this offset, or undefined if there is none.
 */
function tabBefore(text: string, at: number): number | undefined {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const tab = /^ *\t/.exec(text.slice(start, start + 200));
  return tab === null ? undefined : start + tab[0].length - 1;
}

/**
 * The document as parsed with leading tabs replaced by blanks (offsets stay the same), and the
 * offset of the first such tab. undefined if there is no such tab, or if there are errors besides
 * the tabs.
 */
function withoutTabs(
  text: string,
): { readonly document: Document.Parsed<ParsedNode>; readonly tabAt: number } | undefined {
  const tab = /^ *\t[ \t]*(?=[^\s#])/m.exec(text);
  if (tab === null) return undefined;
  const spaced = text.replace(/^[ \t]+/gm, (indent) => ' '.repeat(indent.length));
  const document = compose(parseTokens(spaced).tokens, text.length)[0];
  return document?.errors.length === 0 ? { document, tabAt: tab.index + tab[0].indexOf('\t') } : undefined;
}

/**
 * Splits a list item that has swallowed the next ones because their dashes are indented further
 * than its own. The pieces become items of their own, and one fault is reported. Other items are
 * returned unchanged.
 */
function splitItem(item: Value, inBrackets: boolean, text: string, report: Report): readonly Value[] {
  if (inBrackets || item.kind !== 'scalar' || !/\s- /.test(item.text)) return [item];
  const { start, end } = item.span;
  const pieces = [...text.slice(start, end).matchAll(/(?:^|\n([ \t]*)- +)([^\n#]*[^\s#])/g)];
  const second = pieces[1];
  if (second === undefined) return [item];
  const dash = start + second.index + 1 + second[1]!.length;
  const above = text.slice(text.lastIndexOf('\n', start - 1) + 1, start).replace(/- +$/, '');
  report.error(
    { start: dash, end: dash + 1 },
    {
      code: 'syntax',
      message: 'this item is indented further than the one above, so YAML takes it for a part of that one',
      suggestion: `write '${above}- ${second[2]!}'`,
    },
  );
  return pieces.map((piece): ScalarValue => {
    const at = start + piece.index + piece[0].length - piece[2]!.length;
    return { kind: 'scalar', span: { start: at, end: at + piece[2]!.length }, text: piece[2]!, value: piece[2]! };
  });
}

/**
 * Longer lists keep the positions of their anchor, so that the cost of aliases stays proportional
 * to the length of the file.
 */
const MAX_ALIASED = 64;

/** The value of an alias, positioned at the alias: faults are reported where the value is used. */
function usedAt(value: Value, span: Span): Value {
  const moved = <T extends Value>(one: T): T => ({ ...one, span: { ...span, anchor: one.span.start } });
  if (value.kind === 'scalar') return moved(value);
  if (value.kind !== 'list' || value.items.length > MAX_ALIASED) return value;
  return { ...moved(value), items: value.items.map((item) => (item.kind === 'scalar' ? moved(item) : item)) };
}

function convertDocument(document: Document.Parsed<ParsedNode>, text: string, report: Report): Value | undefined {
  const anchors = new Map<string, Value>();
  const contents: ParsedNode | null = document.contents;
  if (contents === null) return undefined;

  const convert = (node: ParsedNode | null, fallback: Span): Value => {
    if (node === null) return { kind: 'null', span: fallback };
    const [start, end] = node.range;
    const span: Span = end > start ? { start, end } : fallback;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        report.error(span, {
          code: 'unknown-alias',
          message: `there is no anchor '&${node.source}' before this alias`,
          suggestion: 'write the value itself',
        });
      return target === undefined ? { kind: 'scalar', span, text: '', value: '' } : usedAt(target, span);
    }
    const value = convertNode(node, span);
    // Set only after conversion: an alias inside its own anchor would make a cycle.
    if (node.anchor !== undefined) anchors.set(node.anchor, value);
    return value;
  };

  const convertNode = (node: ParsedNode, span: Span): Value => {
    if (isSeq(node))
      return {
        kind: 'list',
        span,
        items: node.items.flatMap((item) =>
          splitItem(convert(item as ParsedNode | null, span), node.flow === true, text, report),
        ),
      };
    if (isMap(node)) {
      const entries: Entry[] = [];
      for (const pair of node.items) {
        const key = convert(pair.key as ParsedNode | null, span);
        if (key.kind === 'scalar')
          entries.push({
            key: key.text,
            keySpan: key.span,
            value: convert(pair.value as ParsedNode | null, key.span),
          });
        else if (tabBefore(text, key.span.start) === undefined)
          report.error(key.span, {
            code: 'syntax',
            message: 'a key must be a word',
            suggestion: "write 'key: value'",
          });
      }
      return { kind: 'map', span, entries };
    }
    if (!isScalar(node)) return { kind: 'null', span };
    const raw: unknown = node.value;
    if (raw === null || raw === undefined) return { kind: 'null', span };
    const value = typeof raw === 'number' || typeof raw === 'boolean' ? raw : String(raw);
    return {
      kind: 'scalar',
      span,
      value,
      text: typeof raw === 'string' ? raw : (node.source ?? String(raw)),
    };
  };

  const root = convert(contents, { start: 0, end: 1 });
  return root.kind === 'null' ? undefined : root;
}
