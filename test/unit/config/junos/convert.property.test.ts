/** What is written reads back: any configuration as YAML, and what Junos can say of it in both forms of Junos text. */

import fc from 'fast-check';
import t from 'tap';
import { looksLikeJunos } from '../../../../src/config/junos/detect.js';
import { writeJunos } from '../../../../src/config/junos/write.js';
import { parseConfig } from '../../../../src/config/parse.js';
import { DEFAULTS } from '../../../../src/config/settings.js';
import { writeYaml } from '../../../../src/config/write.js';
import type { Config } from '../../../../src/model/config.js';
import { runs } from '../../runs.js';
import { anyConfig } from '../any-config.js';

function read(text: string): Config | undefined {
  const { config, diagnostics } = parseConfig(text, 'f');
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(`${errors[0]!.message}\n${text}`);
  return config;
}

/** What is left of it in Junos: the first interface, the first address, nothing of `auto` and `none`, and the defaults. */
function kept(config: Config): Config | undefined {
  const [{ selector, backupRouters }] = config.managementInterfaces as [Config['managementInterfaces'][number]];
  const routers = backupRouters
    .filter(({ auto, withoutGateway }) => auto === undefined && withoutGateway === undefined)
    .map(({ source, onlink, symmetricReplies, ...router }) => ({ ...router, gateways: router.gateways.slice(0, 1) }));
  return routers.length === 0
    ? undefined
    : { ...DEFAULTS, managementInterfaces: [{ selector, backupRouters: routers }] };
}

t.test('as YAML', async (t) => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const text = writeYaml(config, { top: ['a note: {', 'é\nx: y'], inet: ['from group re0'] });
      if (looksLikeJunos(text)) throw new Error(text);
      t.strictSame(read(text), config) || fail(text);
    }),
    { numRuns: runs(300) },
  );
});

t.test('as Junos text, and back to YAML', async (t) => {
  const count = runs(300);
  let nothing = 0;
  fc.assert(
    fc.property(anyConfig, fc.constantFrom<'junos' | 'set'>('junos', 'set'), (config, form) => {
      const expected = kept(config);
      const { text, lost } = writeJunos(config, form);
      if (expected === undefined) nothing++;
      if (expected === undefined || text === undefined) {
        t.strictSame([text, expected], [undefined, undefined]) || fail(JSON.stringify(config));
        return;
      }
      if (!looksLikeJunos(text)) throw new Error(text);
      const back = read(text);
      t.strictSame(back, expected) || fail(text);
      t.equal(
        lost.length > 0,
        JSON.stringify(expected) !== JSON.stringify({ ...expected, ...config }),
        `what is lost is told: ${lost.join('; ')}`,
      ) || fail(text);
      t.strictSame(writeJunos(back!, form), { text, lost: [] }) || fail(text);
      t.strictSame(read(writeYaml(back!)), expected) || fail(text);
    }),
    { numRuns: count },
  );
  t.ok(nothing > 0 && nothing < (2 / 3) * count, `${nothing} of ${count} had nothing that Junos could say`);
});

t.test('how it looks', async (t) => {
  const config = read(
    'management-interface: eth0\nbackup-router:\n  address: [10.9.0.1, 10.9.0.2]\n  destination: [172.16.0.0/13, 172.24.0.0/13]\ninet6-backup-router: {address: fe80::1}\nwithdraw: {hold-time: 7s, convergence-timeout: never}\nrole: standby\nrouting-daemon: [{socket: "[::1]:179"}, {exec: {command: [/bin/x, "a b", "5", "no"]}}]\n',
  )!;
  t.equal(
    writeYaml(config, { top: ['converted'], inet: ['from group re0'] }),
    `\
# converted
management-interface: eth0
# from group re0
backup-router:
  address: [10.9.0.1, 10.9.0.2]
  destination: [172.16.0.0/13, 172.24.0.0/13]
inet6-backup-router:
  address: fe80::1
routing-daemon:
  - {socket: {address: "[::1]:179"}}
  - {exec: {command: [/bin/x, "a b", "5", "no"], interval: 5s, timeout: 2s}}
withdraw: {hold-time: 7s, convergence-timeout: never}
role: standby
`,
  );
  t.strictSame(writeJunos(config, 'set'), {
    text: '# backup-router: interface eth0\nset system backup-router 10.9.0.1\nset system backup-router destination 172.16.0.0/13\nset system backup-router destination 172.24.0.0/13\nset system inet6-backup-router fe80::1\n',
    lost: [
      'backup-router: address: only the first of 2 is kept, 10.9.0.2 is not',
      'routing-daemon: Junos has no such setting; the default applies',
      'withdraw: hold-time: Junos has no such setting; the default applies',
      'withdraw: convergence-timeout: Junos has no such setting; the default applies',
      'role: Junos has no such setting; the default applies',
    ],
  });
  t.equal(
    writeJunos(config, 'junos').text,
    '# backup-router: interface eth0\nsystem {\n    backup-router 10.9.0.1 destination [ 172.16.0.0/13 172.24.0.0/13 ];\n    inet6-backup-router fe80::1;\n}\n',
  );
});

function fail(text: string): never {
  throw new Error(text);
}
