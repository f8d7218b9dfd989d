/**
 * The plan of a seed: the laboratory's settings and a list of actions, as text that can be read
 * and that `--replay` takes.
 *
 * Each line has one action: a pause in milliseconds, a verb, its words. `check` waits until the
 * state has settled and asks the kernel.
 */

import { type Random, randomOf } from './random.js';

export interface Plan {
  readonly seed: number;
  readonly daemon: 'frr' | 'bird';
  /** Whether the kernel reports ends of processes. */
  readonly processEvents: boolean;
  /**
   * Whether there is a foreign default route on the management port, which some configurations
   * take over.
   */
  readonly lease: boolean;
  readonly actions: readonly string[];
}

/** The configurations that a storm switches between (variants.ts). */
const VARIANTS = ['default', 'prefixes', 'both', 'main', 'gateways'] as const;
/** The same with a leased default route, which most of them take over. */
const WITH_LEASE = ['adopt', 'adopt', 'adopt', 'adopt-main', 'default', 'gateways'] as const;

/**
 * Weights, and the lines to draw from. A repair is as likely as its fault, so that the NOC can be
 * answered most of the time.
 */
const NETWORK: readonly (readonly [weight: number, lines: readonly string[]])[] = [
  [6, ['link mgmt0 down', 'link mgmt0 up', 'link mgmt0 up', 'link data0 down', 'link data0 up', 'link data0 up']],
  [5, ['carrier mgmt0 off', 'carrier mgmt0 on', 'carrier mgmt0 on', 'carrier data0 off', 'carrier data0 on']],
  [3, ['rename mgmt0 away', 'rename mgmt0 back', 'rename mgmt0 back']],
  [3, ['recreate mgmt0', 'recreate data0']],
  [4, ['address mgmt0 del', 'address mgmt0 add', 'address mgmt0 add', 'address data0 del', 'address data0 add']],
  [2, ['gateway away', 'gateway back', 'gateway back']],
  [8, ['flush routes', 'flush rules', 'flush one', 'flush all']],
  [10, ['route add', 'route add', 'route del', 'route flush']],
  [5, ['rule add', 'rule del']],
  [3, ['nexthop add', 'nexthop del']],
];
const DAEMON: typeof NETWORK = [
  [20, ['daemon kill', 'daemon start', 'daemon start', 'daemon start', 'daemon stop', 'daemon restart']],
  [4, ['daemon pause', 'daemon resume', 'daemon resume']],
  [2, ['daemon loop']],
];
const AGENT: typeof NETWORK = [
  [5, ['agent kill', 'agent kill', 'agent stop']],
  [4, ['agent pause', 'agent resume', 'agent resume']],
  [8, ['config', 'config', 'config bad', 'config gone', 'config fifo', 'reload', 'reload']],
  [3, ['confirm 1', 'confirm yes']],
  [3, ['hold 1', 'hold off', 'hold off']],
  [3, ['role standby', 'role primary', 'role auto', 'role auto']],
  [2, ['clients flood', 'socket remove']],
];
const HOST: typeof NETWORK = [
  [3, ['disk full', 'disk free', 'disk free', 'disk ro', 'disk rw', 'disk rw']],
  [2, ['descriptors low', 'descriptors high', 'descriptors high']],
  [2, ['caps drop', 'caps give', 'caps give']],
  [2, ['clock +86400', 'clock -86400', 'clock +3', 'clock 0']],
  [2, ['overflow']],
];
const ALL = [...NETWORK, ...DAEMON, ...AGENT, ...HOST];
const LEASE: typeof NETWORK = [[8, ['lease add', 'lease add', 'lease del', 'lease flap']]];

/** Pauses before an action in milliseconds. Most actions follow at once. */
const PAUSES = [0, 0, 0, 0, 1, 2, 5, 10, 20, 50, 120, 300];

/** `bursts` times 4 to 14 actions and a check. Every fault is repaired before the last check. */
export function planOf(seed: number, daemon: 'frr' | 'bird' | undefined, bursts: number, lease = false): Plan {
  const random = randomOf(seed);
  const drawn = random.below(4) === 0 ? 'bird' : 'frr';
  const processEvents = random.below(3) > 0;
  const actions = [`0 config ${random.of(lease ? WITH_LEASE : VARIANTS)}`, '0 reload'];
  // Half of the storms begin with a running daemon.
  if (random.below(2) === 0) actions.push('0 daemon start', '800 check');
  for (let burst = 0; burst < bursts; burst++) {
    const count = 4 + random.below(11);
    for (let i = 0; i < count; i++) actions.push(`${random.of(PAUSES)} ${draw(random, lease)}`);
    actions.push('0 check');
  }
  actions.push('0 heal', '0 check out');
  return { seed, daemon: daemon ?? drawn, processEvents, lease, actions };
}

/** One action of a soak. The agent is not ended, since its memory is measured over a long time. */
export function soakAction(random: Random): string {
  for (;;) {
    const line = draw(random);
    if (!/^agent (?:kill|stop)/.test(line)) return line;
  }
}

function draw(random: Random, lease = false): string {
  const all = lease ? [...ALL, ...LEASE] : ALL;
  let left = random.below(all.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, lines] of all) {
    if (left < weight) return withWords(random.of(lines), random, lease);
    left -= weight;
  }
  return 'route add 0';
}

/** Fills in the words of a line that are drawn at random. */
function withWords(line: string, random: Random, lease: boolean): string {
  switch (line) {
    case 'config':
      return `config ${random.of(lease ? WITH_LEASE : VARIANTS)}`;
    case 'route add':
    case 'route del':
    case 'rule add':
    case 'rule del':
      return `${line} ${random.below(8)}`;
    case 'daemon kill':
    case 'daemon pause':
      return `${line} ${random.of(['all', 'first', 'last'])}`;
    default:
      return line;
  }
}

/** The number of actions without the checks. */
export function countOf(actions: readonly string[]): number {
  return actions.filter((line) => !/^\d+ check/.test(line)).length;
}

export function textOf({ seed, daemon, processEvents, lease, actions }: Plan): string {
  const head = `# seed ${seed} daemon ${daemon} process-events ${processEvents ? 'yes' : 'no'}${lease ? ' lease' : ''}`;
  return [head, ...actions, ''].join('\n');
}

/** Parses a plan. Throws if the text is not a plan. */
export function planIn(text: string): Plan {
  const [head = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const found = /^# seed (\d+) daemon (frr|bird) process-events (yes|no)( lease)?$/.exec(head);
  const wrong = lines.find((line) => !/^\d+ [a-z]/.test(line));
  if (found === null || wrong !== undefined) throw new Error(`not a plan: ${wrong ?? head}`);
  return {
    seed: Number(found[1]),
    daemon: found[2] as Plan['daemon'],
    processEvents: found[3] === 'yes',
    lease: found[4] !== undefined,
    actions: lines,
  };
}
