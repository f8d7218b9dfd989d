/**
 * A configuration that changes or breaks while the agent runs, or before it starts. The old routes
 * leave and exactly the new ones come in. A broken configuration never removes a route.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { readLastKnownGood } from '../../src/runtime/last-known-good.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import {
  agentIn,
  type ConfigOptions,
  configText,
  type Expectation,
  expected,
  laboratory,
  mark,
  monitor,
  owned,
  restartAgent,
  settles,
  statusOf,
  steadyPings,
  turned,
  unbroken,
  zebraOnly,
} from './agent-support.js';

/** Writes the file and sends SIGHUP; resolves when the agent has taken it. */
async function reloadTo(agent: Agent, config: ConfigOptions): Promise<void> {
  const from = mark(agent);
  agent.configure(configText(config));
  agent.signal('SIGHUP');
  await agent.waitForLog(/configuration-reloaded/, 20_000, from);
}

t.test('SIGHUP: destinations, gateways, tables, rules, placement, protocol', async (t) => {
  const std = laboratory(t);
  const { router, gw } = std;
  gw.ipBatch(['addr add 10.255.0.3/24 dev router0', 'addr add fe80::3/64 dev router0 nodad']);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  const pings = await steadyPings(std);
  const watch = await monitor(router);

  const more = { inet: ['0.0.0.0/0', '10.99.0.0/16', '172.16.0.0/12'], inet6: ['::/0', '2001:db8:99::/48'] };
  const gateway = { inet: '10.255.0.3', inet6: 'fe80::3' };
  const steps: readonly (readonly [string, ConfigOptions, Expectation])[] = [
    ['more destinations', { destinations: more }, { destinations: more }],
    [
      'other destinations',
      { destinations: { inet: ['0.0.0.0/0', '10.0.0.0/8'] } },
      { destinations: { inet: ['0.0.0.0/0', '10.0.0.0/8'] } },
    ],
    ['another gateway', { gateway }, { gateway }],
    ['the former gateway', {}, {}],
    [
      'another table-base',
      { destinations: more, more: { 'table-base': 26_000 } },
      { destinations: more, tableBase: 26_000 },
    ],
    ['placement main', { placement: 'main', destinations: more }, { placement: 'main', destinations: more }],
    ['placement local', {}, {}],
  ];
  for (const [name, config, wanted] of steps) {
    const fromMs = Date.now();
    await reloadTo(agent, config);
    await settles(t, router, expected(wanted), `${name}: exactly that`);
    await unbroken(t, pings, fromMs, `reload, ${name}`);
  }

  const beforeMs = Date.now();
  await reloadTo(agent, {});
  t.same(await watch.since(beforeMs, /proto 157/), [], 'the same file again: the kernel sees nothing');

  await reloadTo(agent, { more: { 'rule-priority-base': 20_000 } });
  await settles(
    t,
    router,
    expected().map((line) =>
      line
        .replace(
          'rule 32766 iif lo lookup 254 suppress 0',
          `rule ${line.startsWith('inet6') ? 20_256 : 20_064} iif lo lookup 254`,
        )
        .replace('rule 32766', `rule ${line.startsWith('inet6') ? 20_257 : 20_065}`),
    ),
    'another rule-priority-base',
  );
  await reloadTo(agent, { more: { 'route-protocol': 158 } });
  await eventually(() => owned(router).length === 0 && owned(router, 158).join() === expected().join(), {
    timeoutMs: 15_000,
    what: 'another protocol',
  }).catch(() => undefined);
  t.same(owned(router), [], 'nothing is left of the former protocol');
  t.same(owned(router, 158), expected(), 'and everything stands under the new one');
  await unbroken(t, pings, beforeMs, 'reload, other rule priorities, other protocol');
  t.match(
    (await statusOf(agent)).backupRoutes.map((route) => route.state),
    ['installed', 'installed'],
  );
  await agent.stop();
});

t.test('a restart under another protocol number takes the former routes out', async (t) => {
  const std = laboratory(t);
  const { router, noc } = std;
  for (const placement of ['main', 'local'] as const) {
    const former = agentIn(std, { placement });
    await former.waitForLog(/ ready /);
    await former.stop();
    t.same(owned(router), expected({ placement }), 'kept');
    const ping = startPing(noc, STANDARD.inet.mgmt);
    await ping.nextReply();
    const fromMs = Date.now();
    const next = restartAgent(std, former, { placement, more: { 'route-protocol': 158 } });
    await eventually(() => owned(router).length === 0 && owned(router, 158).join() === expected({ placement }).join(), {
      timeoutMs: 15_000,
      what: 'another protocol',
    }).catch(() => undefined);
    t.same(owned(router), [], `${placement}: nothing is left of the former protocol`);
    t.same(owned(router, 158), expected({ placement }), `${placement}: and everything stands under the new one`);
    await unbroken(t, [ping], fromMs, `restart under another protocol, ${placement}`);
    await ping.stop();
    await next.stop();
    await next.cli('flush', '-c', next.configFile);
  }
});

t.test('SIGHUP: other daemons, role, while one lives', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const frr = zebraOnly(std);
  await frr.start();
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 0 });
  await turned(agent, 'out');
  await settles(t, router, [], 'out beside zebra');
  await reloadTo(agent, { frr, daemons: ['zebra', 'ospfd'], convergence: 0 });
  await settles(t, router, expected(), 'a daemon more that does not run: in');
  const from = mark(agent);
  await reloadTo(agent, { frr, daemons: ['zebra'], convergence: 0 });
  await turned(agent, 'out', from);
  await settles(t, router, [], 'without it: out');
  await reloadTo(agent, { frr, daemons: ['zebra'], convergence: 0, more: { role: 'standby' } });
  await settles(t, router, expected(), 'standby: in');
  t.match((await statusOf(agent)).routes, { phase: /^in$/, cause: 'standby', role: 'standby' });
  await agent.stop();
});

const BROKEN = configText({ destinations: { inet: ['0.0.0.0/0', '172.16.128.0/13'] } });

t.test('a bad file at reload: what runs goes on; reload and check tell why', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  const watch = await monitor(router);
  const fromMs = Date.now();
  agent.configure(BROKEN);
  agent.signal('SIGHUP');
  await agent.waitForLog(/reload-refused .*errors=1/);
  const refused = await agent.cli('reload');
  t.equal(refused.status, 78);
  t.match(
    refused.stderr,
    /172\.16\.128\.0\/13[\s\S]*the former configuration stays in force|the former configuration stays in force[\s\S]*172\.16\.128\.0\/13/,
  );
  const check = await agent.cli('check', '-c', agent.configFile);
  t.equal(check.status, 78);
  t.match(check.stderr, /config\.yaml:\d+:\d+/);
  t.match(check.stderr, 'did you mean 172.16.0.0/13 or 172.24.0.0/13');
  const json = JSON.parse((await agent.cli('check', '--json', '-c', agent.configFile)).stdout) as {
    readonly valid: boolean;
    readonly diagnostics: readonly unknown[];
  };
  t.match(json, { valid: false, diagnostics: [{ severity: 'error' }] });
  t.same(await watch.since(fromMs, /proto 157/), [], 'no route moved');
  t.equal((await statusOf(agent)).configuration.source, 'file');

  agent.configure(configText({ destinations: { inet: ['10.0.0.0/8'], inet6: ['2001:db8::/32'] } }));
  t.equal((await agent.cli('check', '-c', agent.configFile)).status, 0);
  const taken = await agent.cli('reload');
  t.match(taken, { status: 0, stdout: 'configuration reloaded\n' });
  await settles(
    t,
    router,
    expected({ destinations: { inet: ['10.0.0.0/8'], inet6: ['2001:db8::/32'] } }),
    'a good file is taken',
  );
  agent.configure(configText({ interface: 'mgmt9' }));
  t.match(await agent.cli('reload'), {
    status: 0,
    stdout: 'configuration reloaded; waiting for mgmt9: no such interface yet\n',
  });
  await agent.stop();
});

t.test('a bad file at start: the last known good, else its valid part, else exit 78', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const good = { destinations: { inet: ['10.0.0.0/8'], inet6: ['2001:db8::/32'] } };
  const first = agentIn(std, good);
  await first.waitForLog(/ ready /);
  const copy = join(first.directory, 'state', 'last-known-good.yaml');
  await eventually(() => existsSync(copy), { what: 'the copy of the file' });
  t.equal(readLastKnownGood(copy), configText(good));
  await first.stop();

  const second = restartAgent(std, first, BROKEN);
  await second.waitForLog(/ ready /);
  await settles(t, router, expected(good), 'the last known good runs');
  const status = await statusOf(second);
  t.equal(status.configuration.source, 'last-known-good');
  t.match(status.configuration.errors, [/config\.yaml:\d+:\d+: .*172\.16\.128\.0\/13/]);
  t.match((await second.cli('status')).stdout, /has errors; running last-known-good/);
  t.match(second.log.join('\n'), /configuration-not-used/);
  t.equal(readLastKnownGood(copy), configText(good), 'the copy stays');
  await second.stop();
  await second.cli('flush');
  t.same(owned(router), [], 'flushed');

  writeFileSync(copy, 'management-interface: [');
  const third = restartAgent(std, second, BROKEN);
  await third.waitForLog(/ ready /);
  await settles(t, router, expected(), 'the valid part runs');
  t.match((await statusOf(third)).configuration, { source: 'partial', errors: [/172\.16\.128\.0\/13/] });
  await third.stop();

  writeFileSync(copy, '');
  for (const nothing of ['', 'management-interface: mgmt0\n', '{{{', 'backup-router: {address: 10.255.0.1}\n']) {
    const none = restartAgent(std, third, nothing);
    t.match(await none.process.exited, { status: 78 }, `${JSON.stringify(nothing)}: exit 78`);
    t.match(none.log.join('\n'), /nothing to run/);
  }
  t.same(owned(router), expected(), 'and the routes of the former life stand');
});
