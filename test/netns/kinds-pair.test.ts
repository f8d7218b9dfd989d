/**
 * Two routers as a pair: a real keepalived over the data link, configured by
 * docs/examples/keepalived.conf, sets the role of each agent by file and by command. One router
 * runs BIRD, the other FRR, both healthy all the time. On one of them also the other sources of a
 * role, and `hold`.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import { prepareFrr } from '../../src/drill/lab/frr.js';
import { zebraConfig } from '../../src/drill/lab/frr-conf.js';
import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { STANDARD } from '../lab/standard.js';
import { staticConfig } from '../lab/standard-frr.js';
import {
  agentIn,
  Bird,
  birdProgram,
  configText,
  defaultsOf,
  expected,
  installed,
  type Json,
  settles,
  staticBird,
  statusOf,
  statusWhere,
} from './kinds-support.js';

/** Tests run at the top of the project (tap), wherever they are built. */
const EXAMPLE = readFileSync(join(process.cwd(), 'docs/examples/keepalived.conf'), 'utf8');
const CLI = fileURLToPath(new URL('../../bin/backup-router.cjs', import.meta.url));
const skip =
  (installed('keepalived') === undefined && 'keepalived is not installed') ||
  (birdProgram() === undefined && 'bird is not installed') ||
  (installed('/usr/lib/frr/zebra') === undefined && 'FRR is not installed');

type By = 'file' | 'command';
/** Commands take longer than a file, and may overtake each other when the state changes fast. */
const ADVERT_S: Readonly<Record<By, string>> = { file: '0.2', command: '0.4' };

interface Half {
  readonly namespace: Namespace;
  readonly daemon: Json;
  readonly priority: number;
  readonly roleFile: string;
  agent: Agent;
  keepalived: Process | undefined;
}

/** Two routers, each with mgmt0 and data0 on a bridge; the backup router and the data-plane neighbour are the bridges themselves. */
async function pair(lab: Lab): Promise<readonly [Half, Half]> {
  const [net, one, two] = [
    lab.namespace('net', { forwarding: true }),
    lab.namespace('one', { forwarding: true }),
    lab.namespace('two', { forwarding: true }),
  ];
  for (const [bridge, port, inet, inet6] of [
    ['mbr', 'mgmt0', '10.255.0', 'fe80::1'],
    ['dbr', 'data0', '10.1.0', '2001:db8:1::1'],
  ] as const) {
    lab.bridge(net, bridge, [
      { namespace: one, name: port },
      { namespace: two, name: port },
    ]);
    net.ipBatch([`addr add ${inet}.1/24 dev ${bridge}`, `addr add ${inet6}/64 dev ${bridge} nodad`]);
    one.ip(`addr add ${inet}.2/24 dev ${port}`);
    two.ip(`addr add ${inet}.3/24 dev ${port}`);
  }
  one.ip('addr add 2001:db8:1::2/64 dev data0 nodad');
  two.ip('addr add 2001:db8:1::3/64 dev data0 nodad');
  const { peer } = STANDARD.inet;
  const bird = new Bird(lab, one, { config: staticBird('10.1.0.2', peer, STANDARD.inet6.peer) });
  bird.start();
  const staticd = staticConfig([
    { prefix: '0.0.0.0/0', gateway: peer },
    { prefix: '::/0', gateway: STANDARD.inet6.peer },
  ]);
  const frr = prepareFrr(two, {
    directory: join(lab.directory, 'frr-two'),
    daemons: { zebra: zebraConfig(), staticd },
  });
  await frr.start();
  const half = (namespace: Namespace, daemon: Json, priority: number): Half => {
    const roleFile = join(lab.directory, `role-${namespace.label}`);
    return {
      namespace,
      daemon,
      priority,
      roleFile,
      agent: agentIn(lab, namespace, configText([daemon], { role: { file: roleFile } })),
      keepalived: undefined,
    };
  };
  const halves = [
    half(one, { bird: { socket: bird.socket } }, 100),
    half(two, { frr: { daemons: ['zebra'], 'socket-directory': frr.directory } }, 90),
  ] as const;
  await eventually(() => defaultsOf(one, 12).every(Boolean) && defaultsOf(two, 196).every(Boolean), {
    what: 'both daemons have their defaults',
  });
  return halves;
}

/** The example with this laboratory's names, and with times that a test can wait for. */
function exampleFor(half: Half, by: By): string {
  const substitute = (text: string, from: string, to: string): string => {
    if (!text.includes(from)) throw new Error(`docs/examples/keepalived.conf has no ${from}`);
    return text.replaceAll(from, to);
  };
  let text = EXAMPLE;
  if (by === 'command') {
    text = text.replace(/^ *notify_.*\n/gm, '').replace(/^( *)#(?=notify_)/gm, '$1');
    text = substitute(
      text,
      '/usr/bin/backup-router',
      `/usr/bin/env RUNTIME_DIRECTORY=${half.agent.directory}/run ${process.execPath} ${CLI}`,
    );
  } else text = substitute(text, '/run/backup-router-role', half.roleFile);
  text = substitute(text, 'interface eth1', 'interface data0');
  text = substitute(text, 'priority 100', `priority ${half.priority}`);
  text = substitute(text, 'advert_int 1', `advert_int ${ADVERT_S[by]}`);
  return substitute(text, '192.0.2.254/24', '10.1.0.254/24');
}

function startKeepalived(lab: Lab, half: Half, by: By): void {
  const at = (name: string): string => join(lab.directory, `${half.namespace.label}-${name}`);
  writeFileSync(at('keepalived.conf'), exampleFor(half, by));
  half.keepalived = half.namespace.spawn([
    'keepalived',
    '-n',
    '-l',
    '-f',
    at('keepalived.conf'),
    '-p',
    at('pid'),
    '-r',
    at('vrrp.pid'),
    '-c',
    at('checkers.pid'),
  ]);
}

/** Resolves when keepalived has told the agent so; what it says first is always BACKUP. */
async function isMaster(by: By, half: Half): Promise<void> {
  const said = by === 'file' ? /says master$/ : /^set by an operator$/;
  await statusWhere(half.agent, (s) => s.routes.role === 'primary' && said.test(s.routes.roleReason), 15_000).catch(
    (error: unknown) => {
      throw new Error(
        `${half.namespace.label} is not master; keepalived says: ${half.keepalived!.lines.slice(-8).join(' / ')}`,
        { cause: error },
      );
    },
  );
}

/** The master's routes are out, the other's are in, and both daemons are healthy. */
async function swapped(t: Test, by: By, master: Half, backup: Half, what: string): Promise<void> {
  await isMaster(by, master);
  await settles(t, master.namespace, [], `${what}: out on ${master.namespace.label}`, 10_000);
  await settles(t, backup.namespace, expected(), `${what}: in on ${backup.namespace.label}`, 10_000);
  const [first, second] = await Promise.all([
    statusOf(master.agent),
    statusWhere(backup.agent, (s) => s.routes.cause === 'standby'),
  ]);
  t.match(first.routes, { phase: 'out', role: 'primary' });
  t.match(second.routes, { phase: /^in$/, cause: 'standby', role: 'standby' });
  t.same(
    [...first.daemons, ...second.daemons].map((d) => d.state),
    ['responsive', 'responsive'],
    'both daemons are healthy',
  );
}

async function failover(t: Test, lab: Lab, one: Half, two: Half, by: By): Promise<void> {
  startKeepalived(lab, one, by);
  await isMaster(by, one);
  startKeepalived(lab, two, by);
  await swapped(t, by, one, two, 'the first election');
  const killedMs = Date.now();
  await one.keepalived!.stop('SIGKILL');
  await swapped(t, by, two, one, "SIGKILL of the master's keepalived");
  t.comment(
    `MEASURED ${by}: SIGKILL of the master's keepalived to both swapped and asked, advert_int ${ADVERT_S[by]} s: ${Date.now() - killedMs} ms`,
  );
  if (by === 'file') {
    startKeepalived(lab, one, by);
    await swapped(t, by, one, two, 'the former master returns');
    // The loser ends first, or it would win for a moment.
    await two.keepalived!.stop('SIGTERM');
    await one.keepalived!.stop('SIGTERM');
  } else await two.keepalived!.stop('SIGTERM');
  for (const { namespace } of [one, two])
    await settles(t, namespace, expected(), `keepalived is stopped on purpose: in on ${namespace.label}`);
}

t.test('a pair', { skip }, async (t) => {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const [one, two] = await pair(lab);
  const router = one.namespace;
  const restart = async (half: Half, more: { readonly [key: string]: Json }): Promise<void> => {
    await half.agent.kill();
    half.agent = agentIn(lab, half.namespace, configText([half.daemon], more), {
      directory: half.agent.directory,
    });
  };
  const roleIs = async (t: Test, role: 'primary' | 'standby', reason: RegExp): Promise<void> => {
    // A new primary first asks its daemons whether they cover what it carries.
    const phase = role === 'primary' ? 'out' : 'in';
    const status = await statusWhere(one.agent, (s) => reason.test(s.routes.roleReason) && s.routes.phase === phase);
    t.equal(status.routes.role, role, `${reason}: ${role}`);
    await settles(t, router, role === 'primary' ? [] : expected(), `${reason}: ${role === 'primary' ? 'out' : 'in'}`);
  };

  await t.test('no role file: standby, on both', async (t) => {
    for (const { agent, namespace } of [one, two]) {
      await settles(t, namespace, expected(), 'in beside a healthy daemon');
      t.match((await statusOf(agent)).routes, {
        cause: 'standby',
        reason: /^role is standby: cannot read .*ENOENT/,
      });
    }
  });

  await t.test('keepalived, role by file', async (t) => failover(t, lab, one, two, 'file'));

  await t.test('what the file says', async (t) => {
    for (const [text, role, reason] of [
      ['primary\n', 'primary', /says primary$/],
      ['gibberish\n', 'standby', /says "gibberish", which is not a role$/],
      ['MASTER since noon\n', 'primary', /says master$/],
      ['', 'standby', /says nothing$/],
      ['primary', 'primary', /says primary$/],
    ] as const) {
      writeFileSync(one.roleFile, text);
      await roleIs(t, role, reason);
    }
    rmSync(one.roleFile);
    await roleIs(t, 'standby', /^cannot read .*ENOENT/);
  });

  await t.test('keepalived, role by command', async (t) => {
    for (const half of [one, two]) {
      await restart(half, {});
      await settles(t, half.namespace, [], 'role primary: out');
    }
    await failover(t, lab, one, two, 'command');
    await restart(one, {});
    await roleIs(t, 'standby', /set by an operator/);
    t.equal((await one.agent.cli('role', 'auto')).stdout, 'role is as configured\n');
    await roleIs(t, 'primary', /^configured$/);
  });

  await t.test('role by the output of a command', async (t) => {
    writeFileSync(one.roleFile, 'backup\n');
    await restart(one, {
      role: { exec: { command: ['/bin/cat', one.roleFile], interval: '200ms', timeout: '200ms' } },
    });
    await roleIs(t, 'standby', /^\/bin\/cat says backup$/);
    writeFileSync(one.roleFile, 'master\n');
    await roleIs(t, 'primary', /^\/bin\/cat says master$/);
    rmSync(one.roleFile);
    await roleIs(t, 'standby', /^\/bin\/cat failed: /);
  });

  await t.test('hold', async (t) => {
    await restart(one, {});
    await settles(t, router, [], 'healthy: out');
    const heldMs = Date.now();
    t.equal((await one.agent.cli('hold', '2s')).stdout, 'routes stay in for 2s\n');
    await settles(t, router, expected(), 'in beside a healthy daemon');
    t.match((await statusOf(one.agent)).routes, {
      phase: /^in$/,
      cause: 'pinned',
      reason: /^held by an operator until 2/,
    });
    await settles(t, router, [], 'out when its time is over');
    const tookMs = Date.now() - heldMs;
    t.comment(`MEASURED hold 2s: out after ${tookMs} ms`);
    t.ok(tookMs >= 1950, 'not before');

    await one.agent.cli('hold', '1h');
    await settles(t, router, expected(), 'held for an hour');
    await restart(one, {});
    const status = await statusWhere(one.agent, (s) => s.daemons[0]?.state === 'responsive');
    t.match(status.routes, { phase: /^in$/, cause: 'pinned' }, 'SIGKILL of the agent and a successor: still held');
    t.ok(status.routes.untilMs! > 3_500_000 && status.routes.untilMs! <= 3_600_000, 'for the rest of the hour');
    t.same((await one.agent.cli('hold', 'off')).stdout, 'hold is off\n');
    await settles(t, router, [], 'hold off: out');
    await restart(one, {});
    t.match(
      (await statusWhere(one.agent, (s) => s.routes.phase === 'out')).routes,
      { cause: null },
      'and off it stays',
    );
  });
});
