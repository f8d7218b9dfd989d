/** Completion for fish (complete(1)). */

import type { CommandWords, OptionWords, Takes } from './words.js';

export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c backup-router -n __fish_use_subcommand -f -a ${command.name} -d '${command.description}'`,
    ...command.options.map((option) => optionLine(command.name, option)),
    ...argumentLines(command),
  ]);
  return `# fish completion for backup-router; to use it: backup-router completion fish | source\ncomplete -c backup-router -f\n${lines.join('\n')}\n`;
}

function optionLine(command: string, { flags, description, takes }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
  return `complete -c backup-router -n '__fish_seen_subcommand_from ${command}' ${names}${value(takes)} -d '${description}'`;
}

function argumentLines({ name, argument }: CommandWords): readonly string[] {
  if (argument.kind === 'file') return [`complete -c backup-router -n '__fish_seen_subcommand_from ${name}' -F`];
  return argument.kind === 'words'
    ? [`complete -c backup-router -n '__fish_seen_subcommand_from ${name}' -f -a '${argument.words.join(' ')}'`]
    : [];
}

function value(takes: Takes): string {
  switch (takes.kind) {
    case 'nothing':
      return '';
    case 'file':
      return ' -r -F';
    case 'words':
      return ` -x -a '${takes.words.join(' ')}'`;
    case 'anything':
      return ' -x';
    default:
      return takes satisfies never;
  }
}
