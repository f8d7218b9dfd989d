/**
 * Placement `local` in the real kernel. Random sets of destinations, main routes and preempted
 * ties are installed one after the other by plan and the real netlink code. The kernel's `ip route
 * get` is asked for many addresses: packets that the host originates must use the longest match of
 * main and backup routes together, forwarded packets main alone. Every third route of main is a
 * refusal, which no rule suppresses (fact K18).
 *
 * This file is also the child that runs inside the namespace (`placement-kernel.test.js apply`).
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { localRules } from '../../src/core/local-rules.js';
import { ownership, ownsRule } from '../../src/core/ownership.js';
import { place, type Target } from '../../src/core/placement.js';
import { type Desired, plan } from '../../src/core/plan.js';
import { takesAllTo } from '../../src/core/rule-place.js';
import { createLab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { openKernel } from '../../src/kernel/kernel.js';
import { type Address, addressBytes, type Family } from '../../src/model/address.js';
import { containsAddress, type Prefix, parsePrefix, prefixText, samePrefix } from '../../src/model/prefix.js';
import { TABLE_MAIN } from '../../src/model/route.js';
import { config, edges, prefixes } from '../unit/core/fixture.js';
import { ruleOf } from '../unit/core/rule-worlds.js';

const SELF = fileURLToPath(import.meta.url);
const SETS = 10;
const SEED = 20_261_121;

interface Net {
  readonly option: '-4' | '-6';
  readonly connected: readonly Prefix[];
  /** The `n`th next hop behind each interface: each route has its own, so that an answer names the route. */
  readonly data0: (n: number) => Address;
  readonly mgmt0: (n: number) => Address;
  readonly sender: Address;
}

const NETS: Readonly<Record<Family, Net>> = {
  inet: {
    option: '-4',
    connected: ['10.255.0.0/24', '198.51.100.0/24'].map((text) => parsePrefix(text)!),
    data0: (n) => `198.51.100.${10 + n}`,
    mgmt0: (n) => `10.255.0.${10 + n}`,
    sender: '198.51.100.99',
  },
  inet6: {
    option: '-6',
    connected: ['2001:db8:255::/64', '2001:db8:100::/64'].map((text) => parsePrefix(text)!),
    data0: (n) => `2001:db8:100::${(16 + n).toString(16)}`,
    mgmt0: (n) => `2001:db8:255::${(16 + n).toString(16)}`,
    sender: '2001:db8:100::99',
  },
};

function refused(i: number): boolean {
  return i % 3 === 2;
}

interface Trial {
  readonly main: readonly Prefix[];
  readonly destinations: readonly { readonly destination: Prefix; readonly preempt: boolean }[];
}

const sets = (family: Family): readonly Trial[] =>
  fc.sample(
    fc.record({
      main: fc.uniqueArray(prefixes(family), { maxLength: 8, selector: prefixText }),
      destinations: fc.uniqueArray(fc.record({ destination: prefixes(family), preempt: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
        selector: ({ destination }) => prefixText(destination),
      }),
    }),
    { seed: SEED, numRuns: SETS },
  );

if (process.argv[2] === 'apply') await child();
else t.test('the kernel agrees with the reference', parent);

async function parent(t: Test): Promise<void> {
  const lab = createLab();
  t.teardown(() => lab.close());
  const router = lab.namespace('router', { forwarding: true });
  const outside = lab.namespace('outside');
  lab.link(router, 'mgmt0', outside, 'mgmt0');
  lab.link(router, 'data0', outside, 'data0');
  router.ipBatch([
    'addr add 10.255.0.2/24 dev mgmt0',
    'addr add 198.51.100.2/24 dev data0',
    'addr add 2001:db8:255::2/64 dev mgmt0 nodad',
    'addr add 2001:db8:100::2/64 dev data0 nodad',
  ]);
  const index = Number(router.run(['cat', '/sys/class/net/mgmt0/ifindex']));

  for (const family of ['inet', 'inet6'] as const) {
    await t.test(family, async (t) => {
      for (const [number, set] of sets(family).entries()) trial(t, router, index, family, set, number);
    });
  }
}

function trial(t: Test, router: Namespace, index: number, family: Family, set: Trial, number: number): void {
  const net = NETS[family];
  router.tryRun(['ip', net.option, 'route', 'flush', 'table', 'main', 'proto', '186']);
  router.ipBatch(
    set.main.map(
      (p, i) =>
        `route add ${refused(i) ? `${i % 2 === 0 ? 'blackhole' : 'unreachable'} ${prefixText(p)}` : `${prefixText(p)} via ${net.data0(i)} dev data0`} proto 186 metric 20`,
    ),
  );
  const targets: Target[] = set.destinations.map(({ destination, preempt }, i) => ({
    destination,
    gateway: net.mgmt0(i),
    interfaceIndex: index,
    vrfTable: undefined,
    rank: 0,
    preempt,
    activeRival: !preempt && set.main.some((p) => samePrefix(p, destination)),
  }));
  const foreign = (): string =>
    router.run(['ip', net.option, 'route', 'show', 'table', 'main']) +
    router.run(['ip', net.option, 'rule', 'show']).replace(/^.* iif lo .*\n/gm, '');
  const before = foreign();
  const answer = JSON.parse(
    router.run([process.execPath, SELF, 'apply'], {
      input: JSON.stringify(desiredOf(family, targets)),
    }),
  ) as { readonly faults: readonly string[]; readonly left: number };
  t.strictSame(answer, { faults: [], left: 0 }, `set ${number}: every step is taken, and a second plan is empty`);
  t.equal(foreign(), before, `set ${number}: main and foreign rules are as they were`);

  const addresses = edges([...set.main, ...set.destinations.map(({ destination }) => destination)]).filter((address) =>
    askable(net, address),
  );
  const originated = ask(router, net, addresses, '');
  const transit = ask(router, net, addresses, ` from ${net.sender} iif data0`);
  const wrong = addresses.flatMap((address) => [
    ...(originated.get(address) === longest(net, set, address, true)
      ? []
      : [`${address} originated: ${originated.get(address)}, not ${longest(net, set, address, true)}`]),
    ...(transit.get(address) === longest(net, set, address, false)
      ? []
      : [`${address} transit: ${transit.get(address)}, not ${longest(net, set, address, false)}`]),
  ]);
  t.strictSame(
    wrong,
    [],
    `set ${number}: ${addresses.length} addresses, ${set.main.length} main routes, ${targets.length} destinations`,
  );
}

/** Beside the kernel's own rule of main. */
function desiredOf(family: Family, targets: readonly Target[]): Pick<Desired, 'routes' | 'rules'> {
  const { routes, lengths, preempting } = place(config(), family, targets);
  const beside = { kind: 'beside', anchor: ruleOf(family, 32_766, TABLE_MAIN), front: 32_765 } as const;
  return { routes, rules: localRules(config(), family, beside, lengths, preempting) };
}

/** The next hop of the longest match; `with us` or without. Main wins ties that are not preempted, and everything where it refuses. */
function longest(net: Net, { main, destinations }: Trial, address: Address, withUs: boolean): Address | undefined {
  const ofMain = main
    .map((p, i) => ({ p, i }))
    .filter(({ p }) => containsAddress(p, address))
    .sort((a, b) => b.p.length - a.p.length)[0];
  if (ofMain !== undefined && refused(ofMain.i)) return undefined;
  const candidates = [
    ...main.map((p, i) => ({ p, hop: net.data0(i), rank: 1 })),
    ...(withUs
      ? destinations.map(({ destination, preempt }, i) => ({
          p: destination,
          hop: net.mgmt0(i),
          rank: preempt ? 2 : 0,
        }))
      : []),
  ].filter(({ p }) => containsAddress(p, address));
  return candidates.sort((a, b) => b.p.length - a.p.length || b.rank - a.rank)[0]?.hop;
}

/** Unicast addresses of other networks: the rest never gets to the main table. */
function askable(net: Net, address: Address): boolean {
  const first = addressBytes(address)[0]!;
  const special = net.option === '-4' ? first === 0 || first === 127 || first >= 224 : first === 0 || first >= 0xfe;
  return !special && !net.connected.some((p) => containsAddress(p, address));
}

/** The kernel's next hop for each address; those that it has no route for are absent. */
function ask(router: Namespace, net: Net, addresses: readonly Address[], how: string): ReadonlyMap<Address, Address> {
  const { stdout } = router.tryRun(['ip', net.option, '-force', '-o', '-batch', '-'], {
    input: addresses.map((address) => `route get ${address}${how}\n`).join(''),
  });
  return new Map([...stdout.matchAll(/^(\S+) (?:from \S+ )?via (\S+) /gm)].map(([, address, hop]) => [address!, hop!]));
}

/** Inside the namespace: makes the kernel hold what standard input says, with the agent's own plan and netlink code. */
async function child(): Promise<void> {
  const wanted = JSON.parse(readFileSync(0, 'utf8')) as Pick<Desired, 'routes' | 'rules'>;
  const own = ownership(config());
  const kernel = openKernel();
  const look = async (): Promise<ReturnType<typeof plan>> => {
    const snapshot = await kernel.observe({ protocol: 157, maxLength: {} });
    const anchors = snapshot.rules.filter((rule) => !ownsRule(own, rule) && takesAllTo(rule, TABLE_MAIN));
    return plan(own, { ...wanted, anchors }, snapshot);
  };
  const steps = await look();
  const results = await kernel.apply(steps);
  const faults = results.flatMap((result, i) =>
    result.ok ? [] : [`${JSON.stringify(steps[i])}: ${result.code} ${result.message}`],
  );
  process.stdout.write(JSON.stringify({ faults, left: (await look()).length }));
  kernel.close();
}
