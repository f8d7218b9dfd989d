/** `backup-router check`: strict, reports every fault of a file at once. */

import { renderDiagnostics } from '../config/diagnostic.js';
import { partsDirectory } from '../config/files.js';
import { loadConfig } from '../config/load.js';
import { EXIT } from '../model/exit.js';
import { counted } from '../model/text.js';
import { type ConfigOptions, configFileOf, hintsOf } from './config-options.js';
import type { CheckOutput } from './output.js';
import { print, printError, printJson } from './print.js';

export async function check(options: ConfigOptions & { readonly json?: boolean }): Promise<number> {
  const file = configFileOf(options);
  const { config, diagnostics, parts } = loadConfig(file, hintsOf(options), true);
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  if (options.json === true) {
    printJson<CheckOutput>({ version: 1, file, parts, valid: config !== undefined, diagnostics });
  } else {
    printError(renderDiagnostics(diagnostics));
    const warnings = diagnostics.length - errors;
    const verdict = config === undefined ? counted(errors, 'error') : 'ok';
    const warned = warnings > 0 ? `, ${counted(warnings, 'warning')}` : '';
    const whole =
      parts.length === 0 ? file : `${file} with ${counted(parts.length, 'file')} of ${partsDirectory(file)}`;
    print(`${whole}: ${verdict}${warned}\n`);
  }
  return config === undefined ? EXIT.CONFIG : EXIT.OK;
}
