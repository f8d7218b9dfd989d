/**
 * The fake kernel with what taking over needs on top: default routes to the byte, and the two steps that name them. And an agent
 * around it, in virtual time, with a disk that can be full.
 */

import { takeable } from '../../../src/core/adopt.js';
import type { Health, Kernel, ObserveRequest, Step, StepResult } from '../../../src/core/ports.js';
import { initialState } from '../../../src/core/state.js';
import type { Learned } from '../../../src/core/takeover-state.js';
import type { AdoptedRoute, Obstacle } from '../../../src/model/adopted.js';
import type { BackupRouter, Config } from '../../../src/model/config.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { defaultPrefix } from '../../../src/model/prefix.js';
import type { Route } from '../../../src/model/route.js';
import type { Snapshot } from '../../../src/model/snapshot.js';
import type { Status } from '../../../src/model/status.js';
import { type Driver, startDriver } from '../../../src/runtime/driver.js';
import { createEmit } from '../../../src/runtime/emit.js';
import { createJournal } from '../../../src/runtime/journal.js';
import { FakeKernel } from '../../fake/kernel.js';
import { statusOf } from '../../fake/status.js';
import { VirtualClock } from '../../scenario/clock.js';

export const GATEWAY = '10.255.0.1';

export const DOCKER = 'default via 10.255.0.1 dev mgmt0 proto 3';
export const BACKUP = 'default via 10.255.0.1 dev mgmt0 table 25500 proto 157';
export const FRR = 'default via 198.51.100.1 dev data0 proto 186 metric 20';

export const router = (adopt: boolean, family: 'inet' | 'inet6' = 'inet'): BackupRouter => ({
  family,
  gateways: [],
  auto: { adopt },
  destinations: [defaultPrefix(family)],
});

export function config(change: Partial<Config>): Config {
  return {
    managementInterfaces: [{ selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [router(true)] }],
    routingDaemons: [{ kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' }],
    holdMs: 5_000,
    convergenceTimeoutMs: 'never',
    probeIntervalMs: 1_000,
    probeTimeoutMs: 10_000,
    preemptAfterMs: 10_000,
    placement: 'local',
    role: { kind: 'fixed', role: 'primary' },
    routeProtocol: 157,
    tableBase: 25_500,
    rulePriorityBase: 'auto',
    onStop: 'keep',
    ...change,
  };
}

/** mgmt0 and data0, up; 10.255.0.2/24 and 198.51.100.2/24. */
export function onePort(): AdoptingKernel {
  const kernel = new AdoptingKernel();
  kernel.linkAdd('mgmt0', { up: true });
  kernel.linkAdd('data0', { up: true });
  kernel.addressAdd('mgmt0', '10.255.0.2/24');
  kernel.addressAdd('data0', '198.51.100.2/24');
  return kernel;
}

export class AdoptingKernel extends FakeKernel {
  /** Obstacles, by metric of the default route. */
  readonly obstacles = new Map<number, Obstacle>();
  readonly batches: string[][] = [];
  /** Called before each batch is carried out. */
  onBatch: (steps: readonly Step[]) => void = () => undefined;
  afterBatch: (steps: readonly Step[]) => void = () => undefined;
  /** Routes of ours that are added are refused. */
  refusesOurs = false;

  override async observe(request: ObserveRequest): Promise<Snapshot> {
    const snapshot = await super.observe(request);
    const defaults = snapshot.foreignRoutes.filter(
      (route) => route.destination.length === 0 && route.type === 'unicast' && route.nexthops.length === 1,
    );
    return {
      ...snapshot,
      originals: defaults.map((route) => ({
        route,
        message: messageOf(route),
        obstacle: this.obstacles.get(route.metric),
      })),
    };
  }

  override async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    this.batches.push(steps.map((step) => step.kind));
    this.onBatch(steps);
    const results: StepResult[] = [];
    for (const step of steps) {
      const plain: Step =
        step.kind === 'adopt-route'
          ? { kind: 'delete-route', route: step.adopted.route }
          : step.kind === 'restore-route'
            ? { kind: 'add-route', route: step.adopted.route }
            : step;
      const refused = this.refusesOurs && step.kind === 'add-route';
      results.push(...(refused ? [{ ok: false, code: 'EINVAL', message: 'no' } as const] : await super.apply([plain])));
    }
    this.afterBatch(steps);
    return results;
  }
}

export function messageOf(route: Route): string {
  return Buffer.from(
    JSON.stringify([
      route.family,
      route.table,
      route.metric,
      route.protocol,
      route.nexthops.map(({ gateway, interfaceIndex }) => [gateway, interfaceIndex]),
    ]),
  ).toString('hex');
}

/** An agent beside a scripted zebra. */
export class Host {
  readonly clock = new VirtualClock();
  readonly log: string[] = [];
  disk: readonly AdoptedRoute[] = [];
  diskFault: string | undefined;
  /** The state directory: what `auto` has learned. */
  learned: Learned = new Map();
  /** zebra installs its default route once no other is in its way, and says that it holds it. */
  comes = true;
  /** Whether it has a default route of its own, installed or held back. */
  offers: boolean | undefined = true;
  exited = false;
  #driver: Driver | undefined;
  #verdict: (verdict: Verdict) => void = () => undefined;
  #lives = 0;

  constructor(readonly kernel: AdoptingKernel = onePort()) {
    kernel.afterBatch = (steps) => {
      if (this.comes && steps.some((step) => step.kind === 'adopt-route')) this.frrDefault();
    };
  }

  start(change: Partial<Config> = {}): void {
    this.exited = false;
    const life = ++this.#lives;
    const alive = (): boolean => life === this.#lives;
    const port: Kernel = {
      observe: (request) =>
        this.kernel.observe(request).then((answer) => (alive() ? answer : new Promise<never>(() => undefined))),
      apply: (steps) =>
        alive()
          ? this.kernel.apply(steps).then((answer) => (alive() ? answer : new Promise<never>(() => undefined)))
          : new Promise<never>(() => undefined),
      probe: () => undefined,
      subscribe: (request, listener) => this.kernel.subscribe(request, (hint) => void (alive() && listener(hint))),
      close: () => undefined,
    };
    const health: Health = {
      watched: [{ id: 'frr/zebra', protocols: [11, 186] }],
      start: (listener) => void (this.#verdict = (verdict) => listener('frr/zebra', verdict)),
      holds: async (prefixes) => prefixes.map(() => this.main.includes(FRR)),
      offers: async (prefixes) => prefixes.map(() => this.offers),
      close: () => undefined,
    };
    this.#driver = startDriver({
      kernel: port,
      health,
      clock: this.clock,
      journal: createJournal(
        createEmit((level, event, fields = {}) => void this.log.push(`${level} ${event} ${JSON.stringify(fields)}`)),
      ),
      record: (adopted) => {
        if (this.diskFault === undefined) this.disk = adopted;
        return this.diskFault;
      },
      learn: (learned) => void (this.learned = learned),
      beginning: {
        config: config(change),
        former: undefined,
        resyncMs: 30_000,
        role: { role: 'primary', reason: '' },
        roleOverride: undefined,
        pin: undefined,
        adopted: this.disk,
        // As the record is read.
        learned: new Map([...this.learned].map(([key, way]) => [key, { ...way, remembered: true }])),
      },
      onSettled: () => undefined,
      onExit: () => void (this.exited = true),
    });
  }

  /** SIGKILL. */
  kill(): void {
    this.#lives++;
    this.driver.close();
  }

  get driver(): Driver {
    return this.#driver!;
  }

  zebra(verdict: Verdict): void {
    this.#verdict(verdict);
  }

  down(): void {
    this.zebra({ kind: 'down', reason: 'no socket' });
  }

  healthy(ageMs = 0): void {
    this.zebra({ kind: 'responsive', reason: 'echo', ageMs });
  }

  async at(seconds: number): Promise<void> {
    await this.clock.advanceTo(seconds * 1000);
  }

  /** The runtime's default route. */
  runtimeDefault(via = GATEWAY, metric = 0, protocol = 3, source?: string): StepResult {
    return this.kernel.foreignRouteAdd({
      destination: defaultPrefix('inet'),
      via,
      dev: 'mgmt0',
      metric,
      protocol,
      ...(source === undefined ? {} : { source }),
    });
  }

  /** FRR's. */
  frrDefault(): StepResult {
    return this.kernel.foreignRouteAdd({
      destination: defaultPrefix('inet'),
      via: '198.51.100.1',
      dev: 'data0',
      metric: 20,
      protocol: 186,
    });
  }

  get main(): readonly string[] {
    return this.kernel.routeLines(254).filter((line) => line.startsWith('default'));
  }

  get ours(): readonly string[] {
    return this.kernel.routeLines(25_500);
  }

  status(): Status {
    const around = {
      pid: 1,
      version: '0',
      dryRun: false,
      networkNamespace: null,
      startedAt: 0,
      wallOffset: 0,
      configuration: { file: '-', source: 'file', errors: [] },
    } as const;
    return statusOf(this.driver.state(), around, this.clock.now());
  }
}

/** What could be taken over in this snapshot. */
export function takeableIn(change: Partial<Config>, snapshot: Snapshot): readonly Route[] {
  const { world } = initialState(
    {
      config: config(change),
      watched: [],
      former: undefined,
      resyncMs: 30_000,
      role: { role: 'primary', reason: '' },
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  return takeable({ ...world, snapshot }).map(({ original }) => original.route);
}
