/**
 * Writes the generated files: the manual pages, schemas and lists of docs/, and the template units
 * of systemd/. Usage: `write.js DIRECTORY`, the root of the project. A test checks that they are up
 * to date.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../config/file-keys.js';
import { commandsPage } from './commands-page.js';
import { configPage } from './config-page.js';
import { withExitList } from './exit-statuses.js';
import { withKeyLists } from './key-lists.js';
import { withMetricsList } from './metrics-list.js';
import { outputSchema } from './output-schema.js';
import { templateOfHooks, templateUnit } from './template-unit.js';

/** Every generated file, by its path below the project's directory. */
export function generated(root: string): Readonly<Record<string, string>> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const date = releaseDate(read('CHANGELOG.md'));
  return {
    'docs/man/backup-router.8': commandsPage(date),
    'docs/man/backup-router.yaml.5': configPage(date, {
      minimal: read('docs/examples/minimal.yaml'),
      full: read('docs/examples/full.yaml'),
    }),
    'docs/CONFIGURATION.md': withKeyLists(read('docs/CONFIGURATION.md')),
    'docs/METRICS.md': withMetricsList(read('docs/METRICS.md')),
    'docs/AUTOMATION.md': withExitList(read('docs/AUTOMATION.md')),
    'docs/output.schema.json': `${JSON.stringify(outputSchema(root), null, 2)}\n`,
    'systemd/backup-router-hooks@.service': templateOfHooks(read('systemd/backup-router-hooks.service')),
    'systemd/backup-router@.service': templateUnit(read('systemd/backup-router.service')),
    'docs/backup-router.schema.json': `${JSON.stringify(configSchema(), null, 2)}\n`,
  };
}

/**
 * Date of the newest release in the changelog, or the date of the project's start if there is none.
 */
function releaseDate(changelog: string): string {
  return /^## \[[0-9][^\]]*\] - (\d{4}-\d\d-\d\d)/m.exec(changelog)?.[1] ?? '2026-11-21';
}

const root = process.argv[2];
if (root !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'docs/man'), { recursive: true });
  for (const [path, content] of Object.entries(generated(root))) writeFileSync(join(root, path), content);
}
