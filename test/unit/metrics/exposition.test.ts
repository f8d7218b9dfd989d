/** The exposition: what the table promises and nothing else, escaped, bounded; and the document that is made from the table. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { withMetricsList } from '../../../src/manual/metrics-list.js';
import { exposition, expositionOfNone, type Measured } from '../../../src/metrics/exposition.js';
import { METRICS, PREFIX } from '../../../src/metrics/table.js';
import { createTally } from '../../../src/metrics/tally.js';

const root = new URL('../../../../', import.meta.url).pathname;
const WEIRD = 'a "quoted" \\ name\nof two lines';

function facts(change: Partial<Measured> = {}): Measured {
  const tally = createTally();
  const daemon = { reason: '', since: '', forMs: 0 };
  const now = '2026-05-01T12:00:00.500Z';
  return {
    agent: undefined,
    outline: {
      version: 1,
      agent: { pid: 1, version: '1.2.3', forMs: 0, dryRun: false, networkNamespace: null },
      configuration: {
        file: 'f',
        source: 'partial',
        errors: ['e'],
        changed: false,
        unconfirmed: null,
        rolledBackAt: null,
      },
      routes: {
        phase: 'in',
        cause: 'down',
        reason: '',
        since: now,
        forMs: 0,
        uncovered: [],
        coveredBefore: [],
        stale: [],
        untilMs: null,
        placement: 'local',
        role: 'primary',
        roleReason: '',
      },
      managementInterfaces: [
        { selector: WEIRD, name: null, index: null, up: true, carrier: true, addresses: [] },
        { selector: 'mac', name: 'eth0', index: 2, up: true, carrier: false, addresses: [] },
      ],
      gateways: (['alive', 'dead', 'unknown', 'off-link', 'dead'] as const).map((state, i) => ({
        address: `192.0.2.${i % 4}`,
        family: 'inet',
        interface: 'eth0',
        state,
        reason: null,
        since: null,
        forMs: null,
        chosen: false,
      })),
      daemons: [{ id: 'frr/zebra', state: 'down', coveredBefore: [], ...daemon }],
      disagreements: [],
      symmetricReplies: [
        {
          family: 'inet',
          interface: 'eth0',
          sources: [],
          gateway: '',
          table: 25_629,
          state: 'absent',
          reason: 'no carrier',
        },
        {
          family: 'inet6',
          interface: 'eth0',
          sources: [],
          gateway: '',
          table: 25_629,
          state: 'not-needed',
          reason: '',
        },
      ],
      adopted: [],
      waiting: [{ subject: 's', reason: 'r' }],
      faults: [],
      interference: null,
      preemption: null,
      damping: { deaths: 0, holdMs: 0, reason: null },
      lastOutage: {
        began: now,
        ended: null,
        lengthMs: 0,
        cause: 'death',
        daemon: null,
        reason: '',
        bridgedAfterMs: null,
        carriedBy: null,
        preemptedAfterMs: null,
      },
    },
    destinations: { installed: 1, idle: 1, absent: 0, refused: 2, withdrawn: 0 },
    covered: undefined,
    held: true,
    startedAt: 10,
    lastRoundAt: 20.25,
    counts: tally.counts(0),
    internalFaults: 3,
    residentBytes: 1e8,
    cpuSeconds: 0.5,
    ...change,
  };
}

/** Lines that are neither HELP nor TYPE. */
function series(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

t.test('each metric is of the table, with its labels and no others, and has no timestamp', async (t) => {
  const tally = createTally();
  tally.happened({ kind: 'outage-bridged', afterMs: 3, late: undefined }, 0);
  const text = exposition(
    facts({ covered: false, counts: { ...tally.counts(0), refusals: new Map([['ENETUNREACH', 2]]) } }),
  );
  const seen = new Set<string>();
  for (const line of series(text)) {
    const [, name = '', labels = '', value = ''] =
      /^backup_router_([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const metric = (METRICS as Record<string, { readonly labels: readonly string[] } | undefined>)[name];
    t.ok(metric, line);
    seen.add(name);
    const names = [...labels.matchAll(/(\w+)="(?:[^"\\\n]|\\.)*"(?:,|$)/g)].map((match) => match[1]);
    t.strictSame(
      names.filter((label) => label !== 'le'),
      metric?.labels,
      line,
    );
    t.ok(Number.isFinite(Number(value)), line);
  }
  t.strictSame([...seen].toSorted(), Object.keys(METRICS).toSorted(), 'and all of them are there');
  t.equal(new Set(series(text).map((line) => line.slice(0, line.lastIndexOf(' ')))).size, series(text).length);
  t.match(text, /\n$/);
});

t.test('what is said is so', async (t) => {
  const text = exposition(facts());
  const lines = series(text).map((line) => line.slice(PREFIX.length));
  for (const line of [
    'build_info{version="1.2.3"} 1',
    'up 1',
    'phase{phase="in"} 1',
    'phase{phase="out"} 0',
    'cause{cause="down"} 1',
    'routes_in 1',
    'destinations{state="refused"} 2',
    'hold_active 1',
    'daemon_state{daemon="frr/zebra",state="down"} 1',
    'daemon_state{daemon="frr/zebra",state="stopped"} 0',
    'gateway_up{interface="eth0",gateway="192.0.2.1",family="inet"} 0',
    'gateway_up{interface="eth0",gateway="192.0.2.3",family="inet"} 0',
    'interface_up{interface="a \\"quoted\\" \\\\ name\\nof two lines"} 1',
    'interface_up{interface="eth0"} 0',
    'symmetric_replies{interface="eth0",family="inet"} 0',
    'config_ok 0',
    'config_source{source="partial"} 1',
    'outage_start_timestamp_seconds 1777636800.5',
    'last_round_timestamp_seconds 20.25',
    'internal_faults_total 3',
  ])
    t.ok(lines.includes(line), line);
  t.notOk(
    lines.some((line) => line.startsWith('covered')),
    'not looked at',
  );
  t.notOk(
    lines.some((line) => line.includes('192.0.2.2')),
    'of a gateway that is not known nothing is said',
  );
  const idle = { installed: 0, idle: 2, absent: 0, refused: 0, withdrawn: 0 };
  t.match(exposition(facts({ destinations: idle })), /^backup_router_routes_in 0$/m, 'what carries nothing is not in');
});

t.test('several agents on a host', async (t) => {
  for (const line of series(exposition(facts({ agent: 'blue' })))) t.match(line, /\{agent="blue"[,}]/);
  t.match(expositionOfNone('1', 'blue'), /^backup_router_up\{agent="blue"\} 0$/m);
});

t.test('the document', async (t) => {
  const document = readFileSync(`${root}docs/METRICS.md`, 'utf8');
  t.equal(withMetricsList(document), document, 'has the list of the program: run scripts/manual');
});
