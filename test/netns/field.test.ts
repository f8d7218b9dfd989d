/**
 * Situations that people have reported of similar routers, reduced to scripts (test/field/*.sh).
 * The agent is judged by what packets do and by what it reports. Each script creates its own
 * namespaces, prints what it saw, and removes everything.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ENTRY } from '../../src/drill/lab/entry.js';
import { FIELD_CASES, type FieldCase, NEVER } from '../field/cases.js';

const directory = fileURLToPath(new URL('../../../test/field/', import.meta.url));
/** They mostly wait. */
const AT_ONCE = 6;

const skip = process.getuid?.() !== 0 && 'needs root (network namespaces)';

function title({ script, environment = {}, args = [] }: FieldCase): string {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [script, ...settings, ...args].join(' ');
}

/** What the script prints. Its last command is often a grep that is to find nothing, so the exit status says little. */
function printed({ script, environment, args = [] }: FieldCase): Promise<string> {
  const env = { ...process.env, ...environment, BR: `${process.execPath} ${ENTRY}` };
  return new Promise((resolve) => {
    execFile('bash', [`./${script}.sh`, ...args], { cwd: directory, env }, (_error, stdout) => resolve(stdout));
  });
}

t.jobs = AT_ONCE;
for (const one of FIELD_CASES) {
  t.test(title(one), { skip, buffered: true, timeout: 180_000 }, async (t) => {
    const text = await printed(one);
    t.comment(text);
    for (const pattern of one.expect) t.match(text, pattern, `prints ${pattern}`);
    for (const pattern of [...(one.told === true ? [] : [NEVER]), ...(one.never ?? [])])
      t.notMatch(text, pattern, `never ${pattern}`);
  });
}
