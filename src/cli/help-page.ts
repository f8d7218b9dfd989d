/** What `--help` prints of a command: usage, summary, arguments, options, commands, and the text behind them (help.ts). */

import { wrap } from '../model/text.js';
import type { Command, Parameter } from './command-line.js';

const HELP = { term: '-h, --help', description: 'display help for command' };
const VERSION = { term: '-V, --version', description: 'output the version number' };
const HELP_COMMAND = { term: 'help [command]', description: 'display help for command' };

/** Lines of at most `width` columns, but for examples. `program` is the command that has the others, or the one itself. */
export function helpPage(program: Command, command: Command, width: number): string {
  const isProgram = command === program;
  const name = isProgram ? [program.name] : [program.name, command.name];
  const options = command.parameters.filter(({ flags }) => flags.length > 0).map(row);
  const words = command.parameters.filter(({ flags }) => flags.length === 0).map(row);
  const commands = command.commands.map((one) => ({
    term: `${one.name} ${one.usage}`.trim(),
    description: one.summary,
  }));
  const lists: readonly (readonly [string, readonly Row[]])[] = [
    ['Arguments', words],
    ['Options', [...(isProgram ? [VERSION] : []), ...options, HELP]],
    ['Commands', isProgram ? [...commands, HELP_COMMAND] : []],
  ];
  // One column for all lists of a page.
  const column = Math.max(...lists.flatMap(([, rows]) => rows.map(({ term }) => term.length))) + 4;
  const parts = [
    `Usage: ${[...name, isProgram ? '[options] [command]' : command.usage].join(' ').trim()}`,
    wrap(command.summary, width).join('\n'),
    ...lists
      .filter(([, rows]) => rows.length > 0)
      .map(([title, rows]) => `${title}:\n${rows.map((one) => entry(one, column, width)).join('\n')}`),
    ...(command.after === '' ? [] : [command.after]),
  ];
  return `${parts.join('\n\n')}\n`;
}

interface Row {
  readonly term: string;
  readonly description: string;
}

function row({ term, value, flags, description, fallback, choices }: Parameter): Row {
  const chosen = choices.length === 0 ? [] : [`choices: ${choices.join(', ')}`];
  const more = [...chosen, ...(fallback === undefined ? [] : [`default: ${fallback}`])].join('; ');
  return {
    term: flags.length === 0 ? (value ?? term) : term,
    description: `${description}${more === '' ? '' : ` (${more})`}`.trim(),
  };
}

/** Where too little is left of the line, what it means stands below it. */
function entry({ term, description }: Row, column: number, width: number): string {
  const margin = ' '.repeat(column);
  if (width - column >= 24) return wrap(`${`  ${term}`.padEnd(column)}${description}`, width, margin).join('\n');
  return [`  ${term}`, ...wrap(`      ${description}`, width, '      ')].join('\n');
}
