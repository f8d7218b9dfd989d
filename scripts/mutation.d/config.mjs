/** Stryker's configuration for scripts/mutation, on standard output: config.mjs JOBS PATTERN... */

import { resolve } from 'node:path';

const [jobs, ...mutate] = process.argv.slice(2);
const config = {
  mutate,
  testRunner: 'backup-router',
  plugins: [resolve('scripts/mutation.d/runner.mjs')],
  buildCommand: 'node scripts/mutation.d/bundle.mjs',
  coverageAnalysis: 'perTest',
  checkers: [],
  concurrency: Number(jobs),
  ignorePatterns: [
    '.stryker',
    '.node',
    'dist',
    'docs',
    'systemd',
    'test/netns',
    'test/systemd',
    'test/packages',
    '*.log',
  ],
  // Words of a log or a status; a value that is worked out once, when a module is loaded, cannot be changed later.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignoreStatic: true,
  incremental: true,
  incrementalFile: '.stryker/incremental.json',
  tempDirName: '.stryker/tmp',
  reporters: ['clear-text', 'html', 'json', 'progress-append-only'],
  htmlReporter: { fileName: '.stryker/mutation.html' },
  jsonReporter: { fileName: '.stryker/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  timeoutMS: 20000,
  thresholds: { high: 90, low: 85, break: 85 },
  disableTypeChecks: true,
};
process.stdout.write(`${JSON.stringify(config, null, 1)}\n`);
