/** The compiled configuration: the meaning of the text and nothing else, and only in the circumstances that it was compiled in. */

import t from 'tap';
import { readCompiled, writeCompiled } from '../../../src/config/compiled.js';
import { parseConfig } from '../../../src/config/parse.js';

const ALL = `management-interface: mgmt0
backup-router: {address: [10.0.0.1, 10.0.0.2], destination: [10.64.0.0/12, 172.16.0.0/12]}
inet6-backup-router: {address: auto}
routing-daemon:
  - frr: {daemons: [zebra, bgpd]}
  - bird: {}
  - unit: x.service
  - pidfile: /run/x.pid
  - process: xd
  - socket: 127.0.0.1:179
  - exec: {command: [/bin/true]}
role: {file: /run/role}
withdraw: {convergence-timeout: never}
`;
const HERE = { build: 'b1', host: 'r1\n' };

function compiled(text: string): string {
  const { config, diagnostics } = parseConfig(text, 'c');
  if (config === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  return writeCompiled({ text, config, diagnostics }, HERE);
}

t.test('says what the text says, for every kind of daemon', async (t) => {
  const { config, diagnostics } = parseConfig(ALL, 'c');
  const read = readCompiled(compiled(ALL), HERE);
  t.equal(read?.text, ALL);
  t.strictSame(read?.config, JSON.parse(JSON.stringify(config)));
  t.strictSame(read?.diagnostics, diagnostics);
});

t.test('is nothing in other circumstances', async (t) => {
  t.equal(readCompiled(compiled(ALL), { ...HERE, build: 'b2' }), undefined, 'another build');
  t.equal(readCompiled(compiled(ALL), { ...HERE, host: 'r2\n' }), undefined, 'another host name');
});

t.test('whatever was damaged is no compiled configuration', async (t) => {
  const whole = compiled(ALL);
  for (let at = 0; at < whole.length - 1; at += 7)
    t.equal(readCompiled(whole.slice(0, at), HERE), undefined, `cut off after ${at} bytes`);
  const value = JSON.parse(whole) as { readonly config: Readonly<Record<string, unknown>> };
  for (const key of Object.keys(value.config)) {
    for (const wrong of [undefined, null, -1, {}, [], [{}], { kind: 'constructor' }]) {
      t.equal(
        readCompiled(JSON.stringify({ ...value, config: { ...value.config, [key]: wrong } }), HERE),
        undefined,
        `${key}: ${JSON.stringify(wrong)}`,
      );
    }
  }
});
