/** What valid text means: defaults, units, one or many, and a round trip of any configuration. */

import fc from 'fast-check';
import t from 'tap';
import { closest, editDistance } from '../../../src/config/closest.js';
import { KIND_NAMES } from '../../../src/config/daemons/kinds.js';
import { formatDuration, parseDuration } from '../../../src/config/duration.js';
import { TOP_NAMES } from '../../../src/config/file-keys.js';
import { parseConfig } from '../../../src/config/parse.js';
import { DEFAULTS } from '../../../src/config/settings.js';
import type {
  BackupRouter,
  Config,
  InterfaceSelector,
  RoleSource,
  RoutingDaemon,
  Timeout,
} from '../../../src/model/config.js';
import { defaultPrefix, parsePrefix, prefixText } from '../../../src/model/prefix.js';
import { anyConfig, anyDaemon } from './any-config.js';

t.test('the smallest file', async (t) => {
  const { config, partial, diagnostics } = parseConfig(
    'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n',
    'f',
  );
  t.strictSame(diagnostics, []);
  t.strictSame(config, {
    managementInterfaces: [
      {
        selector: { kind: 'name', name: 'eth0' },
        backupRouters: [
          {
            family: 'inet',
            gateways: ['192.0.2.1'],
            auto: undefined,
            destinations: [defaultPrefix('inet')],
          },
        ],
      },
    ],
    routingDaemons: [{ kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' }],
    holdMs: 5000,
    convergenceTimeoutMs: 30000,
    probeIntervalMs: 1000,
    probeTimeoutMs: 10000,
    preemptAfterMs: 10000,
    placement: 'local',
    role: { kind: 'fixed', role: 'primary' },
    routeProtocol: 157,
    tableBase: 25500,
    rulePriorityBase: 'auto',
    onStop: 'keep',
  });
  t.strictSame(partial, config);
});

t.test('spellings of the same', async (t) => {
  const reference = parseConfig(
    'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination: 10.0.0.0/8\n',
    'f',
  ).config;
  t.not(reference, undefined);
  for (const text of [
    '{"management-interface": "eth0", "backup-router": {"address": ["192.0.2.1"], "destination": ["10.0.0.0/8"]}}',
    '\ufeffmanagement-interface: eth0\r\nbackup-router:\r\n  address: 192.0.2.1\r\n  destination: 10.0.0.0/8\r\n',
    "---\nbackup-router: {destination: [&d 10.0.0.0/8], address: '192.0.2.1'}\nmanagement-interface: eth0 # port\nrouting-daemon: frr\n...\n",
    'management-interface: eth0\nbackup-router: {address: 192.0.2.1, destination: 10.0.0.0/8}\nrouting-daemon: [{frr: {}}]\nrole: primary\n',
  ])
    t.strictSame(parseConfig(text, 'f').config, reference, text);
  const shared = parseConfig(
    'management-interface: eth0\nbackup-router: {address: &gw [192.0.2.1], destination: [10.0.0.0/8]}\ninet6-backup-router: {address: FE80:0::1, destination: 2001:DB8::/32}\n',
    'f',
  ).config;
  t.strictSame(shared?.managementInterfaces[0]?.backupRouters[1], {
    family: 'inet6',
    gateways: ['fe80::1'],
    auto: undefined,
    destinations: [parsePrefix('2001:db8::/32')],
  });
});

t.test('durations', async (t) => {
  const bounds = { minMs: 0, maxMs: 86_400_000, neverAllowed: true };
  const cases: readonly (readonly [string, Timeout])[] = [
    ['500ms', 500],
    ['5s', 5000],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['0', 0],
    ['0s', 0],
    ['never', 'never'],
    ['24h', 86_400_000],
  ];
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
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => {
      const back = parseDuration(formatDuration(ms), bounds);
      return back.ok && back.value === ms;
    }),
  );
});

t.test('closest key', async (t) => {
  t.equal(closest('managment-interface', TOP_NAMES), 'management-interface');
  t.equal(closest('management_interface', TOP_NAMES), 'management-interface');
  t.equal(closest('managementInterface', TOP_NAMES), 'management-interface');
  t.equal(closest('inet6-backup-ruoter', TOP_NAMES), 'inet6-backup-router');
  t.equal(closest('interface', TOP_NAMES), 'management-interface');
  t.equal(closest('colour', TOP_NAMES), undefined);
  t.equal(editDistance('abc', 'acb'), 1);
  t.equal(editDistance('', 'abc'), 3);
});

/** `short`: the one-line form where there is nothing that it could not say. */
function spellDaemon(d: RoutingDaemon, short: boolean): unknown {
  const form = (key: string, value: unknown): unknown =>
    short && 'routeProtocols' in d && d.routeProtocols.length === 0 ? value : { [key]: value, ...protocols };
  const protocols = 'routeProtocols' in d && d.routeProtocols.length > 0 ? { 'route-protocols': d.routeProtocols } : {};
  switch (d.kind) {
    case 'frr':
      return { frr: { daemons: d.daemons, 'socket-directory': d.socketDirectory } };
    case 'bird':
      return { bird: { socket: d.socket } };
    case 'unit':
      return { unit: form('name', d.unit) };
    case 'pidfile':
      return { pidfile: form('path', d.path) };
    case 'process':
      return { process: form('name', d.name) };
    case 'socket':
      return {
        socket:
          d.endpoint.kind === 'unix'
            ? form('path', d.endpoint.path)
            : form(
                'address',
                d.endpoint.host.includes(':')
                  ? `[${d.endpoint.host}]:${d.endpoint.port}`
                  : `${d.endpoint.host}:${d.endpoint.port}`,
              ),
      };
    case 'exec':
      return {
        exec: {
          command: d.command,
          interval: formatDuration(d.intervalMs),
          timeout: formatDuration(d.timeoutMs),
          ...protocols,
        },
      };
    default:
      return d satisfies never;
  }
}

/** One of them in every form that there is. `short`: without a list, and MAC addresses as IEEE 802 writes them. */
function spellInterfaces(
  interfaces: Config['managementInterfaces'],
  short: boolean,
): Readonly<Record<string, unknown>> {
  const routers = (of: readonly BackupRouter[]): object =>
    Object.fromEntries(
      of.map((r) => {
        const from =
          r.auto === undefined
            ? { address: r.withoutGateway === true ? 'none' : r.gateways }
            : r.auto.adopt || short
              ? { address: 'auto', adopt: r.auto.adopt }
              : { address: 'auto' };
        return [
          r.family === 'inet' ? 'backup-router' : 'inet6-backup-router',
          {
            ...from,
            ...(r.onlink === true ? { onlink: true } : {}),
            ...(r.symmetricReplies === true ? { 'symmetric-replies': true } : {}),
            ...(r.source === undefined ? {} : { source: r.source }),
            destination: r.destinations.map(prefixText),
          },
        ];
      }),
    );
  const selector = (s: InterfaceSelector): object =>
    s.kind === 'name' ? { name: s.name } : { mac: short ? s.mac.toUpperCase().replaceAll(':', '-') : s.mac };
  const [first, second] = interfaces;
  if (first !== undefined && second === undefined && short) {
    return {
      'management-interface': first.selector.kind === 'name' ? first.selector.name : selector(first.selector),
      ...routers(first.backupRouters),
    };
  }
  return {
    'management-interface': interfaces.map((m) => ({ ...selector(m.selector), ...routers(m.backupRouters) })),
  };
}

function spellRole(role: RoleSource): unknown {
  switch (role.kind) {
    case 'fixed':
      return role.role;
    case 'file':
      return { file: role.path };
    case 'exec':
      return {
        exec: {
          command: role.command,
          interval: formatDuration(role.intervalMs),
          timeout: formatDuration(role.timeoutMs),
        },
      };
    default:
      return role satisfies never;
  }
}

function spell(c: Config, block: boolean): string {
  const file = {
    ...spellInterfaces(c.managementInterfaces, block),
    'routing-daemon': c.routingDaemons.map((d) => spellDaemon(d, block)),
    withdraw: {
      'hold-time': formatDuration(c.holdMs),
      'convergence-timeout': formatDuration(c.convergenceTimeoutMs),
    },
    detect: {
      'probe-interval': formatDuration(c.probeIntervalMs),
      'probe-timeout': formatDuration(c.probeTimeoutMs),
    },
    stale: { 'preempt-after': formatDuration(c.preemptAfterMs) },
    placement: c.placement,
    role: spellRole(c.role),
    'route-protocol': c.routeProtocol,
    'table-base': c.tableBase,
    'rule-priority-base': c.rulePriorityBase,
    'on-stop': c.onStop,
  };
  return block
    ? Object.entries(file)
        .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
        .join('')
    : JSON.stringify(file, null, 2);
}

t.test('any configuration survives its text', async (t) => {
  fc.assert(
    fc.property(anyConfig, fc.boolean(), (config, block) => {
      const parsed = parseConfig(spell(config, block), 'f');
      t.strictSame(
        parsed.diagnostics.filter((d) => d.severity === 'error'),
        [],
      );
      t.strictSame(parsed.config, config);
    }),
    { numRuns: 100 },
  );
  t.strictSame(
    new Set(fc.sample(anyDaemon, 300).map((d) => d.kind)),
    new Set(KIND_NAMES),
    'every kind of routing daemon is exercised',
  );
  t.strictSame(
    Object.keys(DEFAULTS).length + 1,
    Object.keys(fc.sample(anyConfig, 1)[0]!).length,
    'every field is exercised',
  );
});
