/**
 * Writes the licences and the SBOM of a package: package-papers.mjs NODE_ARCH VERSION NODE_VERSION
 * NODE_INTEGRITY NODE_DIRECTORY DOC_DIRECTORY
 *
 * Writes DOC_DIRECTORY/copyright, licenses/NAME.txt for each npm package in it, and sbom.cdx.json
 * (CycloneDX 1.5). Nothing in them depends on the clock or the host. The contents are the packages
 * that the bundler has read and the dependencies that are loaded at run time.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [nodeArch, version, nodeVersion, nodeIntegrity, nodeDirectory, doc] = process.argv.slice(2);
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;

/** The packages in node_modules: those that the program loads at run time, and koffi's binary. */
const installed = [
  ...Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).dependencies),
  `@koromix/koffi-linux-${nodeArch}`,
];
/** @koromix/koffi-linux-* have no licence file: koffi's applies. */
const licenceOf = (name) => (name.startsWith('@koromix/') ? 'koffi' : name);
const names = [...new Set([...bundled(), ...installed])].sort();

/** The packages that are part of the bundle. */
function bundled() {
  return JSON.parse(readFileSync('dist/bundled.json', 'utf8'));
}

function licenceText(name) {
  const directory = join('node_modules', licenceOf(name));
  const file = readdirSync(directory).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return readFileSync(join(directory, file), 'utf8');
}

/** The copyright holder named in a licence. */
function copyrightLine(name) {
  const line = licenceText(name)
    .split('\n')
    .find((text) => /^\s*copyright /i.test(text));
  return line?.trim().replace(/^Copyright:?\s*(\([cC]\))?\s*/i, '') ?? `the authors of ${name}`;
}

mkdirSync(join(doc, 'licenses'), { recursive: true });
for (const name of new Set(names.map(licenceOf))) writeFileSync(join(doc, `licenses/${name}.txt`), licenceText(name));

const packages = names.map((name) => {
  const { version, license, integrity } = lock[`node_modules/${name}`];
  const manifest = name.startsWith('@koromix/')
    ? {}
    : JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  return { name, version, integrity, license: license ?? manifest.license ?? manifest.licenses?.[0]?.type };
});
for (const { name, license } of packages)
  if (license === undefined) throw new Error(`the licence of ${name} is unknown`);

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: backup-router
Comment:
 The program in /usr/lib/backup-router/dist/bin contains parts of: ${bundled().join(', ')}.
 Their licences, and Node's with those of all that Node contains, are in
 /usr/share/doc/backup-router/licenses.

Files: *
Copyright: 2026 the backup-router developers
License: Apache-2.0
 On Debian systems the text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/backup-router/node
Copyright: 2009-2026 Node.js contributors and others
License: node
 See /usr/share/doc/backup-router/licenses/node.txt.gz.
${packages
  .map(
    ({ name, license }) => `
Files: usr/lib/backup-router/${installed.includes(name) ? `node_modules/${name}/*` : `dist/bin/* (${name})`}
Copyright: ${copyrightLine(licenceOf(name))}
License: ${license}-${licenceOf(name)}
 See /usr/share/doc/backup-router/licenses/${licenceOf(name)}.txt.
`,
  )
  .join('')}`;
writeFileSync(join(doc, 'copyright'), copyright);

const hashes = (integrity) => [
  { alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') },
];
const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * OpenSSL, V8 and the like, as this Node reports them; the binary of another architecture is built
 * from the same sources.
 */
function insideNode() {
  const own = nodeArch === process.arch ? join(nodeDirectory, 'bin/node') : process.execPath;
  const versions = JSON.parse(
    execFileSync(own, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8', env: {} }),
  );
  if (versions.node !== nodeVersion) return [];
  return Object.entries(versions)
    .filter(([name]) => !['node', 'modules', 'napi'].includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => ({ type: 'library', 'bom-ref': `node/${name}`, name, version }));
}

const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: {
    timestamp: new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000).toISOString(),
    component: {
      type: 'application',
      'bom-ref': 'backup-router',
      name: 'backup-router',
      version,
      licenses: [{ license: { id: 'Apache-2.0' } }],
    },
  },
  components: [
    {
      type: 'platform',
      'bom-ref': 'node',
      name: 'node',
      version: nodeVersion,
      purl: purl(`node-linux-${nodeArch}`, nodeVersion),
      cpe: `cpe:2.3:a:nodejs:node.js:${nodeVersion}:*:*:*:lts:*:*:*`,
      licenses: [{ license: { name: 'Node.js, see licenses/node.txt.gz' } }],
      hashes: hashes(nodeIntegrity),
      components: insideNode(),
    },
    ...packages.map(({ name, version, integrity, license }) => ({
      type: 'library',
      'bom-ref': purl(name, version),
      name,
      version,
      purl: purl(name, version),
      licenses: [{ license: { id: license } }],
      hashes: hashes(integrity),
    })),
  ],
  dependencies: [
    { ref: 'backup-router', dependsOn: ['node', ...packages.map(({ name, version }) => purl(name, version))] },
  ],
};
// The serial number is derived from the content, so that the same content has the same number.
const digest = createHash('sha256').update(JSON.stringify(bom)).digest('hex');
const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
const { bomFormat, specVersion, ...rest } = bom;
writeFileSync(
  join(doc, 'sbom.cdx.json'),
  `${JSON.stringify({ bomFormat, specVersion, serialNumber: `urn:uuid:${uuid}`, ...rest }, null, 1)}\n`,
);
