/**
 * The package as a dependency of another project: npm puts what it needs beside it, not inside it. Without a network: the
 * packages are those of the checkout.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { mustBeBundled } from '../../../src/drill/lab/entry.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

mustBeBundled();

t.test('checked and run where npm has put it', async (t) => {
  const project = mkdtempSync(join(tmpdir(), 'dependency-'));
  t.teardown(() => rmSync(project, { recursive: true, force: true }));
  const env = { ...process.env, RUNTIME_DIRECTORY: project, STATE_DIRECTORY: project, NODE_OPTIONS: '' };
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: root, stdio: 'ignore' });
  const own = join(project, 'node_modules/backup-router');
  mkdirSync(own, { recursive: true });
  const [tarball] = execFileSync('sh', ['-c', 'echo *.tgz'], { cwd: project, encoding: 'utf8' }).split('\n');
  execFileSync('tar', ['-xzf', join(project, tarball!), '-C', own, '--strip-components=1']);
  const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(manifest.dependencies))
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  const entry = join(own, manifest.bin['backup-router']!);
  const config = join(project, 'config.yaml');
  writeFileSync(config, 'management-interface: none0\nbackup-router: {address: 198.51.100.1}\n');

  const check = spawnSync(process.execPath, [entry, 'check', '-c', config], { env, encoding: 'utf8' });
  t.match(check, { status: 0, stdout: /: ok\n$/ });
  writeFileSync(join(project, 'bad.yaml'), 'management-interface: none0\nbackup-router: {destination: 10.1.0.0/8}\n');
  const bad = spawnSync(process.execPath, [entry, 'check', '-c', join(project, 'bad.yaml')], { env, encoding: 'utf8' });
  t.match(bad, { status: 78, stderr: /did you mean 10\.0\.0\.0\/8 or 11\.0\.0\.0\/8\?/ }, 'ip-num is found');

  const agent = spawn(process.execPath, [entry, 'run', '--dry-run', '-c', config], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: string[] = [];
  for await (const line of createInterface({ input: agent.stderr })) {
    log.push(line);
    if (/ ready /.test(line)) agent.kill();
  }
  if (agent.exitCode === null) await once(agent, 'exit');
  t.match(log.join('\n'), / ready program=/);
  t.notMatch(log.join('\n'), /no-koffi/, 'koffi is found');
  t.equal(agent.exitCode, 0);
});
