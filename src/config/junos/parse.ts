/**
 * Junos text in either form, or both mixed, -> statement tree. This file goes from one statement to
 * the next: noise of the terminal (noise.ts), commands (one per line, commands.ts) and curly
 * statements (curly.ts).
 *
 * A missing closing brace is found by indentation: if the braces do not match, the text is read
 * again, and each block ends at the first line that is not indented further than the line that
 * opened the block.
 */

import { unprefixed } from '../line-numbers.js';
import { createReport, type Report } from '../report.js';
import { blankCapture } from './capture.js';
import { createCommands } from './commands.js';
import { Curly } from './curly.js';
import { type Directive, readDirective } from './directives.js';
import { createLexer } from './lexer.js';
import { noiseAt } from './noise.js';
import { createSyntax, FLAT, type Syntax } from './syntax.js';
import { createNode, type Node, type Statement } from './tree.js';
import { blankWrapped } from './wrapped.js';

export interface JunosDocument {
  readonly root: Statement;
  /** `# backup-router: interface eth0` and the like, in text order. */
  readonly directives: readonly Directive[];
  readonly report: Report;
  /** Syntax faults. They must be settled before anything else is reported. */
  readonly syntax: Syntax;
  /** Part of the text is not in the tree, or in the wrong place. */
  readonly damaged: boolean;
}

/**
 * A configuration of 100,000 lines has about 800,000 words. Each takes about 200 bytes while the
 * text is read.
 */
const MAX_WORDS = 1 << 21;

/** Parses the text. Syntax faults go into `syntax`. Never throws. */
export function parseJunosText(text: string, file: string): JunosDocument {
  const plain = parseOnce(text, file, false);
  if (plain.unclosed === 0 || FLAT.test(text)) return plain;
  const indented = parseOnce(text, file, true);
  return indented.closedEarly + indented.unclosed === plain.unclosed ? indented : plain;
}

interface Attempt extends JunosDocument {
  /** The number of blocks that are open at the end. */
  readonly unclosed: number;
  /** The number of blocks that were ended by indentation. */
  readonly closedEarly: number;
}

function parseOnce(original: string, file: string, byIndent: boolean): Attempt {
  const report = createReport(original, file);
  const prefixed = unprefixed(original);
  const syntax = createSyntax(prefixed?.text ?? original, report);
  if (prefixed !== undefined)
    syntax.warning(prefixed.span, {
      code: 'syntax',
      message: `${prefixed.what}, which is passed over`,
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
  const curly = new Curly({
    root,
    lexer,
    report: syntax,
    byIndent,
    isCommands: () => commands.count() > 0,
    isNoise: (offset) => noiseAt(text, offset) !== undefined,
  });

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
        // `show` prints the contents of a level without its name (except with `| display set`,
        // whose commands have it).
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
