/**
 * The fake kernel behind a port that takes virtual time to answer, and that watches what the agent may never do:
 * change or delete anything foreign, send a batch before the one before it was answered, or leave what a scenario wants
 * kept reachable without a route between two steps. Violations are collected; the runner fails a scenario that has any, whatever it expects.
 */

import { sameSteps } from '../../src/core/foresight.js';
import type { Output } from '../../src/core/inputs.js';
import type {
  Kernel,
  KernelHint,
  KernelWord,
  ObserveRequest,
  Prepared,
  Step,
  StepResult,
  VerifyQuestion,
} from '../../src/core/ports.js';
import { type Address, familyBits, familyOf } from '../../src/model/address.js';
import type { NeighbourId } from '../../src/model/link.js';
import { prefix } from '../../src/model/prefix.js';
import { type Route, TABLE_LOCAL } from '../../src/model/route.js';
import { routeText } from '../../src/model/route-text.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { stepText } from '../../src/runtime/journal.js';
import { lookupTable, ownerOf } from '../fake/fib.js';
import { FakeKernel } from '../fake/kernel.js';
import { formatTime, type VirtualClock } from './clock.js';

export interface AppliedStep {
  readonly time: number;
  readonly step: Step;
  readonly result: StepResult;
}

export class GuardedKernel {
  readonly fake = new FakeKernel();
  readonly steps: AppliedStep[] = [];
  readonly violations: string[] = [];
  /** Numbers that mark what the agent may change. */
  readonly protocols = new Set<number>();
  /** How long an answer is under way, in virtual milliseconds. A dump shows the kernel as it was when asked for. */
  delayMs = 0;
  /** A batch that was ready and has left, until the machine was asked. */
  sent: readonly Step[] | undefined;
  readonly #kept: { readonly address: Address; readonly vrf: string | undefined }[] = [];
  #applying = 0;

  constructor(
    readonly clock: VirtualClock,
    protocol: number,
  ) {
    this.protocols.add(protocol);
  }

  /** A port of its own for each life of the agent: what a dead one asked for is answered to nobody. */
  open(): Kernel {
    let closed = false;
    this.#applying = 0;
    const apply = async (steps: readonly Step[]): Promise<readonly StepResult[]> => {
      if (++this.#applying > 1) this.#violated('a batch was sent before the one before it was answered');
      const before = this.foreignLines();
      // One by one, as the kernel takes them: the agent may be killed after any of them.
      const answers = steps.map((step) => {
        const result = this.fake.apply([step]);
        this.#checkReachable(step);
        return result;
      });
      const changed = difference(before, this.foreignLines());
      if (changed.length > 0) this.#violated(`the agent changed what is not its own: ${changed.join(' | ')}`);
      const results = (await Promise.all(answers)).flat();
      steps.forEach((step, i) => this.steps.push({ time: this.clock.now(), step, result: results[i]! }));
      await this.delay();
      this.#applying--;
      return closed ? new Promise(() => undefined) : results;
    };
    return {
      observe: async (request: ObserveRequest): Promise<Snapshot> => {
        const answer = await this.fake.observe(request);
        await this.delay();
        return closed ? new Promise(() => undefined) : answer;
      },
      apply,
      prepare: (steps: readonly Step[]): Prepared => ({
        steps,
        send: () => {
          this.sent = steps;
          return apply(steps);
        },
      }),
      verify: async (questions: readonly VerifyQuestion[]): Promise<readonly KernelWord[]> => {
        const words = await this.fake.verify(questions);
        await this.delay();
        return closed ? new Promise(() => undefined) : words;
      },
      probe: (targets: readonly NeighbourId[]) => void (closed || this.fake.probe(targets)),
      subscribe: (request: ObserveRequest, listener: (hint: KernelHint) => void) =>
        this.fake.subscribe(request, (hint) => void (closed || listener(hint))),
      close: () => {
        closed = true;
        this.fake.close();
      },
    };
  }

  delay(): Promise<void> {
    return this.delayMs === 0 ? Promise.resolve() : this.clock.after(this.delayMs);
  }

  /** What left before the machine was asked must be what it asks for. */
  checkSent(outputs: readonly Output[]): void {
    const asked = outputs.flatMap((output) => (output.kind === 'apply' ? output.steps : []));
    if (this.sent !== undefined && !sameSteps(this.sent, asked))
      this.#violated('what was ready for a death was not what the death asked for');
    this.sent = undefined;
  }

  /** From now on no step of the agent may leave the address without a way out. */
  keepReachable(address: Address, vrf: string | undefined): void {
    this.#kept.push({ address, vrf });
  }

  /** What the VRF's table has for the address. */
  lookupIn(address: Address, vrf: string): Route | undefined {
    const table = this.fake.link(vrf).vrfTable ?? 0;
    return lookupTable(this.fake.fib.routes, table, prefix(address, familyBits(familyOf(address))));
  }

  #checkReachable(step: Step): void {
    for (const { address, vrf } of this.#kept) {
      const found =
        vrf === undefined ? this.fake.lookup(address, { originated: true })?.route : this.lookupIn(address, vrf);
      if (found?.type !== 'unicast') this.#violated(`${address} is unreachable after ${step.kind} ${stepText(step)}`);
    }
  }

  /** Routes and rules of everybody else. */
  foreignLines(): readonly string[] {
    const own = new RegExp(` proto (${[...this.protocols].join('|')})\\b`);
    return this.lines().filter((line) => !own.test(line));
  }

  ownLines(): readonly string[] {
    const foreign = new Set(this.foreignLines());
    return this.lines().filter((line) => !foreign.has(line));
  }

  /** A merged IPv6 route is told hop by hop: each may be somebody else's (fact K7). */
  lines(): readonly string[] {
    const name = (index: number): string | undefined => this.fake.links.get(index)?.name;
    const routes = this.fake.fib.routes.filter(({ table }) => table !== TABLE_LOCAL);
    return [
      ...routes
        .flatMap((route) =>
          route.nexthops.length < 2
            ? [route]
            : route.nexthops.map((hop) => ({ ...route, protocol: ownerOf(route, hop), nexthops: [hop] })),
        )
        .map((route) => routeText(route, name))
        .sort(),
      ...this.fake.ruleLines('inet').map((line) => `rule ${line}`),
      ...this.fake.ruleLines('inet6').map((line) => `rule -6 ${line}`),
    ];
  }

  stepLines(count: number): readonly string[] {
    const name = (index: number): string | undefined => this.fake.links.get(index)?.name;
    return this.steps
      .slice(-count)
      .map(
        ({ time, step, result }) =>
          `${formatTime(time)} ${step.kind} ${stepText(step, name)}${result.ok ? '' : ` -> ${result.code}`}`,
      );
  }

  #violated(text: string): void {
    this.violations.push(`${formatTime(this.clock.now())} ${text}`);
  }
}

function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}
