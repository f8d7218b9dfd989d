/**
 * What the kinds-*.test.ts files share: a configuration with short times, the exact routes and
 * rules that must be in the kernel, times from the kernel's own notifications, and a real BIRD.
 *
 * The laboratory itself is in src/drill/lab and test/lab. None of the agent's code is used here:
 * the expected state is written down independently. Invariant: times come from the clocks of other
 * processes (ip monitor), never from the agent's log.
 */

import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Agent, type LabAgentOptions, startAgent } from '../../src/drill/lab/agent.js';
import { Bird as LabBird } from '../../src/drill/lab/bird.js';
import { tryCommand } from '../../src/drill/lab/command.js';
import type { Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import type { Status } from '../../src/model/status.js';
import { ownRoutes, ownRules, routeGet, routes } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import { BUSY_MS, hears, rulesExpected } from './agent-support.js';

/** What is used of a tap test. */
export interface Case {
  teardown(run: () => unknown): void;
  comment(...words: unknown[]): void;
  ok(value: unknown, message: string): boolean;
  same(found: unknown, wanted: unknown, message: string): boolean;
}

export const FAMILIES: readonly Family[] = ['inet', 'inet6'];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A configuration for the standard laboratory's router, as JSON, which is YAML. `more` replaces whole keys of the file. */
export function configText(daemons: Json, more: { readonly [key: string]: Json } = {}): string {
  return JSON.stringify(
    {
      'management-interface': 'mgmt0',
      ...(Array.isArray(more['management-interface'])
        ? {}
        : {
            'backup-router': { address: STANDARD.inet.gateway },
            'inet6-backup-router': { address: STANDARD.inet6.gatewayLinkLocal },
          }),
      'routing-daemon': daemons,
      withdraw: { 'hold-time': '100ms', 'convergence-timeout': '20s' },
      detect: { 'probe-interval': '100ms', 'probe-timeout': '1s' },
      stale: { 'preempt-after': '600ms' },
      ...more,
    },
    null,
    2,
  );
}

/** An agent in `namespace`; its log is shown with BACKUP_ROUTER_TEST_LOG=1. */
export function agentIn(
  lab: Lab,
  namespace: Namespace,
  text: string,
  options: Omit<LabAgentOptions, 'configText'> = {},
): Agent {
  const loud =
    process.env['BACKUP_ROUTER_TEST_LOG'] === undefined
      ? {}
      : { onLine: (line: string) => void process.stderr.write(`  ${namespace.label}: ${line}\n`) };
  return startAgent(lab, namespace, { ...loud, ...options, configText: text });
}

export async function statusOf(agent: Agent): Promise<Status> {
  return agent.status<Status>();
}

/** Polls the status until it fits; the failure shows the last one. */
export async function statusWhere(
  agent: Agent,
  fits: (status: Status) => boolean,
  timeoutMs = 20_000,
): Promise<Status> {
  const probe = async (): Promise<Status> => {
    const status = await statusOf(agent);
    return fits(status)
      ? status
      : Promise.reject(
          new Error(
            JSON.stringify({
              routes: status.routes,
              daemons: status.daemons,
              waiting: status.waiting,
              damping: status.damping,
            }),
          ),
        );
  };
  return eventually(probe, { timeoutMs, intervalMs: 30, what: `a status like ${fits.toString()}` });
}

/** Resolves once the agent has turned to the phase, in its log from line `from` on. */
export async function turned(agent: Agent, phase: 'in' | 'out', from: number, timeoutMs = 20_000): Promise<string> {
  return agent.waitForLog(new RegExp(`routes phase=${phase}`), timeoutMs, from);
}

/** The numbers by which one agent knows its own: those of the defaults, or others so that several share a namespace. */
export interface Numbers {
  readonly protocol: number;
  readonly tableBase: number;
  readonly priorityBase: number | 'auto';
}

export const DEFAULTS: Numbers = { protocol: 157, tableBase: 25_500, priorityBase: 'auto' };

/** Where the default route of each family leads. */
export interface Ways {
  readonly dev: string;
  readonly inet?: string;
  readonly inet6?: string;
}

export const MGMT: Ways = {
  dev: 'mgmt0',
  inet: STANDARD.inet.gateway,
  inet6: STANDARD.inet6.gatewayLinkLocal,
};

/** Everything that carries the agent's protocol number, a line each, sorted: routes of every table and rules. */
export function owned(namespace: Namespace, { protocol }: Numbers = DEFAULTS): readonly string[] {
  return FAMILIES.flatMap((family) => [
    ...ownRoutes(namespace, family, protocol).map(
      (r) => `${family} ${r.dst} via ${r.gateway} dev ${r.dev} table ${r.table}`,
    ),
    ...ownRules(namespace, family, protocol).map(
      (r) =>
        `${family} rule ${r.priority} iif ${r.iif} lookup ${r.table}${r.suppressPrefixLength === undefined ? '' : ` suppress ${r.suppressPrefixLength}`}`,
    ),
  ]).sort();
}

/** The lines of {@link owned} while default routes are in, placement local (spec section 5); a list of ways where several interfaces carry the same. */
export function expected(
  ways: Ways | readonly Ways[] = MGMT,
  tie: 'losing' | 'winning' = 'losing',
  numbers: Numbers = DEFAULTS,
): readonly string[] {
  const all = Array.isArray(ways) ? (ways as readonly Ways[]) : [ways as Ways];
  return FAMILIES.flatMap((family) => {
    const lines = all.flatMap((way) =>
      way[family] === undefined
        ? []
        : [`${family} default via ${way[family]} dev ${way.dev} table ${numbers.tableBase}`],
    );
    const winning = tie === 'winning';
    const { priorityBase: base, tableBase } = numbers;
    const first = base === 'auto' ? 0 : base + 2 * (family === 'inet' ? 32 : 128);
    const rules =
      base === 'auto'
        ? rulesExpected(family, [0], () => winning, tableBase)
        : [
            `${family} rule ${first} iif lo lookup 254${winning ? ' suppress 0' : ''}`,
            `${family} rule ${first + 1} iif lo lookup ${tableBase}`,
          ];
    return lines.length === 0 ? [] : [...lines, ...rules];
  }).sort();
}

/** Resolves when exactly this is in the kernel; fails the test with the difference otherwise. */
export async function settles(
  t: Case,
  namespace: Namespace,
  wanted: readonly string[],
  message: string,
  timeoutMs = 20_000,
  numbers: Numbers = DEFAULTS,
): Promise<void> {
  await eventually(() => owned(namespace, numbers).join() === wanted.join(), {
    timeoutMs,
    intervalMs: 15,
    what: message,
  }).catch(() => undefined);
  t.same(owned(namespace, numbers), wanted, message);
}

/** The interface by which the router's own packets to each NOC address leave. */
export function leavesBy(router: Namespace): readonly string[] {
  return FAMILIES.map((family) => / dev (\S+)/.exec(routeGet(router, STANDARD[family].noc))?.[1] ?? 'none');
}

/** Whether a default route of that rtm_protocol stands in the main table, in each family. */
export function defaultsOf(router: Namespace, protocol: number, metric?: number): readonly boolean[] {
  return FAMILIES.map((family) =>
    routes(router, family).some(
      (r) => r.dst === 'default' && r.protocol === protocol && (metric === undefined || r.metric === metric),
    ),
  );
}

/** A notification of the kernel, wall clock. */
export interface KernelEvent {
  readonly atMs: number;
  /** `default via 10.255.0.1 dev mgmt0 table 25500 proto 157`, `Deleted ...`. */
  readonly text: string;
}

/** `ip -ts monitor route rule` in a namespace. */
export class Monitor {
  readonly events: KernelEvent[] = [];

  private constructor(private readonly namespace: Namespace) {
    namespace.spawn(['env', 'TZ=UTC', 'ip', '-N', '-ts', 'monitor', 'route', 'rule'], {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line) => this.#read(line),
    });
  }

  /** One that is known to hear the kernel. */
  static async open(namespace: Namespace): Promise<Monitor> {
    const monitor = new Monitor(namespace);
    await hears(namespace, monitor.events);
    return monitor;
  }

  /** The first event at or after `fromMs` that matches. */
  async next(pattern: RegExp, fromMs: number, timeoutMs = 20_000): Promise<KernelEvent> {
    return eventually(() => this.events.find((event) => event.atMs >= fromMs && pattern.test(event.text)), {
      timeoutMs,
      intervalMs: 5,
      what: `a kernel event like ${pattern}`,
    });
  }

  /** Those since `fromMs` that match, once everything that has happened by now has been read. */
  async since(fromMs: number, pattern: RegExp): Promise<readonly KernelEvent[]> {
    await hears(this.namespace, this.events);
    return this.events.filter((event) => event.atMs >= fromMs && pattern.test(event.text));
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

/** A route of the agent's own coming in, by gateway; any family and gateway when none is named. */
export function added(gateway?: string, { protocol }: Numbers = DEFAULTS): RegExp {
  return new RegExp(
    `^default via ${gateway === undefined ? '\\S+' : gateway.replace(/[.:]/g, '\\$&')} dev \\S+ .*proto ${protocol}\\b`,
  );
}

/** The times from `fromMs` to the agent's default route of each family; printed, and held to the limits (the upper one and BUSY_MS). */
export async function inAfter(
  t: Case,
  monitor: Monitor,
  fromMs: number,
  what: string,
  limitMs: number,
  leastMs = 0,
  ways: Ways = MGMT,
  numbers: Numbers = DEFAULTS,
): Promise<void> {
  const tookMs: number[] = [];
  for (const family of FAMILIES) {
    if (ways[family] !== undefined)
      tookMs.push((await monitor.next(added(ways[family], numbers), fromMs, limitMs + 5000)).atMs - fromMs);
  }
  t.comment(`MEASURED ${what}: ${tookMs.map((ms) => `${ms.toFixed(1)} ms`).join(', ')}`);
  t.ok(Math.max(...tookMs) < limitMs + BUSY_MS, `${what}: in the kernel within ${limitMs} ms`);
  t.ok(Math.min(...tookMs) >= leastMs, `${what}: not before ${leastMs} ms`);
}

export interface BirdOptions {
  readonly config: string;
  /** Also the name of its program, which is a copy, so that no other BIRD on the host is taken for it. */
  readonly name?: string;
  /** The installed one when absent. */
  readonly program?: string;
  /** Put before the command. */
  readonly wrapper?: readonly string[];
}

/** BIRD, with its files in a directory of the laboratory and under a name of its own. */
export class Bird extends LabBird {
  readonly program: string;

  constructor(
    lab: Lab,
    namespace: Namespace,
    { config, name = 'bird', program: original = birdProgram()!, wrapper = [] }: BirdOptions,
  ) {
    const directory = join(lab.directory, `${namespace.label}-${name}`);
    const program = join(directory, name);
    super(namespace, { config, directory, program, wrapper });
    this.program = program;
    copyFileSync(original, program);
  }
}

/** The path of a program that is installed, or undefined. */
export function installed(program: string): string | undefined {
  const found = tryCommand(['sh', '-c', 'command -v "$0"', program], {
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  }).stdout.trim();
  return found === '' || dirname(found) === '.' ? undefined : found;
}

export function birdProgram(): string | undefined {
  return installed('bird');
}

/** BIRD with a static default of each family through the given next hops, exported to the kernel; `graceful` with more protocols whose recovery is waited for. */
export function staticBird(
  routerId: string,
  inet: string,
  inet6?: string,
  graceful: { readonly waitS: number; readonly lines: readonly string[] } | undefined = undefined,
): string {
  const restart = graceful === undefined ? '' : ' graceful restart;';
  return [
    `router id ${routerId};`,
    ...(graceful === undefined ? [] : [`graceful restart wait ${graceful.waitS};`, ...graceful.lines]),
    'protocol device { scan time 1; }',
    `protocol kernel k4 { ipv4 { import none; export all; };${restart} }`,
    `protocol kernel k6 { ipv6 { import none; export all; };${restart} }`,
    `protocol static s4 { ipv4; route 0.0.0.0/0 via ${inet}; }`,
    ...(inet6 === undefined ? [] : [`protocol static s6 { ipv6; route ::/0 via ${inet6}; }`]),
    '',
  ].join('\n');
}
