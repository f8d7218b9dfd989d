/**
 * `management-interface` in all its forms, and `address: auto`: what they mean, every fault by its place and code,
 * the remedies, and the valid part.
 */

import fc from 'fast-check';
import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { type Config, selectorText } from '../../../src/model/config.js';
import { defaultPrefix, prefixText } from '../../../src/model/prefix.js';
import { runs } from '../runs.js';
import { checkRows, type Row } from './fault-rows.js';

const V4 = 'backup-router: {address: 192.0.2.1}\n';
const one = (text: string): string => `management-interface: ${text}\n${V4}`;
const list = (...stanzas: readonly string[]): string =>
  `management-interface:\n${stanzas.map((stanza) => `  - ${stanza}\n`).join('')}`;
const ROUTER = 'backup-router: {address: 192.0.2.1}';
const LONG = `x${'y'.repeat(126)}`;

/** `eth0: 192.0.2.1 -> 0.0.0.0/0; ...`; `auto` and `adopt` in the place of the gateways. */
function shown(config: Config | undefined): string {
  const interfaces = config?.managementInterfaces.map(({ selector, backupRouters }) => {
    const routers = backupRouters.map(
      (r) =>
        `${r.auto === undefined ? r.gateways.join(' ') : r.auto.adopt ? 'adopt' : 'auto'} -> ${r.destinations.map(prefixText).join(' ')}`,
    );
    return `${selectorText(selector)}: ${routers.join(', ')}`;
  });
  return interfaces?.join('; ') ?? 'nothing';
}

const valid = (text: string): string => {
  const { config, diagnostics } = parseConfig(text, 'f');
  return diagnostics.length === 0 ? shown(config) : JSON.stringify(diagnostics);
};
const part = (text: string): string => {
  const { config, partial } = parseConfig(text, 'f');
  return config === undefined ? shown(partial) : 'no fault';
};

t.test('forms', async (t) => {
  const DEFAULT = '192.0.2.1 -> 0.0.0.0/0';
  t.equal(valid(one('eth0')), `eth0: ${DEFAULT}`);
  t.equal(valid(one('a234567890123456')), `a234567890123456: ${DEFAULT}`, 'an alternative name');
  t.equal(valid(one(LONG)), `${LONG}: ${DEFAULT}`, 'as long as one can be');
  t.equal(valid(one('{name: eth0}')), `eth0: ${DEFAULT}`);
  t.equal(valid(one("{name: '1'}")), `1: ${DEFAULT}`);
  for (const mac of ['52:54:00:aa:bb:cc', '52:54:00:AA:BB:CC', '52-54-00-Aa-bB-cc', "'52:54:00:aa:bb:cc'"]) {
    t.strictSame(
      parseConfig(one(`{mac: ${mac}}`), 'f').config?.managementInterfaces[0]?.selector,
      { kind: 'mac', mac: '52:54:00:aa:bb:cc' },
      mac,
    );
  }
  t.equal(valid(one('{mac: 12:34:56:00:11:22}')), `12:34:56:00:11:22: ${DEFAULT}`, 'digits alone');
  t.equal(
    valid('management-interface:\n  mac: 52:54:00:aa:bb:cc\ninet6-backup-router: {address: fe80::1}\n'),
    '52:54:00:aa:bb:cc: fe80::1 -> ::/0',
  );
  t.equal(valid(list(`{name: eth0, ${ROUTER}}`)), `eth0: ${DEFAULT}`, 'a list of one');
  t.equal(valid(`management-interface: {name: eth0, ${ROUTER}}\n`), `eth0: ${DEFAULT}`, 'a stanza alone');
  t.equal(
    valid(
      list(
        'name: eth0\n    backup-router:\n      address: [192.0.2.1, 192.0.2.2]\n      destination:\n        - 10.0.0.0/8\n        - 11.0.0.0/8\n        - 12.0.0.0/8',
        'mac: 52:54:00:00:00:02\n    inet6-backup-router: {address: fe80::1}\n    backup-router: {address: auto, destination: 10.0.0.0/8}',
      ),
    ),
    'eth0: 192.0.2.1 192.0.2.2 -> 10.0.0.0/8 11.0.0.0/8 12.0.0.0/8; 52:54:00:00:00:02: auto -> 10.0.0.0/8, fe80::1 -> ::/0',
    'one destination behind two of them',
  );
  t.equal(
    valid(list(...[0, 1, 2, 3].map((i) => `{name: eth${i}, ${ROUTER}}`))),
    [0, 1, 2, 3].map((i) => `eth${i}: ${DEFAULT}`).join('; '),
    'in the order of the file',
  );
  t.equal(
    valid(list(`{name: eth0, ${ROUTER.replace(': {', ': &r {')}}`, '{name: eth1, backup-router: *r}')),
    `eth0: ${DEFAULT}; eth1: ${DEFAULT}`,
    'the same routers',
  );
});

t.test('address: auto', async (t) => {
  const router = (text: string): string => valid(`management-interface: eth0\nbackup-router: {${text}}\n`);
  t.equal(router('address: auto'), 'eth0: auto -> 0.0.0.0/0');
  t.equal(router('address: auto, adopt: false'), 'eth0: auto -> 0.0.0.0/0');
  t.equal(router('adopt: true, address: auto'), 'eth0: adopt -> 0.0.0.0/0');
  t.equal(
    router('address: auto, adopt: true, destination: [10.0.0.0/8, 192.0.0.0/16]'),
    'eth0: adopt -> 10.0.0.0/8 192.0.0.0/16',
  );
  t.equal(valid('management-interface: eth0\ninet6-backup-router: {address: "auto"}\n'), 'eth0: auto -> ::/0');
  t.strictSame(
    parseConfig('management-interface: eth0\nbackup-router: {address: auto}\n', 'f').config?.managementInterfaces[0]
      ?.backupRouters,
    [
      {
        family: 'inet',
        gateways: [],
        auto: { adopt: false },
        destinations: [defaultPrefix('inet')],
      },
    ],
  );
});

const ONE: readonly Row[] = [
  ['empty', one('""'), '1:23 error interface-name'],
  ['nothing', one(''), '1:1 error empty-value'],
  ['number', one('1'), '1:23 error wrong-type'],
  ['boolean', one('true'), '1:23 error wrong-type'],
  ['128 bytes', one(`${LONG}z`), '1:23 error interface-name'],
  ['128 bytes of fewer letters', one('é'.repeat(64)), '1:23 error interface-name'],
  ['slash', one('ge-0/0/0'), '1:23 error interface-name'],
  ['colon', one('eth0:1'), '1:23 error interface-name'],
  ['space', one('eth0 eth1'), '1:23 error interface-name'],
  ['dots', one('..'), '1:23 error interface-name'],
  ['loopback', one('lo'), '1:23 error interface-name'],
  ['loopback, as a mapping', one('{name: lo}'), '1:30 error interface-name'],
  ['MAC address as a name', one('52:54:00:aa:bb:cc'), '1:23 error interface-name'],
  ['MAC address as a name, with dashes', one('{name: 52-54-00-aa-bb-cc}'), '1:30 error interface-name'],
  ['name of nothing', one('{name: }'), '1:24 error empty-value'],
  ['empty mapping', one('{}'), '1:23 error missing-key'],
  ['unknown key', one('{interface: eth0}'), '1:24 error unknown-key'],
  ['both', one('{mac: 52:54:00:aa:bb:cc, name: eth0}'), '1:48 error conflicting-keys'],
  ['MAC address of nobody', one('{mac: 00:00:00:00:00:00}'), '1:29 error mac-address'],
  ['multicast', one('{mac: 33:33:00:00:00:01}'), '1:29 error mac-address'],
  ['broadcast', one('{mac: ff-ff-ff-ff-ff-ff}'), '1:29 error mac-address'],
  ['too short', one('{mac: 52:54:00:aa:bb}'), '1:29 error mac-address'],
  ['too long', one('{mac: 52:54:00:aa:bb:cc:dd}'), '1:29 error mac-address'],
  ['of InfiniBand', one(`{mac: ${Array(20).fill('80').join(':')}}`), '1:29 error mac-address'],
  ['colons and dashes', one('{mac: 52:54:00-aa-bb-cc}'), '1:29 error mac-address'],
  ['no hexadecimal digit', one('{mac: 52:54:00:aa:bb:cg}'), '1:29 error mac-address'],
  ['number', one('{mac: 525400123456}'), '1:29 error mac-address'],
  ['name as MAC address', one('{mac: eth0}'), '1:29 error mac-address'],
  ['MAC address in a list', one('{mac: [52:54:00:aa:bb:cc]}'), '1:29 error wrong-type'],
];

const LIST: readonly Row[] = [
  ['empty list', one('[]'), '1:23 error empty-value'],
  ['a name in a list', one('[eth0]'), '1:23 error wrong-type'],
  ['names in a list', one('[eth0, eth1]'), '1:24 error wrong-type', '1:30 error wrong-type'],
  ['a list in a list', one('[[eth0], [eth1]]'), '1:24 error wrong-type', '1:32 error wrong-type'],
  ['a name among stanzas', list('eth0', `{name: eth1, ${ROUTER}}`), '2:5 error wrong-type'],
  ['routers at the top level', `${list(`{name: eth0, ${ROUTER}}`)}${V4}`, '3:1 error conflicting-keys'],
  [
    'routers only at the top level',
    `${list('{name: eth0}')}${V4}inet6-backup-router: {address: fe80::1}\n`,
    '3:1 error conflicting-keys',
    '4:1 error conflicting-keys',
  ],
  [
    'routers at the top level beside a stanza alone',
    `management-interface: {name: eth0, ${ROUTER}}\n${V4}`,
    '2:1 error conflicting-keys',
  ],
  [
    'faults of misplaced routers',
    `${list(`{name: eth0, ${ROUTER}}`)}${V4.replace('192.0.2.1', '192.0.2.300')}`,
    '3:1 error conflicting-keys',
    '3:26 error address-syntax',
  ],
  ['no router', list('{name: eth0}', `{name: eth1, ${ROUTER}}`), '2:5 error missing-key'],
  ['router of nothing', list('{name: eth0, backup-router: }'), '2:18 error empty-value'],
  ['no name', list(`{${ROUTER}}`), '2:5 error missing-key'],
  ['neither', list('{}'), '2:5 error missing-key', '2:5 error missing-key'],
  ['misspelt name', list(`{nmae: eth0, ${ROUTER}}`), '2:6 error unknown-key'],
  ['address beside the name', list('{name: eth0, address: 192.0.2.1}'), '2:18 error unknown-key'],
  ['nothing', list('~', `{name: eth1, ${ROUTER}}`), '2:5 error wrong-type'],
  ['twice', list(`{name: eth0, ${ROUTER}}`, `{name: eth0, ${ROUTER}}`), '3:5 error duplicate-interface'],
  [
    'MAC address twice',
    list(`{mac: 52:54:00:aa:bb:cc, ${ROUTER}}`, `{name: eth0, ${ROUTER}}`, `{mac: 52-54-00-AA-BB-CC, ${ROUTER}}`),
    '4:5 error duplicate-interface',
  ],
  ['five', list(...[0, 1, 2, 3, 4].map((i) => `{name: eth${i}, ${ROUTER}}`)), '6:5 error too-many-interfaces'],
  ['six', list(...[0, 1, 2, 3, 4, 5].map((i) => `{name: eth${i}, ${ROUTER}}`)), '6:5 error too-many-interfaces'],
  [
    'faults within',
    list('{name: eth0, backup-router: {address: 192.0.2.300, destination: 10/8}}'),
    '2:43 error address-syntax',
    '2:69 error prefix-syntax',
  ],
];

const router = (text: string): string => `management-interface: eth0\nbackup-router: {${text}}\n`;
const AUTO: readonly Row[] = [
  ['alone in a list', router('address: [auto]'), '2:27 error auto-in-list'],
  ['in a list', router('address: [192.0.2.1, auto]'), '2:38 error auto-in-list'],
  ['upper case', router('address: AUTO'), '2:26 error address-syntax'],
  ['dhcp', router('address: dhcp'), '2:26 error address-syntax'],
  ['adopt without auto', router('address: 192.0.2.1, adopt: true'), '2:37 error adopt-without-auto'],
  ['adopt: false without auto', router('address: 192.0.2.1, adopt: false'), '2:37 error adopt-without-auto'],
  ['adopt without address', router('adopt: true'), '2:1 error missing-key'],
  ['adopt and auto in a list', router('address: [auto], adopt: true'), '2:27 error auto-in-list'],
  ['adopt is a word', router('address: auto, adopt: yes'), '2:39 error wrong-type'],
  ['adopt in quotes', router('address: auto, adopt: "true"'), '2:39 error wrong-type'],
  ['adopt is a number', router('address: auto, adopt: 1'), '2:39 error wrong-type'],
  ['adopt of nothing', router('address: auto, adopt: '), '2:32 error empty-value'],
  ['adopt is a list', router('address: auto, adopt: [true]'), '2:39 error wrong-type'],
  ['adopt at the top level', `${router('address: auto')}adopt: true\n`, '3:1 error unknown-key'],
  ['stanza is auto', 'management-interface: eth0\nbackup-router: auto\n', '2:16 error wrong-type'],
];

for (const [group, rows] of Object.entries({ ONE, LIST, AUTO }))
  t.test(`faults: ${group.toLowerCase()}`, async (t) => checkRows(t, rows));

t.test('remedies', async (t) => {
  const help = (text: string): string | undefined => parseConfig(text, 'f').diagnostics[0]?.suggestion;
  t.equal(help(one('[eth0]')), 'write management-interface: eth0');
  t.equal(help(one('[eth0, eth1]')), 'write {name: eth0, backup-router: {address: ADDRESS}}');
  t.equal(help(one('52:54:00:AA:BB:CC')), 'write management-interface: {mac: 52:54:00:aa:bb:cc}');
  t.equal(help(one('{name: 52-54-00-aa-bb-cc}')), 'write mac: 52:54:00:aa:bb:cc');
  t.equal(help(one('{mac: 5254.00aa.bbcc}')), 'write 52:54:00:aa:bb:cc');
  t.equal(help(one('{mac: 525400AABBCC}')), 'write 52:54:00:aa:bb:cc');
  t.equal(help(one('{mac: 52:54:0:a:b:c}')), 'write 52:54:00:0a:0b:0c');
  t.equal(help(one('{mac: eth0}')), "if that is the interface's name, write name: eth0");
  t.match(help(one('{mac: 52:54:00}')), "'ip -brief link'");
  t.match(help(one('/dev/eth0')), 'write eth0');
  t.match(help(one('eth0, eth1')), 'several are a list, each with its own');
  t.match(help(`${list('{name: eth0}')}${V4}`), 'move it into the stanza');
  t.equal(
    help(`${one('eth0')}mac: 52:54:00:aa:bb:cc\n`),
    "'mac' belongs under 'management-interface'; is it indented too little?",
  );
  t.equal(
    help(list('{name: eth0, address: 192.0.2.1}')),
    "'address' belongs under 'backup-router'; is it indented too little?",
  );
  t.match(
    parseConfig(list(`{name: eth0, ${ROUTER}}`, `{name: eth0, ${ROUTER}}`), 'f').diagnostics[0]?.message,
    'eth0 has two stanzas; the first begins in line 2',
  );
  t.equal(help(router('address: [auto]')), 'write address: auto');
  t.match(help(router('address: [auto, 192.0.2.1]')), 'write address: auto alone, or only the gateways');
  t.match(help(router('address: dhcp')), 'write auto');
  t.equal(help('management-interface: eth0\nbackup-router: auto\n'), 'write backup-router: {address: auto}');
  t.equal(help(router('adopt: true')), "add 'address: auto', which is what 'adopt' goes with");
  t.equal(help(router('address: 192.0.2.1, adopt: true')), "remove it, or write 'address: auto'");
  t.equal(help(router('address: auto, adopt: yes')), 'write true');
  t.equal(help(router("address: auto, adopt: 'false'")), 'write false without quotes');
});

t.test('the valid part', async (t) => {
  const ETH0 = 'eth0: 192.0.2.1 -> 0.0.0.0/0';
  t.equal(part(one('[eth0]')), ETH0, 'what is meant is certain');
  t.equal(part(one('[eth0, eth1]')), 'nothing');
  t.equal(part(list('eth1', `{name: eth0, ${ROUTER}}`)), ETH0);
  t.equal(part(list('{name: eth1, backup-router: {address: x}}', `{name: eth0, ${ROUTER}}`)), ETH0);
  t.equal(part(list(`{mac: x, ${ROUTER}}`, `{name: eth0, ${ROUTER}}`)), ETH0);
  t.equal(
    part(list(`{name: eth0, ${ROUTER}}`, '{name: eth0, backup-router: {address: 192.0.2.9}}')),
    ETH0,
    'the first of two',
  );
  t.equal(
    part(`${list(`{name: eth0, ${ROUTER}}`, '{name: eth1}')}inet6-backup-router: {address: fe80::1}\n`),
    ETH0,
    'nobody knows behind which interface',
  );
  t.equal(part(list(...[0, 1, 2, 3, 4].map((i) => `{name: eth${i}, ${ROUTER}}`))).split('; ').length, 4);
  t.equal(part(router('address: [auto, 192.0.2.1]')), ETH0);
  t.equal(part(router('address: [auto]')), 'nothing');
  t.equal(part(router('address: 192.0.2.1, adopt: true')), ETH0);
  t.equal(
    part(router('address: auto, adopt: yes')),
    'eth0: auto -> 0.0.0.0/0',
    'in doubt the route of somebody else is left alone',
  );
  t.equal(part(`${router('address: auto, adopt: true')}colour: red\n`), 'eth0: adopt -> 0.0.0.0/0');
});

t.test('never widened', async (t) => {
  const named = '{name: eth0, backup-router: {address: 192.0.2.1, destination: 10.0.0.0/8}}';
  const NARROW = 'eth0: 192.0.2.1 -> 10.0.0.0/8';
  t.equal(
    part(list(named, '{name: eth1, destination: 10.0.0.0/8, backup-router: {address: 192.0.2.2}}')),
    NARROW,
    'beside the stanza',
  );
  t.equal(
    part(`${list(named, '{name: eth1, backup-router: {address: 192.0.2.2}}')}destination: 10.0.0.0/8\n`),
    NARROW,
    'at the top level',
  );
  t.equal(
    part(`${list(named, `{name: eth1, ${ROUTER}}`)}colour: red\n`),
    `${NARROW}; eth1: 192.0.2.1 -> 0.0.0.0/0`,
    'nothing is lost',
  );
  t.equal(
    part(
      list(named, `{mac: x, backup-router: {address: 192.0.2.2, destination: 11.0.0.0/8}}`, `{name: eth1, ${ROUTER}}`),
    ),
    `${NARROW}; eth1: 192.0.2.1 -> 0.0.0.0/0`,
    "a faulty interface's is not lost",
  );
  t.equal(
    part(list(`name: eth1\n    ${ROUTER}\n   backup-router: {destination: 10.0.0.0/8}`, named)),
    NARROW,
    'in a stanza that is none',
  );
  t.equal(
    part(`${list(named, `{name: eth1, ${ROUTER}}`)}backup-router: {address: 192.0.2.1, destination: 11.0.0.0/8}\n`),
    NARROW,
    "in a stanza that is nobody's",
  );
  const aliases = list(
    named.replace('{address', '&r {address'),
    '{name: eth1, backup-router: *r}',
    '{name: eth2, destination: 10.0.0.0/8, backup-router: {address: 192.0.2.2}}',
  );
  t.equal(
    part(aliases),
    `${NARROW}; eth1: 192.0.2.1 -> 10.0.0.0/8`,
    'one that two stanzas share makes up for no other',
  );
  t.equal(part(router('address: auto, destination: 10.0.0.1/8')), 'nothing');
  t.equal(part(`${router('address: auto, adopt: true')}destination: 10.0.0.0/8\n`), 'nothing');
});

t.test(
  'no damage to the lines makes a destination of its own; where it breaks no syntax, none behind another interface either',
  async () => {
    const own: Readonly<Record<string, readonly string[]>> = {
      eth0: ['10.0.0.0/8', '2001:db8::/32'],
      eth1: ['172.16.0.0/12', '100.64.0.0/10'],
      '52:54:00:aa:bb:cc': ['198.51.100.0/24'],
    };
    const lines = `management-interface:
  - name: eth0
    backup-router:
      address: [192.0.2.1, 192.0.2.2]
      destination: 10.0.0.0/8
    inet6-backup-router:
      address: fe80::1
      destination:
        - 2001:db8::/32
  - backup-router:
      destination: [172.16.0.0/12, 100.64.0.0/10]
      address: 192.0.2.1
    name: eth1
  - mac: 52:54:00:aa:bb:cc
    backup-router: {address: auto, adopt: true, destination: 198.51.100.0/24}
role: {file: /run/role}`.split('\n');
    const at = fc.nat(lines.length - 1);
    const damage = fc.oneof(
      fc.record({
        kind: fc.constant('indent'),
        at,
        by: fc.integer({ min: -6, max: 6 }),
        text: fc.constant(''),
      }),
      fc.record({
        kind: fc.constant('insert'),
        at,
        by: fc.integer({ min: 0, max: 8 }),
        text: fc.constantFrom(
          'x: [',
          '- ',
          '"',
          'colour: red',
          '}',
          '- name: eth9',
          'backup-router:',
          'address: 192.0.2.9',
          '? a',
          '---',
          '\t',
          'x: |',
        ),
      }),
      fc.record({ kind: fc.constant('repeat'), at, by: fc.constant(0), text: fc.constant('') }),
    );
    const apply = (
      text: readonly string[],
      { kind, at: i, by, text: inserted }: { kind: string; at: number; by: number; text: string },
    ): readonly string[] => {
      const line = text[i]!;
      if (kind === 'indent')
        return text.with(i, by < 0 ? line.replace(new RegExp(`^ {0,${-by}}`), '') : ' '.repeat(by) + line);
      return text.toSpliced(i, 0, kind === 'repeat' ? line : ' '.repeat(by) + inserted);
    };
    let partly = 0;
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const text = damages.reduce(apply, lines).join('\n');
        const { partial, diagnostics } = parseConfig(text, 'f');
        const broken = diagnostics.some(({ code }) => code === 'syntax');
        for (const { selector, backupRouters } of partial?.managementInterfaces ?? []) {
          partly++;
          // `- name: eth9` in front of a stanza takes it for eth9: that is what the text says then.
          const allowed =
            broken || selectorText(selector) === 'eth9'
              ? Object.values(own).flat()
              : (own[selectorText(selector)] ?? []);
          const extra = backupRouters
            .flatMap((r) => r.destinations.map(prefixText))
            .filter((destination) => !allowed.includes(destination));
          if (extra.length > 0) throw new Error(`${selectorText(selector)} got ${extra.join(' ')} of\n${text}`);
        }
      }),
      { numRuns: runs(2000) },
    );
    if (partly < 200) throw new Error(`${partly} interfaces were left in all: nothing was tested`);
  },
);
