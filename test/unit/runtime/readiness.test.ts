/** What a death needs is ready before it comes, leaves in the same turn, and is not used when it no longer holds. */

import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { transition } from '../../../src/core/machine.js';
import type { Prepared, Step, StepResult } from '../../../src/core/ports.js';
import { initialState, type State } from '../../../src/core/state.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../src/model/snapshot.js';
import { stepText } from '../../../src/runtime/journal.js';
import { readiness } from '../../../src/runtime/readiness.js';
import { FIRST_RULES } from '../core/fixture.js';
import { LINK } from '../core/life.js';

const WATCHED = [
  { id: 'frr/zebra', protocols: [11] },
  { id: 'frr/bgpd', protocols: [] },
];
const SNAPSHOT: Snapshot = { ...EMPTY_SNAPSHOT, rules: FIRST_RULES, links: [LINK] };
const DOWN = { kind: 'verdict', id: 'frr/zebra', verdict: { kind: 'down', reason: 'end of file' } } as const;

/** Out, at rest, with one destination a family. */
function out(): State {
  const { config } = parseConfig(
    'management-interface: m\nbackup-router: {address: 10.0.0.1}\nwithdraw: {hold-time: 1s, convergence-timeout: 0}\n',
    'c',
  );
  const role = { role: 'primary', reason: 'configured' } as const;
  let state = initialState(
    {
      config: config!,
      watched: WATCHED,
      former: undefined,
      resyncMs: 30_000,
      role,
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  for (const { id } of WATCHED)
    state = transition(
      state,
      { kind: 'verdict', id, verdict: { kind: 'responsive', reason: '', ageMs: 1e6 } },
      0,
    ).state;
  state = transition(state, { kind: 'observed', id: state.agenda.observations, snapshot: SNAPSHOT }, 1).state;
  return state;
}

function recorder() {
  const prepared: (readonly Step[])[] = [];
  const sent: (readonly Step[])[] = [];
  const answers = (steps: readonly Step[]): Promise<readonly StepResult[]> => (
    sent.push(steps), Promise.resolve(steps.map(() => ({ ok: true }) as const))
  );
  const kernel = {
    observe: async () => SNAPSHOT,
    apply: answers,
    prepare: (steps: readonly Step[]): Prepared => (prepared.push(steps), { steps, send: () => answers(steps) }),
    probe: () => undefined,
    subscribe: () => undefined,
    close: () => undefined,
  };
  return { kernel, prepared, sent };
}

const texts = (batches: readonly (readonly Step[])[]): string[][] =>
  batches.map((steps) => steps.map((step) => `${step.kind} ${stepText(step)}`));

t.test('the batch is ready, leaves at once and once, and is what the machine asks for', async (t) => {
  const { kernel, prepared, sent } = recorder();
  const ready = readiness(kernel);
  const state = out();
  t.equal(state.phase.kind, 'out');
  ready.prepare(state, 10);
  t.same(
    texts(prepared).map((batch) => batch[0]),
    ['add-route default via 10.0.0.1 dev if2 table 25500 proto 157'],
    'one batch for both daemons',
  );
  t.equal(sent.length, 0);
  const left = ready.send(DOWN, state);
  t.same(texts(sent), texts(prepared), 'sent within the call');
  const { outputs } = transition(state, DOWN, 20);
  const steps = outputs.flatMap((output) => (output.kind === 'apply' ? output.steps : []));
  t.same(texts([steps]), texts(sent));
  t.same((await left!.results).length, steps.length);
  t.equal(sent.length, 1, 'and not again');
  t.equal(ready.send(DOWN, state), undefined, 'once');
});

t.test('it holds as long as world, orders and phase are the same, whatever is on the agenda', (t) => {
  const { kernel, prepared, sent } = recorder();
  const ready = readiness(kernel);
  const state = out();
  const { agenda } = state;
  ready.prepare(state, 10);
  ready.prepare({ ...state, agenda: { ...agenda, dirty: 'hint', lastRound: 5, observations: 9, restoreAt: 99 } }, 11);
  t.equal(prepared.length, 1, 'the agenda has no say');
  const moved: State = {
    ...state,
    world: { ...state.world, snapshot: { ...SNAPSHOT, links: [{ ...LINK, index: 3 }] } },
  };
  t.equal(ready.send(DOWN, moved), undefined, 'another index: the ordinary way');
  ready.prepare(moved, 12);
  t.match(texts(prepared).at(-1)?.[0], /dev if3/);
  t.equal(ready.send({ ...DOWN, verdict: { kind: 'appeared', reason: '' } }, moved), undefined);
  t.equal(ready.send({ ...DOWN, id: 'frr/nobody' }, moved), undefined);
  const applying: State = { ...moved, agenda: { ...agenda, round: { kind: 'applying' } } };
  t.equal(ready.send(DOWN, applying), undefined, 'a batch is under way');
  t.equal(sent.length, 0);
  t.end();
});

t.test('in, without a snapshot or on the way out of life nothing is ready', (t) => {
  const state = out();
  const { world, orders } = state;
  for (const change of [
    { world: { ...world, snapshot: undefined } },
    { orders: { ...orders, stopping: true } },
    { phase: transition(state, DOWN, 5).state.phase },
  ]) {
    const { kernel, prepared } = recorder();
    readiness(kernel).prepare({ ...state, ...change }, 10);
    t.equal(prepared.length, 0, Object.keys(change).join());
  }
  t.end();
});
