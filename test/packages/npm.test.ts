/**
 * The npm package, as an ordinary user has it: what is in it, and that it runs hoisted, nested and by npx. The packages that it
 * depends on come from the registry or npm's cache.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { command, tryCommand } from '../../src/drill/lab/command.js';
import { PROJECT } from '../systemd/host/project.js';
import { VERSION } from './artefacts.js';

const NOBODY = 65534;
const MAX_PACKED = 2 * 1024 * 1024;

t.setTimeout(600_000);

t.test(
  'the npm package',
  { skip: process.getuid?.() === 0 ? false : 'needs root, to become an ordinary user' },
  async (t) => {
    const home = mkdtempSync(join(tmpdir(), 'backup-router-npm-'));
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    const npm = command(['sh', '-c', 'command -v npm']).trim();
    const environment = {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: home,
      npm_config_cache: join(home, 'cache'),
      npm_config_update_notifier: 'false',
      // Where this machine keeps its registry, if it is another than npm's own.
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) =>
          /^(npm_config_registry|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name),
        ),
      ),
    };
    const user = (cwd: string, ...argv: readonly string[]): ReturnType<typeof tryCommand> =>
      tryCommand(
        [
          'setpriv',
          `--reuid=${NOBODY}`,
          `--regid=${NOBODY}`,
          '--clear-groups',
          'sh',
          '-c',
          'cd "$0" && exec "$@"',
          cwd,
          ...argv,
        ],
        { env: environment, timeoutMs: 240_000 },
      );

    command(['chown', `${NOBODY}:${NOBODY}`, home]);
    // What the package depends on comes from there.
    const answer = user(home, npm, 'view', 'ip-num', 'name', '--fetch-retries=1', '--fetch-timeout=15000');
    if (answer.status !== 0) {
      t.plan(0, `the registry of npm does not answer: ${answer.stderr.trim().split('\n')[0]}`);
      return;
    }
    command(['sh', '-c', 'cd "$0" && exec npm pack --silent --ignore-scripts --pack-destination "$1"', PROJECT, home]);
    const tarball = join(home, readdirSync(home).find((name) => name.endsWith('.tgz'))!);
    writeFileSync(join(home, 'config.yaml'), 'management-interface: mgmt0\nbackup-router: {address: 192.0.2.1}\n');
    writeFileSync(
      join(home, 'bad.yaml'),
      'management-interface: mgmt0\nbackup-router: {address: 192.0.2.1, destination: 10.1.0.0/8}\n',
    );
    writeFileSync(join(home, 'junos.conf'), 'system { backup-router 192.0.2.1 destination 10.0.0.0/8; }\n');
    command(['chown', '-R', `${NOBODY}:${NOBODY}`, home]);
    command(['chmod', '755', home]);

    t.test('what is in it', async (t) => {
      t.ok(statSync(tarball).size <= MAX_PACKED, `${statSync(tarball).size} bytes`);
      const files = command(['tar', '-tzf', tarball])
        .trim()
        .split('\n')
        .map((name) => name.replace(/^package\//, ''));
      t.same(
        files.filter((name) => /(^|\/)(test|src|scripts)\/|\.(ts|map)$/.test(name)),
        [],
        'neither tests nor sources',
      );
      for (const name of [
        'dist/bin/backup-router.cjs',
        'systemd/backup-router.service',
        'docs/backup-router.schema.json',
        'docs/output.schema.json',
        'LICENSE',
        'README.md',
        'docs/OPERATE.md',
        'docs/routes-in.svg',
      ])
        t.ok(files.includes(name), name);
      t.notMatch(command(['tar', '-xzOf', tarball]), PROJECT, 'no path of the machine that built it');
      const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Readonly<
        Record<string, unknown>
      >;
      t.match(manifest, { os: ['linux'], cpu: ['x64', 'arm64'], libc: ['glibc'], engines: { node: '>=22' } });
      t.notOk(manifest['private']);
    });

    /** The commands that need no privileges, with the program at `argv`. */
    const commands = (t: Test, cwd: string, ...argv: readonly string[]): void => {
      t.match(user(cwd, ...argv, '--version'), { status: 0, stdout: `${VERSION}\n` });
      t.match(user(cwd, ...argv, 'check', '-c', join(home, 'config.yaml')), { status: 0, stdout: /: ok\n$/ });
      t.match(
        user(cwd, ...argv, 'check', '-c', join(home, 'bad.yaml')),
        { status: 78, stderr: /did you mean 10\.0\.0\.0\/8/ },
        'ip-num is found',
      );
      t.match(user(cwd, ...argv, 'convert', join(home, 'junos.conf'), '--interface', 'mgmt0'), {
        status: 0,
        stdout: /management-interface: mgmt0/,
      });
      const explained = user(cwd, ...argv, 'explain', '192.0.2.99', '-c', join(home, 'config.yaml'));
      t.match(explained, { status: 0, stdout: /192\.0\.2\.99/ }, `netlink is found: ${explained.stderr}`);
      const { findings } = JSON.parse(
        user(cwd, ...argv, 'doctor', '-c', join(home, 'config.yaml'), '--json').stdout,
      ) as {
        readonly findings: readonly { readonly code: string; readonly severity: string }[];
      };
      t.equal(findings.find(({ code }) => code === 'native-missing')?.severity, 'ok', 'koffi is found');
    };

    for (const strategy of ['hoisted', 'nested']) {
      t.test(strategy, async (t) => {
        const project = join(home, strategy);
        mkdirSync(project);
        writeFileSync(join(project, 'package.json'), '{"name": "x", "version": "1.0.0"}\n');
        command(['chown', '-R', `${NOBODY}:${NOBODY}`, project]);
        const install = user(
          project,
          npm,
          'install',
          '--no-audit',
          '--no-fund',
          `--install-strategy=${strategy}`,
          tarball,
        );
        t.equal(install.status, 0, install.stderr);
        t.equal(readdirSync(join(project, 'node_modules')).includes('netlink'), strategy === 'hoisted');
        commands(t, project, join(project, 'node_modules/.bin/backup-router'));
      });
    }

    t.test('npx', async (t) => {
      const project = join(home, 'npx');
      mkdirSync(project);
      command(['chown', `${NOBODY}:${NOBODY}`, project]);
      commands(t, project, npm, 'exec', '--yes', `--package=${tarball}`, '--', 'backup-router');
    });
  },
);
