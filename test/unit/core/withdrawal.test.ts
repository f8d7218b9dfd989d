/** When a withdrawal is sent at once, and when a look comes first: nothing is taken out that the look might have wanted to keep. */

import t from 'tap';
import type { Output } from '../../../src/core/inputs.js';
import { prefix } from '../../../src/model/prefix.js';
import { type Route, TABLE_MAIN } from '../../../src/model/route.js';
import { DATA, DOWN, hint, LINK, Life, RESPONSIVE } from './life.js';

/** A default route of the watched daemon. */
const COVER: Route = {
  family: 'inet',
  table: TABLE_MAIN,
  destination: prefix('0.0.0.0', 0),
  metric: 20,
  tos: 0,
  protocol: 11,
  type: 'unicast',
  nexthops: [{ gateway: '198.51.100.1', interfaceIndex: 3, dead: false }],
};
const HOLD_MS = 1000;

/** An agent beside a dead daemon, whose routes are in and at rest. */
class Agent extends Life {
  constructor(convergence: string) {
    super(`withdraw: {hold-time: ${HOLD_MS}ms, convergence-timeout: ${convergence}}\n`, [11]);
    this.links = [LINK, DATA];
    this.run(this.give({ kind: 'tick' }));
    this.run(this.give(DOWN));
  }

  get installed(): number {
    return this.routes.length;
  }

  /** The daemon answers, and holds the covering route. */
  revive(): void {
    this.foreign = [COVER];
    this.run(this.give(hint('route')));
    this.run(this.give(RESPONSIVE));
    this.run(this.give({ kind: 'answered', held: new Map([['0.0.0.0/0', true]]) }));
  }
}

const kinds = (outputs: readonly Output[]): readonly string[] => outputs.map((output) => output.kind);
const steps = (outputs: readonly Output[]): readonly string[] =>
  outputs.flatMap((output) => (output.kind === 'apply' ? output.steps.map((step) => step.kind) : []));
const DELETIONS = ['delete-rule', 'delete-rule', 'delete-route'];

t.test('nothing has happened since the last look: at once, and a look after it', (t) => {
  const agent = new Agent('30s');
  t.equal(agent.installed, 1);
  agent.revive();
  t.match(agent.state.phase, { kind: /^in$/, cause: 'hold' });
  const outputs = agent.give({ kind: 'tick' }, HOLD_MS);
  t.equal(agent.state.phase.kind, 'out');
  t.same([...steps(outputs)].sort(), [...DELETIONS].sort());
  agent.run(outputs);
  t.equal(agent.installed, 0);
  t.equal(agent.state.agenda.round.kind, 'idle');
  t.equal(agent.state.agenda.dirty, undefined, 'the look that verifies has been');
  t.end();
});

for (const lost of [false, true]) {
  t.test(
    `something has happened: the look comes first, and ${lost ? 'finds that the cover is lost' : 'the cover stands'}`,
    (t) => {
      const agent = new Agent('30s');
      agent.revive();
      const [look] = agent.give(hint('route'));
      t.equal(look?.kind, 'observe');
      t.notOk(kinds(agent.give({ kind: 'tick' }, HOLD_MS)).includes('apply'), 'hold-time over: not before the look');
      if (lost) agent.foreign = [];
      const outputs = agent.give(agent.observed(look?.kind === 'observe' ? look.id : 0));
      t.same([...steps(outputs)].sort(), lost ? [] : [...DELETIONS].sort());
      agent.run(outputs);
      t.equal(agent.state.phase.kind, lost ? 'in' : 'out');
      t.equal(agent.installed, lost ? 1 : 0);
      t.end();
    },
  );
}

t.test('convergence-timeout 0: what stands beside ours does not matter, not even while a look is under way', (t) => {
  const agent = new Agent('0s');
  agent.run(agent.give(RESPONSIVE));
  const [look] = agent.give(hint('route'));
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
  t.notOk(kinds(agent.give(DOWN)).includes('apply'), 'one batch at a time');
  agent.run(withdrawal);
  t.equal(agent.state.phase.kind, 'in');
  t.equal(agent.installed, 1);
  t.end();
});
