/** The compiled configuration on disk: used for the very same text, and never trusted over the file. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { keepCompiled, parserThatKnows, readMeaning } from '../../../src/runtime/compiled-config.js';

const TEXT = 'management-interface: mgmt0\nbackup-router: {address: 10.0.0.1}\n';
const OTHER = TEXT.replace('10.0.0.1', '10.0.0.2');
const HERE = { build: 'b1', host: 'r1\n' };

t.test('a known text is not parsed, another one is', async (t) => {
  const path = join(t.testdir(), 'state', 'compiled.json');
  const { config, diagnostics } = parseConfig(TEXT, 'c');
  t.equal(keepCompiled(path, { text: TEXT, config: config!, diagnostics }, {}, HERE), undefined);
  // The known meaning is told from a parsed one by a mark that no text has.
  writeFileSync(path, readFileSync(path, 'utf8').replace('"tableBase":25500', '"tableBase":26000'));
  t.equal(parserThatKnows(readMeaning(path, {}, HERE), {})(TEXT, 'c').config?.tableBase, 26_000);
  t.equal(parserThatKnows(readMeaning(path, {}, HERE), {})(OTHER, 'c').config?.tableBase, 25_500);
  t.equal(parserThatKnows(readMeaning(path, {}, { ...HERE, build: 'b2' }), {})(TEXT, 'c').config?.tableBase, 25_500);
  t.equal(
    parserThatKnows(readMeaning(path, {}, undefined), {})(TEXT, 'c').config?.tableBase,
    25_500,
    'from modules: no build, nothing known',
  );
});

t.test('what has errors is not kept', async (t) => {
  const path = join(t.testdir(), 'compiled.json');
  const { partial, diagnostics } = parseConfig(`${TEXT}placement: nowhere\n`, 'c');
  t.equal(keepCompiled(path, { text: TEXT, config: partial!, diagnostics }, {}, HERE), undefined);
  t.throws(() => readFileSync(path), { code: 'ENOENT' });
});
