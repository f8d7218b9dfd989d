/** The valid part of a faulty file: as much of it as is certain, and never more than it asks for. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { prefixText } from '../../../src/model/prefix.js';

const BASE = 'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n';

/** `192.0.2.1 -> 10.0.0.0/8, ...; ...`, or `nothing`. */
function part(text: string): string {
  const { config, partial } = parseConfig(text, 'f');
  if (config !== undefined) return 'no fault';
  return (
    partial?.managementInterfaces
      .flatMap((m) => m.backupRouters)
      .map((r) => `${r.gateways.join(' ')} -> ${r.destinations.map(prefixText).join(' ')}`)
      .join('; ') ?? 'nothing'
  );
}

t.test('faulty settings fall back to the defaults', async (t) => {
  const { config, partial } = parseConfig(
    `${BASE}withdraw: {hold-time: 7s, convergence-timeout: x}\ndetect: {probe-interval: 5s, probe-timeout: 1s}\nplacement: vfr\nrole: {file: role}\nroute-protocol: 186\ntable-base: 30000\n`,
    'f',
  );
  t.equal(config, undefined);
  t.match(partial, {
    holdMs: 7000,
    convergenceTimeoutMs: 30000,
    probeIntervalMs: 1000,
    probeTimeoutMs: 10000,
    placement: 'local',
    role: { kind: 'fixed', role: 'primary' },
    routeProtocol: 157,
    tableBase: 30000,
  });
});

t.test('faulty addresses and destinations are left out', async (t) => {
  t.equal(
    part(
      'management-interface: eth0\nbackup-router: {address: [192.0.2.1, 192.0.2.300], destination: [10.0.0.0/8, 172.16.128.0/13]}\n',
    ),
    '192.0.2.1 -> 10.0.0.0/8',
  );
  t.equal(part(`${BASE}inet6-backup-router: {address: fe80::1%eth0}\n`), '192.0.2.1 -> 0.0.0.0/0');
  t.equal(part(`${BASE}colour: red\n`), '192.0.2.1 -> 0.0.0.0/0');
  t.equal(part('management-interface: eth0/1\nbackup-router: {address: 192.0.2.1}\n'), 'nothing');
  t.equal(part('management-interface: eth0\nbackup-router: {address: [auto]}\n'), 'nothing');
});

t.test('never widened to the default route', async (t) => {
  t.equal(part(`${BASE}  destination: 172.16.128.0/13\n`), 'nothing');
  t.equal(part(`${BASE}  destination: []\n`), 'nothing');
  t.equal(part(`${BASE}  destination:\n`), 'nothing');
  t.equal(part(`${BASE}  destination:\n  - 10.0.0.0/8\n  - 10.0.0.0/99\n`), '192.0.2.1 -> 10.0.0.0/8');
  t.equal(part(`${BASE}  destinations: 10.0.0.0/8\n`), 'nothing', 'misspelt');
  t.equal(part(`${BASE}  prefix: 10.0.0.0/8\n`), 'nothing', 'an unknown key may be one');
  t.equal(part(`${BASE}destination: 10.0.0.0/8\n`), 'nothing', 'not indented');
  t.equal(
    part(`${BASE}backup-router: {address: 192.0.2.1, destination: 10.0.0.0/8}\n`),
    'nothing',
    'in a second stanza',
  );
  t.equal(
    part(`${BASE}inet6-backup-router:\n  destination: 10.0.0.0/8\n`),
    'nothing',
    'in a stanza without an address',
  );
  t.equal(part(`${BASE}x: [\nbackup: 1\n  destination: 10.0.0.0/8\n`), 'nothing', 'swallowed by a bracket');
  t.equal(part(`${BASE}# destination: 10.0.0.0/8\ncolour: red\n`), '192.0.2.1 -> 0.0.0.0/0', 'a comment is none');
  t.equal(
    part(`${BASE}inet6-backup-router: {address: fe80::1, destination: 2001:db8::/32}\ncolour: red\n`),
    '192.0.2.1 -> 0.0.0.0/0; fe80::1 -> 2001:db8::/32',
    "the other stanza's is not lost",
  );
});

t.test('damaged YAML', async (t) => {
  t.equal(
    part('management-interface: eth0\nbackup-router:\n\taddress: 192.0.2.1\n\tdestination: 10.0.0.0/8\n'),
    '192.0.2.1 -> 10.0.0.0/8',
    'tabs',
  );
  t.equal(part(`${BASE}  destination: [10.0.0.0/8\n`), '192.0.2.1 -> 10.0.0.0/8', 'bracket');
  t.equal(part(`${BASE}---\n${BASE}`), '192.0.2.1 -> 0.0.0.0/0', 'the first of two documents');
});
