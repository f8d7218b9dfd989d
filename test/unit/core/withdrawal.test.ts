/** When a withdrawal is sent at once, and when a look comes first: nothing is taken out that the look might have wanted to keep. */

import t from 'tap';
import { transition, type Input, type Output } from '../../../src/core/machine.js';
import { initialState, type State } from '../../../src/core/state.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { Link } from '../../../src/model/link.js';
import { prefix } from '../../../src/model/prefix.js';
import { TABLE_MAIN, type Route, type Rule } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../src/model/snapshot.js';

const LINK: Link = { index: 2, name: 'm', altNames: [], mac: undefined, up: true, carrier: true, master: undefined, kind: undefined, vrfTable: undefined };
const DATA: Link = { ...LINK, index: 3, name: 'd' };
/** A default route of the watched daemon. */
const COVER: Route = { family: 'inet', table: TABLE_MAIN, destination: prefix('0.0.0.0', 0), metric: 20, tos: 0, protocol: 11, type: 'unicast', nexthops: [{ gateway: '198.51.100.1', interfaceIndex: 3, dead: false }] };
const HOLD_MS = 1000;

/** An agent beside a dead daemon, whose routes are in and at rest. */
class Agent {
  state: State;
  now = 0;
  foreign: readonly Route[] = [];
  #routes: Route[] = [];
  #rules: Rule[] = [];

  constructor(convergence: string) {
    const text = `management-interface: m\nbackup-router: {address: 10.0.0.1}\nwithdraw: {hold-time: ${HOLD_MS}ms, convergence-timeout: ${convergence}}\n`;
    const { config } = parseConfig(text, 'c');
    const role = { role: 'primary', reason: 'configured' } as const;
    this.state = initialState({ config: config!, watched: [{ id: 'z', protocols: [11] }], formerGateways: [], resyncMs: 30_000, role, roleOverride: undefined, pin: undefined }, 0);
    this.run(this.give({ kind: 'tick' }));
    this.run(this.give({ kind: 'verdict', id: 'z', verdict: { kind: 'down', reason: 'eof' } }));
  }

  get installed(): number {
    return this.#routes.length;
  }

  /** One input, 20 ms later unless told otherwise; what follows is not carried out. */
  give(input: Input, afterMs = 20): readonly Output[] {
    const result = transition(this.state, input, (this.now += afterMs));
    this.state = result.state;
    return result.outputs;
  }

  /** Carries out what follows, to the end, but answers no question. */
  run(outputs: readonly Output[]): void {
    for (let queue = [...outputs]; queue.length > 0; ) {
      const output = queue.shift()!;
      if (output.kind === 'apply') queue.push(...this.give(this.applied(output)));
      if (output.kind === 'observe') queue.push(...this.give(this.observed(output.id)));
    }
  }

  observed(id: number): Input {
    const snapshot: Snapshot = { ...EMPTY_SNAPSHOT, links: [LINK, DATA], ownRoutes: [...this.#routes], rules: [...this.#rules], foreignRoutes: this.foreign };
    return { kind: 'observed', id, snapshot };
  }

  applied({ steps }: Output & { kind: 'apply' }): Input {
    for (const step of steps) {
      if (step.kind === 'add-route') this.#routes.push(step.route);
      if (step.kind === 'add-rule') this.#rules.push(step.rule);
      if (step.kind === 'delete-route') this.#routes = [];
      if (step.kind === 'delete-rule') this.#rules = this.#rules.filter((rule) => rule.priority !== step.rule.priority);
    }
    return { kind: 'applied', steps, results: steps.map(() => ({ ok: true })) };
  }

  /** The daemon answers, and holds the covering route. */
  revive(): void {
    this.foreign = [COVER];
    this.run(this.give({ kind: 'hint', hint: { kind: 'route', text: '', ownDeleted: false, sender: 7 } }));
    this.run(this.give({ kind: 'verdict', id: 'z', verdict: { kind: 'responsive', reason: 'answers', ageMs: 0 } }));
    this.run(this.give({ kind: 'answered', held: new Map([['0.0.0.0/0', true]]) }));
  }
}

const kinds = (outputs: readonly Output[]): readonly string[] => outputs.map((output) => output.kind);
const steps = (outputs: readonly Output[]): readonly string[] => outputs.flatMap((output) => (output.kind === 'apply' ? output.steps.map((step) => step.kind) : []));
const DELETIONS = ['delete-rule', 'delete-rule', 'delete-route'];

t.test('nothing has happened since the last look: at once, and a look after it', (t) => {
  const agent = new Agent('30s');
  t.equal(agent.installed, 1);
  agent.revive();
  t.match(agent.state.phase, { kind: 'in', cause: 'hold' });
  const outputs = agent.give({ kind: 'tick' }, HOLD_MS);
  t.equal(agent.state.phase.kind, 'out');
  t.same([...steps(outputs)].sort(), [...DELETIONS].sort());
  agent.run(outputs);
  t.equal(agent.installed, 0);
  t.equal(agent.state.round.kind, 'idle');
  t.equal(agent.state.dirty, undefined, 'the look that verifies has been');
  t.end();
});

for (const lost of [false, true]) {
  t.test(`something has happened: the look comes first, and ${lost ? 'finds that the cover is lost' : 'the cover stands'}`, (t) => {
    const agent = new Agent('30s');
    agent.revive();
    const [look] = agent.give({ kind: 'hint', hint: { kind: 'route', text: '', ownDeleted: false, sender: 7 } });
    t.equal(look?.kind, 'observe');
    t.notOk(kinds(agent.give({ kind: 'tick' }, HOLD_MS)).includes('apply'), 'hold-time over: not before the look');
    if (lost) agent.foreign = [];
    const outputs = agent.give(agent.observed(look?.kind === 'observe' ? look.id : 0));
    t.same([...steps(outputs)].sort(), lost ? [] : [...DELETIONS].sort());
    agent.run(outputs);
    t.equal(agent.state.phase.kind, lost ? 'in' : 'out');
    t.equal(agent.installed, lost ? 1 : 0);
    t.end();
  });
}

t.test('convergence-timeout 0: what stands beside ours does not matter, not even while a look is under way', (t) => {
  const agent = new Agent('0s');
  agent.run(agent.give({ kind: 'verdict', id: 'z', verdict: { kind: 'responsive', reason: 'answers', ageMs: 0 } }));
  const [look] = agent.give({ kind: 'hint', hint: { kind: 'route', text: '', ownDeleted: false, sender: 7 } });
  t.equal(look?.kind, 'observe');
  const outputs = agent.give({ kind: 'tick' }, HOLD_MS);
  t.same([...steps(outputs)].sort(), [...DELETIONS].sort());
  agent.run(outputs);
  t.equal(agent.installed, 0);
  t.end();
});

t.test('a death during the withdrawal: the routes come back', (t) => {
  const agent = new Agent('30s');
  agent.revive();
  const withdrawal = agent.give({ kind: 'tick' }, HOLD_MS);
  t.same([...steps(withdrawal)].sort(), [...DELETIONS].sort());
  t.notOk(kinds(agent.give({ kind: 'verdict', id: 'z', verdict: { kind: 'down', reason: 'eof' } })).includes('apply'), 'one batch at a time');
  agent.run(withdrawal);
  t.equal(agent.state.phase.kind, 'in');
  t.equal(agent.installed, 1);
  t.end();
});
