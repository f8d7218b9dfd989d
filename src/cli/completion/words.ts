/** What can be completed in any shell: each command with its options and their values. */

import type { Command } from 'commander';
import { describeProgram, type Parameter } from '../describe.js';

export type Takes =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'file' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A value that cannot be completed: an address, a number. */
  | { readonly kind: 'anything' };

export interface OptionWords {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takes: Takes;
}

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** What the first argument takes. */
  readonly argument: Takes;
}

const DURATIONS = ['10m', '30m', '2h', 'off'];
const HELP: OptionWords = {
  flags: ['-h', '--help'],
  description: 'display help for command',
  takes: { kind: 'nothing' },
};

export function completable(program: Command): readonly CommandWords[] {
  const { commands } = describeProgram(program);
  return commands.map(({ name, summary, parameters }) => {
    const argument = parameters.find((one) => one.flags.length === 0);
    const options = parameters.filter((one) => one.flags.length > 0);
    return {
      name,
      description: firstClause(summary),
      options: [
        ...options.map((word) => ({
          flags: word.flags,
          description: firstClause(word.description),
          takes: takesOf(word),
        })),
        HELP,
      ],
      argument: argument === undefined ? { kind: 'nothing' } : takesOf(argument),
    };
  });
}

function takesOf(parameter: Parameter): Takes {
  if (parameter.value === undefined) return { kind: 'nothing' };
  if (parameter.choices.length > 0) return { kind: 'words', words: parameter.choices };
  if (/file|path/.test(parameter.value)) return { kind: 'file' };
  return parameter.value === 'duration' ? { kind: 'words', words: DURATIONS } : { kind: 'anything' };
}

/**
 * The text up to the first `;` or `(`, because a completion has less than a line of room. Without
 * quotes, which every shell escapes differently.
 */
function firstClause(text: string): string {
  return text
    .split(/[;(]| \(/)[0]!
    .replace(/['"`$\\]/g, '')
    .trim();
}
