/** A large configuration is read in a thread: what comes back is what the loop would have read, and meanwhile the loop goes on. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../../src/config/load.js';
import { eventually } from '../../../src/drill/lab/wait.js';
import { keepAside, loadAside } from '../../../src/runtime/aside.js';
import { readLastKnownGood } from '../../../src/runtime/last-known-good.js';

const made = mkdtempSync(join(tmpdir(), 'br-aside-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const noise = (lines: number): string =>
  Array.from(
    { length: lines },
    (_, i) => `set interfaces ge-0/0/${i} unit 0 family inet address 10.1.${i % 250}.1/24\n`,
  ).join('');
const JUNOS = 'set system backup-router 10.255.0.1 destination 10.99.0.0/16\nset system inet6-backup-router fe80::1\n';
const YAML = 'management-interface: mgmt0\nbackup-router: {address: 10.255.0.1}\n';

t.test('the same, and meanwhile the loop goes on', async (t) => {
  for (const [name, text] of [
    ['large.set', `${JUNOS}${noise(60_000)}`],
    ['large.yaml', `${YAML}${'# nothing\n'.repeat(3_000)}`],
    ['broken.yaml', `${YAML}${'no-such-key: 1\n'.repeat(1_500)}`],
    ['small.yaml', YAML],
  ] as const) {
    const path = join(made, name);
    writeFileSync(path, text);
    const hints = { interface: 'mgmt0' };
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const loaded = await loadAside(path, hints);
    clearInterval(timer);
    t.same(loaded, loadConfig(path, hints), name);
    if (name === 'large.set') {
      t.match(loaded.config, { managementInterfaces: [{ selector: { name: 'mgmt0' } }] });
      t.ok(turns > 20, `${turns} turns of the loop`);
    }
  }
});

t.test('what is no file, or gone, is a fault of the file as ever', async (t) => {
  t.match(await loadAside(join(made, 'none'), {}), { config: undefined, diagnostics: [{ code: 'unreadable' }] });
  t.match(await loadAside(made, {}), { config: undefined });
});

t.test('copies are written one after the other, and a fault is told', async (t) => {
  const path = join(made, 'kept.yaml');
  const faults: string[] = [];
  const tell = (fault: string): void => void faults.push(fault);
  for (const i of [1, 2, 3]) keepAside(path, `${YAML}# ${i}${'x'.repeat(100_000)}\n`, tell);
  await eventually(() => readLastKnownGood(path)?.includes('# 3xxx'), { what: 'the last one' });
  const lost = join(made, 'kept.yaml/below.yaml');
  keepAside(lost, `${YAML}${'x'.repeat(100_000)}`, tell);
  keepAside(lost, YAML, tell);
  await eventually(() => faults.length === 2, { what: 'both faults' });
  t.match(faults.join(), /ENOTDIR|EEXIST/);
  t.match(readFileSync(path, 'utf8'), /# 3xxx/);
});
