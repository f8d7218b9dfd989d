/** Any configuration that a text could mean, for the tests of readers and writers. */

import fc from 'fast-check';
import { FRR_DAEMONS } from '../../../src/config/daemons/frr.js';
import { type Address, addressFromBytes, type Family } from '../../../src/model/address.js';
import {
  type BackupRouter,
  type Config,
  type InterfaceSelector,
  type ManagementInterface,
  type RoleSource,
  type RoutingDaemon,
  type SocketDaemon,
  selectorText,
  type Timeout,
} from '../../../src/model/config.js';
import { defaultPrefix, prefix, prefixText } from '../../../src/model/prefix.js';

const address = (family: Family): fc.Arbitrary<Address> =>
  fc
    .uint8Array({ minLength: family === 'inet' ? 4 : 16, maxLength: family === 'inet' ? 4 : 16 })
    // 64.x to 191.x, 2x00:: to 3x00:: : clear of everything that is refused as a gateway or destination.
    .map((bytes) =>
      addressFromBytes(bytes.with(0, family === 'inet' ? (bytes[0]! % 63) + 128 : 0x20 + (bytes[0]! % 16))),
    );

/** One in four has it: most configurations have gateways, and there is enough of both kinds in every run. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const stanza = (family: Family): fc.Arbitrary<BackupRouter> =>
  fc
    .record(
      {
        family: fc.constant(family),
        gateways: fc.uniqueArray(address(family), { minLength: 1, maxLength: 3 }),
        auto: seldom(fc.record({ adopt: fc.boolean() }, { noNullPrototype: true })),
        destinations: fc.oneof(
          fc.constant([defaultPrefix(family)]),
          fc.uniqueArray(
            fc
              .tuple(address(family), fc.integer({ min: 8, max: family === 'inet' ? 30 : 126 }))
              .map(([a, l]) => prefix(a, l)),
            { minLength: 1, maxLength: 5, selector: prefixText },
          ),
        ),
      },
      { noNullPrototype: true },
    )
    .chain((router) =>
      fc
        .record({
          withoutGateway: seldom(fc.constant(true)),
          onlink: fc.boolean(),
          symmetric: fc.boolean(),
          source: seldom(address(family)),
        })
        .map(({ withoutGateway, onlink, symmetric, source }): BackupRouter => {
          const none = withoutGateway === true && router.auto === undefined;
          return {
            ...router,
            gateways: none || router.auto !== undefined ? [] : router.gateways,
            ...(none ? { withoutGateway } : {}),
            ...(onlink && !none ? { onlink } : {}),
            ...(symmetric ? { symmetricReplies: symmetric } : {}),
            ...(source === undefined || router.gateways.includes(source) ? {} : { source }),
          };
        }),
    );

const ms = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: 86_400_000 });
const timeout = (): fc.Arbitrary<Timeout> => fc.oneof(ms(0), fc.constant<'never'>('never'));

const text = (pattern: RegExp): fc.Arbitrary<string> => fc.stringMatching(pattern);
const path = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('/tmp/with space', '/tmp/#x: y', '/é/*', '/{a: b}', '/\'"'),
    text(/^\/run(\/[a-z.@-]{1,9}[a-z]){1,4}$/).filter((p) => p.length <= maxLength),
  );
const routeProtocols = fc.uniqueArray(
  fc.integer({ min: 10, max: 255 }).filter((n) => ![19, 100, 157, 185, 199, 255].includes(n)),
  { maxLength: 4 },
);
const exact = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const endpoint: fc.Arbitrary<SocketDaemon['endpoint']> = fc.oneof(
  exact<SocketDaemon['endpoint']>({ kind: fc.constant('unix'), path: path(107) }),
  exact<SocketDaemon['endpoint']>({
    kind: fc.constant('tcp'),
    host: fc.oneof(
      fc.constant('::1'),
      fc.ipV4().map((a) => a.replace(/^\d+/, '127')),
    ),
    port: fc.integer({ min: 1, max: 65535 }),
  }),
);

const anyCommand = fc
  .tuple(
    path(4095),
    fc.array(
      fc.string({ unit: 'grapheme', maxLength: 9 }).filter((word) => !/[\u0000-\u001f\u007f]/.test(word)),
      { maxLength: 3 },
    ),
  )
  .map(([file, words]): readonly [string, ...string[]] => [file, ...words]);

export const anyDaemon: fc.Arbitrary<RoutingDaemon> = fc.oneof(
  exact<RoutingDaemon>({
    kind: fc.constant('frr'),
    daemons: fc.uniqueArray(fc.constantFrom(...FRR_DAEMONS), { minLength: 1 }),
    socketDirectory: fc.constantFrom('/run/frr', '/run/frr/blue', '/tmp/with space', '/tmp/#x: y'),
  }),
  exact<RoutingDaemon>({ kind: fc.constant('bird'), socket: path(107) }),
  exact<RoutingDaemon>({
    kind: fc.constant('unit'),
    unit: text(/^[A-Za-z0-9:_.\\-]{1,20}(@[a-z]{1,9})?\.(service|scope|slice)$/).filter(
      (name) => !name.startsWith('.'),
    ),
    routeProtocols,
  }),
  exact<RoutingDaemon>({ kind: fc.constant('pidfile'), path: path(4095), routeProtocols }),
  exact<RoutingDaemon>({
    kind: fc.constant('process'),
    name: text(/^[A-Za-z0-9._: -]{0,14}[a-z]$/).filter((name) => !FRR_DAEMONS.includes(name) && name !== 'bird'),
    routeProtocols,
  }),
  exact<RoutingDaemon>({ kind: fc.constant('socket'), endpoint, routeProtocols }),
  fc
    .record({
      command: anyCommand,
      times: fc.tuple(ms(100), ms(100)),
      routeProtocols,
    })
    .map(
      ({ times, ...rest }): RoutingDaemon => ({
        kind: 'exec',
        intervalMs: Math.max(...times),
        timeoutMs: Math.min(...times),
        ...rest,
      }),
    ),
);

/** Such that no two of one kind are the same daemon. */
function identity(d: RoutingDaemon): string {
  switch (d.kind) {
    case 'frr':
      return d.socketDirectory;
    case 'bird':
      return d.socket;
    case 'unit':
      return `unit ${d.unit}`;
    case 'pidfile':
      return `pidfile ${d.path}`;
    case 'process':
      return `process ${d.name}`;
    case 'socket':
      return d.endpoint.kind === 'unix' ? d.endpoint.path : `${d.endpoint.host} ${d.endpoint.port}`;
    case 'exec':
      return JSON.stringify(d.command);
    default:
      return d satisfies never;
  }
}

const interfaceName = fc
  .oneof(text(/^[a-z][a-z0-9._-]{0,14}$/), text(/^[A-Za-z][A-Za-z0-9@._-]{14,126}$/))
  .filter((name) => name !== 'lo');
const anySelector: fc.Arbitrary<InterfaceSelector> = fc.oneof(
  exact<InterfaceSelector>({ kind: fc.constant('name'), name: interfaceName }),
  exact<InterfaceSelector>({
    kind: fc.constant('mac'),
    // Unicast, and not all zero.
    mac: fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) =>
      Buffer.from(bytes.with(0, (bytes[0]! & 0xfe) | 2))
        .toString('hex')
        .match(/../g)!
        .join(':'),
    ),
  }),
);
const anyInterface: fc.Arbitrary<ManagementInterface> = exact<ManagementInterface>({
  selector: anySelector,
  backupRouters: fc.oneof(
    fc.tuple(stanza('inet')),
    fc.tuple(stanza('inet6')),
    fc.tuple(stanza('inet'), stanza('inet6')),
  ),
});

const anyRole: fc.Arbitrary<RoleSource> = fc.oneof(
  exact<RoleSource>({ kind: fc.constant('fixed'), role: fc.constantFrom('primary', 'standby') }),
  exact<RoleSource>({ kind: fc.constant('file'), path: path(4095) }),
  fc.record({ command: anyCommand, times: fc.tuple(ms(100), ms(100)) }).map(
    ({ command, times }): RoleSource => ({
      kind: 'exec',
      command,
      intervalMs: Math.max(...times),
      timeoutMs: Math.min(...times),
    }),
  ),
);

export const anyConfig: fc.Arbitrary<Config> = fc
  .record({
    managementInterfaces: fc.oneof(
      fc.tuple(anyInterface),
      fc.uniqueArray(anyInterface, { minLength: 1, maxLength: 4, selector: (m) => selectorText(m.selector) }),
    ),
    routingDaemons: fc.uniqueArray(anyDaemon, { minLength: 1, maxLength: 6, selector: identity }),
    holdMs: ms(0),
    convergenceTimeoutMs: timeout(),
    probe: fc.tuple(ms(100), ms(100)),
    preemptAfterMs: timeout(),
    placement: fc.constantFrom<Config['placement']>('local', 'main', 'vrf'),
    role: anyRole,
    routeProtocol: fc.constantFrom(19, 100, 157, 185, 199, 255),
    tableBase: fc.integer({ min: 256, max: 4_294_967_163 }),
    rulePriorityBase: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 32_508 })),
    onStop: fc.constantFrom<'keep' | 'withdraw'>('keep', 'withdraw'),
  })
  .map(({ probe, ...rest }) => ({
    ...rest,
    probeIntervalMs: Math.min(...probe),
    probeTimeoutMs: Math.max(...probe),
  }));
