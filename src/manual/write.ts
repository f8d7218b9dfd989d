/**
 * Writes the generated files into docs/: the manual pages, the schema, and the tables of keys. `write.js
 * DIRECTORY`, the root of the project; a test compares.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../config/file-keys.js';
import { commandsPage } from './commands-page.js';
import { configPage } from './config-page.js';
import { withConfigTables } from './config-tables.js';
import { withExitTable } from './exit-statuses.js';
import { withMetricsTable } from './metrics-table.js';
import { outputSchema } from './output-schema.js';
import { templateOfHooks, templateUnit } from './template-unit.js';

/** Every file by its path below the project's directory. */
export function generated(root: string): Readonly<Record<string, string>> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const date = releaseDate(read('CHANGELOG.md'));
  return {
    'docs/man/backup-router.8': commandsPage(date),
    'docs/man/backup-router.yaml.5': configPage(date, {
      minimal: read('docs/examples/minimal.yaml'),
      full: read('docs/examples/full.yaml'),
    }),
    'docs/CONFIGURATION.md': withConfigTables(read('docs/CONFIGURATION.md')),
    'docs/METRICS.md': withMetricsTable(read('docs/METRICS.md')),
    'docs/AUTOMATION.md': withExitTable(read('docs/AUTOMATION.md')),
    'docs/output.schema.json': `${JSON.stringify(outputSchema(root), null, 2)}\n`,
    'systemd/backup-router-hooks@.service': templateOfHooks(read('systemd/backup-router-hooks.service')),
    'systemd/backup-router@.service': templateUnit(read('systemd/backup-router.service')),
    'docs/backup-router.schema.json': `${JSON.stringify(configSchema(), null, 2)}\n`,
  };
}

/** Of the newest release in the changelog; none yet is the beginning. */
function releaseDate(changelog: string): string {
  return /^## \[[0-9][^\]]*\] - (\d{4}-\d\d-\d\d)/m.exec(changelog)?.[1] ?? '2026-11-21';
}

const root = process.argv[2];
if (root !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'docs/man'), { recursive: true });
  for (const [path, content] of Object.entries(generated(root))) writeFileSync(join(root, path), content);
}
