/** What valid text means: defaults, units, one or many, and a round trip of any configuration. */

import fc from 'fast-check';
import t from 'tap';
import { DEFAULTS } from '../../../src/config/defaults.js';
import { FRR_DAEMONS } from '../../../src/config/daemon-frr.js';
import { formatDuration, parseDuration } from '../../../src/config/duration.js';
import { closest, DAEMON_KINDS, editDistance, TOP_KEYS } from '../../../src/config/keys.js';
import { parseConfig } from '../../../src/config/parse.js';
import { addressFromBytes, type Address, type Family } from '../../../src/model/address.js';
import { selectorText, type BackupRouter, type Config, type InterfaceSelector, type ManagementInterface, type RoleSource, type RoutingDaemon, type SocketDaemon, type Timeout } from '../../../src/model/config.js';
import { defaultPrefix, prefix, prefixText } from '../../../src/model/prefix.js';

t.test('the smallest file', async (t) => {
  const { config, partial, diagnostics } = parseConfig('management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n', 'f');
  t.strictSame(diagnostics, []);
  t.strictSame(config, {
    managementInterfaces: [{
      selector: { kind: 'name', name: 'eth0' },
      backupRouters: [{ family: 'inet', gateways: ['192.0.2.1'], auto: undefined, destinations: [{ family: 'inet', address: '0.0.0.0', length: 0 }] }],
    }],
    routingDaemons: [{ kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' }],
    holdMs: 5000, convergenceTimeoutMs: 30000, probeIntervalMs: 1000, probeTimeoutMs: 10000, preemptAfterMs: 10000,
    placement: 'local', role: { kind: 'fixed', role: 'primary' }, routeProtocol: 157, tableBase: 25500, rulePriorityBase: 31000, onStop: 'keep',
  });
  t.strictSame(partial, config);
});

t.test('spellings of the same', async (t) => {
  const reference = parseConfig('management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination: 10.0.0.0/8\n', 'f').config;
  t.not(reference, undefined);
  for (const text of [
    '{"management-interface": "eth0", "backup-router": {"address": ["192.0.2.1"], "destination": ["10.0.0.0/8"]}}',
    '\ufeffmanagement-interface: eth0\r\nbackup-router:\r\n  address: 192.0.2.1\r\n  destination: 10.0.0.0/8\r\n',
    "---\nbackup-router: {destination: [&d 10.0.0.0/8], address: '192.0.2.1'}\nmanagement-interface: eth0 # port\nrouting-daemon: frr\n...\n",
    'management-interface: eth0\nbackup-router: {address: 192.0.2.1, destination: 10.0.0.0/8}\nrouting-daemon: [{frr: {}}]\nrole: primary\n',
  ]) t.strictSame(parseConfig(text, 'f').config, reference, text);
  const shared = parseConfig('management-interface: eth0\nbackup-router: {address: &gw [192.0.2.1], destination: [10.0.0.0/8]}\ninet6-backup-router: {address: FE80:0::1, destination: 2001:DB8::/32}\n', 'f').config;
  t.strictSame(shared?.managementInterfaces[0]?.backupRouters[1], { family: 'inet6', gateways: ['fe80::1'], auto: undefined, destinations: [{ family: 'inet6', address: '2001:db8::', length: 32 }] });
});

t.test('durations', async (t) => {
  const bounds = { minMs: 0, maxMs: 86_400_000, neverAllowed: true };
  const cases: readonly (readonly [string, Timeout])[] = [['500ms', 500], ['5s', 5000], ['1.5s', 1500], ['10m', 600_000], ['1h', 3_600_000], ['0', 0], ['0s', 0], ['never', 'never'], ['24h', 86_400_000]];
  for (const [text, value] of cases) t.strictSame(parseDuration(text, bounds), { ok: true, value }, text);
  const help = (text: string): string => {
    const result = parseDuration(text, bounds);
    return result.ok ? `accepted as ${result.value}` : result.fault.suggestion;
  };
  t.equal(help('30'), 'write 30s for seconds, or 30ms, 30m, 30h');
  t.equal(help('5sec'), 'write 5s');
  t.equal(help('5S'), 'write 5s');
  t.equal(help('2 days'), 'write 48h');
  t.equal(help('1m30s'), 'write 90s');
  t.equal(help('25h'), 'the longest is 24h; or write never');
  t.match(help('5 fortnights'), 'the units are');
  t.match(help('soon'), 'such as 5s');
  fc.assert(fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => {
    const back = parseDuration(formatDuration(ms), bounds);
    return back.ok && back.value === ms;
  }));
});

t.test('closest key', async (t) => {
  t.equal(closest('managment-interface', TOP_KEYS), 'management-interface');
  t.equal(closest('management_interface', TOP_KEYS), 'management-interface');
  t.equal(closest('managementInterface', TOP_KEYS), 'management-interface');
  t.equal(closest('inet6-backup-ruoter', TOP_KEYS), 'inet6-backup-router');
  t.equal(closest('interface', TOP_KEYS), 'management-interface');
  t.equal(closest('colour', TOP_KEYS), undefined);
  t.equal(editDistance('abc', 'acb'), 1);
  t.equal(editDistance('', 'abc'), 3);
});

const address = (family: Family): fc.Arbitrary<Address> => fc.uint8Array({ minLength: family === 'inet' ? 4 : 16, maxLength: family === 'inet' ? 4 : 16 })
  // 64.x to 191.x, 2x00:: to 3x00:: : clear of everything that is refused as a gateway or destination.
  .map((bytes) => addressFromBytes(bytes.with(0, family === 'inet' ? (bytes[0]! % 63) + 128 : 0x20 + (bytes[0]! % 16))));

const stanza = (family: Family): fc.Arbitrary<BackupRouter> => fc.record({
  family: fc.constant(family),
  gateways: fc.uniqueArray(address(family), { minLength: 1, maxLength: 3 }),
  auto: fc.option(fc.record({ adopt: fc.boolean() }, { noNullPrototype: true }), { nil: undefined, freq: 3 }),
  destinations: fc.oneof(
    fc.constant([defaultPrefix(family)]),
    fc.uniqueArray(fc.tuple(address(family), fc.integer({ min: 8, max: family === 'inet' ? 30 : 126 })).map(([a, l]) => prefix(a, l)), { minLength: 1, maxLength: 5, selector: prefixText }),
  ),
}, { noNullPrototype: true }).map((router) => (router.auto === undefined ? router : { ...router, gateways: [] }));

const ms = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: 86_400_000 });
const timeout = (): fc.Arbitrary<Timeout> => fc.oneof(ms(0), fc.constant<'never'>('never'));

const text = (pattern: RegExp): fc.Arbitrary<string> => fc.stringMatching(pattern);
const path = (maxLength: number): fc.Arbitrary<string> => fc.oneof(fc.constantFrom('/tmp/with space', '/tmp/#x: y', '/é/*', '/{a: b}', "/'\""), text(/^\/run(\/[a-z.@-]{1,9}[a-z]){1,4}$/).filter((p) => p.length <= maxLength));
const routeProtocols = fc.uniqueArray(fc.integer({ min: 10, max: 255 }).filter((n) => ![19, 100, 157, 185, 199, 255].includes(n)), { maxLength: 4 });
const exact = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> => fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const endpoint: fc.Arbitrary<SocketDaemon['endpoint']> = fc.oneof(
  exact<SocketDaemon['endpoint']>({ kind: fc.constant('unix'), path: path(107) }),
  exact<SocketDaemon['endpoint']>({ kind: fc.constant('tcp'), host: fc.oneof(fc.constant('::1'), fc.ipV4().map((a) => a.replace(/^\d+/, '127'))), port: fc.integer({ min: 1, max: 65535 }) }),
);

const anyCommand = fc.tuple(path(4095), fc.array(fc.string({ unit: 'grapheme', maxLength: 9 }).filter((word) => !/[\u0000-\u001f\u007f]/.test(word)), { maxLength: 3 })).map(([file, words]): readonly [string, ...string[]] => [file, ...words]);

const anyDaemon: fc.Arbitrary<RoutingDaemon> = fc.oneof(
  exact<RoutingDaemon>({ kind: fc.constant('frr'), daemons: fc.uniqueArray(fc.constantFrom(...FRR_DAEMONS), { minLength: 1 }), socketDirectory: fc.constantFrom('/run/frr', '/run/frr/blue', '/tmp/with space', '/tmp/#x: y') }),
  exact<RoutingDaemon>({ kind: fc.constant('bird'), socket: path(107) }),
  exact<RoutingDaemon>({ kind: fc.constant('unit'), unit: text(/^[A-Za-z0-9:_.\\-]{1,20}(@[a-z]{1,9})?\.(service|scope|slice)$/).filter((name) => !name.startsWith('.')), routeProtocols }),
  exact<RoutingDaemon>({ kind: fc.constant('pidfile'), path: path(4095), routeProtocols }),
  exact<RoutingDaemon>({ kind: fc.constant('process'), name: text(/^[A-Za-z0-9._: -]{0,14}[a-z]$/).filter((name) => !FRR_DAEMONS.includes(name) && name !== 'bird'), routeProtocols }),
  exact<RoutingDaemon>({ kind: fc.constant('socket'), endpoint, routeProtocols }),
  fc.record({
    command: anyCommand,
    times: fc.tuple(ms(100), ms(100)),
    routeProtocols,
  }).map(({ times, ...rest }): RoutingDaemon => ({ kind: 'exec', intervalMs: Math.max(...times), timeoutMs: Math.min(...times), ...rest })),
);

/** Such that no two of one kind are the same daemon. */
function identity(d: RoutingDaemon): string {
  switch (d.kind) {
    case 'frr': return d.socketDirectory;
    case 'bird': return d.socket;
    case 'unit': return `unit ${d.unit}`;
    case 'pidfile': return `pidfile ${d.path}`;
    case 'process': return `process ${d.name}`;
    case 'socket': return d.endpoint.kind === 'unix' ? d.endpoint.path : `${d.endpoint.host} ${d.endpoint.port}`;
    case 'exec': return JSON.stringify(d.command);
    default: return d satisfies never;
  }
}

/** `short`: the one-line form where there is nothing that it could not say. */
function spellDaemon(d: RoutingDaemon, short: boolean): unknown {
  const form = (key: string, value: unknown): unknown => (short && 'routeProtocols' in d && d.routeProtocols.length === 0 ? value : { [key]: value, ...protocols });
  const protocols = 'routeProtocols' in d && d.routeProtocols.length > 0 ? { 'route-protocols': d.routeProtocols } : {};
  switch (d.kind) {
    case 'frr': return { frr: { daemons: d.daemons, 'socket-directory': d.socketDirectory } };
    case 'bird': return { bird: { socket: d.socket } };
    case 'unit': return { unit: form('name', d.unit) };
    case 'pidfile': return { pidfile: form('path', d.path) };
    case 'process': return { process: form('name', d.name) };
    case 'socket': return { socket: d.endpoint.kind === 'unix' ? form('path', d.endpoint.path) : form('address', d.endpoint.host.includes(':') ? `[${d.endpoint.host}]:${d.endpoint.port}` : `${d.endpoint.host}:${d.endpoint.port}`) };
    case 'exec': return { exec: { command: d.command, interval: formatDuration(d.intervalMs), timeout: formatDuration(d.timeoutMs), ...protocols } };
    default: return d satisfies never;
  }
}

const interfaceName = fc.oneof(text(/^[a-z][a-z0-9._-]{0,14}$/), text(/^[A-Za-z][A-Za-z0-9@._-]{14,126}$/)).filter((name) => name !== 'lo');
const anySelector: fc.Arbitrary<InterfaceSelector> = fc.oneof(
  exact<InterfaceSelector>({ kind: fc.constant('name'), name: interfaceName }),
  exact<InterfaceSelector>({
    kind: fc.constant('mac'),
    // Unicast, and not all zero.
    mac: fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes.with(0, (bytes[0]! & 0xfe) | 2)).toString('hex').match(/../g)!.join(':')),
  }),
);
const anyInterface: fc.Arbitrary<ManagementInterface> = exact<ManagementInterface>({
  selector: anySelector,
  backupRouters: fc.oneof(fc.tuple(stanza('inet')), fc.tuple(stanza('inet6')), fc.tuple(stanza('inet'), stanza('inet6'))),
});

const anyRole: fc.Arbitrary<RoleSource> = fc.oneof(
  exact<RoleSource>({ kind: fc.constant('fixed'), role: fc.constantFrom('primary', 'standby') }),
  exact<RoleSource>({ kind: fc.constant('file'), path: path(4095) }),
  fc.record({ command: anyCommand, times: fc.tuple(ms(100), ms(100)) }).map(({ command, times }): RoleSource => ({ kind: 'exec', command, intervalMs: Math.max(...times), timeoutMs: Math.min(...times) })),
);

/** One of them in every form that there is. `short`: without a list, and MAC addresses as IEEE 802 writes them. */
function spellInterfaces(interfaces: Config['managementInterfaces'], short: boolean): Readonly<Record<string, unknown>> {
  const routers = (of: readonly BackupRouter[]): object => Object.fromEntries(of.map((r) => {
    const from = r.auto === undefined ? { address: r.gateways } : r.auto.adopt || short ? { address: 'auto', adopt: r.auto.adopt } : { address: 'auto' };
    return [r.family === 'inet' ? 'backup-router' : 'inet6-backup-router', { ...from, destination: r.destinations.map(prefixText) }];
  }));
  const selector = (s: InterfaceSelector): object => (s.kind === 'name' ? { name: s.name } : { mac: short ? s.mac.toUpperCase().replaceAll(':', '-') : s.mac });
  const [first, second] = interfaces;
  if (first !== undefined && second === undefined && short) {
    return { 'management-interface': first.selector.kind === 'name' ? first.selector.name : selector(first.selector), ...routers(first.backupRouters) };
  }
  return { 'management-interface': interfaces.map((m) => ({ ...selector(m.selector), ...routers(m.backupRouters) })) };
}

const anyConfig: fc.Arbitrary<Config> = fc.record({
  managementInterfaces: fc.oneof(fc.tuple(anyInterface), fc.uniqueArray(anyInterface, { minLength: 1, maxLength: 4, selector: (m) => selectorText(m.selector) })),
  routingDaemons: fc.uniqueArray(anyDaemon, { minLength: 1, maxLength: 6, selector: identity }),
  holdMs: ms(0),
  convergenceTimeoutMs: timeout(),
  probe: fc.tuple(ms(100), ms(100)),
  preemptAfterMs: timeout(),
  placement: fc.constantFrom<Config['placement']>('local', 'main', 'vrf'),
  role: anyRole,
  routeProtocol: fc.constantFrom(19, 100, 157, 185, 199, 255),
  tableBase: fc.integer({ min: 256, max: 4_294_967_167 }),
  rulePriorityBase: fc.integer({ min: 1, max: 32_508 }),
  onStop: fc.constantFrom<'keep' | 'withdraw'>('keep', 'withdraw'),
}).map(({ probe, ...rest }) => ({ ...rest, probeIntervalMs: Math.min(...probe), probeTimeoutMs: Math.max(...probe) }));

function spellRole(role: RoleSource): unknown {
  switch (role.kind) {
    case 'fixed': return role.role;
    case 'file': return { file: role.path };
    case 'exec': return { exec: { command: role.command, interval: formatDuration(role.intervalMs), timeout: formatDuration(role.timeoutMs) } };
    default: return role satisfies never;
  }
}

function spell(c: Config, block: boolean): string {
  const file = {
    ...spellInterfaces(c.managementInterfaces, block),
    'routing-daemon': c.routingDaemons.map((d) => spellDaemon(d, block)),
    withdraw: { 'hold-time': formatDuration(c.holdMs), 'convergence-timeout': formatDuration(c.convergenceTimeoutMs) },
    detect: { 'probe-interval': formatDuration(c.probeIntervalMs), 'probe-timeout': formatDuration(c.probeTimeoutMs) },
    stale: { 'preempt-after': formatDuration(c.preemptAfterMs) },
    placement: c.placement, role: spellRole(c.role), 'route-protocol': c.routeProtocol, 'table-base': c.tableBase, 'rule-priority-base': c.rulePriorityBase, 'on-stop': c.onStop,
  };
  return block ? Object.entries(file).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('') : JSON.stringify(file, null, 2);
}

t.test('any configuration survives its text', async (t) => {
  fc.assert(fc.property(anyConfig, fc.boolean(), (config, block) => {
    const parsed = parseConfig(spell(config, block), 'f');
    t.strictSame(parsed.diagnostics.filter((d) => d.severity === 'error'), []);
    t.strictSame(parsed.config, config);
  }), { numRuns: 100 });
  t.strictSame(new Set(fc.sample(anyDaemon, 300).map((d) => d.kind)), new Set(DAEMON_KINDS), 'every kind of routing daemon is exercised');
  t.strictSame(Object.keys(DEFAULTS).length + 1, Object.keys(fc.sample(anyConfig, 1)[0]!).length, 'every field is exercised');
});
