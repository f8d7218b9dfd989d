/**
 * The command line as data, and how it is read: what the help, the manual page, the completions and their tests are made from too, so that
 * none of them can name a command or an option that is not there. By the rules of getopt_long(3): `--name value`, `--name=value`, `-n value`,
 * `-nvalue`, `-ab`, and `--` before words that are no options.
 */

import { closest } from '../config/closest.js';
import { CommandError, EXIT } from '../model/exit.js';

/** One option or argument. */
export interface Parameter {
  /** `-c, --config <file>`, `[duration]`. */
  readonly term: string;
  readonly description: string;
  /** The spellings of an option: `-c`, `--config`; none for an argument. */
  readonly flags: readonly string[];
  /** What it takes: `file`, `duration`; undefined: nothing. */
  readonly value: string | undefined;
  /** It takes one word or more: `<name...>`. */
  readonly variadic: boolean;
  /** Without `required` it may be left out. */
  readonly required: boolean;
  readonly fallback: string | undefined;
  readonly choices: readonly string[];
}

/** Given the arguments, then the options by their long names in camel case, and resolves with the exit status. */
export type Run = (...given: never[]) => Promise<number>;

export type Options = Readonly<Record<string, unknown>>;

/** What the words of a command come to. */
export type Read =
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly options: Options; run(): Promise<number> };

export class Command {
  readonly parameters: Parameter[] = [];
  readonly commands: Command[] = [];
  summary = '';
  /** The text behind the options in the help: exit status, examples. */
  after = '';
  #run: Run = async () => EXIT.OK;

  /** The options of `program` are each command's as well. */
  constructor(
    readonly name: string,
    readonly program?: Command,
  ) {}

  /** What stands behind the name: `[options] <role>`. */
  get usage(): string {
    const options = this.parameters.some(({ flags }) => flags.length > 0) ? ['[options]'] : [];
    const words = this.parameters.filter(({ flags }) => flags.length === 0).map(({ term }) => term);
    return [...options, ...words, ...(this.commands.length > 0 ? ['[command]'] : [])].join(' ');
  }

  command(name: string): Command {
    const command = new Command(name, this);
    this.commands.push(command);
    return command;
  }

  description(text: string): this {
    this.summary = text;
    return this;
  }

  option(term: string, description: string, fallback?: string, choices?: readonly string[]): this {
    return this.#parameter(term, description, fallback, choices);
  }

  argument(term: string, description = '', fallback?: string, choices?: readonly string[]): this {
    return this.#parameter(term, description, fallback, choices);
  }

  addHelpText(_where: 'after', text: string): this {
    this.after = text.trim();
    return this;
  }

  action(run: Run): this {
    this.#run = run;
    return this;
  }

  #parameter(term: string, description: string, fallback?: string, choices: readonly string[] = []): this {
    const value = /[<[]([^>\]]+)[>\]]/.exec(term)?.[1];
    const flags = term.split(/[ ,]+/).filter((word) => word.startsWith('-'));
    // Arguments stand before options.
    const at = flags.length > 0 ? Infinity : this.parameters.filter((one) => one.flags.length === 0).length;
    this.parameters.splice(at, 0, {
      term,
      description,
      flags,
      value: value?.replace(/\.\.\.$/, ''),
      variadic: value?.endsWith('...') === true,
      required: term.includes('<'),
      fallback,
      choices,
    });
    return this;
  }

  /** The options that stand before the first other word. */
  leading(words: readonly string[]): { readonly options: Options; readonly rest: readonly string[] } {
    const options: Record<string, unknown> = {};
    const rest = [...words];
    const known = (word: string): boolean => this.#find(flagOf(word)) !== undefined;
    while (rest.length > 0 && known(rest[0]!)) this.#readOption(rest.shift()!, rest, options);
    return { options, rest };
  }

  /** `given`: options that were read before. Throws a CommandError of exit status 64. */
  read(words: readonly string[], given: Options = {}): Read {
    const options: Record<string, unknown> = {};
    for (const one of this.parameters)
      if (one.flags.length > 0 && one.fallback !== undefined) options[nameOf(one)] = one.fallback;
    Object.assign(options, given);
    const bare: string[] = [];
    const rest = [...words];
    for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
      if (word === '--') bare.push(...rest.splice(0));
      else if (word === '-' || !word.startsWith('-')) bare.push(word);
      else if (word === '-h' || word === '--help') return { kind: 'help' };
      else this.#readOption(word, rest, options);
    }
    const all = [...this.#arguments(bare), options] as never[];
    return { kind: 'run', options, run: () => this.#run(...all) };
  }

  #find(flag: string): Parameter | undefined {
    return [...this.parameters, ...(this.program?.parameters ?? [])].find(({ flags }) => flags.includes(flag));
  }

  #readOption(word: string, rest: string[], options: Record<string, unknown>): void {
    const flag = flagOf(word);
    const behind = word.slice(flag.length);
    const attached = behind === '' ? undefined : flag.startsWith('--') ? behind.slice(1) : behind;
    const found = this.#find(flag);
    if (found === undefined || (found.value === undefined && attached !== undefined && flag.startsWith('--')))
      throw this.#unknownOption(word);
    if (found.value === undefined) {
      options[nameOf(found)] = true;
      if (attached !== undefined) rest.unshift(`-${attached}`);
      return;
    }
    const value = attached ?? rest.shift();
    if (value === undefined) throw this.#misuse(`option '${found.term}' argument missing`);
    const values = [value];
    if (found.variadic) while (rest.length > 0 && !rest[0]!.startsWith('-')) values.push(rest.shift()!);
    for (const one of values) this.#mustBeChoice(one, found, `option '${found.term}'`);
    options[nameOf(found)] = found.variadic ? values : value;
  }

  #arguments(given: readonly string[]): readonly (string | undefined)[] {
    const wanted = this.parameters.filter(({ flags }) => flags.length === 0);
    if (given.length > wanted.length) {
      const expected = wanted.length === 1 ? '1 argument' : `${wanted.length} arguments`;
      throw this.#misuse(`too many arguments for '${this.name}'. Expected ${expected} but got ${given.length}.`);
    }
    return wanted.map((one, i) => {
      const value = given[i] ?? one.fallback;
      if (value === undefined && one.required) throw this.#misuse(`missing required argument '${one.value}'`);
      if (value !== undefined) this.#mustBeChoice(value, one, `argument '${one.value}'`);
      return value;
    });
  }

  #mustBeChoice(value: string, { choices }: Parameter, what: string): void {
    // In whatever case: what the word means is the command's.
    if (choices.length > 0 && !choices.includes(value.toLowerCase()))
      throw this.#misuse(`'${value}' is invalid for ${what}. Allowed choices are ${choices.join(', ')}.`);
  }

  #unknownOption(word: string): CommandError {
    const flags = this.parameters.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith('--'));
    const near = closest(word, [...flags, '--help']);
    return this.#misuse(`unknown option '${word}'`, near);
  }

  #misuse(message: string, near?: string): CommandError {
    return misuse(
      message,
      near,
      `${[...(this.program === undefined ? [] : [this.program.name]), this.name].join(' ')} --help`,
    );
  }
}

/** A command line that is none; `near`: what may have been meant. */
export function misuse(message: string, near: string | undefined, help: string): CommandError {
  return new CommandError(EXIT.USAGE, message, near === undefined ? help : `Did you mean ${near}?`);
}

/** Of `--name=value`, `-nvalue`: the flag. */
function flagOf(word: string): string {
  return word.startsWith('--') ? word.split('=', 1)[0]! : word.slice(0, 2);
}

/** `--dry-run` is `dryRun`. */
function nameOf({ flags }: Parameter): string {
  const long = flags.find((flag) => flag.startsWith('--')) ?? flags[0]!;
  return long.replace(/^-+/, '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
