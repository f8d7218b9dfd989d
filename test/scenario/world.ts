/**
 * What a scenario plays in: virtual clock, fake kernel, scripted daemons, and the agent itself: the real driver with the
 * real core. Only process, sockets and control socket are missing.
 */

import type { Kernel } from '../../src/core/ports.js';
import { type Pin, RESYNC_MS, type RoleState, type State } from '../../src/core/state.js';
import type { Config, Role } from '../../src/model/config.js';
import type { Status } from '../../src/model/status.js';
import { type Driver, startDriver } from '../../src/runtime/driver.js';
import { createEmit } from '../../src/runtime/emit.js';
import { createJournal } from '../../src/runtime/journal.js';
import { NO_ORDERS, type OrdersRecord, overrideOf, pinOf } from '../../src/runtime/orders-record.js';
import { roleFrom } from '../../src/runtime/role.js';
import { statusOf } from '../fake/status.js';
import { formatTime, VirtualClock } from './clock.js';
import { configure, ROLE_FILE } from './configure.js';
import { type Rib, ScriptedHealth } from './daemon.js';
import { GuardedKernel } from './guarded-kernel.js';

/** As runtime/role.ts has it until a command has answered. */
const UNANSWERED = { role: 'primary', reason: '/bin/role has not answered yet', provisional: true } as const;

export class World {
  readonly clock = new VirtualClock();
  readonly kernel: GuardedKernel;
  readonly rib: Rib = { held: new Set(), mute: false, asked: 0 };
  readonly log: string[] = [];
  /** Takes effect with `reload` or the next start. */
  readonly configLines: string[];
  /** Steps applied before this are not looked at by `expect no kernel change`. */
  mark = 0;
  #probeMark = 0;
  #lookMark = 0;
  /** Routes and rules at the mark. */
  marked: readonly string[] = [];
  exited = false;
  /** Inputs that the machine has had, in every life of the agent. */
  inputs = 0;
  /** Wall clock minus virtual clock. */
  wallOffset = Date.parse('2026-01-01T00:00:00Z');
  /** The state directory: what an operator has ordered. */
  #orders: OrdersRecord = NO_ORDERS;
  /** The state directory: what has been covered. */
  #covered: State['world']['covered'] = new Map();
  /** What the role file says; undefined: it cannot be read. */
  #roleText: string | undefined;
  #config: Config;
  /** The state directory: the configuration that ran last. */
  #former: Config | undefined;
  #agent: { readonly driver: Driver; readonly port: Kernel } | undefined;
  #health: ScriptedHealth | undefined;

  constructor(config: readonly string[]) {
    this.configLines = [...config];
    this.#config = configure(this.configLines);
    this.kernel = new GuardedKernel(this.clock, this.#config.routeProtocol);
  }

  startAgent(): void {
    if (this.#agent !== undefined) throw new Error('the agent runs already');
    this.#config = configure(this.configLines);
    this.kernel.protocols.add(this.#config.routeProtocol);
    this.setMark();
    this.exited = false;
    const port = this.kernel.open();
    this.#health = this.#openHealth();
    const journal = createJournal(
      createEmit((level, event, fields = {}) => {
        const words = Object.entries(fields).flatMap(([key, value]) =>
          value === undefined ? [] : [`${key}=${value}`],
        );
        this.log.push([formatTime(this.clock.now()), level, event, ...words].join(' '));
      }),
    );
    const driver = startDriver({
      kernel: port,
      health: this.#health,
      clock: this.clock,
      journal: (before, input, result, now) => {
        this.inputs++;
        this.kernel.checkSent(result.outputs);
        journal(before, input, result, now);
      },
      beginning: {
        config: this.#config,
        former: this.#former,
        resyncMs: RESYNC_MS,
        role: this.#role(),
        roleOverride: overrideOf(this.#orders),
        pin: this.#pin(),
        covered: this.#covered,
      },
      remember: (covered) => void (this.#covered = covered),
      onSettled: () => undefined,
      whenIdle: (run) => run(),
      onExit: () => {
        this.exited = true;
        this.killAgent();
      },
    });
    this.#agent = { driver, port };
    this.#former = this.#config;
  }

  /** SIGKILL: nothing of it is left but what is in the kernel. */
  killAgent(): void {
    this.#agent?.driver.close();
    this.#agent?.port.close();
    this.#health?.close();
    this.#agent = undefined;
  }

  /** SIGTERM. */
  stopAgent(): void {
    this.driver.dispatch({ kind: 'stop' });
  }

  /** SIGHUP with the present config lines, as runtime/agent.ts does it. */
  reload(): void {
    const { driver } = this;
    const next = configure(this.configLines);
    const restarted = JSON.stringify(next.routingDaemons) !== JSON.stringify(this.#config.routingDaemons);
    this.#config = next;
    this.#former = next;
    this.kernel.protocols.add(next.routeProtocol);
    if (restarted) this.#health = this.#openHealth();
    driver.reload({ config: next, health: this.health, role: this.#role() });
  }

  /** `backup-router hold`, as runtime/requests.ts does it. */
  orderHold(durationMs: number | 'never' | 'off'): void {
    this.#orders = {
      ...this.#orders,
      pin: durationMs === 'off' ? undefined : { setAt: this.clock.now() + this.wallOffset, durationMs },
    };
    this.driver.dispatch({ kind: 'pin', pin: this.#pin() });
  }

  /** `backup-router role`. */
  orderRole(role: Role | 'auto'): void {
    this.#orders = { ...this.#orders, role: role === 'auto' ? undefined : role };
    this.driver.dispatch({ kind: 'override', role: overrideOf(this.#orders) });
  }

  /** The role file changes; undefined: it can no longer be read. */
  roleSays(text: string | undefined): void {
    this.#roleText = text;
    if (this.#agent !== undefined) this.driver.dispatch({ kind: 'role', role: this.#role() });
  }

  /** The role command will not have answered when the agent starts next. */
  roleIsSilent(): void {
    this.#roleText = undefined;
  }

  /** From here on `expect no kernel change` and `expect probed` count. */
  setMark(): void {
    this.mark = this.kernel.steps.length;
    this.marked = this.kernel.lines();
    this.#probeMark = this.kernel.fake.probed.length;
    this.#lookMark = this.kernel.fake.observations;
  }

  /** Looks at the kernel since the mark. */
  looks(): number {
    return this.kernel.fake.observations - this.#lookMark;
  }

  /** How often the address, or any, was probed since the mark. */
  probes(address: string | undefined): number {
    return this.kernel.fake.probed
      .slice(this.#probeMark)
      .filter((target) => address === undefined || target.address === address).length;
  }

  #pin(): Pin | undefined {
    return pinOf(this.#orders, this.clock.now(), this.clock.now() + this.wallOffset);
  }

  #role(): RoleState {
    const source = this.#config.role;
    if (source.kind === 'fixed') return { role: source.role, reason: 'configured' };
    if (source.kind === 'exec' && this.#roleText === undefined) return UNANSWERED;
    return this.#roleText === undefined
      ? { role: 'standby', reason: `cannot read ${ROLE_FILE}` }
      : roleFrom(this.#roleText, ROLE_FILE);
  }

  /** What the agent runs with, or ran with last. */
  get config(): Config {
    return this.#config;
  }

  get runs(): boolean {
    return this.#agent !== undefined;
  }

  get driver(): Driver {
    if (this.#agent === undefined) throw new Error('the agent does not run');
    return this.#agent.driver;
  }

  get health(): ScriptedHealth {
    if (this.#health === undefined) throw new Error('the agent does not run');
    return this.#health;
  }

  get state(): State {
    return this.driver.state();
  }

  status(): Status {
    const around = {
      pid: 1,
      version: '0',
      dryRun: false,
      networkNamespace: null,
      startedAt: 0,
      wallOffset: 0,
      configuration: { file: 'scenario', source: 'file', errors: [] },
    } as const;
    return statusOf(this.state, around, this.clock.now());
  }

  /** Everything an operator would look at, as text. */
  print(): string {
    const section = (title: string, lines: readonly string[]): string[] => [
      `${title}:`,
      ...(lines.length === 0 ? ['  (none)'] : lines.map((line) => `  ${line}`)),
    ];
    const agent = this.#agent === undefined ? ['(does not run)'] : agentLines(this.status());
    const links = [...this.kernel.fake.links.values()].map((link) => {
      const own = this.kernel.fake.addresses
        .filter((address) => address.interfaceIndex === link.index)
        .map((address) => `${address.address}/${address.length}`);
      return `${link.index}: ${link.name} ${link.up ? 'up' : 'down'}${link.carrier ? '' : ' no-carrier'} ${own.join(' ')}`;
    });
    return [
      ...section('agent', agent),
      ...section('links', links),
      ...section('routes and rules', this.kernel.lines()),
      ...section('last kernel changes', this.kernel.stepLines(12)),
      ...section('log', this.log.slice(-12)),
    ].join('\n');
  }

  #openHealth(): ScriptedHealth {
    return new ScriptedHealth(
      this.#config.routingDaemons.flatMap((daemon) => (daemon.kind === 'frr' ? daemon.daemons : [])),
      this.rib,
      () => this.kernel.delay(),
    );
  }
}

function agentLines(status: Status): string[] {
  return [
    `role ${status.routes.role}: ${status.routes.roleReason}`,
    `phase ${status.routes.phase}${status.routes.cause === null ? '' : ` ${status.routes.cause}`}: ${status.routes.reason}`,
    ...status.daemons.map((daemon) => `daemon ${daemon.id} ${daemon.state} for ${daemon.forMs} ms: ${daemon.reason}`),
    ...status.backupRoutes.map(
      (route) =>
        `backup ${route.destination} via ${route.gateway} dev ${route.interface} table ${route.table} ${route.state}${route.preempting ? ' preempting' : ''}`,
    ),
    ...status.waiting.map((wait) => `waiting ${wait.subject}: ${wait.reason}`),
    ...status.faults.map((fault) => `fault ${fault}`),
  ];
}
