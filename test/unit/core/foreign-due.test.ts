/** Which looks read the tables of others, a million routes perhaps: those that an event about them asks for, and no others. */

import t from 'tap';
import { nextDeadline, transition, type Input, type Output } from '../../../src/core/machine.js';
import { initialState } from '../../../src/core/state.js';
import type { KernelHint } from '../../../src/core/ports.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { Link } from '../../../src/model/link.js';
import type { Route, Rule } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';

const LINK: Link = { index: 2, name: 'm', altNames: [], mac: undefined, up: true, carrier: true, master: undefined, kind: undefined, vrfTable: undefined };
const hint = (kind: KernelHint['kind'], ownDeleted = false): Input => ({ kind: 'hint', hint: { kind, text: '', ownDeleted, sender: 7 } });

t.test('a look reads foreign tables when something happened to them', (t) => {
  const { config } = parseConfig('management-interface: m\nbackup-router: {address: 10.0.0.1}\n', 'c');
  const role = { role: 'primary', reason: 'configured' } as const;
  let state = initialState({ config: config!, watched: [{ id: 'z', protocols: [] }], formerGateways: [], resyncMs: 30_000, role, roleOverride: undefined, pin: undefined }, 0);
  let now = 0;
  const give = (input: Input): readonly Output[] => {
    const result = transition(state, input, (now += 20));
    state = result.state;
    return result.outputs;
  };
  const routes: Route[] = [];
  const rules: Rule[] = [];
  /** Gives the input, carries out what follows; whether each look read foreign tables. */
  const looks = (first: Input): boolean[] => {
    const read: boolean[] = [];
    for (let queue = [...give(first)]; queue.length > 0; ) {
      const output = queue.shift()!;
      for (const step of output.kind === 'apply' ? output.steps : []) {
        if (step.kind === 'add-route') routes.push(step.route);
        if (step.kind === 'add-rule') rules.push(step.rule);
      }
      if (output.kind === 'apply') queue = [...queue, ...give({ kind: 'applied', steps: output.steps, results: output.steps.map(() => ({ ok: true })) })];
      if (output.kind !== 'observe') continue;
      read.push(Object.keys(output.request.maxLength).length > 0);
      queue = [...queue, ...give({ kind: 'observed', id: output.id, snapshot: { ...EMPTY_SNAPSHOT, links: [LINK], ownRoutes: [...routes], rules: [...rules] } })];
    }
    return read;
  };
  t.equal(looks({ kind: 'tick' })[0], true, 'the first look');
  t.same(new Set(looks({ kind: 'verdict', id: 'z', verdict: { kind: 'down', reason: 'eof' } })), new Set([false]), 'a death and the batch after it');
  t.same(new Set(looks(hint('route', true))), new Set([false]), 'a route of ours was deleted');
  t.same(new Set(looks(hint('rule'))), new Set([false]), 'a rule');
  t.same(new Set(looks(hint('neighbour'))), new Set([false]), 'a neighbour');
  for (const kind of ['route', 'link', 'address', 'overflow'] as const) t.equal(looks(hint(kind))[0], true, kind);
  const [output] = give(hint('link'));
  t.equal(output?.kind, 'observe');
  give({ kind: 'observe-failed', id: output?.kind === 'observe' ? output.id : 0, message: 'torn' });
  now += 1000;
  t.equal(looks(hint('route', true))[0], true, 'a look that failed is still owed');
  now += 30_000;
  t.equal(looks({ kind: 'tick' })[0], true, 'resync while in');
  t.end();
});

t.test('what reading a full table takes is spent on it once in five times, and links wait for nothing', (t) => {
  const { config } = parseConfig('management-interface: m\nbackup-router: {address: 10.0.0.1}\n', 'c');
  const role = { role: 'primary', reason: 'configured' } as const;
  let state = initialState({ config: config!, watched: [{ id: 'z', protocols: [] }], formerGateways: [], resyncMs: 30_000, role, roleOverride: undefined, pin: undefined }, 0);
  let now = 0;
  const give = (input: Input): readonly Output[] => {
    const result = transition(state, input, now);
    state = result.state;
    return result.outputs;
  };
  /** Whether the outputs are a look that reads foreign tables; it takes 100 ms. */
  const reads = (outputs: readonly Output[]): boolean => {
    const output = outputs.find(({ kind }) => kind === 'observe');
    if (output?.kind !== 'observe') return false;
    now += 100;
    give({ kind: 'observed', id: output.id, snapshot: { ...EMPTY_SNAPSHOT, links: [{ ...LINK, up: false, carrier: false }] } });
    return Object.keys(output.request.maxLength).length > 0;
  };
  t.ok(reads(give({ kind: 'tick' })));
  reads(give({ kind: 'verdict', id: 'z', verdict: { kind: 'down', reason: 'eof' } }));
  now += 5000;
  t.ok(reads(give(hint('route'))), 'long after the last one: at once');
  const ended = now;
  let looks = 0;
  for (const until = now + 5000; now < until; now += 10) looks += Number(reads(give(hint('route'))));
  t.ok(looks >= 9 && looks <= 10, `a change each 10 ms for 5 s: ${looks} times`);
  t.notOk(reads(give(hint('route'))));
  t.equal(nextDeadline(state, now), state.foreignNotBefore);
  t.ok(reads(give(hint('link'))), 'a link');
  t.equal(state.foreignWaits, false, 'which was told of the routes, too');
  give(hint('route'));
  now = state.foreignNotBefore;
  t.ok(reads(give({ kind: 'tick' })), 'the last change is seen, without another');
  t.ok(now > ended);
  state = { ...state, refused: new Map([['inet 25500 0.0.0.0/0', { code: 'EEXIST', message: 'file already exists' }]]) };
  now += 10;
  t.ok(reads(give(hint('route'))), 'a route of ours is refused: what is in its place may have gone');
  t.end();
});
