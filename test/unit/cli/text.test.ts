/** What people see: lines that keep to a terminal and are whole anywhere else, the status with everything in it, events of any kind. */

import t from 'tap';
import { eventText } from '../../../src/cli/event-text.js';
import { headline, inWishedState, renderStatus } from '../../../src/cli/status-text.js';
import { later } from '../../../src/cli/status-watch.js';
import { paintFor, widthOf } from '../../../src/cli/terminal.js';
import type { Event } from '../../../src/model/event.js';
import { ipWords } from '../../../src/model/route-text.js';
import { STILL_OWED, type Status } from '../../../src/model/status.js';

t.test('terminals and others', async (t) => {
  t.equal(widthOf({ isTTY: true, columns: 80 }), 80);
  t.equal(widthOf({ isTTY: true }), 80);
  t.equal(widthOf({ isTTY: false, columns: 80 }), Number.POSITIVE_INFINITY);
  t.match(paintFor({ isTTY: true }, {})('red', 'x'), '\u001b');
  for (const [stream, env] of [
    [{ isTTY: true }, { NO_COLOR: '1' }],
    [{ isTTY: true }, { TERM: 'dumb' }],
    [{}, {}],
  ] as const)
    t.equal(paintFor(stream, env)('red', 'x'), 'x');
});

const LONG =
  'a command that says a great deal more about what is wrong with it than anybody has ever wanted to know, and goes on';
const STATUS: Status = {
  version: 1,
  agent: { pid: 1, version: '0', forMs: 1, dryRun: true, networkNamespace: null },
  configuration: {
    file: '/etc/backup-router/config.yaml',
    source: 'rolled-back',
    errors: [`/etc/backup-router/config.yaml:3:4: ${LONG}`],
    changed: true,
    unconfirmed: { deadline: new Date(Date.now() + 61_000).toISOString(), leftMs: 61_000 },
    rolledBackAt: new Date().toISOString(),
  },
  routes: {
    phase: 'in',
    cause: 'converging',
    reason: LONG,
    since: new Date().toISOString(),
    forMs: 5_000,
    uncovered: [],
    coveredBefore: [],
    stale: [],
    untilMs: 25_000,
    placement: 'local',
    role: 'primary',
    roleReason: 'configured',
  },
  managementInterfaces: [
    {
      selector: 'eth0',
      name: 'eth0',
      index: 2,
      up: true,
      carrier: true,
      addresses: ['192.0.2.7/24', '2001:db8:1111:2222:3333:4444:5555:6666/64', 'fe80::1111:2222:3333:4444/64'],
    },
  ],
  gateways: [
    {
      address: '192.0.2.1',
      family: 'inet',
      interface: 'eth0',
      state: 'dead',
      reason: null,
      since: '2026-01-01T00:00:00.000Z',
      forMs: 86_400_000,
      chosen: true,
    },
    {
      address: 'fe80::1',
      family: 'inet6',
      interface: 'eth0',
      state: 'unknown',
      reason: LONG,
      since: null,
      forMs: null,
      chosen: true,
    },
  ],
  daemons: [
    {
      id: 'frr/zebra',
      coveredBefore: [],
      state: 'unresponsive',
      reason: LONG,
      since: '2026-01-01T00:00:00.000Z',
      forMs: 123_456_789,
    },
  ],
  backupRoutes: [
    {
      destination: 'default',
      gateway: '192.0.2.1',
      interface: 'eth0',
      table: 25_500,
      metric: 0,
      state: 'installed',
      preempting: true,
    },
  ],
  symmetricReplies: [],
  adopted: [],
  disagreements: [],
  waiting: [{ subject: 'eth1', reason: LONG }],
  faults: ['\u001b[31mred'],
  interference: { episodes: 7, last: LONG, lastAt: '2026-01-01T00:00:00.000Z', pauseMs: 100 },
  preemption: { destinations: 1, nextAt: null, nextInMs: null },
  damping: { deaths: 3, holdMs: 20_000, reason: '3 deaths' },
  lastOutage: {
    began: '2026-01-01T00:00:00.000Z',
    ended: new Date().toISOString(),
    lengthMs: 12_345,
    cause: 'hang',
    daemon: null,
    reason: LONG,
    bridgedAfterMs: 2.1,
    carriedBy: 'stale-routes, then backup-routes',
    preemptedAfterMs: 10_000,
  },
};

t.test('status', async (t) => {
  const plain = paintFor({}, {});
  const narrow = renderStatus(STATUS, plain, 80);
  t.same(
    narrow.split('\n').filter((line) => line.length > 80),
    [],
    '80 columns',
  );
  t.match(
    renderStatus(STATUS, plain, Number.POSITIVE_INFINITY),
    /^unconfirmed {6}rolled back in 1m1s \(at \d\d:\d\d:\d\d(?:Z|\S\d\d:\d\d)\) unless: backup-router confirm$/m,
  );
  t.match(narrow, /^last outage {6}12s, ended \d\d:\d\d:\d\d(?:Z|\S\d\d:\d\d) \(hang\), backup routes in after\s+2ms/m);
  const whole = renderStatus(STATUS, plain, Number.POSITIVE_INFINITY);
  t.match(
    whole,
    new RegExp(
      `^backup routes    IN, BACKUP ROUTER DEAD for 5\\.0s: ${LONG}, at most 25s more \\(until \\d\\d:\\d\\d:\\d\\d(?:Z|\\S\\d\\d:\\d\\d)\\)$`,
      'm',
    ),
    'in a pipe nothing is broken',
  );
  t.match(whole, new RegExp(`^frr/zebra {2}unresponsive {2}1d10h {2}2026-01-01 {2}${LONG}$`, 'm'));
  t.match(whole, /^preemption {7}backup routes win the tie of 1 destination$/m);
  t.match(whole, /after 2ms, carried by the daemon's stale routes for 10s: a command/);
  t.match(whole, /^gateway {10}192\.0\.2\.1 on eth0 does not answer since 2026-01-01 \(1d0h\)$/m);
  t.match(whole, new RegExp(`^gateway {10}fe80::1 on eth0 not known to answer: ${LONG}$`, 'm'));
  t.notMatch(whole, '\u001b', 'nobody else colours our terminal');
  // The two may be of different seconds.
  const words = (text: string): string =>
    text.replace(/\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)/g, 'TIME').replace(/\s+/g, ' ');
  t.equal(words(narrow), words(whole), 'and the words are the same');
});

t.test('forty columns: each cell under its own heading, or each row as a block', async (t) => {
  const lines = renderStatus(STATUS, paintFor({}, {}), 40).split('\n');
  t.same(
    lines.filter((line) => line.length > 40 && line.trim().split(/\s+/).length > 2),
    [],
    'only a word that is longer than the screen goes beyond it',
  );
  t.comment(lines.join('\n'));
});

t.test('the first words say what is so', async (t) => {
  const [route] = STATUS.backupRoutes;
  const [gateway] = STATUS.gateways;
  const said = (
    phase: Status['routes']['phase'],
    states: readonly string[],
    gateways: readonly string[],
    more: Partial<Status> = {},
  ): string => {
    const status: Status = {
      ...STATUS,
      faults: [],
      ...more,
      routes: { ...STATUS.routes, phase },
      backupRoutes: states.map((state) => ({ ...route!, state: state as 'absent' })),
      gateways: gateways.map((state) => ({ ...gateway!, state: state as 'dead' })),
    };
    return `${headline(status)}: ${inWishedState(status) ? 0 : 1}`;
  };
  t.equal(said('in', ['installed', 'installed'], ['alive']), 'IN: 0');
  t.equal(said('in', ['installed', 'refused'], ['alive']), 'IN 1 of 2: 1');
  t.equal(said('in', ['absent', 'refused'], ['alive']), 'WANTED, NOT IN: 1');
  t.equal(said('in', ['installed'], ['dead', 'alive']), 'IN: 0', 'another one answers');
  t.equal(said('in', ['installed'], ['dead', 'unknown']), 'IN: 0', 'another one may');
  t.equal(said('in', ['installed'], ['dead', 'own-address']), 'IN, BACKUP ROUTER DEAD: 1');
  t.equal(said('out', ['withdrawn'], ['alive']), 'OUT: 0');
  t.equal(said('out', ['withdrawn'], ['dead']), 'OUT, BACKUP ROUTER DEAD: 0', 'told before the night it is needed');
  t.equal(said('starting', ['withdrawn'], []), 'STARTING: 0');
  const [link] = STATUS.managementInterfaces;
  const renamed = { managementInterfaces: [{ ...link!, renamed: true as const }] };
  t.equal(said('out', ['withdrawn'], ['alive'], renamed), 'OUT, INTERFACE RENAMED: 1');
  const owed = { waiting: [{ subject: 'default via 192.0.2.1 dev eth0', reason: STILL_OWED }] };
  t.equal(said('out', ['withdrawn'], ['alive'], owed), 'OUT: 1', 'a give-back that was refused');
});

t.test('a status that is some seconds old', async (t) => {
  const now = later(STATUS, 2_000);
  t.match(now.routes, { forMs: 7_000, untilMs: 23_000 });
  t.equal(now.configuration.unconfirmed!.leftMs, 59_000);
  t.equal(later(STATUS, 100_000).routes.untilMs, 0);
  t.equal(now.lastOutage!.lengthMs, 12_345, 'what has ended does not grow');
  t.equal(later({ ...STATUS, lastOutage: { ...STATUS.lastOutage!, ended: null } }, 2_000).lastOutage!.lengthMs, 14_345);
});

t.test('one deadline is told once', async (t) => {
  const said = (reason: string): string =>
    renderStatus({ ...STATUS, routes: { ...STATUS.routes, reason } }, paintFor({}, {}), Number.POSITIVE_INFINITY).split(
      '\n',
    )[0]!;
  const until = new Date(Date.now() + 25_000).toISOString();
  t.match(said(`held by an operator until ${until}`), /until \S+, at most 25s more$/);
  t.match(said('not covered yet'), /at most 25s more \(until \S+\)$/);
});

t.test('one spelling in every view', async (t) => {
  t.equal(
    ipWords('default via 10.0.0.1 dev eth0 proto 186 metric 20'),
    'default via 10.0.0.1 dev eth0 proto bgp metric 20',
  );
  t.equal(ipWords('32765: from all iif lo lookup 254 proto 157'), '32765: from all iif lo lookup main proto 157');
  t.equal(ipWords('default of protocol 3; rule 100'), 'default of protocol boot; rule 100');
  t.equal(ipWords('table 255 table 2540 ipproto 17 proto 1860'), 'table local table 2540 ipproto 17 proto 1860');
  const routes = { kind: 'routes', cause: 'hold', was: 'in', wasForMs: 1_000, reason: 'r' } as const;
  const at = { seq: 1, at: '', level: 'notice' } as const;
  t.equal(eventText({ ...routes, ...at, phase: 'in' }), 'backup routes stay IN (hold), after 1.0s: r');
  t.equal(eventText({ ...routes, ...at, phase: 'out', cause: undefined }), 'backup routes OUT after 1.0s in: r');
});

t.test('events', async (t) => {
  const event = (fields: object): Event =>
    ({ seq: 1, at: '2026-05-01T12:00:00.000Z', level: 'notice', ...fields }) as Event;
  t.equal(
    eventText(event({ kind: 'routes', phase: 'in', cause: 'down', was: 'out', wasForMs: 7_200_000, reason: 'r' })),
    'backup routes IN (down) after 2h0m out: r',
  );
  t.equal(
    eventText(event({ kind: 'still-uncovered', what: '10.0.0.0/8', count: 1, was: 4 })),
    'still uncovered: 10.0.0.0/8 (1 destination, before 4)',
  );
  t.equal(
    eventText(event({ kind: 'outage-bridged', afterMs: 3.2 })),
    'backup routes in the kernel 3ms after the outage began',
  );
  t.equal(
    eventText(event({ kind: 'of-tomorrow', what: 'x', count: 3 })),
    'of-tomorrow what=x count=3',
    'a kind that is not known yet',
  );
  t.equal(eventText(event({ kind: 'order', what: 'a\u001b[2Jb\nc' })), 'ordered: a [2Jb c');
});
