/** What is in the packages, and what is not: reproducible, clean by lintian, without a path of the machine that built them. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { command, tryCommand } from '../../src/drill/lab/command.js';
import { debianRoot } from '../systemd/host/debian-root.js';
import { createOverlay } from '../systemd/host/overlay.js';
import { PROJECT } from '../systemd/host/project.js';
import { cannotBoot, cannotMake, onPath } from '../systemd/host/requirements.js';
import { artefact, cannotBuild, type Kind, NATIVE, VERSION } from './artefacts.js';

const LIB = 'usr/lib/backup-router';

t.setTimeout(600_000);

const LIST: Readonly<Record<Kind, readonly string[]>> = {
  deb: ['dpkg-deb', '--contents'],
  rpm: ['rpm', '-qpl'],
  tar: ['tar', '-tf'],
};
for (const kind of ['deb', 'rpm', 'tar'] as const)
  t.test(`schemas and documents are in the ${kind}`, { skip: cannotBuild(kind) }, async (t) => {
    const listing = command([...LIST[kind], artefact(kind)]);
    for (const name of ['backup-router.schema.json', 'output.schema.json'])
      t.match(listing, new RegExp(`usr/share/backup-router/${name}$`, 'm'), name);
    // A router often has no internet.
    for (const name of ['README.md', 'docs/OPERATE.md', 'docs/CONFIGURATION.md', 'docs/UPGRADE.md', 'docs/packet.svg'])
      t.match(listing, new RegExp(`usr/share/doc/backup-router/${name}$`, 'm'), name);
  });

t.test('the deb', { skip: cannotBuild('deb') }, async (t) => {
  const deb = artefact('deb');
  // Outside of the project: Node looks for modules in the directories above, too.
  const outside = mkdtempSync(join(tmpdir(), 'backup-router-content-'));
  t.teardown(() => rmSync(outside, { recursive: true, force: true }));
  const tree = join(outside, 'tree');
  command(['dpkg-deb', '--raw-extract', deb, tree]);
  const files = command(['find', tree, '-type', 'f', '-printf', '%P\\n']).trim().split('\n');

  t.test('the same input gives the same bytes', async (t) => {
    const again = t.testdir({});
    command([join(PROJECT, 'scripts/package'), '--quick', '--out', again, 'deb', NATIVE], { timeoutMs: 300_000 });
    const file = readdirSync(again).find((name) => name.endsWith('.deb'))!;
    t.equal(command(['sha256sum', join(again, file)]).split(' ')[0], command(['sha256sum', deb]).split(' ')[0]);
  });

  t.test('lintian has nothing to say', { skip: onPath('lintian') ? false : 'not installed: lintian' }, async (t) => {
    const result = tryCommand(['lintian', '--allow-root', '--fail-on', 'error,warning', deb], { timeoutMs: 300_000 });
    t.equal(result.status, 0, result.stdout + result.stderr);
    t.notMatch(result.stdout, /^[EW]:/m);
  });

  t.test('no path of this machine', async (t) => {
    const own = files.filter((name) => !name.endsWith('/node') && !name.endsWith('.node'));
    t.same(
      own.filter((name) => readFileSync(join(tree, name), 'latin1').includes(PROJECT)),
      [],
    );
  });

  t.test('every link of a document leads to a file', async (t) => {
    const documents = files.filter((name) => /^usr\/share\/doc\/.*\.md$/.test(name));
    t.ok(documents.length > 20, `${documents.length} documents`);
    const links = documents.flatMap((name) =>
      [
        ...readFileSync(join(tree, name), 'utf8')
          .replace(/^```[\s\S]*?^```$/gm, '')
          .replace(/`[^`\n]*`/g, '')
          .matchAll(/\]\(([^)#\s]+)[^)]*\)/g),
      ].map(([, link]) => ({ name, link: link! })),
    );
    t.ok(links.some(({ link }) => link.startsWith('../examples/')) && links.length > 40, `${links.length} links`);
    for (const { name, link } of links.filter(({ link }) => !/^https?:/.test(link)))
      t.ok(existsSync(join(tree, dirname(name), link)), `${name}: ${link}`);
  });

  t.test('all that the program loads is there', async (t) => {
    const { dependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    // Of netlink the binary alone, as the program asks for it; koffi by both of its ways.
    const [netlink, koffi] = [
      `netlink/prebuilds/linux-${process.arch}/node.napi.node`,
      `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`,
    ];
    for (const name of [...Object.keys(dependencies), koffi]) {
      const from = JSON.stringify(join(tree, LIB, 'dist/bin/backup-router.cjs'));
      const script = `require('node:module').createRequire(${from})(${JSON.stringify(name === 'netlink' ? netlink : name)})`;
      const result = tryCommand([join(tree, LIB, 'node'), '-e', script], { env: {} });
      t.equal(result.status, 0, `${name}: ${result.stderr}`);
    }
    // The bundler breaks long lines, within a text by a backslash.
    const program = readdirSync(join(tree, LIB, 'dist/bin')).map((name) =>
      readFileSync(join(tree, LIB, 'dist/bin', name), 'utf8').replace(/\\\n/g, ''),
    );
    t.ok(
      program.some((text) => text.includes('netlink/prebuilds/linux-${process.arch}/node.napi.node')),
      netlink,
    );
    t.ok(
      program.some((text) => text.includes('@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node')),
      koffi,
    );
    t.same(
      files.filter((name) => /\.(ts|map|cc|hh|gyp)$|\/test\//.test(name)),
      [],
      'and nothing else',
    );
  });

  t.test('the papers name all of it', async (t) => {
    const doc = join(tree, 'usr/share/doc/backup-router');
    const sbom = JSON.parse(readFileSync(join(doc, 'sbom.cdx.json'), 'utf8')) as {
      readonly bomFormat: string;
      readonly components: readonly {
        readonly name: string;
        readonly version: string;
        readonly components?: readonly { readonly name: string }[];
      }[];
    };
    t.equal(sbom.bomFormat, 'CycloneDX');
    const inside = readdirSync(join(tree, LIB, 'node_modules')).filter((name) => !name.startsWith('@'));
    for (const name of ['node', ...inside, 'commander', 'yaml']) {
      t.ok(
        sbom.components.some((component) => component.name === name),
        name,
      );
      t.ok(
        files.some((file) => file.startsWith(`usr/share/doc/backup-router/licenses/${name}.txt`)),
        `licence of ${name}`,
      );
    }
    const node = sbom.components.find(({ name }) => name === 'node')!;
    t.equal(`v${node.version}`, command([join(tree, LIB, 'node'), '--version'], { env: {} }).trim());
    t.ok(
      node.components!.some(({ name }) => name === 'openssl'),
      'what is in Node, too',
    );
  });

  t.test('purge leaves the root as it was', { skip: cannotBoot() || cannotMake(debianRoot) }, async (t) => {
    const directory = t.testdir({});
    mkdirSync(join(directory, 'debs'));
    const overlay = createOverlay(debianRoot(), directory);
    const sh = (script: string): string =>
      overlay.run(['sh', '-ec', script, 'sh', overlay.root, deb], { timeoutMs: 120_000 });
    // Without what dpkg and the account tools keep of their own.
    const listing = (): string =>
      sh(
        'cd "$1"; find . -xdev \\( -path ./run -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache -o -path ./tmp \\) -prune -o -printf "%y %m %U:%G %p -> %l\\n" | grep -v "^f .* ./etc/\\(passwd\\|group\\|shadow\\|gshadow\\|subuid\\|subgid\\)-\\? " | LC_ALL=C sort; LC_ALL=C sort etc/passwd etc/group',
      );
    const before = listing();
    sh('cp "$2" "$1/tmp/a.deb"; chroot "$1" dpkg --install /tmp/a.deb 2>&1; rm "$1/tmp/a.deb"');
    t.match(listing(), './usr/bin/backup-router');
    sh('chroot "$1" dpkg --purge backup-router 2>&1');
    t.equal(listing(), before);
    t.equal(
      VERSION,
      command([join(tree, LIB, 'node'), join(tree, LIB, 'dist/bin/backup-router.cjs'), '--version'], {
        env: {},
      }).trim(),
    );
  });
});
