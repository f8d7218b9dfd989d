/** docs/JUNOS.md says what the program does: its examples load, its sample output is what is printed. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderDiagnostics } from '../../../../src/config/diagnostic.js';
import { looksLikeJunos } from '../../../../src/config/junos/detect.js';
import { parseConfig } from '../../../../src/config/parse.js';

const manual = readFileSync(new URL('../../../../../docs/JUNOS.md', import.meta.url), 'utf8');
const blocks = [...manual.matchAll(/```junos\n([\s\S]*?)```/g)].map((match) => match[1]!);

t.test('every example loads', async (t) => {
  t.ok(blocks.length >= 4);
  for (const block of blocks) {
    t.ok(looksLikeJunos(block), block);
    t.ok(parseConfig(block, 'f', block.startsWith('#') ? {} : { interface: 'eth0' }).config, block);
  }
  t.strictSame(
    ...(blocks.slice(0, 2).map((block) => parseConfig(block, 'f').config) as [unknown, unknown]),
    'the first two say the same',
  );
});

t.test('the sample output is what is printed', async (t) => {
  const [, options, sample] = /```console\n\$ backup-router check -c router\.conf (.*)\n([\s\S]*?)```/.exec(manual)!;
  t.equal(options, '--interface eth0');
  const vendor = blocks.find((block) => block.includes('172.29.201.62'))!;
  t.equal(sample, renderDiagnostics(parseConfig(vendor, 'router.conf', { interface: 'eth0' }).diagnostics));
});
