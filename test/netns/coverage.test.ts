/**
 * Compares coverage with the kernel: random foreign rules, tables, next hops and dead neighbours,
 * and none of ours. A destination is covered for the judge if and only if the kernel carries it
 * (RTM_GETROUTE) by a usable route:
 *
 *   covered      a packet of user 0 to any address that no more specific route takes uses a usable
 *                route
 *   not covered  some packet to such an address does not: one from another source, of another
 *                user, or with another port. Except where several rules, each for some packets,
 *                together take them all: the judge ignores such rules, since it is in doubt.
 *
 * The judge has only those tables that the agent would read beside these rules.
 *
 * A failed run names its seed and path: BACKUP_ROUTER_SEED and BACKUP_ROUTER_PATH repeat it. This
 * file is also the child that runs inside the namespace (`coverage.test.js child FAMILY RUNS`).
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { coverage } from '../../src/core/coverage.js';
import { samplesOf } from '../../src/core/sample.js';
import { initialState, type SeenWorld } from '../../src/core/state.js';
import { foreignView, furtherTables } from '../../src/core/views.js';
import { covered } from '../../src/fib/destination.js';
import { type Packet, plain } from '../../src/fib/packet.js';
import { routeFault } from '../../src/fib/usable.js';
import { Connection } from '../../src/kernel/netlink/connection.js';
import { observe } from '../../src/kernel/observe.js';
import { type Address, type Family, familyBits, familyOf } from '../../src/model/address.js';
import {
  containsAddress,
  containsPrefix,
  type Prefix,
  parsePrefix,
  prefix,
  prefixText,
  samePrefix,
} from '../../src/model/prefix.js';
import { config, management, PRIMARY_STATE, router } from '../unit/core/fixture.js';
import { entries, type Said } from './judge/ask.js';
import { clean, forgotten } from './judge/clean.js';
import { routerOfWorlds, seedOf } from './judge/router.js';
import { nexthopLines, POOLS, PROTOCOL, type World, world } from './judge/worlds.js';

const SELF = fileURLToPath(import.meta.url);
const RUNS = Number(process.env['BACKUP_ROUTER_RUNS'] ?? 40);
const TABLES = [100, 101, 102, 103, 253, 255];
/** How the fields of a packet can be mixed; so many are asked at once. */
const MIXTURES = 4 * 3 * 3 * 3 * 3;
const AT_ONCE = 4;
/** What a lookup without an answer ends in. */
const REFUSED: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL']);
/** That no rule names. */
const NOBODY = 4711;

interface Result {
  readonly covered: number;
  readonly uncovered: number;
  readonly doubtful: number;
  /** Not covered by any one rule, and by several that take some packets each. */
  readonly careful: number;
  readonly asked: number;
}

if (process.argv[2] === 'child') await child(process.argv[3] as Family, Number(process.argv[4]));
else t.test('covered is what the kernel carries', parent);

async function parent(t: Test): Promise<void> {
  const { router: inside } = routerOfWorlds(t);
  const seed = seedOf(t);
  let [coveredSum, asked] = [0, 0];
  for (const ids of [false, true])
    for (const family of ['inet', 'inet6'] as const) {
      inside.sysctls({ 'net.ipv4.nexthop_compat_mode': ids ? 0 : 1 });
      const output = inside.run([process.execPath, SELF, 'child', family, String(ids ? RUNS / 2 : RUNS)], {
        input: String(seed),
        timeoutMs: 150_000,
      });
      const answer = JSON.parse(output.trim().split('\n').at(-1)!) as Result | { readonly failure: string };
      if ('failure' in answer) t.fail(`${family}: ${answer.failure}`);
      else {
        t.comment(JSON.stringify(answer));
        t.pass(`${family}: ${answer.covered} covered, ${answer.uncovered} not, ${answer.asked} packets`);
        coveredSum += answer.covered;
        asked += answer.asked;
        t.ok(answer.careful <= 1 + answer.uncovered / 50, `${answer.careful} of them without need`);
      }
    }
  t.ok(coveredSum >= asked / 5000, `${coveredSum} covered, ${asked} packets`);
}

async function child(family: Family, runs: number): Promise<void> {
  const connection = new Connection({ receiveBuffer: 1 << 20, datagramBytes: 32768 });
  const result = { covered: 0, uncovered: 0, doubtful: 0, careful: 0, asked: 0 };
  const batch = (lines: readonly string[]): void => {
    spawnSync('ip', [family === 'inet' ? '-4' : '-6', '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  };
  const objects = nexthopLines(family);
  batch(objects.single);
  spawnSync('ip', ['-force', '-batch', '-'], { input: objects.groups.join('\n') });
  batch(['rule add pref 99 lookup 99', 'rule del pref 99']);
  const destinations = [...new Set(POOLS[family].prefixes)].map((text) => parsed(family, text));
  const check = async (some: World): Promise<void> => {
    batch(some.lines);
    const seen = await look(connection, family, destinations);
    const read = asTheAgent(seen);
    try {
      for (const { destination, route } of coverage(read).judged) {
        const told = `${prefixText(destination)}: ${route === undefined ? 'not covered' : 'covered'}`;
        const { free: addresses, plain: undiverted } = addressesOf(family, destination, seen);
        const ask = (packets: readonly Packet[]): Promise<readonly Said[]> => {
          result.asked += packets.length;
          return entries(connection, packets);
        };
        if (route !== undefined) {
          result.covered++;
          const packets = undiverted.map((address) => plain(host(address)));
          const answers = await ask(packets);
          // Of a route with an object the kernel may name another one, or none (fact K19).
          const byObject = family === 'inet6' && route.nexthopId !== undefined;
          const unnamed = ({ code, route: named }: Said): boolean =>
            byObject &&
            (code === 'ENETUNREACH' ||
              (named?.nexthopId !== undefined && !samePrefix(named.destination, route.destination)));
          const at = answers.findIndex((said, i) => !unnamed(said) && isBad(seen, said, packets[i]!));
          if (at < 0) continue;
          if (forgotten(seen.snapshot, (await look(connection, family, destinations)).snapshot)) return;
          throw new Error(`${told}; of ${JSON.stringify(packets[at])} ${JSON.stringify(answers[at])}`);
        }
        const answer = covered(foreignView(read), destination);
        if (answer.kind === 'not-carried' && answer.why === 'doubtful') {
          result.doubtful++;
          continue;
        }
        result.uncovered++;
        let found = addresses.length === 0;
        for (let n = 0; !found && n < MIXTURES; n += AT_ONCE) {
          const mixtures = Array.from({ length: AT_ONCE }, (_, i) => packetOf(family, n + i));
          const packets = mixtures.flatMap((packet) =>
            addresses.map((address) => ({ destination: host(address), ...packet })),
          );
          found = (await ask(packets)).some((said, i) => isBad(seen, said, packets[i]!));
        }
        if (!found) result.careful++;
      }
    } finally {
      const { rules, foreignRoutes, furtherRoutes = [] } = seen.snapshot;
      batch(clean(family, { rules, routes: [foreignRoutes, furtherRoutes] }));
    }
  };
  try {
    await fc.assert(
      fc.asyncProperty(
        world(family, () => 0),
        check,
      ),
      {
        seed: Number(process.env['BACKUP_ROUTER_SEED'] ?? (await input())),
        numRuns: runs,
        examples: [[forRoot(family)]],
        endOnFailure: true,
        interruptAfterTimeLimit: 120_000,
        markInterruptAsFailure: true,
        ...(process.env['BACKUP_ROUTER_PATH'] === undefined ? {} : { path: process.env['BACKUP_ROUTER_PATH'] }),
        reporter: ({ failed, counterexample, counterexamplePath, seed, errorInstance }) => {
          // Interrupted before the first was through: a busy machine.
          if (!failed || errorInstance === null) return;
          const words = (errorInstance as Error | undefined)?.message ?? 'out of time';
          throw new Error(
            `${words}\n${counterexample?.[0]?.lines.join('\n') ?? ''}\nseed ${seed} path ${counterexamplePath ?? '-'}`,
          );
        },
      },
    );
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ failure: (error as Error).message })}\n`);
  } finally {
    batch([11, 12, 13, 1, 2, 3, 4, 5, 8].map((id) => `nexthop del id ${id}`));
    connection.close();
  }
}

/** Rare among random ones: the kernel is asked as user 0, whose table is read by no other rule. */
function forRoot(family: Family): World {
  const [gateway] = POOLS[family].gateways;
  return {
    family,
    lines: [
      `route add default via ${gateway} dev d0 metric 1 proto ${PROTOCOL}`,
      `route add blackhole default table 100 metric 1 proto ${PROTOCOL}`,
      'rule add uidrange 0-0 pref 100 lookup 100',
    ],
    packets: [],
    uses: [],
  };
}

function host(address: Address): Prefix {
  return prefix(address, familyBits(familyOf(address)));
}

/** Those that the kernel answers for. */
function protocolsOf(family: Family): readonly number[] {
  return [6, 17, family === 'inet' ? 1 : 58];
}

/** Whether the packet goes by no usable route. */
function isBad(seen: SeenWorld, { route, code }: Said, { destination }: Packet): boolean {
  if (route === undefined) {
    if (!REFUSED.has(code!)) throw new Error(`the kernel says ${code}`);
    return true;
  }
  // Of IPv6 routes that share a nexthop object the kernel may name another one (fact K19).
  if (route.nexthopId !== undefined && !containsPrefix(route.destination, destination)) return false;
  return (route.type !== 'unicast' && route.type !== 'local') || routeFault(foreignView(seen), route) !== undefined;
}

function addressesOf(
  family: Family,
  destination: Prefix,
  { snapshot }: SeenWorld,
): { readonly free: readonly Address[]; readonly plain: readonly Address[] } {
  const diverting = snapshot.rules.flatMap(({ family: of, detail }) =>
    of === family && detail?.to !== undefined && detail.to.length > destination.length ? [detail.to] : [],
  );
  // The last two are on the links.
  const known = POOLS[family].addresses.slice(0, -2).filter((address) => containsAddress(destination, address));
  const all = [...samplesOf(destination, []), ...known];
  const { foreignRoutes, furtherRoutes = [] } = snapshot;
  const longer = [...foreignRoutes, ...furtherRoutes].flatMap(({ family: of, destination: to }) =>
    of === family && to.length > destination.length ? [to] : [],
  );
  const free = all.filter((address) => !longer.some((to) => containsAddress(to, address)));
  const plain = free.filter((address) => !diverting.some((to) => containsAddress(to, address)));
  // What a rule leads elsewhere is a part of the destination; where nothing carries it, such a part may be carried.
  return { free, plain };
}

/** The `n`th of a list that has every value of every field, and then every mixture. */
function packetOf(family: Family, n: number): Omit<Packet, 'destination'> {
  const { sources } = POOLS[family];
  const fields: readonly (readonly object[])[] = [
    [{}, ...sources.map((source) => ({ source }))],
    [{ user: NOBODY }, { user: 0 }, { user: 1500 }],
    protocolsOf(family).map((ipProtocol) => ({ ipProtocol })),
    [{}, { sourcePort: 53 }, { sourcePort: 1500 }],
    [{}, { destinationPort: 22 }, { destinationPort: 80 }],
  ];
  let rest = n;
  return Object.assign(
    {},
    ...fields.map((values) => {
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      return value;
    }),
  );
}

function parsed(family: Family, text: string): Prefix {
  return text === 'default' ? prefix(family === 'inet' ? '0.0.0.0' : '::', 0) : parsePrefix(text)!;
}

async function look(connection: Connection, family: Family, destinations: readonly Prefix[]): Promise<SeenWorld> {
  const snapshot = await observe(connection, {
    protocol: 157,
    maxLength: { inet: 32, inet6: 128 },
    neighbours: [],
    furtherTables: TABLES,
    nexthopObjects: true,
  });
  const { world: unseen } = initialState(
    {
      config: config({ managementInterfaces: [management('d0', router(family, destinations))] }),
      watched: [],
      former: undefined,
      resyncMs: 30_000,
      role: PRIMARY_STATE,
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
  return { ...unseen, snapshot, tablesRead: TABLES };
}

/** What the agent would have of it: it reads only the tables that its packets may be looked up in. */
function asTheAgent(seen: SeenWorld): SeenWorld {
  const { furtherRoutes = [], ...rest } = seen.snapshot;
  const tables = furtherTables(seen)(rest.rules);
  return {
    ...seen,
    snapshot: { ...rest, furtherRoutes: furtherRoutes.filter(({ table }) => tables.includes(table)) },
    tablesRead: tables,
  };
}

async function input(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}
