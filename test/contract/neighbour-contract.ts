/**
 * The contract of Kernel.probe and of what observe() then says of neighbours; a file of its own, because the real kernel takes three seconds to
 * find a neighbour dead.
 */

import type { Test } from 'tap';
import type { ObserveRequest } from '../../src/core/ports.js';
import { LINK, OWN, route, scenes } from './kernel-contract.js';
import type { World } from './world.js';

const NEIGHBOURS: ObserveRequest = { protocol: OWN, maxLength: {}, neighbours: true };

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
      const look = async (): Promise<Readonly<Record<string, string>>> => {
        const { neighbours } = await world.kernel.observe(NEIGHBOURS);
        const stand = (address: string): string => {
          const found = neighbours.find((n) => n.interfaceIndex === index && n.address === address);
          return found === undefined ? 'absent' : found.failed ? 'failed' : found.known ? 'known' : 'incomplete';
        };
        return Object.fromEntries(all.map((address) => [address, stand(address)]));
      };
      const probe = (addresses: readonly string[], known: boolean): void =>
        world.kernel.probe(addresses.map((address) => ({ interfaceIndex: index, address, known })));
      for (const address of live) world.neighbourAnswers(LINK, address, true);
      probe(all, false);
      await world.probesDone();
      const [first, second] = [
        await look(),
        Object.fromEntries([...live.map((a) => [a, 'known']), ...dead.map((a) => [a, 'failed'])]),
      ];
      t.same(first, second);
      t.same(hints.filter(({ kind }) => kind === 'neighbour').length, 2, 'failures are hinted, answers are not');
      for (const address of live) world.neighbourAnswers(LINK, address, false);
      probe(live, true);
      await world.probesDone();
      t.same(await look(), Object.fromEntries(all.map((address) => [address, 'failed'])), 'within four seconds');
      for (const address of all) world.neighbourAnswers(LINK, address, true);
      probe(all, false);
      await world.probesDone();
      t.same(await look(), Object.fromEntries(all.map((address) => [address, 'known'])), 'a failed one is asked anew');
    },
  );

  scene('probing what is not there is no fault', async (t, { world, index, apply }) => {
    world.kernel.probe([
      { interfaceIndex: 9999, address: '198.51.100.1', known: false },
      { interfaceIndex: index, address: '198.51.100.70', known: true },
      { interfaceIndex: index, address: '2001:db8:1::70', known: true },
    ]);
    world.kernel.probe([]);
    t.same(await apply('add-route', route(index)), ['ok'], 'and changes are answered as ever');
  });

  scene(
    "an operator's permanent neighbour can be told from the others, so that it is left alone",
    async (t, { world, index }) => {
      world.neighbourPermanent(LINK, '198.51.100.80');
      const { neighbours } = await world.kernel.observe(NEIGHBOURS);
      t.match(
        neighbours.find((n) => n.interfaceIndex === index && n.address === '198.51.100.80'),
        { known: true, failed: false, permanent: true },
      );
    },
  );
}
