/** What is told of a configuration and of its faults, in one line each. */

import type { Diagnostic } from '../../../src/config/diagnostic.js';
import { allBackupRouters, type Config } from '../../../src/model/config.js';
import { prefixText } from '../../../src/model/prefix.js';

/** `ADDRESS > PREFIX PREFIX`, one a backup router; undefined: there is no configuration. */
export function routersOf(config: Config | undefined): readonly string[] | undefined {
  return config === undefined
    ? undefined
    : allBackupRouters(config).map(
        ({ gateways, destinations }) => `${gateways.join(' ')} > ${destinations.map(prefixText).join(' ')}`,
      );
}

/** `LINE:COLUMN severity code` of each. */
export function faultsOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map((d) => `${d.line}:${d.column} ${d.severity} ${d.code}`);
}
