/**
 * The core's machine in a world that answers late, in any order, and changes under it: the fake kernel, outputs that wait to
 * be carried out, and a clock. Every transition is checked for what must hold always; `rest` lets everything settle.
 */

import { questionKey } from '../../../src/core/coverage.js';
import { type Foresight, foresee, sameSteps, staysTrue } from '../../../src/core/foresight.js';
import type { Input, Output } from '../../../src/core/inputs.js';
import { nextDeadline, transition } from '../../../src/core/machine.js';
import { ownership, owns } from '../../../src/core/ownership.js';
import type { KernelHint, Step } from '../../../src/core/ports.js';
import { initialState, type State } from '../../../src/core/state.js';
import type { Address } from '../../../src/model/address.js';
import { allBackupRouters, type Config } from '../../../src/model/config.js';
import type { WatchedDaemon } from '../../../src/model/daemon.js';
import type { Snapshot } from '../../../src/model/snapshot.js';
import type { FakeKernel } from '../../fake/kernel.js';
import { PRIMARY_STATE } from './fixture.js';

type Pending =
  | { readonly kind: 'observe'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly kind: 'apply'; readonly answer: Input }
  | { readonly kind: 'ask'; readonly keys: readonly string[] };

/** The table of the VRF that there may be. */
export const VRF_TABLE = 10;

const WATCHED: readonly WatchedDaemon[] = [
  { id: 'frr/zebra', protocols: [11, 186, 196] },
  { id: 'frr/bgpd', protocols: [186] },
];

export class Simulation {
  state: State;
  now = 0;
  readonly held = new Set<string>();
  readonly log: string[] = [];
  exited = false;
  #foresight: Foresight | undefined;
  #pending: Pending[] = [];
  #hints: KernelHint[] = [];
  /** Gateways of every configuration so far. */
  readonly #gateways = new Set<Address>();

  constructor(
    readonly kernel: FakeKernel,
    config: Config,
  ) {
    this.state = initialState(
      {
        config,
        watched: WATCHED,
        former: undefined,
        resyncMs: 30_000,
        role: PRIMARY_STATE,
        roleOverride: undefined,
        pin: undefined,
      },
      0,
    );
    this.#remember(config);
    kernel.subscribe(
      { protocol: config.routeProtocol, vrfTables: [VRF_TABLE], maxLength: { inet: 32, inet6: 128 } },
      (hint) => void this.#hints.push(hint),
    );
  }

  async input(input: Input): Promise<void> {
    if (this.exited) return;
    if (input.kind === 'reload') this.#remember(input.config);
    this.log.push(`${this.now} ${input.kind === 'verdict' ? `${input.id} ${input.verdict.kind}` : input.kind}`);
    const before = this.state;
    this.#foretell(before);
    const { state, outputs } = transition(before, input, this.now);
    this.state = state;
    this.#check(before, outputs);
    // As the driver does it: kernel changes first.
    for (const output of outputs) if (output.kind === 'apply') await this.#carryOut(output);
    for (const output of outputs) if (output.kind !== 'apply') await this.#carryOut(output);
    if (!(nextDeadline(this.state, this.now) > this.now))
      throw new Error(`deadline ${nextDeadline(this.state, this.now)} is not after ${this.now}`);
  }

  /** As long as it claims to be true, what was foreseen at some time is what each death would cause now. */
  #foretell(state: State): void {
    if (this.#foresight === undefined || !staysTrue(this.#foresight, state)) this.#foresight = foresee(state, this.now);
    else {
      const anew = foresee(state, this.now);
      for (const id of state.world.daemons.keys()) {
        if (!sameSteps(this.#foresight.steps.get(id) ?? [], anew.steps.get(id) ?? []))
          throw new Error(`the death of ${id} was foreseen wrongly`);
      }
    }
  }

  reload(config: Config, restarted: boolean): Promise<void> {
    return this.input({ kind: 'reload', config, watched: WATCHED, restarted });
  }

  /** Delivers one of the answers and hints that are under way, the `n`th, if there is any. */
  async deliver(n: number): Promise<boolean> {
    await Promise.resolve();
    const count = this.#pending.length + this.#hints.length;
    if (count === 0) return false;
    const at = n % count;
    const [hint] = at >= this.#pending.length ? this.#hints.splice(at - this.#pending.length, 1) : [];
    if (hint !== undefined) await this.input({ kind: 'hint', hint });
    const [pending] = hint === undefined ? this.#pending.splice(at, 1) : [];
    if (pending?.kind === 'observe') await this.input({ kind: 'observed', id: pending.id, snapshot: pending.snapshot });
    if (pending?.kind === 'apply') await this.input(pending.answer);
    if (pending?.kind === 'ask')
      await this.input({
        kind: 'answered',
        held: new Map(pending.keys.map((text) => [text, this.held.has(text)])),
      });
    return true;
  }

  async tick(ms: number): Promise<void> {
    this.now += ms;
    await this.input({ kind: 'tick' });
  }

  /** Answers everything and follows every deadline for two minutes; then nothing more may be under way. */
  async rest(): Promise<void> {
    const end = this.now + 120_000;
    for (let i = 0; this.now < end; i++) {
      if (i > 5_000) throw new Error('never at rest');
      if (await this.deliver(0)) continue;
      await this.tick(Math.min(end, nextDeadline(this.state, this.now)) - this.now);
    }
    while (await this.deliver(0)) if (this.log.length > 50_000) throw new Error('never at rest');
  }

  async #carryOut(output: Output): Promise<void> {
    switch (output.kind) {
      case 'observe':
        this.#pending.push({
          kind: 'observe',
          id: output.id,
          snapshot: await this.kernel.observe(output.request),
        });
        return;
      case 'apply':
        this.#pending.push({
          kind: 'apply',
          answer: { kind: 'applied', steps: output.steps, results: await this.kernel.apply(output.steps) },
        });
        return;
      case 'ask':
        this.#pending.push({ kind: 'ask', keys: output.questions.map(questionKey) });
        return;
      case 'probe':
        this.kernel.probe(output.targets);
        return;
      case 'exit':
        this.exited = true;
        return;
      case 'phase':
      case 'remember':
      case 'learn':
      // No configuration of the simulation adopts.
      case 'record':
      case 'ask-offers':
      // It is taken at its word.
      case 'verify':
        return;
      default:
        output satisfies never;
    }
  }

  #remember(config: Config): void {
    for (const router of allBackupRouters(config)) for (const gateway of router.gateways) this.#gateways.add(gateway);
  }

  #check(before: State, outputs: readonly Output[]): void {
    const { state } = this;
    const fail = (text: string): never => {
      throw new Error(`${text}\n${this.log.slice(-30).join('\n')}`);
    };
    const wasOut = before.phase.kind === 'out';
    const kept =
      (state.orders.role ?? state.world.role).role === 'standby' ||
      (state.orders.pin !== undefined && (state.orders.pin.until === 'never' || this.now < state.orders.pin.until));
    if (kept && !state.orders.stopping && state.phase.kind !== 'in') fail(`pinned or standby, and ${state.phase.kind}`);
    for (const { id, life } of state.world.daemons.values()) {
      if (state.orders.stopping || state.phase.kind !== 'out') continue;
      if (life !== 'responsive' && !(wasOut && life === 'unknown')) fail(`out, and ${id} is ${life}`);
    }
    const applies = outputs.filter((output) => output.kind === 'apply');
    if (applies.length > 1 || (applies.length > 0 && this.#pending.some(({ kind }) => kind === 'apply')))
      fail('two batches under way');
    const observes = outputs.filter((output) => output.kind === 'observe');
    if (
      observes.length > 1 ||
      (observes.length > 0 &&
        this.#pending.some(
          (p) =>
            p.kind === 'apply' ||
            (p.kind === 'observe' &&
              p.id === state.agenda.observations - 1 &&
              before.agenda.round.kind === 'observing'),
        ))
    )
      fail('an observation beside another round');
    if (
      outputs.filter(({ kind }) => kind === 'ask').length + this.#pending.filter(({ kind }) => kind === 'ask').length >
      1
    )
      fail('two questions under way');
    for (const output of outputs)
      if (output.kind === 'apply')
        for (const step of output.steps)
          if (!this.#isOurs(step)) fail(`a step names what is foreign: ${JSON.stringify(step)}`);
  }

  #isOurs(step: Step): boolean {
    const own = { ...ownership(this.state.world.config), gateways: this.#gateways };
    if ('adopted' in step) return false;
    if ('rule' in step)
      return own.protocols.has(step.rule.protocol) && !step.rule.foreign && step.rule.inputInterface === 'lo';
    return (
      step.route.nexthops.length === 1 &&
      owns(own, step.route, step.route.nexthops[0]!) &&
      this.#gateways.has(step.route.nexthops[0]!.gateway!)
    );
  }
}
