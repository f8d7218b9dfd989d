/**
 * The rules of placement `local` in the real kernel, beside random foreign rules with selectors
 * that exist before or come later. The kernel's answer (RTM_GETROUTE) must equal that of the
 * reference (test/unit/core/rule-worlds.ts). Our rules are added by the agent's own plan and
 * netlink code, from a dump. A failed run names its seed; BACKUP_ROUTER_SEED repeats it.
 *
 * This file is also the child that runs inside the namespace (`rules.test.js child FAMILY`).
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { plan } from '../../src/core/plan.js';
import { createLab } from '../../src/drill/lab/lab.js';
import { EMPTY_VIEW, type View } from '../../src/fib/view.js';
import { openKernel } from '../../src/kernel/kernel.js';
import { Connection } from '../../src/kernel/netlink/connection.js';
import { addressBytes, type Family } from '../../src/model/address.js';
import { prefixText } from '../../src/model/prefix.js';
import { TABLE_LOCAL } from '../../src/model/route.js';
import { ruleText } from '../../src/model/route-text.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { STRANGERS } from '../unit/core/fixture.js';
import {
  expectedWords,
  OTHER_TABLE,
  OWN,
  packetsOf,
  type RuleWorld,
  routeWords,
  ruleWorlds,
  wantedOf,
} from '../unit/core/rule-worlds.js';
import { ask, type Said } from './judge/ask.js';
import { seedOf } from './judge/router.js';

const SELF = fileURLToPath(import.meta.url);
const WORLDS = Number(process.env['BACKUP_ROUTER_RUNS'] ?? 30);

interface Result {
  readonly compared: number;
  readonly ours: number;
  readonly faults: readonly string[];
}

if (process.argv[2] === 'child') await child(process.argv[3] as Family, Number(process.argv[4]));
else t.test('the backup tables extend main, and stand nowhere else', parent);

async function parent(t: Test): Promise<void> {
  const lab = createLab();
  t.teardown(() => lab.close());
  const router = lab.namespace('router', { forwarding: true });
  const outside = lab.namespace('outside');
  for (const device of ['mgmt0', 'data0']) lab.link(router, device, outside, device);
  router.ipBatch([
    'addr add 10.255.0.2/24 dev mgmt0',
    'addr add 198.51.100.2/24 dev data0',
    'addr add 2001:db8:255::2/64 dev mgmt0 nodad',
    'addr add 2001:db8:100::2/64 dev data0 nodad',
  ]);
  const seed = seedOf(t);
  for (const family of ['inet', 'inet6'] as const) {
    const output = router.run([process.execPath, SELF, 'child', family, String(seed)]);
    const { compared, ours, faults } = JSON.parse(output.trim().split('\n').at(-1)!) as Result;
    t.same(faults, [], `${family}: ${compared} answers, ${ours} of them by ours`);
    t.ok(ours > WORLDS, `${family}: ours were in use`);
  }
}

async function child(family: Family, seed: number): Promise<void> {
  const kernel = openKernel();
  const connection = new Connection({ receiveBuffer: 1 << 20, datagramBytes: 32_768 });
  const bits = family === 'inet' ? 32 : 128;
  const look = (): Promise<Snapshot> =>
    kernel.observe({ protocol: 157, maxLength: { [family]: bits }, furtherTables: [OTHER_TABLE, TABLE_LOCAL] });
  const index = (await look()).links.find(({ name }) => name === 'mgmt0')!.index;
  const faults: string[] = [];
  let [compared, ours] = [0, 0];
  const check = async (world: RuleWorld, number: number, when: string): Promise<void> => {
    const before = await look();
    const desired = wantedOf(world, before.rules, index);
    const steps = plan(OWN, desired, before);
    const results = await kernel.apply(steps);
    results.forEach((result, i) => {
      if (!result.ok)
        faults.push(`world ${number} ${when}: ${JSON.stringify(steps[i])}: ${result.code} ${result.message}`);
    });
    const after = await look();
    const left = plan(OWN, wantedOf(world, after.rules, index), after);
    if (left.length > 0) faults.push(`world ${number} ${when}: not at rest: ${JSON.stringify(left)}`);
    const without: View = {
      ...EMPTY_VIEW,
      rules: after.rules.filter((rule) => !OWN.protocols.has(rule.protocol)),
      routes: [after.foreignRoutes, after.furtherRoutes ?? []],
    };
    for (const packet of packetsOf(world)) {
      const first = addressBytes(packet.destination.address)[0]!;
      if (first === 0 || first === 127 || first >= (family === 'inet' ? 224 : 0xfe)) continue;
      const said = spoken(await ask(connection, packet));
      const wanted = expectedWords(world, without, packet).map((words) =>
        /^(\d+|ours|replies) /.test(words) && !refused(without, words) ? words : 'no way',
      );
      compared++;
      if (/^(ours|replies)/.test(said)) ours++;
      if (!wanted.includes(said) && faults.length < 5)
        faults.push(
          `world ${number} ${when}: ${JSON.stringify(packet)}: ${said}, not ${wanted.join(' or ')}\n${after.rules.map((rule) => ruleText(rule)).join('\n')}`,
        );
    }
  };
  const worlds = fc.sample(ruleWorlds(family), { seed, numRuns: WORLDS });
  for (const [number, world] of worlds.entries()) {
    const hop = `via ${STRANGERS[family].data0} dev data0`;
    ip(family, [
      'rule flush',
      ...['rule del pref 0', 'rule del pref 0'],
      ...['table main proto 186', 'table 100', 'table all proto 157'].map((what) => `route flush ${what}`),
      ...world.main.map(
        ({ p, refused }) =>
          `route add ${refused ? `blackhole ${prefixText(p)}` : `${prefixText(p)} ${hop}`} proto 186 metric 20`,
      ),
      ...world.other.map((p) => `route add ${prefixText(p)} ${hop} table ${OTHER_TABLE} proto 186`),
      ...world.rules.map(addition),
    ]);
    await check(world, number, 'at first');
    ip(family, world.newcomers.map(addition));
    await check(world, number, 'beside newcomers');
  }
  process.stdout.write(`${JSON.stringify({ compared, ours, faults } satisfies Result)}\n`);
  connection.close();
  kernel.close();
}

/** What the kernel refuses is simply not there: the dump says what is. */
function ip(family: Family, lines: readonly string[]): void {
  spawnSync('ip', [family === 'inet' ? '-4' : '-6', '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

function addition(rule: RuleWorld['rules'][number]): string {
  return `rule add pref ${ruleText(rule).replace(/^(\d+):/, '$1')}`;
}

function spoken({ route, code }: Said): string {
  if (route === undefined || code !== undefined) return 'no way';
  return ['blackhole', 'unreachable', 'prohibit'].includes(route.type) ? 'no way' : routeWords(route);
}

/** Whether the words name a refusal of main. */
function refused({ routes }: View, words: string): boolean {
  return routes.some((list) => list.some((route) => route.type === 'blackhole' && routeWords(route) === words));
}
