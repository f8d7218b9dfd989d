/** The exposition as values says what its text says. */

import t from 'tap';
import { expositionOfNone } from '../../../src/metrics/exposition.js';
import { familiesOf } from '../../../src/metrics/families.js';

t.test('families, labels, escapes, histograms', async (t) => {
  t.strictSame(familiesOf(expositionOfNone('1.2.3', 'a "b" \\ c\nd')), [
    {
      name: 'backup_router_build_info',
      type: 'gauge',
      help: 'The version of the agent; the value is 1.',
      samples: [{ name: 'backup_router_build_info', labels: { agent: 'a "b" \\ c\nd', version: '1.2.3' }, value: 1 }],
    },
    {
      name: 'backup_router_up',
      type: 'gauge',
      help: '1 while the agent runs; 0 once it has ended in order, or does not answer.',
      samples: [{ name: 'backup_router_up', labels: { agent: 'a "b" \\ c\nd' }, value: 0 }],
    },
  ]);
  const [histogram] = familiesOf(
    '# HELP h of\\nlines\n# TYPE h histogram\nh_bucket{le="0.01"} 1\nh_bucket{le="+Inf"} 2\nh_sum 0.5\nh_count 2\n',
  );
  t.strictSame(histogram, {
    name: 'h',
    type: 'histogram',
    help: 'of\nlines',
    samples: [
      { name: 'h_bucket', labels: { le: '0.01' }, value: 1 },
      { name: 'h_bucket', labels: { le: '+Inf' }, value: 2 },
      { name: 'h_sum', labels: {}, value: 0.5 },
      { name: 'h_count', labels: {}, value: 2 },
    ],
  });
  t.throws(() => familiesOf('# HELP h x\n# TYPE h gauge\nwhat is that\n'), /no line of the exposition/);
});
