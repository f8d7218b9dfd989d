/**
 * The command line as data, read from the commander program. The manual page, the completions and
 * their tests are generated from it, so they cannot name a command or option that does not exist.
 */

import type { Command } from 'commander';

/** One option or argument. */
export interface Parameter {
  /** `-c, --config <file>`, `[duration]`. */
  readonly term: string;
  readonly description: string;
  /** The spellings of an option: `-c`, `--config`. Empty for an argument. */
  readonly flags: readonly string[];
  /** The value that it takes: `file`, `duration`. undefined: none. */
  readonly value: string | undefined;
  /** If false, it may be left out. */
  readonly required: boolean;
  readonly choices: readonly string[];
}

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** What follows the name: `[options] <role>`. */
  readonly usage: string;
  readonly parameters: readonly Parameter[];
  /** The help text after the options: exit statuses, examples. */
  readonly after: string;
}

/** The program and each of its commands, in order of definition. */
export function describeProgram(program: Command): {
  readonly program: CommandText;
  readonly commands: readonly CommandText[];
} {
  const commands = program.commands.filter((command) => command.name() !== 'help').map(describeCommand);
  return { program: describeCommand(program), commands };
}

function describeCommand(command: Command): CommandText {
  const parameters: Parameter[] = command.registeredArguments.map((argument) => ({
    term: argument.required
      ? `<${argument.name()}${argument.variadic ? '...' : ''}>`
      : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
    description: argument.description,
    flags: [],
    value: argument.name().toLowerCase(),
    required: argument.required,
    choices: argument.argChoices ?? [],
  }));
  for (const option of command.options.filter((one) => !one.hidden)) {
    const fallback =
      option.defaultValue === undefined || option.defaultValue === false
        ? ''
        : ` (default: ${String(option.defaultValue)})`;
    parameters.push({
      term: option.flags,
      description: `${option.description}${fallback}`,
      flags: [option.short, option.long].filter((flag): flag is string => flag !== undefined && flag !== null),
      value: /[<[]([^>\]]+)[>\]]/
        .exec(option.flags)?.[1]
        ?.replace(/\.\.\.$/, '')
        .toLowerCase(),
      required: option.required,
      choices: option.argChoices ?? [],
    });
  }
  return {
    name: command.name(),
    summary: command.description(),
    usage: command.usage(),
    parameters,
    after: textAfter(command),
  };
}

/** The text added by addHelpText. Commander gives access to it only by printing it. */
function textAfter(command: Command): string {
  let printed = '';
  command.configureOutput({ writeOut: (text) => void (printed += text), writeErr: () => undefined });
  command.outputHelp();
  return printed.slice(command.helpInformation().length).trim();
}
