/**
 * What the agent-*.test.ts files share: a laboratory with an agent, its configuration, the exact
 * routes and rules that each placement must have in the kernel, and times from the kernel's own
 * notifications.
 *
 * The laboratory itself is in src/drill/lab and test/lab. None of the agent's code is used here:
 * the expected state is written down independently. Invariant: times come from the clocks of other
 * processes (ip monitor, fping), never from the agent's log.
 */

import { join } from 'node:path';
import { type Agent, type LabAgentOptions, startAgent } from '../../src/drill/lab/agent.js';
import { type Frr, prepareFrr } from '../../src/drill/lab/frr.js';
import { zebraConfig } from '../../src/drill/lab/frr-conf.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import type { Status } from '../../src/model/status.js';
import { ownRoutes, ownRules } from '../lab/inspect.js';
import { type Ping, startPing } from '../lab/ping.js';
import { STANDARD, type StandardLab, type StandardOptions, standardLab } from '../lab/standard.js';

/** What is used of a tap test. */
export interface Case {
  teardown(run: () => unknown): void;
  comment(...words: unknown[]): void;
  ok(value: unknown, message: string): boolean;
  same(found: unknown, wanted: unknown, message: string): boolean;
}

export const FAMILIES: readonly Family[] = ['inet', 'inet6'];
export const PLACEMENTS = ['local', 'main'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** The backup router of each family in the standard laboratory; IPv6 through its link-local address. */
export const GATEWAY: Readonly<Record<Family, string>> = {
  inet: STANDARD.inet.gateway,
  inet6: STANDARD.inet6.gatewayLinkLocal,
};

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export interface ConfigOptions {
  readonly placement?: Placement;
  readonly interface?: string;
  readonly gateway?: Partial<Record<Family, string | readonly string[]>>;
  /** Omitted: the default route. */
  readonly destinations?: Partial<Record<Family, readonly string[]>>;
  /** The daemons watched; zebra and bgpd by default. */
  readonly daemons?: readonly string[];
  /** Where their sockets are; one that stays empty by default. */
  readonly frr?: Frr;
  readonly hold?: string;
  readonly convergence?: string | number;
  readonly probeTimeout?: string;
  readonly preempt?: string | number;
  /** Further keys of the file. */
  readonly more?: { readonly [key: string]: Json };
}

/** A configuration with short timings, as JSON, which is YAML. */
export function configText(o: ConfigOptions = {}): string {
  const stanza = (family: Family): Json => {
    const destination = o.destinations?.[family];
    return {
      address: o.gateway?.[family] ?? GATEWAY[family],
      ...(destination === undefined ? {} : { destination }),
    };
  };
  return JSON.stringify(
    {
      'management-interface': o.interface ?? 'mgmt0',
      'backup-router': stanza('inet'),
      'inet6-backup-router': stanza('inet6'),
      'routing-daemon': [
        {
          frr: {
            daemons: o.daemons ?? ['zebra', 'bgpd'],
            'socket-directory': o.frr?.directory ?? '/tmp/no-such-directory-of-frr',
          },
        },
      ],
      withdraw: { 'hold-time': o.hold ?? '300ms', 'convergence-timeout': o.convergence ?? '20s' },
      detect: { 'probe-interval': '100ms', 'probe-timeout': o.probeTimeout ?? '2s' },
      stale: { 'preempt-after': o.preempt ?? '500ms' },
      placement: o.placement ?? 'local',
      ...o.more,
    },
    null,
    2,
  );
}

/** The standard laboratory, closed with the test. */
export function laboratory(t: Case, options: StandardOptions = {}): StandardLab {
  const std = standardLab(options);
  t.teardown(async () => std.close());
  return std;
}

/** zebra alone in the router: up in 40 ms, for tests that need a daemon that lives and dies but no protocol. */
export function zebraOnly(std: StandardLab, args: readonly string[] = []): Frr {
  return prepareFrr(std.router, {
    directory: join(std.lab.directory, 'zebra'),
    daemons: { zebra: { config: zebraConfig(), args } },
  });
}

/** FRR, not started, with defaults of its own through data0, where answers to the NOC are dropped. */
export function frrAway({ router, peer, lab }: StandardLab): Frr {
  for (const net of ['10.99.0.0/24', '2001:db8:99::/64']) peer.ip(`route replace blackhole ${net}`);
  return prepareFrr(router, {
    directory: join(lab.directory, 'away'),
    daemons: {
      zebra: zebraConfig(),
      staticd: `ip route 0.0.0.0/0 ${STANDARD.inet.peer}\nipv6 route ::/0 ${STANDARD.inet6.peer}`,
    },
  });
}

/** Shows the agents' logs beside the results: `BACKUP_ROUTER_TEST_LOG=1 tap run ...`. */
const LOUD: Pick<LabAgentOptions, 'onLine'> =
  process.env['BACKUP_ROUTER_TEST_LOG'] === undefined ? {} : { onLine: (line) => process.stderr.write(`  ${line}\n`) };

/** An agent in the router. */
export function agentIn(
  std: StandardLab,
  config: ConfigOptions | string,
  options: Omit<LabAgentOptions, 'configText'> = {},
): Agent {
  return startAgent(std.lab, std.router, {
    ...LOUD,
    ...options,
    configText: typeof config === 'string' ? config : configText(config),
  });
}

/** The same agent again, over the files of the former. */
export function restartAgent(std: StandardLab, former: Agent, config: ConfigOptions | string): Agent {
  return agentIn(std, config, { directory: former.directory });
}

/** The place in the log after which later lines are to be found. */
export function mark(agent: Agent): number {
  return agent.log.length;
}

/** Resolves once the agent has turned to the phase after the mark. */
export async function turned(agent: Agent, phase: 'in' | 'out', from = 0, timeoutMs = 20_000): Promise<void> {
  await agent.waitForLog(new RegExp(`routes phase=${phase}`), timeoutMs, from);
}

export async function statusOf(agent: Agent): Promise<Status> {
  return agent.status<Status>();
}

/** Polls the status until it fits. */
export async function statusWhere(
  agent: Agent,
  fits: (status: Status) => boolean,
  timeoutMs = 20_000,
): Promise<Status> {
  return eventually(
    async () => {
      const status = await statusOf(agent);
      return fits(status)
        ? status
        : Promise.reject(
            new Error(
              JSON.stringify({
                routes: status.routes,
                waiting: status.waiting,
                backupRoutes: status.backupRoutes,
                interference: status.interference,
              }),
            ),
          );
    },
    { timeoutMs, intervalMs: 30, what: `a status like ${fits.toString()}` },
  );
}

/** Everything that carries the agent's protocol number, one line each, sorted: routes of every table and rules. */
export function owned(namespace: Namespace, protocol?: number): readonly string[] {
  return FAMILIES.flatMap((family) => [
    ...ownRoutes(namespace, family, protocol).map(
      (r) =>
        `${family} ${r.dst} via ${r.gateway ?? r.nexthops.map((hop) => hop.gateway).join('+')} dev ${r.dev} table ${r.table} metric ${r.metric}`,
    ),
    ...ownRules(namespace, family, protocol).map(
      (r) =>
        `${family} rule ${r.priority} iif ${r.iif} lookup ${r.table}${r.suppressPrefixLength === undefined ? '' : ` suppress ${r.suppressPrefixLength}`}`,
    ),
  ]).sort();
}

export interface Expectation {
  readonly placement?: Placement;
  readonly destinations?: Partial<Record<Family, readonly string[]>>;
  /** Lengths at which the backup takes the tie from a stale route. */
  readonly preempting?: readonly number[];
  readonly gateway?: Partial<Record<Family, string>>;
  readonly families?: readonly Family[];
  readonly tableBase?: number;
}

/** The lines of {@link owned} while the routes are in (spec section 5). */
export function expected(e: Expectation = {}): readonly string[] {
  const base = e.tableBase ?? 25_500;
  return (e.families ?? FAMILIES)
    .flatMap((family) => {
      const destinations = e.destinations?.[family] ?? ['default'];
      const lengthOf = (destination: string): number =>
        destination === 'default' || destination.endsWith('/0') ? 0 : Number(destination.split('/')[1]);
      const shown = (destination: string): string => (lengthOf(destination) === 0 ? 'default' : destination);
      const via = `via ${e.gateway?.[family] ?? GATEWAY[family]} dev mgmt0`;
      const preempts = (length: number): boolean => e.preempting?.includes(length) ?? false;
      if (e.placement === 'main')
        return destinations.map(
          (d) => `${family} ${shown(d)} ${via} table 254 metric ${preempts(lengthOf(d)) ? 1 : 0xff001000}`,
        );
      const rules = rulesExpected(
        family,
        [...new Set(destinations.map(lengthOf))],
        (length) => e.preempting?.includes(length) ?? false,
        base,
      );
      return [
        ...destinations.map(
          (d) => `${family} ${shown(d)} ${via} table ${base + lengthOf(d)} metric ${family === 'inet' ? 0 : 1024}`,
        ),
        ...rules,
      ];
    })
    .sort();
}

/** The rules beside main's (rule-priority-base auto), in words of `owned`: longest first, the last pair behind it unless it wins ties. */
export function rulesExpected(
  family: string,
  lengths: readonly number[],
  preempts: (length: number) => boolean,
  tableBase = 25_500,
): readonly string[] {
  let least = Number.POSITIVE_INFINITY;
  return [...lengths]
    .sort((a, b) => b - a)
    .flatMap((length) => {
      const rear = length === 0 && !preempts(0);
      const suppress = Math.max(0, preempts(length) ? length : length - 1);
      const needed = rear || suppress < least;
      least = suppress;
      const rule = `${family} rule ${rear ? 32_766 : 32_765} iif lo lookup`;
      return [...(needed ? [`${rule} 254 suppress ${suppress}`] : []), `${rule} ${tableBase + length}`];
    });
}

/** Resolves when exactly the expected state is in the kernel; fails the test with the difference otherwise. */
export async function settles(
  t: Case,
  namespace: Namespace,
  wanted: readonly string[],
  message: string,
  timeoutMs = 15_000,
): Promise<void> {
  await eventually(() => owned(namespace).join() === wanted.join(), {
    timeoutMs,
    intervalMs: 15,
    what: message,
  }).catch(() => undefined);
  t.same(owned(namespace), wanted, message);
}

/** A notification of the kernel. */
export interface KernelEvent {
  /** Wall clock, milliseconds, when `ip monitor` read it. */
  readonly atMs: number;
  /** `default via 10.255.0.1 dev mgmt0 table 25500 proto 157`, `Deleted ...`. */
  readonly text: string;
}

/** `ip -ts monitor route rule` in a namespace. It goes on printing an interface's old name after a rename. */
export class Monitor {
  readonly events: KernelEvent[] = [];
  readonly #namespace: Namespace;
  readonly #process: Process;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
    this.#process = namespace.spawn(['env', 'TZ=UTC', 'ip', '-N', '-ts', 'monitor', 'route', 'rule'], {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line) => this.#read(line),
    });
  }

  /** The first event at or after `fromMs` that matches. */
  async next(pattern: RegExp, fromMs: number, timeoutMs = 20_000): Promise<KernelEvent> {
    return eventually(() => this.events.find((event) => event.atMs >= fromMs && pattern.test(event.text)), {
      timeoutMs,
      intervalMs: 5,
      what: `a kernel event like ${pattern}, among ${this.events.map((event) => event.text).join('; ')}`,
    });
  }

  /** Those since `fromMs` that match, once everything that has happened by now has been read. */
  async since(fromMs: number, pattern: RegExp): Promise<readonly KernelEvent[]> {
    await hears(this.#namespace, this.events);
    return this.events.filter((event) => event.atMs >= fromMs && pattern.test(event.text));
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  #read(line: string): void {
    const match = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d*)\] ?(.*)$/.exec(line);
    if (match !== null)
      this.events.push({
        atMs: Date.parse(`${match[1]}Z`) + Number(`0.${match[2]}`),
        text: match[3]!.replace(/\s+/g, ' ').trim(),
      });
  }
}

/** A monitor that is known to hear the kernel. */
export async function monitor(namespace: Namespace): Promise<Monitor> {
  const started = new Monitor(namespace);
  await hears(namespace, started.events);
  return started;
}

const MARKER = 'blackhole 203.0.113.255/32 table 4711';

/** Resolves when the events of a monitor have one that was made meanwhile. The kernel tells in order, so they have all before it. */
export async function hears(namespace: Namespace, events: readonly { readonly text: string }[]): Promise<void> {
  const from = events.length;
  const heard = (): boolean => events.slice(from).some(({ text }) => /^Deleted .*203\.0\.113\.255/.test(text));
  await eventually(
    async () => {
      namespace.ip(`route replace ${MARKER} proto 4`);
      namespace.ip(`route del ${MARKER}`);
      for (let i = 0; i < 50 && !heard(); i++) await sleep(5);
      return heard();
    },
    { what: 'ip monitor hears the kernel' },
  );
}

/** Our own default route of the family coming in; `proto 157`, any placement. */
export function added(family: Family): RegExp {
  return new RegExp(`^default via ${GATEWAY[family].replace(/[.:]/g, '\\$&')} dev mgmt0 .*proto 157`);
}

/** What a busy machine may add to any time. Milliseconds are held by `scripts/bench`; a test shows that an event was heard, not a poll. */
export const BUSY_MS = 10_000;

/** The times from `fromMs` to our default route of each family in the kernel; printed, and held to `limitMs` and BUSY_MS. */
export async function backWithin(
  t: Case,
  watch: Monitor,
  fromMs: number,
  limitMs: number,
  what: string,
  families: readonly Family[] = FAMILIES,
): Promise<void> {
  const times: number[] = [];
  for (const family of families) times.push((await watch.next(added(family), fromMs)).atMs - fromMs);
  t.comment(`MEASURED ${what}: ${families.map((family, i) => `${family} ${times[i]!.toFixed(1)} ms`).join(', ')}`);
  t.ok(Math.max(...times) < limitMs + BUSY_MS, `${what}: in the kernel within ${limitMs} ms`);
}

/**
 * Pings from the NOC to the router's management addresses. Every link on both ways has carried a packet before they start, so that
 * no neighbour remains to be resolved.
 */
export async function steadyPings(std: StandardLab): Promise<readonly Ping[]> {
  const { inet, inet6 } = STANDARD;
  const answered = async (from: Namespace, target: string): Promise<Ping> => {
    const ping = startPing(from, target);
    await ping.nextReply();
    return ping;
  };
  const near = [
    [std.noc, inet.corePeer],
    [std.noc, inet6.corePeer],
    [std.router, inet.peer],
    [std.router, inet6.peer],
  ] as const;
  for (const [from, target] of [...near, [std.noc, inet.mgmt] as const, [std.noc, inet6.mgmt] as const])
    await (await answered(from, target)).stop();
  return Promise.all(FAMILIES.map(async (family) => answered(std.noc, STANDARD[family].mgmt)));
}

/** No outage longer than `limitMs` since `fromMs`; printed. A time without replies in which nothing is lost is a busy machine. */
export async function unbroken(
  t: Case,
  pings: readonly Ping[],
  fromMs: number,
  what: string,
  limitMs = 1500,
): Promise<void> {
  for (const ping of pings) {
    await ping.nextReply();
    const [gapMs, lost] = [await ping.longestGapMs(fromMs), await ping.lost(fromMs)];
    const told = `longest time without a reply ${gapMs.toFixed(0)} ms, ${lost} lost (packets each ${ping.intervalMs} ms)`;
    t.comment(`MEASURED ${what}, ${ping.target}: ${told}`);
    t.ok(gapMs < limitMs || lost * ping.intervalMs < limitMs, `${what}, ${ping.target}: no outage of ${limitMs} ms`);
  }
}

/** Ends the ping. Not even scattered losses; a few packets may be late (200 ms) on a busy machine, which is no loss of a route. */
export async function notLost(t: Case, ping: Ping): Promise<void> {
  const { sent, received } = await ping.stop();
  t.comment(`MEASURED ${ping.target}: ${sent} sent, ${received} received`);
  t.ok(sent - received <= 15, `${ping.target}: nothing is lost`);
}
