/** The deb for arm64, by emulation of its processor: what is in it runs, and both native modules load. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { command, tryCommand } from '../../src/drill/lab/command.js';
import { debianRoot } from '../systemd/host/debian-root.js';
import { artefact, VERSION } from './artefacts.js';

const skip =
  tryCommand(['sh', '-c', 'command -v qemu-aarch64-static mmdebstrap']).status === 0 ? false : 'no qemu-user-static';
const LIB = 'usr/lib/backup-router';

t.setTimeout(600_000);

t.test('on arm64', { skip }, async (t) => {
  // Outside of the project: Node looks for modules in the directories above, too.
  const directory = mkdtempSync(join(tmpdir(), 'backup-router-arm64-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'config.yaml'), 'management-interface: mgmt0\nbackup-router: {address: 192.0.2.1}\n');
  const tree = join(directory, 'tree');
  command(['dpkg-deb', '--raw-extract', artefact('deb', 'arm64'), tree]);
  t.match(command(['dpkg-deb', '--field', artefact('deb', 'arm64'), 'Architecture']), 'arm64');
  // The libraries of an arm64 Debian; nothing of it is run while it is made.
  const libraries = debianRoot({ architecture: 'arm64', packages: ['libc6', 'libstdc++6'] });
  const arm = (...argv: readonly string[]): ReturnType<typeof tryCommand> =>
    tryCommand(['qemu-aarch64-static', '-L', libraries, join(tree, LIB, 'node'), ...argv], {
      env: {},
      timeoutMs: 120_000,
    });
  const program = join(tree, LIB, 'dist/bin/backup-router.cjs');

  t.match(arm('-p', 'process.arch'), { status: 0, stdout: 'arm64\n' });
  t.match(arm(program, '--version'), { status: 0, stdout: `${VERSION}\n` });
  t.match(arm(program, 'check', '-c', join(directory, 'config.yaml')), { status: 0, stdout: /: ok\n$/ });
  // The emulation knows few netlink messages, so this ends badly, but not for what is missing in the package.
  const { stderr } = arm(program, 'routes');
  t.match(stderr, /netlink message: operation not supported/i);
  t.notMatch(stderr, /Cannot find module/);
  // As the program loads them.
  const load = `require('node:module').createRequire(${JSON.stringify(program)})`;
  t.match(arm('-p', `typeof ${load}('netlink/prebuilds/linux-arm64/node.napi.node').NativeNetlink`), {
    status: 0,
    stdout: 'function\n',
  });
  for (const koffi of ['@koromix/koffi-linux-arm64/linux_arm64/koffi.node', 'koffi'])
    t.match(arm('-p', `${load}('${koffi}').load(null).func('int getpid()')() === process.pid`), {
      status: 0,
      stdout: 'true\n',
    });
});
