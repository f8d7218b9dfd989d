/**
 * Every .scenario file in this directory, in virtual time. The files are read from the sources: the compiler copies none.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseScenario } from './parse.js';
import { runScenario } from './runner.js';

const directory = fileURLToPath(new URL('../../../test/scenario/', import.meta.url));
const files = readdirSync(directory)
  .filter((name) => name.endsWith('.scenario'))
  .sort();

t.ok(files.length >= 25, `${files.length} scenarios`);
for (const name of files) {
  const text = readFileSync(join(directory, name), 'utf8');
  t.test(`${basename(name, '.scenario')}: ${parseScenario(text).title}`, async (t) => {
    const failure = await runScenario(name, text);
    if (failure === undefined) t.pass('went as expected');
    else {
      t.fail(failure.split('\n', 2).join(' '));
      t.comment(failure);
    }
  });
}
