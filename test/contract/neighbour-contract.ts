/**
 * The contract of Kernel.probe and of the neighbours that observe() then returns. It has a file of
 * its own because the real kernel takes three seconds to find a neighbour dead.
 */

import type { Test } from 'tap';
import type { ObserveRequest } from '../../src/core/ports.js';
import type { NeighbourId } from '../../src/model/link.js';
import { LINK, OWN, route, scenes } from './kernel-contract.js';
import type { World } from './world.js';

const named = (neighbours: readonly NeighbourId[]): ObserveRequest => ({
  protocol: OWN,
  maxLength: {},
  neighbours,
  only: 'neighbours',
});

export function neighbourContract(t: Test, make: () => World): void {
  const scene = scenes(t, make);

  scene(
    'a probe finds a neighbour that answers, one that never did, and one that no longer does',
    async (t, { world, index, hints }) => {
      const [live, dead] = [
        ['198.51.100.50', '2001:db8:1::50'],
        ['198.51.100.60', '2001:db8:1::60'],
      ] as const;
      const all = [...live, ...dead];
      const look = async (addresses: readonly string[] = all): Promise<Readonly<Record<string, string>>> => {
        const { neighbours } = await world.kernel.observe(
          named(addresses.map((address) => ({ interfaceIndex: index, address }))),
        );
        const stand = (address: string): string => {
          const found = neighbours.find((n) => n.interfaceIndex === index && n.address === address);
          // The kernel forgets a failed one when it likes (gc_thresh1, which counts those of all namespaces).
          return found === undefined || found.failed ? 'failed' : found.known ? 'known' : 'incomplete';
        };
        return Object.fromEntries(addresses.map((address) => [address, stand(address)]));
      };
      const probe = (addresses: readonly string[]): void =>
        world.kernel.probe(addresses.map((address) => ({ interfaceIndex: index, address })));
      for (const address of live) world.neighbourAnswers(LINK, address, true);
      probe(all);
      await world.probesDone();
      const [first, second] = [
        await look(),
        Object.fromEntries([...live.map((a) => [a, 'known']), ...dead.map((a) => [a, 'failed'])]),
      ];
      t.same(first, second);
      const hinted = (): number => hints.filter(({ kind }) => kind === 'neighbour').length;
      // More where the kernel forgets one: that is hinted, too.
      t.ok(hinted() >= 2, 'failures are hinted');
      for (const address of live) world.neighbourAnswers(LINK, address, false);
      probe(live);
      await world.probesDone();
      const failed = Object.fromEntries(live.map((address) => [address, 'failed']));
      t.same(await look(live), failed, 'within four seconds');
      for (const address of all) world.neighbourAnswers(LINK, address, true);
      const before = hinted();
      probe(all);
      await world.probesDone();
      t.same(await look(), Object.fromEntries(all.map((address) => [address, 'known'])), 'a failed one is asked anew');
      t.same(hinted(), before, 'answers are not hinted');
    },
  );

  scene('probing what is not there is no fault', async (t, { world, index, apply }) => {
    world.kernel.probe([
      { interfaceIndex: 9999, address: '198.51.100.1' },
      { interfaceIndex: index, address: '198.51.100.70' },
      { interfaceIndex: index, address: '2001:db8:1::70' },
    ]);
    world.kernel.probe([]);
    t.same(await apply('add-route', route(index)), ['ok'], 'and changes are answered as ever');
  });

  scene(
    "an operator's permanent neighbour can be told from the others, so that it is left alone",
    async (t, { world, index }) => {
      world.neighbourPermanent(LINK, '198.51.100.80');
      const { neighbours } = await world.kernel.observe(named([{ interfaceIndex: index, address: '198.51.100.80' }]));
      t.match(
        neighbours.find((n) => n.interfaceIndex === index && n.address === '198.51.100.80'),
        { known: true, failed: false, permanent: true },
      );
    },
  );

  scene('a probe leaves a permanent entry alone, whatever was there before it', async (t, { world, index }) => {
    const [live, dead, fresh] = [
      ['198.51.100.50', '2001:db8:1::50'],
      ['198.51.100.60', '2001:db8:1::60'],
      ['198.51.100.80', '2001:db8:1::80'],
    ] as const;
    const all = [...live, ...dead, ...fresh].map((address) => ({ interfaceIndex: index, address }));
    for (const address of live) world.neighbourAnswers(LINK, address, true);
    world.kernel.probe([...live, ...dead].map((address) => ({ interfaceIndex: index, address })));
    await world.probesDone();
    for (const { address } of all) world.neighbourPermanent(LINK, address);
    world.kernel.probe(all);
    await world.probesDone();
    const { neighbours } = await world.kernel.observe(named(all));
    t.same(
      all.map(({ address }) => neighbours.find((one) => one.address === address)),
      all.map((id) => ({ ...id, known: true, failed: false, permanent: true })),
    );
  });

  scene(
    'neighbours are read that are named, and the next hops of routes that are read',
    async (t, { world, index }) => {
      for (const address of ['198.51.100.81', '198.51.100.82', '198.51.100.83', '2001:db8:1::83'])
        world.neighbourPermanent(LINK, address);
      world.routeAdd({ destination: '10.0.0.0/8', via: '198.51.100.82', dev: LINK, metric: 5 });
      const found = async (request: Partial<ObserveRequest>): Promise<readonly string[]> =>
        (await world.kernel.observe({ protocol: OWN, maxLength: {}, ...request })).neighbours
          .map(({ address }) => address)
          .sort();
      const one = { interfaceIndex: index, address: '198.51.100.81' };
      t.same(await found({}), [], 'none unless asked for');
      t.same(await found({ neighbours: [one, one] }), ['198.51.100.81'], 'each once');
      t.same(await found({ neighbours: [], maxLength: { inet: 8 } }), ['198.51.100.82'], 'the next hop');
      const absent = [
        { interfaceIndex: index, address: '198.51.100.99' },
        { interfaceIndex: 9999, address: '198.51.100.81' },
        { interfaceIndex: index, address: '2001:db8:1::99' },
      ];
      t.same(
        await found({ neighbours: [...absent, one], only: 'neighbours' }),
        ['198.51.100.81'],
        'what is not there is none',
      );
      const many = Array.from({ length: 300 }, (_, i) => ({ interfaceIndex: index, address: `198.51.101.${i % 250}` }));
      t.same(
        await found({
          neighbours: [...many, { interfaceIndex: index, address: '2001:db8:1::83' }],
          only: 'neighbours',
        }),
        ['2001:db8:1::83'],
        'more than one send holds',
      );
    },
  );
}
