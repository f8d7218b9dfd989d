/**
 * The state of the agent and its counts as text in the exposition format 0.0.4 of Prometheus.
 * Pure.
 */

import type { DestinationState } from '../core/destination-states.js';
import type { Outline } from '../core/status.js';
import { METRICS, type MetricName, PREFIX } from './table.js';
import { BRIDGED_BOUNDS, type Counts } from './tally.js';

export interface Measured {
  /** The name of this agent if there are several on a host. It is a label of every series. */
  readonly agent: string | undefined;
  readonly outline: Outline;
  readonly destinations: Readonly<Record<DestinationState, number>>;
  readonly covered: boolean | undefined;
  readonly held: boolean;
  /** In seconds since 1970. */
  readonly startedAt: number;
  readonly lastRoundAt: number;
  readonly counts: Counts;
  readonly internalFaults: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

interface Sample {
  /** Appended to the name: `_bucket`. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The exposition while the agent does not run. */
export function expositionOfNone(version: string, agent?: string): string {
  return render({ build_info: [{ labels: { version }, value: 1 }], up: one(0) }, agent);
}

export function exposition(facts: Measured): string {
  return render(samplesOf(facts), facts.agent);
}

const PHASES = ['starting', 'in', 'out'] as const;
const CAUSES = ['pinned', 'standby', 'down', 'hold', 'converging', 'disagreement', 'uncovered'] as const;
const LIVES = ['unknown', 'down', 'stopped', 'appeared', 'unresponsive', 'responsive'] as const;
const SOURCES = ['file', 'last-known-good', 'partial', 'rolled-back'] as const;

/** A metric without samples is left out. */
function samplesOf(f: Measured): Readonly<Record<MetricName, readonly Sample[]>> {
  const { outline: o, counts, destinations } = f;
  const { routes, configuration } = o;
  return {
    build_info: [{ labels: { version: o.agent.version }, value: 1 }],
    up: one(1),
    start_time_seconds: one(f.startedAt),
    last_round_timestamp_seconds: one(f.lastRoundAt),
    phase: chosen('phase', PHASES, routes.phase),
    cause: chosen('cause', CAUSES, routes.cause),
    routes_in: one(Number(routes.phase === 'in' && destinations.installed > 0)),
    destinations: counted('state', destinations),
    covered: f.covered === undefined ? [] : one(Number(f.covered)),
    role: chosen('role', ['primary', 'standby'], routes.role),
    hold_active: one(Number(f.held)),
    daemon_state: o.daemons.flatMap(({ id, state }) => chosen('state', LIVES, state, { daemon: id })),
    daemon_deaths_total: o.daemons.flatMap(({ id }) =>
      counted('how', counts.ends.get(id) ?? { death: 0, stop: 0, hang: 0 }, { daemon: id }),
    ),
    outages_total: counted('cause', counts.outages),
    outage_seconds_total: one(counts.outageSeconds),
    outage_start_timestamp_seconds: one(o.lastOutage?.ended === null ? Date.parse(o.lastOutage.began) / 1000 : 0),
    bridged_seconds: histogram(counts.bridged),
    transitions_total: counted('to', counts.turns),
    gateway_up: gateways(o),
    symmetric_replies: replies(o),
    interface_up: o.managementInterfaces.map(({ selector, name, up, carrier }) => ({
      labels: { interface: name ?? selector },
      value: Number(up && carrier),
    })),
    waiting: one(o.waiting.length),
    faults: one(o.faults.length),
    route_refusals_total: counted('code', Object.fromEntries(counts.refusals)),
    interference_total: one(counts.interference),
    model_disagreements_total: one(counts.disagreements),
    resyncs_total: counted('reason', counts.looks),
    events_lost_total: one(counts.eventsLost),
    config_ok: one(Number(configuration.source === 'file' && configuration.errors.length === 0)),
    config_source: chosen('source', SOURCES, configuration.source),
    config_unconfirmed: one(Number(configuration.unconfirmed !== null)),
    internal_faults_total: one(f.internalFaults),
    resident_memory_bytes: one(f.residentBytes),
    cpu_seconds_total: one(f.cpuSeconds),
  };
}

function gateways({ gateways: all }: Outline): readonly Sample[] {
  return all.flatMap(({ interface: device, address, family, state }) =>
    state === 'unknown' || address === ''
      ? []
      : [{ labels: { interface: device, gateway: address, family }, value: Number(state === 'alive') }],
  );
}

function replies({ symmetricReplies }: Outline): readonly Sample[] {
  return symmetricReplies.flatMap(({ interface: device, family, state }) =>
    state === 'not-needed' ? [] : [{ labels: { interface: device, family }, value: Number(state === 'installed') }],
  );
}

function one(value: number): readonly Sample[] {
  return [{ value }];
}

/** One series for each value of the label: 1 for the present value, 0 for the others. */
function chosen(
  label: string,
  values: readonly string[],
  is: string | null,
  more: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return values.map((value) => ({ labels: { ...more, [label]: value }, value: Number(value === is) }));
}

function counted(
  label: string,
  counts: Readonly<Record<string, number>>,
  more: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { ...more, [label]: key }, value }));
}

function histogram({ seconds, count, buckets }: Counts['bridged']): readonly Sample[] {
  return [
    ...BRIDGED_BOUNDS.map((bound, i) => ({ suffix: '_bucket', labels: { le: String(bound) }, value: buckets[i]! })),
    { suffix: '_bucket', labels: { le: '+Inf' }, value: count },
    { suffix: '_sum', value: seconds },
    { suffix: '_count', value: count },
  ];
}

function render(samples: Readonly<Partial<Record<MetricName, readonly Sample[]>>>, agent: string | undefined): string {
  const every = agent === undefined ? {} : { agent };
  const lines: string[] = [];
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    const all = samples[name as MetricName] ?? [];
    if (all.length === 0) continue;
    lines.push(`# HELP ${PREFIX}${name} ${escaped(help)}`, `# TYPE ${PREFIX}${name} ${type}`);
    // A gateway may be in two lists, and Prometheus rejects the whole text if a series comes
    // twice.
    const series = new Map<string, number>();
    for (const { suffix = '', labels = {}, value } of all) {
      const inside = Object.entries({ ...every, ...labels }).map(([label, text]) => `${label}="${quoted(text)}"`);
      series.set(`${PREFIX}${name}${suffix}${inside.length === 0 ? '' : `{${inside.join(',')}}`}`, value);
    }
    for (const [key, value] of series) lines.push(`${key} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function quoted(text: string): string {
  return escaped(text).replaceAll('"', '\\"');
}
