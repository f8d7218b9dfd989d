/**
 * Compares the judge with the kernel: random rules with every selector that iproute2 can set,
 * random tables, next hops, nexthop objects and groups, dead neighbours, links without carrier,
 * and random packets, for both families. From our own dump the judge must give the same answer as
 * RTM_GETROUTE: the same entry, one of the next hops that it names, the same refusal.
 *
 * The kernel cannot be asked about packets with a tunnel id, so a rule with that selector never
 * matches here. A failed run names its seed and path: BACKUP_ROUTER_SEED and BACKUP_ROUTER_PATH
 * repeat it. This file is also the child that runs inside the namespace (`judge.test.js child
 * FAMILY RUNS MODE`).
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type LookupAnswer, lookup } from '../../src/fib/lookup.js';
import { onLink } from '../../src/fib/on-link.js';
import type { Packet } from '../../src/fib/packet.js';
import type { View } from '../../src/fib/view.js';
import { Connection } from '../../src/kernel/netlink/connection.js';
import { observe } from '../../src/kernel/observe.js';
import type { Family } from '../../src/model/address.js';
import { destinationText } from '../../src/model/prefix.js';
import type { Route } from '../../src/model/route.js';
import { ask, type Said } from './judge/ask.js';
import { clean, deletion, forgotten } from './judge/clean.js';
import { routerOfWorlds, seedOf } from './judge/router.js';
import { edges, nexthopLines, PROTOCOL, triedDestination, type World, world } from './judge/worlds.js';

const SELF = fileURLToPath(import.meta.url);
const RUNS = Number(process.env['BACKUP_ROUTER_RUNS'] ?? 16);

/** `carrier`: every link has it. `ids`: so it is, and of nexthop objects routes tell the id alone. `linkdown`: d2 has none, and routes by it are taken; `ignored`: they are not. `host`: IPv6 is not forwarded. */
const MODES = ['carrier', 'ids', 'linkdown', 'ignored', 'host'] as const;
type Mode = (typeof MODES)[number];

interface Result {
  readonly compared: number;
  readonly doubtful: number;
  readonly onLink: number;
  readonly offLink: number;
  readonly routes: number;
  readonly refused: number;
  readonly multipath: number;
  readonly objects: number;
}

if (process.argv[2] === 'child')
  await child(process.argv[3] as Family, Number(process.argv[4]), process.argv[5] as Mode);
else t.test('the judge answers as the kernel', parent);

async function parent(t: Test): Promise<void> {
  const { router, outside } = routerOfWorlds(t);
  const seed = seedOf(t);
  const sum = { compared: 0, doubtful: 0, onLink: 0, offLink: 0, routes: 0, refused: 0, multipath: 0, objects: 0 };
  for (const mode of MODES) {
    if (mode === 'linkdown') {
      outside.ip('link set d2 down');
      await until(() => router.run(['ip', 'link', 'show', 'd2']).includes('NO-CARRIER'));
    }
    const ignored = mode === 'ignored' ? 1 : 0;
    router.sysctls({
      'net.ipv4.nexthop_compat_mode': mode === 'ids' ? 0 : 1,
      'net.ipv4.conf.all.ignore_routes_with_linkdown': ignored,
      'net.ipv6.conf.all.ignore_routes_with_linkdown': ignored,
      'net.ipv4.conf.d2.ignore_routes_with_linkdown': ignored,
      'net.ipv6.conf.d2.ignore_routes_with_linkdown': ignored,
      'net.ipv6.conf.all.forwarding': mode === 'host' ? 0 : 1,
    });
    for (const family of ['inet', 'inet6'] as const) {
      const runs = mode === 'carrier' ? 2 * RUNS : RUNS;
      const output = router.run([process.execPath, SELF, 'child', family, String(runs), mode], {
        input: String(seed),
        timeoutMs: 150_000,
      });
      const answer = JSON.parse(output.trim().split('\n').at(-1)!) as Result | { readonly failure: string };
      if ('failure' in answer) {
        t.fail(`${mode} ${family}: ${answer.failure}`);
        return;
      }
      for (const key of Object.keys(sum) as (keyof Result)[]) sum[key] += answer[key];
    }
  }
  t.comment(JSON.stringify(sum));
  t.ok(sum.compared >= 10 * RUNS * 40, `${sum.compared} answers compared`);
  t.ok(sum.doubtful < sum.compared / 10, `${sum.doubtful} more that no answer can be given for`);
  for (const key of ['onLink', 'offLink', 'routes', 'refused', 'multipath', 'objects'] as const)
    t.ok(sum[key] >= 5, `${sum[key]} of them ${key}`);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 200) throw new Error('it does not come');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function child(family: Family, runs: number, mode: Mode): Promise<void> {
  const connection = new Connection({ receiveBuffer: 1 << 20, datagramBytes: 32768 });
  const result = { compared: 0, doubtful: 0, onLink: 0, offLink: 0, routes: 0, refused: 0, multipath: 0, objects: 0 };
  const first = await look(connection, mode);
  const indexOf = (device: string): number => first.links.find(({ name }) => name === device)!.index;
  const option = family === 'inet' ? '-4' : '-6';
  /** The numbers of the lines that were refused. */
  const batch = (lines: readonly string[]): ReadonlySet<number> => {
    const { stderr } = spawnSync('ip', [option, '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
    return new Set([...String(stderr).matchAll(/^Command failed -:(\d+)$/gm)].map((found) => Number(found[1])));
  };
  const objects = nexthopLines(family);
  batch(objects.single);
  // A group has no family. One with a device without carrier is refused.
  spawnSync('ip', ['-force', '-batch', '-'], { input: objects.groups.join('\n') });
  // The first rule of all parts local from main (fib_unmerge).
  batch(['rule add pref 99 lookup 99', 'rule del pref 99']);
  const tryGateways = async ({ uses }: World, view: View): Promise<void> => {
    const { addresses } = await observe(connection, { protocol: 157, maxLength: {} });
    // Each by itself: a route that was taken bears on the next.
    const refused = batch(
      uses.flatMap(({ gateway, device, table }, n) => {
        const words = `${triedDestination(family, n)} via ${gateway} dev ${device} table ${table} proto ${PROTOCOL}`;
        return [`route add ${words}`, `route del ${words}`];
      }),
    );
    for (const [n, { gateway, device, table }] of uses.entries()) {
      const verdict = onLink(view, { gateway, interfaceIndex: indexOf(device), table }, addresses);
      const taken = !refused.has(2 * n + 1);
      if ((verdict.kind === 'on-link') !== taken)
        throw new Error(
          `${gateway} dev ${device} table ${table}: ${JSON.stringify(verdict)}; the kernel ${taken ? 'takes' : 'refuses'} it`,
        );
      if (taken) result.onLink++;
      else result.offLink++;
    }
  };
  const check = async (some: World): Promise<void> => {
    batch(some.lines);
    const view = await look(connection, mode);
    try {
      for (const packet of some.packets) {
        const answer = lookup(view, answered(packet));
        const said = await ask(connection, packet);
        const difference = compare(answer, said, packet);
        if (difference !== undefined) {
          if (forgotten(view, await look(connection, mode))) return;
          throw new Error(`${JSON.stringify({ ...packet, destination: packet.destination.address })}: ${difference}`);
        }
        if (answer.doubtful) result.doubtful++;
        else result.compared++;
        if (answer.kind === 'refused') result.refused++;
        if (answer.kind !== 'route') continue;
        result.routes++;
        if (answer.nexthops.length > 1) result.multipath++;
        if (answer.route.nexthopId !== undefined) result.objects++;
      }
      await tryGateways(some, view);
    } finally {
      batch(clean(family, view));
    }
    const left = (await look(connection, mode)).routes.flat().filter(({ protocol }) => protocol === PROTOCOL);
    if (left.length > 0) throw new Error(`left behind: ${left.map(deletion).join('; ')}`);
  };
  const seed = Number(process.env['BACKUP_ROUTER_SEED'] ?? (await input()));
  const path = process.env['BACKUP_ROUTER_PATH'];
  try {
    await fc.assert(fc.asyncProperty(world(family, indexOf), check), {
      seed,
      numRuns: runs,
      examples: [[edges(family)]],
      interruptAfterTimeLimit: 120_000,
      markInterruptAsFailure: true,
      reporter: ({ failed, counterexample, counterexamplePath, seed: used, errorInstance }) => {
        if (!failed) return;
        const [smallest] = counterexample ?? [];
        throw new Error(
          `${(errorInstance as Error | undefined)?.message ?? 'out of time'}\n${smallest?.lines.join('\n') ?? ''}\nseed ${used} path ${counterexamplePath ?? '-'}`,
        );
      },
      ...(path === undefined ? {} : { path }),
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ failure: (error as Error).message })}\n`);
  } finally {
    batch([11, 12, 13, 1, 2, 3, 4, 5, 8].map((id) => `nexthop del id ${id}`));
    connection.close();
  }
}

async function input(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

async function look(connection: Connection, mode: Mode): Promise<View> {
  const { rules, links, neighbours, foreignRoutes, furtherRoutes, nexthopObjects } = await observe(connection, {
    protocol: 157,
    maxLength: { inet: 32, inet6: 128 },
    neighbours: [],
    vrfTables: [100, 101, 102, 103],
    furtherTables: [253, 255],
    nexthopObjects: true,
  });
  return {
    rules,
    links,
    neighbours,
    routes: [foreignRoutes, furtherRoutes ?? []],
    nexthopObjects: nexthopObjects ?? [],
    now: performance.now(),
    ...(mode === 'host' ? { inet6Host: true as const } : {}),
  };
}

/** IPv4 asks for a datagram of UDP where nobody says otherwise (inet_rtm_getroute). */
function answered(packet: Packet): Packet {
  return packet.destination.family === 'inet' ? { ipProtocol: 17, ...packet } : packet;
}

function compare(answer: LookupAnswer, said: Said, packet: Packet): string | undefined {
  const words = `the judge: ${spelled(answer)}; the kernel: ${said.route === undefined ? said.code : routeKey(said.route)}, by ${JSON.stringify(said.exit)}`;
  if (answer.doubtful) return undefined;
  if (answer.kind !== 'route') {
    if (said.route !== undefined) return words;
    return codes(answer, packet).includes(said.code!) ? undefined : words;
  }
  const shares = answer.route.family === 'inet6' && answer.route.nexthopId !== undefined;
  // It may follow the route and not name it (fact K19).
  if (said.route === undefined) return shares && said.code === 'ENETUNREACH' ? undefined : words;
  // Of an alternative the kernel tells the next hop, with the tos of the route that it has found first.
  const told = [answer.route, ...answer.alternatives].flatMap((route) => [route, { ...route, tos: answer.route.tos }]);
  if (!shares && !told.some((route) => routeKey(route) === routeKey(said.route!))) return words;
  if (said.exit === undefined || answer.alternatives.length > 0) return undefined;
  return answer.nexthops.some(
    ({ gateway, interfaceIndex }) => gateway === said.exit!.gateway && interfaceIndex === said.exit!.interfaceIndex,
  )
    ? undefined
    : words;
}

function codes(
  answer: Exclude<LookupAnswer, { kind: 'route' }>,
  { destination, outputInterface }: Packet,
): readonly string[] {
  // Bound to a device, IPv4 takes the destination for a neighbour where it has no answer; there is no entry then.
  if (destination.family === 'inet' && outputInterface !== undefined) return ['EHOSTUNREACH'];
  if (answer.kind === 'none') return ['ENETUNREACH'];
  const byRule = { blackhole: 'EINVAL', prohibit: 'EACCES', unreachable: 'ENETUNREACH' };
  const byRoute = { ...byRule, unreachable: 'EHOSTUNREACH' };
  const { route, rule } = answer;
  if (route === undefined) return [byRule[rule.detail!.action as keyof typeof byRule]];
  return [byRoute[route.type as keyof typeof byRoute]];
}

function spelled(answer: LookupAnswer): string {
  if (answer.kind === 'none') return 'nothing';
  const rule = `rule ${answer.rule.priority}`;
  return `${answer.kind} by ${rule}${answer.route === undefined ? '' : ` ${routeKey(answer.route)}`}`;
}

function routeKey({ destination, table, metric, tos, type, from, nexthopId, nexthops }: Route): string {
  const exits = nexthops.map(
    ({ gateway, interfaceIndex, weight }) => `${gateway ?? '-'}%${interfaceIndex}*${weight ?? 1}`,
  );
  return `${type} ${destinationText(destination)} table ${table} metric ${metric} tos ${tos} from ${from === undefined ? '-' : destinationText(from)} id ${nexthopId ?? '-'} ${exits.sort().join(' ')}`;
}
