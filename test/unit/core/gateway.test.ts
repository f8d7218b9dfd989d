/** What the entry of before the first probe says about a gateway, and for how long. */

import t from 'tap';
import {
  chooseGateway,
  isSilent,
  PATIENCE_MS,
  type Sight,
  type Sightings,
  sightingsAfter,
  withAnswers,
} from '../../../src/core/gateway.js';
import { type Neighbour, neighbourKey } from '../../../src/model/link.js';

const GATEWAYS = { inet: ['10.255.0.1', '10.255.0.3'], inet6: ['fe80::1', 'fe80::3'] } as const;
const sight = (address: string): Sight => ({ interfaceIndex: 2, address, askable: true, barred: false });
const entry = (address: string, state: 'known' | 'failed' | 'incomplete'): Neighbour => ({
  interfaceIndex: 2,
  address,
  known: state === 'known',
  failed: state === 'failed',
  permanent: false,
});

for (const [family, [first, second]] of Object.entries(GATEWAYS)) {
  const sights = [first, second].map(sight);
  const silent = (sightings: Sightings, address: string): boolean =>
    isSilent(sightings.get(neighbourKey({ interfaceIndex: 2, address })));
  const chosen = (sightings: Sightings): string => chooseGateway([first, second], 2, sightings).gateway;

  for (const state of ['failed', 'incomplete'] as const)
    t.test(`${family}: ${state} before the first probe`, async (t) => {
      const found = sightingsAfter(new Map(), sights, [entry(first, state)], 0);
      t.equal(silent(found, first), true);
      t.equal(silent(found, second), false, 'nothing is known of it');
      t.equal(chosen(found), second);
      const answers = sightingsAfter(found, sights, [entry(first, 'known')], 1_000);
      t.equal(silent(answers, first), false, 'it answers');
      t.equal(chosen(answers), first, 'and no trust was lost');
      const forgotten = sightingsAfter(found, sights, [], 9_999);
      t.equal(silent(forgotten, first), true, 'the kernel has forgotten it');
      t.equal(silent(sightingsAfter(forgotten, sights, [], 10_000), first), false, 'not for ever');
      const dead = sightingsAfter(found, sights, [entry(first, 'failed')], PATIENCE_MS);
      t.equal(silent(sightingsAfter(dead, sights, [], 3_600_000), first), true, 'known to be dead: until it answers');
    });

  t.test(`${family}: none, or an old answer`, async (t) => {
    for (const neighbours of [[], [entry(first, 'known')]]) {
      const found = sightingsAfter(new Map(), sights, neighbours, 0);
      t.equal(chosen(found), first);
      t.equal(chosen(sightingsAfter(found, sights, [entry(first, 'incomplete')], 1_000)), first, 'asked, not dead yet');
    }
  });

  t.test(`${family}: both unresolved`, async (t) => {
    const both = [entry(first, 'incomplete'), entry(second, 'failed')];
    t.equal(chosen(sightingsAfter(new Map(), sights, both, 0)), first, 'the order of preference');
  });

  t.test(`${family}: what is known better`, async (t) => {
    const found = sightingsAfter(new Map(), sights, [], 0);
    const key = neighbourKey({ interfaceIndex: 2, address: first });
    t.equal(chosen(withAnswers(found, new Map([[key, false]]))), second);
    const dead = sightingsAfter(found, sights, [entry(first, 'failed')], PATIENCE_MS);
    t.equal(chosen(dead), second);
    t.equal(chosen(withAnswers(dead, new Map([[key, true]]))), first);
  });

  t.test(`${family}: not to be probed`, async (t) => {
    const unasked = sights.map((one) => ({ ...one, askable: false }));
    const found = sightingsAfter(new Map(), unasked, [entry(first, 'failed')], 0);
    t.equal(silent(found, first), false, 'its answer would not be seen');
  });
}
