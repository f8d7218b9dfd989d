/** Outages and ways as a drill counts them. */

import t from 'tap';
import { type CarrierSample, carriersOf, longestOutage, type Tick } from '../../../src/drill/outage.js';
import { without } from '../../../src/drill/run.js';

/** A tick each 10 ms; `.` answered, `x` not, a blank: none was sent. */
function ticks(text: string): readonly Tick[] {
  return [...text].flatMap((letter, i) =>
    letter === ' ' ? [] : [{ atMs: 10 * i, answered: new Set(letter === '.' ? [0] : []) }],
  );
}

const outage = (text: string, fromMs = 0, toMs = 10 * text.length): number =>
  longestOutage(ticks(text), 0, { fromMs, toMs });

t.test('the longest outage', async (t) => {
  t.equal(outage('..........'), 0);
  t.equal(outage('...xx.....'), 30, 'from the last answer to the next one');
  t.equal(outage('.x..xxx..x'), 40);
  t.equal(outage('xxxx......'), 40, 'from the begin');
  t.equal(outage('.....xxxxx'), 60, 'to the end');
  t.equal(outage('..      ..'), 0, 'this machine was busy: nothing was asked');
  t.equal(outage('xx......xx', 20, 70), 0, 'only what is in the window');
  t.equal(longestOutage(ticks('....'), 1, { fromMs: 0, toMs: 40 }), 40, 'each probe for itself');
});

t.test('windows without holes', async (t) => {
  t.same(without({ fromMs: 0, toMs: 100 }, []), [{ fromMs: 0, toMs: 100 }]);
  t.same(
    without({ fromMs: 0, toMs: 100 }, [
      { fromMs: 10, toMs: 30 },
      { fromMs: 50, toMs: 60 },
    ]),
    [
      { fromMs: 0, toMs: 10 },
      { fromMs: 30, toMs: 50 },
      { fromMs: 60, toMs: 100 },
    ],
  );
});

t.test('the ways in the order of time', async (t) => {
  const samples = (text: string): readonly CarrierSample[] =>
    [...text].map((letter, i) => ({
      fromMs: i,
      toMs: i + 1,
      backup: letter === 'b' ? 5 : letter === '?' ? 3 : 0,
      daemon: letter === 'd' ? 5 : letter === '?' ? 3 : 0,
    }));
  t.same(carriersOf(samples('')), []);
  t.same(carriersOf(samples('dddd')), ['daemon']);
  t.same(carriersOf(samples('dd?bbb')), ['daemon', 'backup']);
  t.same(carriersOf(samples('ddbbbdd')), ['daemon', 'backup', 'daemon']);
  t.same(carriersOf(samples('dddbddd')), ['daemon'], 'one sample is no change');
  t.same(carriersOf(samples('b')), ['backup'], 'unless it is all there is');
  t.same(
    carriersOf([
      { fromMs: 0, toMs: 1, backup: 100, daemon: 2 },
      { fromMs: 1, toMs: 2, backup: 100, daemon: 2 },
    ]),
    ['backup'],
    'neighbour discovery is no way',
  );
});
