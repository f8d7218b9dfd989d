/** Completion for zsh (zshcompsys(1)). */

import type { CommandWords, OptionWords, Takes } from './words.js';

export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef backup-router
# zsh completion for backup-router; to use it: source <(backup-router completion zsh), or a file _backup-router in \\$fpath
_backup-router() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    '${name}:${description}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  # Positions count from the command's own word.
  words=("\${words[@]:1}")
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = "_backup-router" ]; then _backup-router "$@"; elif (( $+functions[compdef] )); then compdef _backup-router backup-router; fi
`.replace('\\$fpath', '$fpath');
}

function commandCase({ name, options, argument }: CommandWords): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...(argument.kind === 'nothing' ? [] : [`'1:argument:${action(argument)}'`]),
  ];
  return `    ${name})
      _arguments ${specs.join(' \\\n        ')}
      ;;`;
}

function optionSpecs({ flags, description, takes }: OptionWords): readonly string[] {
  const value = takes.kind === 'nothing' ? '' : `:value:${action(takes)}`;
  return flags.map(
    (flag) =>
      `'${flags.length > 1 ? `(${flags.join(' ')})` : ''}${flag}[${description.replace(/[[\]:]/g, '')}]${value}'`,
  );
}

function action(takes: Takes): string {
  switch (takes.kind) {
    case 'file':
      return '_files';
    case 'words':
      return `(${takes.words.join(' ')})`;
    case 'nothing':
    case 'anything':
      return ' ';
    default:
      return takes satisfies never;
  }
}
