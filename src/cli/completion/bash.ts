/** Completion for bash. It does not need the bash-completion package, which routers rarely have. */

import type { CommandWords, Takes } from './words.js';

export function bashCompletion(commands: readonly CommandWords[]): string {
  return `# bash completion for backup-router; to use it: source <(backup-router completion bash)
_backup_router() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
complete -F _backup_router backup-router
`;
}

function commandCase({ name, options, argument }: CommandWords): string {
  const values = options
    .filter((option) => option.takes.kind !== 'nothing')
    .map((option) => `        ${option.flags.join(' | ')}) ${reply(option.takes)}; return ;;\n`)
    .join('');
  const flags = options.flatMap((option) => option.flags).join(' ');
  return `    ${name})
      case $before in
${values}      esac
      case $word in
        -*) COMPREPLY=($(compgen -W "${flags}" -- "$word")) ;;
        *) ${argument.kind === 'nothing' ? `COMPREPLY=($(compgen -W "${flags}" -- "$word"))` : reply(argument)} ;;
      esac
      ;;`;
}

function reply(takes: Takes): string {
  switch (takes.kind) {
    case 'file':
      return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word")';
    case 'words':
      return `COMPREPLY=($(compgen -W "${takes.words.join(' ')}" -- "$word"))`;
    case 'nothing':
    case 'anything':
      return ':';
    default:
      return takes satisfies never;
  }
}
