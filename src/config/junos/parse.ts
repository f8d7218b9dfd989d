/**
 * Junos text in either form, or both mixed, -> statement tree. This file goes from one statement to the next: what the
 * terminal added, commands (a line each, commands.ts) and curly statements (curly.ts).
 *
 * A closing brace that is missing is found by the indentation: when the braces do not match, the text is read again
 * with blocks that end where a line stands no further in than the one that opened them.
 */

import { unprefixed } from '../line-numbers.js';
import { createReport, type Report } from '../report.js';
import { blankCapture } from './capture.js';
import { createCommands } from './commands.js';
import { createCurly } from './curly.js';
import { type Directive, readDirective } from './directives.js';
import { createLexer } from './lexer.js';
import { noiseAt } from './noise.js';
import { createSyntax, FLAT, type Syntax } from './syntax.js';
import { createNode, type Node, type Statement } from './tree.js';
import { blankWrapped } from './wrapped.js';

export interface JunosDocument {
  readonly root: Statement;
  /** `# backup-router: interface eth0` and the like, in the order of the text. */
  readonly directives: readonly Directive[];
  readonly report: Report;
  /** Its faults; they are to be settled before anything else is reported. */
  readonly syntax: Syntax;
  /** Some of the text did not make it into the tree, or not where it belongs. */
  readonly damaged: boolean;
}

/** A configuration of 100,000 lines has some 800,000; each costs some 200 bytes while the text is read. */
const MAX_WORDS = 1 << 21;

/** Parses the text; faults of syntax go into the report. Never throws. */
export function parseJunosText(text: string, file: string): JunosDocument {
  const plain = parseOnce(text, file, false);
  if (plain.unclosed === 0 || FLAT.test(text)) return plain;
  const indented = parseOnce(text, file, true);
  return indented.closedEarly + indented.unclosed === plain.unclosed ? indented : plain;
}

interface Attempt extends JunosDocument {
  /** Blocks that are open at the end. */
  readonly unclosed: number;
  /** Blocks that ended by the indentation. */
  readonly closedEarly: number;
}

function parseOnce(original: string, file: string, byIndent: boolean): Attempt {
  const report = createReport(original, file);
  const prefixed = unprefixed(original);
  const syntax = createSyntax(prefixed?.text ?? original, report);
  if (prefixed !== undefined)
    syntax.warning(prefixed.span, {
      code: 'syntax',
      message: `there ${prefixed.what === 'line numbers' ? 'are line numbers' : `is ${prefixed.what}`} in front of each line, which is passed over`,
      suggestion: 'remove them from the file',
    });
  const text = blankWrapped(blankCapture(prefixed?.text ?? original, syntax), syntax);
  const directives: Directive[] = [];
  const root: Node = createNode('', { start: 0, end: 0 });
  const lexer = createLexer(text, syntax, (start, end) => {
    const directive = readDirective(text, start, end, report);
    if (directive !== undefined) directives.push(...directive);
  });
  const commands = createCommands(text, root, lexer, syntax);
  const curly = createCurly(root, lexer, syntax, byIndent, () => commands.count() > 0);

  while (lexer.kind() !== 'end') {
    if (lexer.words() > MAX_WORDS) {
      syntax.error(
        { start: lexer.start(), end: lexer.end() },
        {
          code: 'too-large',
          message: `the text has more than ${MAX_WORDS} words`,
          suggestion: 'is this the right file?',
        },
        'text',
      );
      lexer.stop();
      continue;
    }
    if (curly.idle() && lexer.firstOnLine()) {
      const noise = noiseAt(text, lexer.start());
      if (noise !== undefined) {
        if (noise.level !== undefined) commands.setLevel(noise.level);
        if (noise.commands !== undefined) commands.setLevel(noise.commands);
        // The contents of a level are shown without its name (but for `| display set`, whose commands have it).
        if (noise.level !== undefined || noise.show !== undefined)
          curly.setLevel([...commands.level(), ...(noise.show ?? [])]);
        lexer.jump(noise.end);
        if (!lexer.firstOnLine() && !commands.take()) lexer.jump(lineEnd(text, lexer.start()));
        continue;
      }
      if (commands.take()) continue;
    }
    curly.take();
  }
  const unclosed = curly.end();
  return {
    root,
    directives,
    report,
    syntax,
    damaged: syntax.count() > 0,
    unclosed,
    closedEarly: curly.closedEarly(),
  };
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline;
}
