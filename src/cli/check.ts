/** `backup-router check`: strict; every fault of a file at once. */

import { renderDiagnostics } from '../config/diagnostic.js';
import { loadConfig } from '../config/load.js';
import { EXIT } from '../model/exit.js';
import { counted } from '../model/text.js';
import { hintsOf, type JunosOptions } from './config-options.js';

export async function check(
  options: JunosOptions & { readonly config: string; readonly json?: boolean },
): Promise<number> {
  const { config, diagnostics } = loadConfig(options.config, hintsOf(options), true);
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ version: 1, file: options.config, valid: config !== undefined, diagnostics }, null, 2)}\n`,
    );
  } else {
    process.stderr.write(renderDiagnostics(diagnostics));
    const warnings = diagnostics.length - errors;
    const verdict = config === undefined ? counted(errors, 'error') : 'ok';
    const warned = warnings > 0 ? `, ${counted(warnings, 'warning')}` : '';
    process.stdout.write(`${options.config}: ${verdict}${warned}\n`);
  }
  return config === undefined ? EXIT.CONFIG : EXIT.OK;
}
