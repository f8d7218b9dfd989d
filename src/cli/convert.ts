/**
 * `backup-router convert`: converts Junos text to YAML and back. Strict: a text with errors is not
 * converted.
 */

import { writeFileSync } from 'node:fs';
import { renderDiagnostics } from '../config/diagnostic.js';
import { missingFile } from '../config/files.js';
import { looksLikeJunos } from '../config/junos/detect.js';
import { type JunosConfig, type JunosHints, readJunos } from '../config/junos/read.js';
import { writeJunos } from '../config/junos/write.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import { type Notes, writeYaml } from '../config/write.js';
import { codeOf, messageOf } from '../model/error.js';
import { CommandError, EXIT } from '../model/exit.js';
import { hintsOf, type JunosOptions } from './config-options.js';
import type { ConvertOutput } from './output.js';
import { print, printError, printJson } from './print.js';

const FORMS = ['yaml', 'junos', 'set'] as const;
type Form = (typeof FORMS)[number];

export interface ConvertOptions extends JunosOptions {
  readonly to?: Form;
  readonly output?: string;
  /** Overwrite an existing output file. */
  readonly force?: boolean;
  /** Print the text and the diagnostics as one JSON value. */
  readonly json?: boolean;
}

export async function convert(file: string, options: ConvertOptions): Promise<number> {
  const hints = hintsOf(options);
  const { config, diagnostics: faults, text } = file === '-' ? await fromInput(hints) : loadConfig(file, hints, true);
  // The suggestion to run `init` fits the agent's own file, but not an input file.
  const diagnostics = faults.map((fault) =>
    fault.message === missingFile(file).message
      ? { ...fault, suggestion: 'name another file, or - for standard input' }
      : fault,
  );
  const junos = text !== undefined && looksLikeJunos(text) ? readJunos(text, file, hints) : undefined;
  const form = options.to ?? (junos === undefined ? 'junos' : 'yaml');
  const written =
    config === undefined || text === undefined
      ? { text: undefined, lost: [] }
      : form === 'yaml'
        ? { text: writeYaml(config, junos === undefined ? {} : notesOf(junos, file)), lost: [] }
        : writeJunos(config, form);
  const advice = config === undefined ? [] : (junos?.advice ?? []);
  if (options.json === true) {
    if (written.text !== undefined && options.output !== undefined) write(written.text, options);
    printJson<ConvertOutput>({
      version: 1,
      file,
      form,
      diagnostics,
      advice,
      lost: written.lost,
      text: written.text ?? null,
    });
    return written.text === undefined ? EXIT.CONFIG : EXIT.OK;
  }
  printError(renderDiagnostics(diagnostics));
  if (config === undefined || text === undefined) return EXIT.CONFIG;
  for (const line of advice) printError(`backup-router: note: ${line}\n`);
  for (const line of written.lost) printError(`backup-router: warning: lost: ${line}\n`);
  if (written.text === undefined)
    throw new CommandError(EXIT.CONFIG, 'nothing is left that Junos could say', 'name the address of a backup router');
  write(written.text, options);
  return EXIT.OK;
}

async function fromInput(hints: JunosHints): Promise<LoadedConfig> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return { ...parseConfig(text, 'stdin', hints), text, parts: [] };
}

/** Where the statements came from, as comments in the result. */
function notesOf({ origins, member }: JunosConfig, file: string): Notes {
  const groups = (names: readonly string[] | undefined): readonly string[] =>
    names === undefined || names.length === 0
      ? []
      : [`from ${names.length === 1 ? 'group' : 'groups'} ${names.join(', ')}`];
  const source = file === '-' ? 'Junos text' : `the Junos text ${file}`;
  return {
    top: [`converted from ${source}${member === undefined ? '' : `, as ${member}`}`],
    inet: groups(origins.inet),
    inet6: groups(origins.inet6),
  };
}

/** An existing file is not overwritten without --force: it may be the configuration in use. */
function write(text: string, { output, force = false }: ConvertOptions): void {
  if (output === undefined || output === '-') {
    print(text);
    return;
  }
  try {
    writeFileSync(output, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new CommandError(
        EXIT.NOT_IN_STATE,
        `${output} exists already and is left as it is`,
        'name another file with -o, or give --force to overwrite it',
      );
    throw new CommandError(
      EXIT.NOT_IN_STATE,
      `${output} cannot be written: ${messageOf(error)}`,
      'name another file with -o',
    );
  }
}
