/** What an outage turns out to be: every beginning with every end of a daemon. */

import t from 'tap';
import { causeAfter, ENDING_MS } from '../../../src/core/outage-cause.js';
import type { OutageCause } from '../../../src/model/event.js';

t.test('a lost cover is of the end that follows at once; a death is of the stop that is told', async (t) => {
  const zebra = { id: 'frr/zebra', state: 'stopped' };
  const begun = (cause: OutageCause) => ({ cause, daemon: cause === 'uncovered' ? undefined : 'frr/zebra' });
  for (const cause of ['start', 'stop', 'hang', 'change'] as const)
    t.equal(causeAfter(begun(cause), zebra, 1), undefined, `${cause} stays`);
  t.equal(causeAfter(begun('death'), zebra, 60_000), 'stop');
  t.equal(causeAfter(begun('death'), { id: 'frr/bgpd', state: 'stopped' }, 1), undefined, 'of another');
  t.equal(causeAfter(begun('death'), { id: 'frr/zebra', state: 'responsive' }, 1), undefined);
  t.equal(causeAfter(begun('uncovered'), zebra, ENDING_MS - 1), 'stop');
  t.equal(causeAfter(begun('uncovered'), { ...zebra, state: 'down' }, ENDING_MS - 1), 'death');
  t.equal(causeAfter(begun('uncovered'), zebra, ENDING_MS), undefined, 'too late: the cover was lost before');
  for (const state of ['responsive', 'appeared', 'unresponsive'])
    t.equal(causeAfter(begun('uncovered'), { ...zebra, state }, 1), undefined, state);
});
