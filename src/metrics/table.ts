/**
 * Every metric, in the order of the exposition: its name without the prefix, its type, its labels
 * and its meaning. The exposition, the documents and their test are made from this table. Format
 * 0.0.4: no `info`, no `stateset`, no timestamps.
 *
 * Invariant: base units are used. The number of series depends on the configured gateways,
 * interfaces and daemons, never on the number of destinations.
 */

export const PREFIX = 'backup_router_';

interface Metric {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

export const METRICS = {
  build_info: { type: 'gauge', labels: ['version'], help: 'The version of the agent; the value is 1.' },
  up: { type: 'gauge', labels: [], help: '1 while the agent runs; 0 once it has ended in order, or does not answer.' },
  start_time_seconds: { type: 'gauge', labels: [], help: 'When the agent started.' },
  last_round_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the agent last looked at the kernel; at least each 30 s.',
  },
  phase: {
    type: 'gauge',
    labels: ['phase'],
    help: '1 for the phase: in, out, or starting (not decided yet).',
  },
  cause: {
    type: 'gauge',
    labels: ['cause'],
    help: '1 for why the routes should be in, or are out and uncovered.',
  },
  routes_in: {
    type: 'gauge',
    labels: [],
    help: '1 when a backup route is in the kernel and carries packets.',
  },
  destinations: {
    type: 'gauge',
    labels: ['state'],
    help: 'Destinations by the state of their backup route; idle: installed, and no packet follows it.',
  },
  covered: {
    type: 'gauge',
    labels: [],
    help: '1 when foreign routes carry every destination; absent before the first look.',
  },
  role: { type: 'gauge', labels: ['role'], help: '1 for the role in force.' },
  hold_active: { type: 'gauge', labels: [], help: '1 while an operator keeps the routes in by hold.' },
  daemon_state: {
    type: 'gauge',
    labels: ['daemon', 'state'],
    help: '1 for the state of a routing daemon.',
  },
  daemon_deaths_total: {
    type: 'counter',
    labels: ['daemon', 'how'],
    help: 'Ends of a routing daemon: death, stop (in order), hang.',
  },
  outages_total: {
    type: 'counter',
    labels: ['cause'],
    help: 'Outages that began.',
  },
  outage_seconds_total: {
    type: 'counter',
    labels: [],
    help: 'Time in outages, the one under way included.',
  },
  outage_start_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the outage under way began; 0: there is none.',
  },
  bridged_seconds: {
    type: 'histogram',
    labels: [],
    help: 'From the beginning of an outage to backup routes that the kernel acknowledged.',
  },
  transitions_total: {
    type: 'counter',
    labels: ['to'],
    help: 'How often the backup routes turned in or out.',
  },
  gateway_up: {
    type: 'gauge',
    labels: ['interface', 'gateway', 'family'],
    help: '1: the backup router answers; 0: it does not, or no route can go by it; absent: not known.',
  },
  symmetric_replies: {
    type: 'gauge',
    labels: ['interface', 'family'],
    help: '1: symmetric replies are in the kernel; 0: they are not; absent: not asked for, or not needed in a VRF.',
  },
  interface_up: {
    type: 'gauge',
    labels: ['interface'],
    help: '1 when the management interface is there, up and has carrier.',
  },
  waiting: { type: 'gauge', labels: [], help: 'Things outside that backup routes wait for.' },
  faults: { type: 'gauge', labels: [], help: 'Changes that the kernel did not make, in the last round.' },
  route_refusals_total: {
    type: 'counter',
    labels: ['code'],
    help: 'Backup routes that the kernel refused, by errno.',
  },
  interference_total: {
    type: 'counter',
    labels: [],
    help: 'Episodes in which somebody deleted what is owned.',
  },
  model_disagreements_total: {
    type: 'counter',
    labels: [],
    help: 'Destinations that counted as covered and that the kernel did not carry.',
  },
  resyncs_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Looks at the kernel by reason; resync: the clock alone, probe: neighbours only.',
  },
  events_lost_total: {
    type: 'counter',
    labels: [],
    help: 'How often kernel events were lost.',
  },
  config_ok: {
    type: 'gauge',
    labels: [],
    help: '1 when the agent runs the whole configuration file.',
  },
  config_source: { type: 'gauge', labels: ['source'], help: '1 for where the running configuration comes from.' },
  config_unconfirmed: {
    type: 'gauge',
    labels: [],
    help: '1 while a configuration of reload --confirm awaits its confirmation.',
  },
  internal_faults_total: {
    type: 'counter',
    labels: [],
    help: 'Bugs in what the agent reports or answers.',
  },
  resident_memory_bytes: { type: 'gauge', labels: [], help: 'Memory of the agent that is in RAM.' },
  cpu_seconds_total: { type: 'counter', labels: [], help: 'User and system CPU time of the agent.' },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
