/** The documentation says what the program does: examples load, defaults and codes are the real ones. */

import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { renderDiagnostics } from '../../../src/config/diagnostic.js';
import { MAPPINGS, TOP_NAMES } from '../../../src/config/file-keys.js';
import { loadConfig } from '../../../src/config/load.js';
import { parseConfig } from '../../../src/config/parse.js';
import { joinParts } from '../../../src/config/parts.js';
import { DEFAULTS } from '../../../src/config/settings.js';
import { withKeyLists } from '../../../src/manual/key-lists.js';
import { allBackupRouters, type Config } from '../../../src/model/config.js';

/** The project's root, from dist/test/unit/config/. */
const root = new URL('../../../../', import.meta.url).pathname;
const manual = readFileSync(`${root}docs/CONFIGURATION.md`, 'utf8');

t.test('examples', async (t) => {
  const names = readdirSync(`${root}docs/examples`).filter((name) => name.endsWith('.yaml'));
  for (const name of [
    'minimal.yaml',
    'full.yaml',
    'inet6.yaml',
    'bird.yaml',
    'generic.yaml',
    'pair.yaml',
    'two-interfaces.yaml',
    'containerlab.yaml',
    'vrf.yaml',
  ])
    t.ok(names.includes(name), name);
  for (const name of names)
    t.strictSame(loadConfig(`${root}docs/examples/${name}`).diagnostics, [], `${name} has no fault`);
  const full = loadConfig(`${root}docs/examples/full.yaml`).config!;
  for (const key of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    if (key !== 'routingDaemons') t.strictSame(full[key], DEFAULTS[key], `full.yaml shows the default of ${key}`);
  }
  const example = (name: string): Config => loadConfig(`${root}docs/examples/${name}.yaml`).config!;
  t.equal(example('pair').role.kind, 'file');
  t.strictSame(
    example('two-interfaces').managementInterfaces.map(({ selector }) => selector.kind),
    ['name', 'mac'],
  );
  t.match(allBackupRouters(example('containerlab')), [{ auto: { adopt: true } }]);
  t.equal(example('vrf').placement, 'vrf');
  const text = readFileSync(`${root}docs/examples/full.yaml`, 'utf8');
  for (const key of TOP_NAMES) t.match(text, new RegExp(`^${key}:`, 'm'), `full.yaml has ${key}`);
});

t.test('every block of YAML in the manual loads', async (t) => {
  const blocks = [...manual.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
  t.ok(blocks.length > 5);
  for (const block of blocks) {
    const part = /^# (\/etc\/backup-router\/config\.d\/.*)/.exec(block)?.[1];
    if (part !== undefined) {
      const whole = joinParts('management-interface: eth0\nbackup-router: {address: 192.0.2.1}\n', [
        { name: part, text: block },
      ]);
      t.strictSame(parseConfig(whole, 'f').diagnostics, [], block);
      continue;
    }
    const whole = `${/^management-interface:/m.test(block) ? '' : 'management-interface: eth0\n'}${/^(management-interface:$|(inet6-)?backup-router:)/m.test(block) ? '' : 'backup-router: {address: 192.0.2.1}\n'}${block}`;
    t.strictSame(
      parseConfig(whole, 'f').diagnostics.filter((d) => d.severity === 'error'),
      [],
      block,
    );
  }
});

t.test('the manual knows every key, its default and every code that it explains', async (t) => {
  for (const [mapping, keys] of MAPPINGS)
    for (const { key } of keys)
      t.match(manual, `\`${key}\``, `${key} of ${mapping === '' ? 'the top level' : mapping}`);
  t.equal(withKeyLists(manual), manual, 'the lists of keys are those of the program: run scripts/manual');
  t.notMatch(manual, /\n\n\|(?![^\n]*\n\|---)/, 'no row of a table without its head');
  const source = readFileSync(`${root}src/config/diagnostic.ts`, 'utf8');
  const codes = [
    ...source
      .slice(source.indexOf('export type DiagnosticCode'), source.indexOf('/** A fault before'))
      .matchAll(/'([a-z0-9-]+)'/g),
  ].map((m) => m[1]!);
  t.ok(codes.length > 40);
  for (const code of codes) t.match(manual, `\`${code}\``, `the manual explains ${code}`);
});

t.test('the sample output in the manual is what is printed', async (t) => {
  const sample = /```console\n\$ backup-router check -c config\.yaml\n([\s\S]*?)```/.exec(manual)![1]!;
  const text =
    'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination:\n    - 10.0.0.0/8\n    - 172.16.128.0/13\nwithdraw: {hold_time: 5}\n';
  t.equal(sample, renderDiagnostics(parseConfig(text, 'config.yaml').diagnostics));
});
