/**
 * Compares the walk of `explain` with the kernel: random rules (every action, `not`,
 * suppress_prefixlength, selectors that match an originated packet and selectors that do not) and
 * random tables (every type of route, several metrics, IPv6 routes for some sources), both
 * families, packets without a source and from two addresses of the host. The walk must end where
 * `ip route get fibmatch ADDRESS [from SOURCE]` says.
 */

import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { createLab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Family } from '../../src/model/address.js';

const CHILD = fileURLToPath(new URL('./explain-child.js', import.meta.url));
const ROUNDS = 12;

interface Pool {
  readonly prefixes: readonly string[];
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  /** Addresses of the router. */
  readonly sources: readonly string[];
}

const POOLS: Readonly<Record<Family, Pool>> = {
  inet: {
    prefixes: [
      'default',
      '10.0.0.0/8',
      '10.64.0.0/10',
      '10.99.0.0/16',
      '10.99.1.0/24',
      '10.99.1.7/32',
      '203.0.113.0/24',
    ],
    addresses: [
      '10.99.1.7',
      '10.99.1.8',
      '10.99.2.1',
      '10.65.0.1',
      '10.2.3.4',
      '203.0.113.9',
      '172.16.0.1',
      '10.1.0.9',
    ],
    gateways: ['10.1.0.1', '10.1.0.3', '10.1.0.5'],
    sources: ['10.1.0.2', '10.7.0.2'],
  },
  inet6: {
    prefixes: [
      'default',
      '2001:db8::/32',
      '2001:db8:40::/42',
      '2001:db8:63::/48',
      '2001:db8:63:1::/64',
      '2001:db8:63:1::7/128',
      '3fff::/20',
    ],
    addresses: [
      '2001:db8:63:1::7',
      '2001:db8:63:1::8',
      '2001:db8:63:2::1',
      '2001:db8:41::1',
      '2001:db8:2::1',
      '3fff::9',
      '2001:4860::1',
      '2001:db8:1::9',
    ],
    gateways: ['2001:db8:1::1', '2001:db8:1::3', '2001:db8:1::5'],
    sources: ['2001:db8:1::2', '2001:db8:7::2'],
  },
};

const TABLES = ['main', '100', '101', '102'];
const SELECTORS: Readonly<Record<Family, readonly string[]>> = {
  inet: [
    '',
    '',
    'iif lo',
    'iif data0',
    'fwmark 0x1',
    'fwmark 0x0/0xff',
    'from 10.1.0.0/16',
    'from 10.7.0.2',
    'not from 10.7.0.0/16',
    'to 10.99.0.0/16',
    'to 172.16.0.0/12',
    'tos 0x10',
    'oif data0',
    'ipproto tcp',
    'uidrange 4711-4712',
    'not to 10.99.0.0/16',
    'not fwmark 0x1',
    'not from 10.0.0.0/8',
    'not iif lo',
  ],
  inet6: [
    '',
    '',
    'iif lo',
    'iif data0',
    'fwmark 0x1',
    'fwmark 0x0/0xff',
    'from 2001:db8:1::/48',
    'from 2001:db8:7::2',
    'not from 2001:db8:7::/48',
    'to 2001:db8:63::/48',
    'to 3fff::/20',
    'oif data0',
    'ipproto tcp',
    'uidrange 4711-4712',
    'not to 2001:db8:63::/48',
    'not fwmark 0x1',
    'not iif lo',
  ],
};
const ACTIONS = [...TABLES, ...TABLES, ...TABLES]
  .map((table) => `lookup ${table}`)
  .concat('blackhole', 'unreachable', 'prohibit', 'nop', 'goto 190');

function rules(family: Family): fc.Arbitrary<readonly string[]> {
  const one = fc.record({
    selector: fc.constantFrom(...SELECTORS[family]),
    action: fc.constantFrom(...ACTIONS),
    suppress: fc.constantFrom(
      '',
      '',
      'suppress_prefixlength 0',
      'suppress_prefixlength 15',
      'suppress_prefixlength 32',
    ),
  });
  return fc
    .array(one, { minLength: 2, maxLength: 8 })
    .map((list) =>
      list.map(
        ({ selector, action, suppress }, i) =>
          `rule add ${selector} pref ${100 + 10 * i} ${action} ${action.startsWith('lookup') ? suppress : ''}`,
      ),
    );
}

function routes(family: Family): fc.Arbitrary<readonly string[]> {
  const { prefixes, gateways } = POOLS[family];
  const one = fc.record({
    prefix: fc.constantFrom(...prefixes),
    table: fc.constantFrom(...TABLES),
    metric: fc.integer({ min: 1, max: 3 }),
    how: fc.constantFrom(
      ...gateways.map((gateway) => `via ${gateway} dev data0`),
      ...gateways.map((gateway) => `via ${gateway} dev data0`),
      'blackhole',
      'unreachable',
      'prohibit',
      'throw',
    ),
    // Of IPv4 no route has one.
    source: family === 'inet' ? fc.constant('') : fc.constantFrom('', '', 'from 2001:db8:7::/48', 'from 2001:db8::/32'),
  });
  return fc
    .uniqueArray(one, { maxLength: 16, selector: (r) => `${r.prefix} ${r.source} ${r.table} ${r.metric}` })
    .map((list) =>
      list.map(({ prefix, source, table, metric, how }) =>
        how.startsWith('via')
          ? `route add ${prefix} ${source} ${how} table ${table} metric ${metric}`
          : `route add ${how} ${prefix} ${source} table ${table} metric ${metric}`,
      ),
    );
}

/** What the kernel says of each `ADDRESS[@SOURCE]`, as the child spells it; one process asks for all. */
function kernelSays(router: Namespace, family: Family, asked: readonly string[]): readonly string[] {
  const ip = `ip -N ${family === 'inet' ? '-4' : '-6'} route get fibmatch`;
  const ask = asked.map((one) => `${ip} ${one.replace('@', ' from ')} 2>/dev/null || echo refused`).join('\n');
  const lines = router
    .run(['sh', '-c', ask])
    .trim()
    .split('\n')
    .map((line) => line.trim());
  return lines.map((line) => spelled(family, line));
}

function spelled(family: Family, line: string): string {
  // Numbers are those of RTN_BLACKHOLE, RTN_UNREACHABLE and RTN_PROHIBIT: -N prints types so.
  if (/^(refused|unreachable|blackhole|prohibit|[678] )/.test(line)) return 'refused';
  const word = (name: string, otherwise: string): string => new RegExp(` ${name} (\\S+)`).exec(line)?.[1] ?? otherwise;
  const destination = line.replace(/^(?:unicast|1) /, '').split(' ')[0]!;
  const whole =
    destination === 'default' || destination.includes('/')
      ? destination
      : `${destination}/${family === 'inet' ? 32 : 128}`;
  return `${whole} table ${word('table', '254')} metric ${word('metric', '0')} via ${word('via', '-')}`;
}

t.test('random rules and tables', async (t) => {
  const lab = createLab();
  t.teardown(() => lab.close());
  const [router, peer] = [lab.namespace('router', { forwarding: true }), lab.namespace('peer')];
  lab.link(router, 'data0', peer, 'router0');
  router.ipBatch([
    'addr add 10.1.0.2/24 dev data0',
    'addr add 10.7.0.2/32 dev data0',
    'addr add 2001:db8:1::2/64 dev data0 nodad',
    'addr add 2001:db8:7::2/128 dev data0 nodad',
  ]);
  const seed = Number(process.env['BACKUP_ROUTER_SEED'] ?? Date.now() % 1_000_000);
  t.comment(`seed ${seed} (BACKUP_ROUTER_SEED repeats it)`);
  let [compared, refused] = [0, 0];
  for (const family of ['inet', 'inet6'] as const) {
    const option = family === 'inet' ? '-4' : '-6';
    for (const { rules: some, routes: others } of fc.sample(
      fc.record({ rules: rules(family), routes: routes(family) }),
      { seed, numRuns: ROUNDS },
    )) {
      router.run(['ip', option, '-batch', '-'], {
        input: [...others, ...some, 'rule add pref 190 lookup 101'].join('\n'),
      });
      const { addresses, sources } = POOLS[family];
      const asked = addresses.flatMap((address) => [address, ...sources.map((source) => `${address}@${source}`)]);
      const answers = router
        .run([process.execPath, CHILD, ...asked])
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { address: string; end: string; matched: string });
      const says = kernelSays(router, family, asked);
      for (const [i, { address, end, matched }] of answers.entries()) {
        const kernel = says[i]!;
        compared++;
        if (kernel === 'refused') refused++;
        if (end !== kernel || matched !== kernel) {
          t.comment(
            `${router.run(['ip', option, 'rule'])}\n${router.run(['ip', option, 'route', 'show', 'table', 'all'])}`,
          );
          t.fail(`${address}: the walk ends at ${end}, our question at ${matched}, ip route get at ${kernel}`);
          return;
        }
      }
      router.run([
        'sh',
        '-c',
        `for p in $(seq 100 10 190); do while ip ${option} rule del pref $p 2>/dev/null; do :; done; done; for table in 100 101 102; do ip ${option} route flush table $table 2>/dev/null; done; ip ${option} route flush table main proto 3 2>/dev/null; for k in blackhole unreachable prohibit throw; do ip ${option} route flush table main type $k 2>/dev/null; done; true`,
      ]);
    }
  }
  t.ok(
    compared >= 2 * ROUNDS * 8 * 3 && refused > 20 && refused < compared - 20,
    `${compared} lookups compared, ${refused} of them refused`,
  );
});
