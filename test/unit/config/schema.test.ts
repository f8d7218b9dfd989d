/**
 * The JSON Schema against the readers of the configuration: whatever they accept it accepts, and what is wrong by its shape both
 * refuse. The file that editors get is the one that the program means.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { FRR_DAEMONS } from '../../../src/config/daemons/frr.js';
import { configSchema } from '../../../src/config/file-keys.js';
import { parseConfig } from '../../../src/config/parse.js';
import { ROUTE_PROTOCOLS } from '../../../src/config/route-protocols.js';

const root = new URL('../../../../', import.meta.url).pathname;
const validate = new Ajv({
  strict: true,
  allErrors: false,
  strictTypes: false,
  strictRequired: false,
}).compile(configSchema());

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const accepted = (value: Json): boolean => parseConfig(JSON.stringify(value), 'f').config !== undefined;
const faults = (value: Json): string =>
  JSON.stringify(parseConfig(JSON.stringify(value), 'f').diagnostics.map((d) => [d.code, d.message]));

const oneOrMany = (item: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
const some = (fields: Readonly<Record<string, fc.Arbitrary<Json>>>, requiredKeys: string[] = []): fc.Arbitrary<Json> =>
  fc.record(fields, { requiredKeys }) as fc.Arbitrary<Json>;
/** Mostly one of the first, so that whole files are often valid. */
const pick = (good: readonly Json[], bad: readonly Json[] = []): fc.Arbitrary<Json> =>
  bad.length === 0
    ? fc.constantFrom(...good)
    : fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });

const PROTOCOL = oneOrMany(pick([...Object.keys(ROUTE_PROTOCOLS).slice(2), 5, 200, 255], ['bgpp', 0, 260, 'kernel']));
const TIME = pick(['5s', '5000ms', '0.1m', ' 5 s'], ['0', 0, 'never', '20h', '5', 7, '1d', true]);
const DESTINATION: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  inet: pick(
    ['10.0.0.0/8', '172.16.0.0/12', '0.0.0.0/0', '203.0.113.7/32'],
    ['10.0.0.1/8', '10/8', '2001:db8::/32', 'default', 10],
  ),
  inet6: pick(
    ['2001:db8:100::/40', '::/0', '2001:DB8::1/128'],
    ['2001:db8::/129', '::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ),
};
const ADDRESS: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  inet: pick(['192.0.2.1', '198.51.100.254'], ['auto', '224.0.0.1', '192.0.2.1/24', 'fe80::1', 42]),
  inet6: pick(['fe80::1', '2001:db8::1'], ['auto', 'fe80::1%eth0', '::ffff:192.0.2.1', 'gateway']),
};
const router = (family: string): fc.Arbitrary<Json> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: some({ address: oneOrMany(ADDRESS[family]!), destination: oneOrMany(DESTINATION[family]!) }, [
        'address',
      ]),
    },
    {
      weight: 1,
      arbitrary: some(
        { address: pick(['auto'], [1]), adopt: fc.boolean(), destination: oneOrMany(DESTINATION[family]!) },
        ['address'],
      ),
    },
  );
const ROUTERS = { 'backup-router': router('inet'), 'inet6-backup-router': router('inet6') };
const NAME = pick(['eth0', 'mgmt0.100', 'fxp0', 'enp0s31f6'], ['lo', 'a b', 5]);
const MAC = pick(['52:54:00:12:34:56', '52-54-00-AB-cd-56'], ['01:00:5e:00:00:01', '5254.0012.3456']);
const PATH = pick(['/run/x.pid', '/a b'], ['run/x', '/']);
const COMMAND = pick(
  ['/bin/true', ['/bin/sh', '-c', 'exit 0'], ['/usr/bin/check', 5, true]],
  ['true', '/bin/sh -c x', ['check'], [[1]]],
);
const EXEC = { command: COMMAND, interval: TIME, timeout: TIME };
const KIND: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  frr: some({ daemons: oneOrMany(pick([...FRR_DAEMONS, 'newd'], ['x/y'])), 'socket-directory': PATH }),
  bird: some({ socket: PATH }),
  unit: fc.oneof(
    pick(['frr.service', 'x.scope'], ['frr', 'a@.service', 'b.socket']),
    some({ name: pick(['frr.service'], ['frr']), 'route-protocols': PROTOCOL }, ['name']),
  ),
  pidfile: fc.oneof(PATH, some({ path: PATH, 'route-protocols': PROTOCOL }, ['path'])),
  process: fc.oneof(
    pick(['gobgpd'], ['much-too-long-a-name', 5]),
    some({ name: pick(['gobgpd'], ['']), 'route-protocols': PROTOCOL }, ['name']),
  ),
  socket: fc.oneof(
    pick(['/run/x.sock', '127.0.0.1:179', '[::1]:50051'], ['192.0.2.1:5', '::1:5']),
    some({ path: PATH }, ['path']),
    some({ path: PATH, address: pick(['127.0.0.1:1'], ['localhost:1']) }, ['address']),
  ),
  exec: some({ ...EXEC, 'route-protocols': PROTOCOL }, ['command']),
};
const DAEMON = fc.oneof(
  pick(['frr', 'bird'], ['unit', 'quagga']),
  fc.constantFrom(...Object.keys(KIND)).chain((kind) => KIND[kind]!.map((value): Json => ({ [kind]: value }))),
);
const ROLE = fc.oneof(
  pick(['primary', 'standby'], ['master']),
  PATH.map((file) => ({ file })),
  COMMAND.map((exec) => ({ exec })),
  some(EXEC, ['command']).map((exec) => ({ exec })),
);
const SETTINGS = {
  'routing-daemon': oneOrMany(DAEMON),
  withdraw: some({ 'hold-time': TIME, 'convergence-timeout': TIME }),
  detect: some({ 'probe-interval': TIME, 'probe-timeout': TIME }),
  stale: some({ 'preempt-after': TIME }),
  placement: pick(['local', 'main', 'vrf'], ['global']),
  role: ROLE,
  'route-protocol': pick([157, 1e2], [-1, 300, 3, '157', 1.5]),
  'table-base': pick([25_500, 100, 2 ** 32 - 129], [0, 2 ** 33, 200]),
  'rule-priority-base': pick(['auto', 31_000, 32_508], [0, 32_509, 'main']),
  'on-stop': pick(['keep', 'withdraw'], ['ask']),
};
const STANZA = fc.oneof(some({ name: NAME, ...ROUTERS }, ['name']), some({ mac: MAC, ...ROUTERS }, ['mac']));
/** Rather valid: the faults above are few among the values, and few settings are drawn at a time. */
const FILE = fc
  .oneof(
    some(
      {
        'management-interface': fc.oneof(NAME, some({ name: NAME }, ['name']), some({ mac: MAC }, ['mac'])),
        ...ROUTERS,
      },
      ['management-interface', 'backup-router'],
    ),
    some({ 'management-interface': fc.oneof(STANZA, fc.array(STANZA, { minLength: 1, maxLength: 5 })) }, [
      'management-interface',
    ]),
  )
  .chain((interfaces) =>
    fc
      .subarray(Object.keys(SETTINGS), { maxLength: 3 })
      .chain((keys) =>
        keys.length === 0
          ? fc.constant(interfaces)
          : some(Object.fromEntries(keys.map((key) => [key, SETTINGS[key as keyof typeof SETTINGS]])), keys).map(
              (settings): Json => ({ ...(interfaces as object), ...(settings as object) }),
            ),
      ),
  );

t.test('what the readers accept, the schema accepts', (t) => {
  let valid = 0;
  let refused = 0;
  fc.assert(
    fc.property(FILE, (file) => {
      if (!accepted(file)) {
        if (!validate(file)) refused++;
        return true;
      }
      valid++;
      if (!validate(file)) throw new Error(JSON.stringify(validate.errors));
      return true;
    }),
    { numRuns: 1500 },
  );
  t.ok(valid > 300, `${valid} valid ones were among them`);
  t.ok(refused > 100, `${refused} that both refuse`);
  t.end();
});

/** Paths of every mapping in a value. */
function mappings(value: Json, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([key, inner]) =>
    mappings(inner as Json, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return Array.isArray(value) ? below : [path, ...below];
}

function changed(
  value: Json,
  path: readonly (string | number)[],
  change: (map: { [key: string]: Json }) => void,
): Json {
  const copy = structuredClone(value) as { [key: string]: Json };
  const target = path.reduce((inner, key) => inner[key] as { [key: string]: Json }, copy);
  change(target);
  return copy;
}

t.test('what is wrong by its shape, both refuse', (t) => {
  let count = 0;
  const kinds: readonly ((map: { [key: string]: Json }) => void)[] = [
    (map) => void (map['no-such-key'] = 1),
    (map) => void (map[Object.keys(map)[0] ?? 'x'] = null),
    (map) => void (map[Object.keys(map)[0] ?? 'x'] = []),
    (map) => void (map[Object.keys(map)[0] ?? 'x'] = { 'no-such-key': 1 }),
  ];
  const gen = FILE.filter(accepted).chain((file) =>
    fc.record({
      file: fc.constant(file),
      path: fc.constantFrom(...mappings(file)),
      kind: fc.constantFrom(...kinds),
    }),
  );
  fc.assert(
    fc.property(gen, ({ file, path, kind }) => {
      const broken = changed(file, path, kind);
      count++;
      return !accepted(broken) && !validate(broken);
    }),
    { numRuns: 400 },
  );
  t.ok(count >= 400);
  t.end();
});

t.test('examples, those of the manual, and single faults', (t) => {
  for (const name of readdirSync(`${root}docs/examples`).filter((name) => name.endsWith('.yaml'))) {
    t.ok(
      validate(parse(readFileSync(`${root}docs/examples/${name}`, 'utf8'))),
      `${name}: ${JSON.stringify(validate.errors)}`,
    );
  }
  const base = { 'management-interface': 'eth0', 'backup-router': { address: '192.0.2.1' } };
  const both: readonly Json[] = [
    {},
    'eth0',
    { ...base, 'hold-time': '5s' },
    { ...base, withdraw: '5s' },
    { ...base, withdraw: { 'hold-time': 5 } },
    { ...base, placement: 'global' },
    { ...base, 'routing-daemon': 'unit' },
    { ...base, 'routing-daemon': [{ frr: {}, bird: {} }] },
    { ...base, 'routing-daemon': [{ socket: { path: '/a', address: '127.0.0.1:1' } }] },
    { ...base, 'backup-router': { address: '192.0.2.1', adopt: 'yes' } },
    { ...base, role: ['primary'] },
    {
      'management-interface': [{ name: 'eth0', mac: '52:54:00:12:34:56', 'backup-router': { address: '192.0.2.1' } }],
    },
    { 'management-interface': [{ name: 'eth0' }] },
  ];
  for (const value of both) {
    t.notOk(accepted(value), `the readers refuse ${JSON.stringify(value)}`);
    t.notOk(validate(value), `the schema refuses ${JSON.stringify(value)}`);
  }
  t.ok(accepted(base) && validate(base), faults(base));
  t.end();
});
