/**
 * Copies from a built checkout what runs, and nothing else: install-stage.mjs PROJECT DESTINATION
 *
 * That is the program (scripts/lib/bundle.mjs), package.json and the production packages of the
 * lock file from node_modules: no network, no npm, no scripts.
 */

import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [project, destination] = process.argv.slice(2);

copy('dist/bin');
copy('package.json');
// doctor compares the installed unit with it.
copy('systemd/backup-router.service');
copy('systemd/backup-router@.service');

const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
for (const [path, { dev, optional }] of Object.entries(packages)) {
  // '' is the project itself; a package inside another is copied with that one.
  if (path === '' || dev || path.lastIndexOf('node_modules/') > 0) continue;
  if (existsSync(join(project, path))) copy(path);
  else if (!optional) throw new Error(`${path} is missing: run scripts/setup build`);
}

function copy(path) {
  mkdirSync(dirname(join(destination, path)), { recursive: true });
  cpSync(join(project, path), join(destination, path), { recursive: true });
}
