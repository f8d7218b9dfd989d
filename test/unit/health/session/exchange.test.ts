/** One outstanding command, answers to their askers, time limits that do not shift the order. */

import t from 'tap';
import { VTY } from '../../../../src/health/frr/dialect.js';
import { Exchange } from '../../../../src/health/session/exchange.js';
import { FakeClock } from '../fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const written: string[] = [];
  return {
    clock,
    written,
    exchange: new Exchange(VTY, clock, (bytes) => written.push(bytes.replaceAll('\0', '.'))),
  };
}

const answer = (text: string): Buffer => Buffer.from(`${text}\0\0\0\0`);

t.test('nothing is sent before the connection stands, then one at a time', async (t) => {
  const { written, exchange } = setUp();
  exchange.probe();
  const a = exchange.ask('a', 100);
  const b = exchange.ask('b', 100);
  t.same(written, []);
  exchange.open();
  t.same(written, ['echo ok.']);
  t.equal(exchange.receive(answer('ok')).kind, 'answered');
  t.same(written, ['echo ok.', 'a.']);
  t.equal(exchange.receive(Buffer.from('part')).kind, 'incomplete');
  exchange.receive(answer(' of a'));
  exchange.receive(answer('B'));
  t.equal((await a).text, 'part of a');
  t.equal((await b).text, 'B');
  t.equal(exchange.outstanding, false);
});

t.test('a probe that finds the line busy is left out', async (t) => {
  const { written, exchange } = setUp();
  exchange.open();
  void exchange.ask('a', 100).catch(() => undefined);
  exchange.probe();
  exchange.receive(answer('A'));
  t.same(written, ['a.']);
});

t.test('a time limit over: the asker hears it, the late answer is his and nobody else gets it', async (t) => {
  const { clock, written, exchange } = setUp();
  exchange.open();
  const late = exchange.ask('late', 100);
  clock.advance(50);
  const next = exchange.ask('next', 100);
  const never = exchange.ask('never', 20);
  clock.advance(60);
  await t.rejects(late, /'late' within 100 ms/);
  await t.rejects(never, /'never'/);
  t.equal(exchange.outstanding, true);
  exchange.receive(answer('LATE'));
  t.same(written, ['late.', 'next.'], 'what nobody waits for any more is not sent');
  exchange.receive(answer('NEXT'));
  t.equal((await next).text, 'NEXT');
  t.equal(clock.pending, 0);
});

t.test('the end of the connection is heard by all who wait', async (t) => {
  const { clock, exchange } = setUp();
  exchange.open();
  const a = exchange.ask('a', 100);
  const b = exchange.ask('b', 100);
  exchange.close('gone');
  await t.rejects(a, /gone/);
  await t.rejects(b, /gone/);
  t.equal(clock.pending, 0);
});

t.test('out of step is a fault', async (t) => {
  const { exchange } = setUp();
  exchange.open();
  t.match(exchange.receive(answer('hello')), { kind: 'fault', reason: 'an answer without a command' });
  const other = setUp().exchange;
  other.open();
  other.probe();
  t.match(other.receive(answer('not ok')), { kind: 'fault', reason: `'echo ok' answered by "not ok"` });
});
