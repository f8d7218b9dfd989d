/** Which looks read the tables of others, a million routes perhaps: those that an event about them asks for, and no others. */

import t from 'tap';
import type { Input, Output } from '../../../src/core/inputs.js';
import { nextDeadline } from '../../../src/core/machine.js';
import { readsTables } from '../../../src/core/ports.js';
import { parsePrefix } from '../../../src/model/prefix.js';
import { DOWN, hint, LINK, Life } from './life.js';

t.test('a look reads foreign tables when something happened to them', (t) => {
  const life = new Life();
  /** Gives the input, carries out what follows; whether each look read foreign tables. */
  const looks = (first: Input): readonly boolean[] =>
    life.run(life.give(first)).map(({ request }) => readsTables(request));
  t.equal(looks({ kind: 'tick' })[0], true, 'the first look');
  t.same(new Set(looks(DOWN)), new Set([false]), 'a death and the batch after it');
  t.same(new Set(looks(hint('route', true))), new Set([false]), 'a route of ours was deleted');
  life.now += 1000;
  t.same(new Set(looks(hint('rule'))), new Set([false]), 'a rule');
  t.same(new Set(looks(hint('neighbour'))), new Set([false]), 'a neighbour');
  for (const kind of ['route', 'link', 'address', 'overflow'] as const) t.equal(looks(hint(kind))[0], true, kind);
  const [output] = life.give(hint('link'));
  t.equal(output?.kind, 'observe');
  life.give({ kind: 'observe-failed', id: output?.kind === 'observe' ? output.id : 0, message: 'torn' });
  life.now += 1000;
  t.equal(looks(hint('route', true))[0], true, 'a look that failed is still owed');
  life.now += 30_000;
  t.same(looks({ kind: 'tick' }), [false, true], 'after the answers to the probe, the resync while in');
  t.end();
});

t.test('what reading a full table takes is spent on it once in five times, and links wait for nothing', (t) => {
  const life = new Life();
  // With nothing to install.
  life.links = [{ ...LINK, up: false, carrier: false }];
  const give = (input: Input): readonly Output[] => life.give(input, 0);
  /** Whether the outputs are a look that reads foreign tables; it takes 100 ms. */
  const reads = (outputs: readonly Output[]): boolean => {
    const output = outputs.find(({ kind }) => kind === 'observe');
    if (output?.kind !== 'observe') return false;
    life.give(life.observed(output.id), 100);
    return readsTables(output.request);
  };
  t.ok(reads(give({ kind: 'tick' })));
  reads(give(DOWN));
  life.now += 5000;
  t.ok(reads(give(hint('route'))), 'long after the last one: at once');
  const ended = life.now;
  let looks = 0;
  for (const until = life.now + 5000; life.now < until; life.now += 10) looks += Number(reads(give(hint('route'))));
  t.ok(looks >= 9 && looks <= 10, `a change each 10 ms for 5 s: ${looks} times`);
  t.notOk(reads(give(hint('route'))));
  t.equal(nextDeadline(life.state, life.now), life.state.agenda.foreignNotBefore);
  t.ok(reads(give(hint('link'))), 'a link');
  t.equal(life.state.agenda.foreignWaits, false, 'which was told of the routes, too');
  give(hint('route'));
  life.now = life.state.agenda.foreignNotBefore;
  t.ok(reads(give({ kind: 'tick' })), 'the last change is seen, without another');
  t.ok(life.now > ended);
  life.state = {
    ...life.state,
    world: {
      ...life.state.world,
      refused: new Map([['inet 25500 0.0.0.0/0', { code: 'EEXIST', message: 'file already exists' }]]),
    },
  };
  life.now += 10;
  const route = (table: number, text: string): Input => {
    const { hint: one } = hint('route') as Input & { readonly kind: 'hint' };
    return { kind: 'hint', hint: { ...one, route: { table, destination: parsePrefix(text)! } } };
  };
  t.notOk(reads(give(hint('route'))), 'a route of ours is refused: a next hop waits as ever');
  t.notOk(reads(give(route(254, '203.0.113.0/24'))), 'and so does a route that has nothing to do with it');
  t.ok(reads(give(route(25_500, '0.0.0.0/0'))), 'what is in its place may have gone');
  life.now += 10;
  t.ok(reads(give(route(254, '10.0.0.0/16'))), 'one that contains the gateway may make it a neighbour');
  for (let i = 0; i < 3; i++) {
    life.now += 10;
    t.ok(reads(give(route(254, '0.0.0.0/0'))), 'again');
  }
  let more = 0;
  for (const until = life.now + 5000; life.now < until; life.now += 10)
    more += Number(reads(give(route(254, '0.0.0.0/0'))));
  t.ok(more < 18, `one that comes and goes each 10 ms for 5 s: ${more} times`);
  t.end();
});

t.test('foreign rules that change all day are read once in five times, and nothing else waits for that', (t) => {
  const life = new Life();
  // With nothing to install.
  life.links = [{ ...LINK, up: false, carrier: false }];
  const looks = (input: Input, tookMs = 100): boolean => {
    const output = life.give(input, 0).find(({ kind }) => kind === 'observe');
    if (output?.kind === 'observe') life.give(life.observed(output.id), tookMs);
    return output !== undefined;
  };
  looks({ kind: 'tick' });
  looks(DOWN);
  life.now += 5000;
  t.ok(looks(hint('rule')), 'long after the last look: at once');
  let count = 0;
  for (const until = life.now + 5000; life.now < until; life.now += 10) count += Number(looks(hint('rule')));
  t.ok(count >= 9 && count <= 10, `a change each 10 ms for 5 s: ${count} times`);
  t.notOk(looks(hint('rule')));
  t.equal(nextDeadline(life.state, life.now), life.state.agenda.rulesNotBefore);
  t.ok(looks(hint('link'), 2000), 'a link');
  t.equal(life.state.agenda.rulesWait, false, 'which was told of the rules, too');
  t.equal(life.state.agenda.rulesNotBefore, life.now + 10, 'a full table that was read is not the doing of rules');
  looks(hint('rule'));
  life.now += 10;
  t.ok(looks({ kind: 'tick' }), 'the last change is seen, without another');
  t.end();
});
