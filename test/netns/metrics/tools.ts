/**
 * Debian's Prometheus and node_exporter, unpacked by `scripts/setup metrics-lab` into a directory
 * of their own.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** As in scripts/setup. */
const RECIPE = 1;
const DIRECTORY = join(process.env['BACKUP_ROUTER_TEST_CACHE'] ?? '/var/cache/backup-router-test', `metrics-${RECIPE}`);

export const PROMETHEUS = join(DIRECTORY, 'prometheus');
export const PROMTOOL = join(DIRECTORY, 'promtool');
export const NODE_EXPORTER = join(DIRECTORY, 'prometheus-node-exporter');

/** The reason why tests with them are skipped, or false. */
export const missing: string | false =
  ![PROMETHEUS, PROMTOOL, NODE_EXPORTER].every((file) => existsSync(file)) &&
  `not there: ${DIRECTORY} (scripts/setup metrics-lab)`;
