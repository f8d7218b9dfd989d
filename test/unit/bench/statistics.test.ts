/**
 * The arithmetic of the benchmark: order statistics, misses, ratios, targets and the two looks of a table.
 */

import t from 'tap';
import { groupOf } from '../../bench/groups.js';
import { planOf } from '../../bench/plan.js';
import { type Report, render } from '../../bench/render.js';
import { atLeast, atMost } from '../../bench/results.js';
import { quantile, shuffled, summarize } from '../../bench/statistics.js';

t.test('order statistics', async (t) => {
  const hundred = shuffled(Array.from({ length: 100 }, (_, i) => i + 1)).sort((a, b) => a - b);
  t.equal(quantile(hundred, 0.99), 99, 'nearest rank: a value that was measured');
  t.equal(quantile(hundred, 0.5), 50.5, 'the middle two');
  t.equal(quantile([3, 5, 9], 0.5), 5);
  t.equal(quantile([7], 0.99), 7);
  t.strictSame(summarize([3, undefined, 1, 2, undefined]), {
    count: 5,
    missed: 2,
    minimum: 1,
    median: 2,
    p99: 3,
    maximum: 3,
  });
  t.match(summarize([undefined]), { count: 1, missed: 1, median: Number.NaN });
  t.same(shuffled([1, 2, 3, 4]).sort(), [1, 2, 3, 4]);
});

t.test('ratios are of medians; a contestant without samples has no row', async (t) => {
  const group = groupOf({ id: 'g', title: 'G', unit: 'ms', by: ['floor', 'absent'] }, [
    { id: 'floor', title: 'floor', values: [1, 2, 30] },
    { id: 'agent', title: 'agent', values: [3, 3, 3] },
    { id: 'none', title: 'none', values: [] },
  ]);
  t.strictSame(group.by, ['floor'], 'a ratio by nobody is no column');
  t.strictSame(
    group.rows.map(({ id, ratios }) => [id, ratios]),
    [
      ['floor', { floor: 1 }],
      ['agent', { floor: 1.5 }],
    ],
  );
});

t.test('a target without a number is not met', async (t) => {
  t.match(
    [atMost('a', 1.6, 1.6), atMost('b', 1.7, 1.6), atMost('c', Number.NaN, 1)].map(({ met }) => met),
    [true, false, false],
  );
  t.match(
    [atLeast('a', 3, 3), atLeast('b', 2.9, 3), atLeast('c', Number.NaN, 1)].map(({ met }) => met),
    [true, false, false],
  );
});

t.test('tables', async (t) => {
  const group = groupOf({ id: 'g', title: 'Group', unit: 'ms', by: ['b'] }, [
    { id: 'a', title: 'a', values: [0.61234, undefined] },
    { id: 'b', title: 'longer', values: [123.4] },
  ]);
  const report: Report = {
    machine: {
      kernel: '6.18',
      cpu: 'CPU',
      cores: 2,
      memoryGiB: 4,
      node: 'v20.0.0',
      frr: '8.4',
      keepalived: '2.2',
      iproute2: '6.1',
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    tookS: 1,
    loadAverage: [0, 1],
    stolenPercent: 0,
    sections: [
      {
        id: 's',
        title: 'Section',
        method: 'Method.',
        groups: [group],
        targets: [atMost('t', 2, 1, 'ms')],
        notes: [],
      },
    ],
  };
  const text = render(report, false);
  t.match(
    text,
    '\ncontestant  n  missed  median    p99    max   x b\na           2       1   0.612  0.612  0.612  0.00\nlonger      1       0     123    123    123  1.00\n',
  );
  t.match(text, /t +2\.00 ms +<= 1 ms +NO/);
  t.match(
    render(report, true),
    '| contestant | n | missed | median | p99 | max | x b |\n|---|---:|---:|---:|---:|---:|---:|\n| a | 2 | 1 | 0.612 |',
  );
});

t.test('arguments', async (t) => {
  t.match(planOf([]), { kills: 200, sections: ['death', 'start', 'commands', 'changes', 'scale', 'others', 'hang'] });
  t.match(planOf(['--quick', '--rounds', '7', '--only', 'hang, death']), {
    kills: 7,
    sections: ['hang', 'death'],
  });
  for (const bad of [['--rounds', '1.5'], ['--only', ''], ['--fast'], ['more']])
    t.throws(() => planOf(bad), bad.join(' '));
});
