/** What is counted, from what happened: ends of daemons, outages, the histogram. */

import t from 'tap';
import { createTally, type Tally } from '../../../src/metrics/tally.js';
import type { Happening } from '../../../src/model/event.js';

const daemon = (state: string, was: string, outageCause?: 'stop' | 'death'): Happening => ({
  kind: 'daemon',
  id: 'frr/zebra',
  state,
  was,
  wasForMs: 0,
  reason: '',
  othersUnwell: 0,
  outageCause,
});
const ends = (tally: Tally, now: number): unknown => tally.counts(now).ends.get('frr/zebra');

t.test('an end is a death, unless it is told as a stop soon after', async (t) => {
  const tally = createTally();
  tally.happened(daemon('down', 'unknown'), 0);
  t.equal(ends(tally, 60_000), undefined, 'found down at the start: no end was seen');
  tally.happened(daemon('down', 'responsive'), 100_000);
  t.equal(ends(tally, 100_100), undefined, 'not known yet');
  t.equal(tally.settlesAt(), 105_000);
  tally.happened(daemon('stopped', 'down'), 100_200);
  t.strictSame(ends(tally, 100_200), { death: 0, stop: 1, hang: 0 });
  t.equal(tally.settlesAt(), undefined);
  tally.happened(daemon('down', 'responsive'), 200_000);
  t.strictSame(ends(tally, 205_000), { death: 1, stop: 1, hang: 0 });
  tally.happened(daemon('down', 'responsive'), 300_000);
  tally.happened(daemon('appeared', 'down'), 300_050);
  t.strictSame(ends(tally, 300_050), { death: 2, stop: 1, hang: 0 }, 'it is back: nothing will be told any more');
  tally.happened(daemon('stopped', 'responsive'), 400_000);
  tally.happened(daemon('stopped', 'unknown'), 400_000);
  tally.happened(daemon('unresponsive', 'responsive'), 500_000);
  tally.happened(daemon('responsive', 'unresponsive'), 510_000);
  t.strictSame(ends(tally, 600_000), { death: 2, stop: 2, hang: 1 });
});

t.test('an outage is of a death, unless its daemon is told to have been stopped', async (t) => {
  const tally = createTally();
  const outages = (now: number): unknown => tally.counts(now).outages;
  const began: Happening = { kind: 'outage-began', cause: 'death', reason: '', daemon: 'frr/zebra' };
  const none = { start: 0, death: 0, stop: 0, hang: 0, uncovered: 0, change: 0 };
  tally.happened(daemon('down', 'responsive'), 1_000);
  tally.happened(began, 1_000);
  t.strictSame(outages(1_100), none, 'not known yet');
  tally.happened(daemon('stopped', 'down', 'stop'), 1_200);
  t.strictSame(outages(1_200), { ...none, stop: 1 });
  tally.happened(daemon('down', 'responsive'), 10_000);
  tally.happened(began, 10_000);
  t.strictSame(outages(15_000), { ...none, stop: 1, death: 1 });
});

t.test('a lost cover counts once, under what it turns out to be', async (t) => {
  const tally = createTally();
  const outages = (now: number): unknown => tally.counts(now).outages;
  const began: Happening = { kind: 'outage-began', cause: 'uncovered', reason: '' };
  const ended = (cause: 'uncovered' | 'stop'): Happening => ({
    kind: 'outage-ended',
    lengthMs: 0,
    cause,
    bridgedAfterMs: undefined,
    carriedBy: undefined,
    preemptedAfterMs: undefined,
  });
  const none = { start: 0, death: 0, stop: 0, hang: 0, uncovered: 0, change: 0 };
  tally.happened(began, 1_000);
  t.strictSame(outages(1_100), none, 'not known yet');
  t.equal(tally.settlesAt(), 3_500);
  tally.happened(daemon('stopped', 'responsive', 'stop'), 1_900);
  t.strictSame(outages(1_900), { ...none, stop: 1 }, 'one piece of news');
  t.equal(tally.settlesAt(), undefined);
  tally.happened(ended('stop'), 9_000);
  tally.happened(began, 10_000);
  tally.happened(daemon('down', 'responsive', 'death'), 10_900);
  t.strictSame(outages(14_000), { ...none, stop: 1 }, 'death or stop is not known yet');
  tally.happened(daemon('stopped', 'down', 'stop'), 14_100);
  t.strictSame(outages(14_100), { ...none, stop: 2 }, 'end of file first');
  tally.happened(ended('stop'), 19_000);
  tally.happened(began, 20_000);
  tally.happened(daemon('down', 'responsive', 'death'), 20_900);
  t.strictSame(outages(25_900), { ...none, stop: 2, death: 1 });
  tally.happened(began, 30_000);
  t.strictSame(outages(32_500), { ...none, stop: 2, death: 1, uncovered: 1 }, 'the daemon lives');
  tally.happened(began, 40_000);
  tally.happened(ended('uncovered'), 40_100);
  t.strictSame(outages(40_100), { ...none, stop: 2, death: 1, uncovered: 2 }, 'it is over');
  t.equal(tally.settlesAt(), undefined);
});

t.test('outages and how soon they were bridged', async (t) => {
  const tally = createTally();
  tally.happened({ kind: 'outage-began', cause: 'death', reason: '' }, 1_000);
  tally.happened({ kind: 'outage-bridged', afterMs: 1.2, late: undefined }, 1_001);
  t.equal(tally.counts(3_000).outageSeconds, 2, 'the one under way counts');
  tally.happened(
    {
      kind: 'outage-ended',
      lengthMs: 99_000,
      cause: 'death',
      bridgedAfterMs: 1.2,
      carriedBy: undefined,
      preemptedAfterMs: undefined,
    },
    4_000,
  );
  t.equal(tally.counts(9_000).outageSeconds, 3, 'of this life alone: a counter that jumps is of no use');
  tally.happened({ kind: 'outage-began', cause: 'hang', reason: '' }, 10_000);
  tally.happened({ kind: 'outage-bridged', afterMs: 30_000, late: undefined }, 40_000);
  const { bridged, outages } = tally.counts(40_000);
  t.strictSame(bridged, { seconds: 30.0012, count: 2, buckets: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] });
  t.strictSame(outages, { start: 0, death: 1, stop: 0, hang: 1, uncovered: 0, change: 0 });
});

t.test('turns of the phase, and no change of its cause', async (t) => {
  const tally = createTally();
  const turn = (phase: string, was: string): Happening => ({
    kind: 'routes',
    phase,
    was,
    cause: undefined,
    wasForMs: 0,
    reason: '',
  });
  for (const [phase, was] of [
    ['in', 'starting'],
    ['in', 'in'],
    ['out', 'in'],
    ['out', 'out'],
    ['in', 'out'],
  ] as const)
    tally.happened(turn(phase, was), 0);
  t.strictSame(tally.counts(0).turns, { in: 2, out: 1 });
});
