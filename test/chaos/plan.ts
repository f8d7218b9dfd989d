/**
 * What a seed means: a laboratory's settings and a list of actions, as text that a person reads and `--replay` takes.
 *
 * One action a line: a pause in milliseconds, a verb, its words. `check` lets the dust settle and asks the kernel.
 */

import { type Random, randomOf } from './random.js';

export interface Plan {
  readonly seed: number;
  readonly daemon: 'frr' | 'bird';
  /** Whether the kernel tells of ends of processes. */
  readonly processEvents: boolean;
  /** A default route of somebody else stands on the management port, and some configurations take it over. */
  readonly lease: boolean;
  readonly actions: readonly string[];
}

/** Configurations that a storm changes between: variants.ts. */
const VARIANTS = ['default', 'prefixes', 'both', 'main', 'gateways'] as const;
/** The same beside a lease: most of the time it is taken over. */
const WITH_LEASE = ['adopt', 'adopt', 'adopt', 'adopt-main', 'default', 'gateways'] as const;

/** Weight, and the lines to draw from. What undoes a fault is as likely as the fault: most of the time there is a way. */
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

/** Pauses before an action, ms: most follow at once. */
const PAUSES = [0, 0, 0, 0, 1, 2, 5, 10, 20, 50, 120, 300];

/** `bursts` times 4 to 14 actions and a check; what broke is mended before the last. */
export function planOf(seed: number, daemon: 'frr' | 'bird' | undefined, bursts: number, lease = false): Plan {
  const random = randomOf(seed);
  const drawn = random.below(4) === 0 ? 'bird' : 'frr';
  const processEvents = random.below(3) > 0;
  const actions = [`0 config ${random.of(lease ? WITH_LEASE : VARIANTS)}`, '0 reload'];
  // Half of the storms begin beside a daemon that is up.
  if (random.below(2) === 0) actions.push('0 daemon start', '800 check');
  for (let burst = 0; burst < bursts; burst++) {
    const count = 4 + random.below(11);
    for (let i = 0; i < count; i++) actions.push(`${random.of(PAUSES)} ${draw(random, lease)}`);
    actions.push('0 check');
  }
  actions.push('0 heal', '0 check out');
  return { seed, daemon: daemon ?? drawn, processEvents, lease, actions };
}

/** One action of a soak, in which the agent lives on; its end is no fault that memory could be seen over. */
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

/** The words that a line leaves to the dice. */
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

/** Faults that somebody sent; `check` is a question, and a pause none. */
export function countOf(actions: readonly string[]): number {
  return actions.filter((line) => !/^\d+ check/.test(line)).length;
}

export function textOf({ seed, daemon, processEvents, lease, actions }: Plan): string {
  const head = `# seed ${seed} daemon ${daemon} process-events ${processEvents ? 'yes' : 'no'}${lease ? ' lease' : ''}`;
  return [head, ...actions, ''].join('\n');
}

/** Throws where the text is no plan. */
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
