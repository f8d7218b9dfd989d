/**
 * doctor's findings on policy rules, beside a running agent whose routes are in. Each remedy is
 * carried out as printed, in the state that caused it. Afterwards the finding is gone and packets
 * take the right route.
 */

import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { routeGet } from '../lab/inspect.js';
import { STANDARD, type StandardLab } from '../lab/standard.js';
import { agentIn, type ConfigOptions, laboratory, restartAgent } from './agent-support.js';
import { examine } from './doctor-support.js';

t.setTimeout(400_000);

const { gateway } = STANDARD.inet;
/** Somewhere behind the backup router. */
const FAR = '192.168.77.7';
const OWN_ADDRESSES = ['127.0.0.1', '10.255.0.2'];

interface State {
  readonly what: string;
  readonly code: string;
  /** Further keys of the configuration. */
  readonly more?: ConfigOptions['more'];
  readonly destinations?: ConfigOptions['destinations'];
  readonly batch: readonly string[];
  /** `ip route get` before and after the remedy. */
  readonly packet: readonly string[];
  readonly before: RegExp;
  readonly after: RegExp;
}

const STATES: readonly State[] = [
  {
    what: "an older rule of main's priority",
    code: 'rule-place',
    destinations: { inet: ['192.168.0.0/16'] },
    batch: [
      'rule add pref 32766 from 10.9.0.0/16 lookup 100',
      'rule del pref 32766 lookup main',
      'rule add pref 32766 lookup main',
      `route add default via ${STANDARD.inet.peer}`,
    ],
    packet: [FAR],
    before: new RegExp(` via ${STANDARD.inet.peer} `),
    after: new RegExp(` via ${gateway} `),
  },
  {
    what: 'own addresses behind main',
    code: 'rule-place',
    destinations: { inet: ['192.168.0.0/16'] },
    batch: ['rule add pref 32767 lookup local', 'rule del pref 0', `route add default via ${STANDARD.inet.peer}`],
    packet: [FAR],
    before: new RegExp(` via ${STANDARD.inet.peer} `),
    after: new RegExp(` via ${gateway} `),
  },
  {
    what: 'no rule reads main',
    code: 'rule-place',
    batch: ['rule flush'],
    // A packet in transit.
    packet: [STANDARD.inet.peer, 'from', '10.255.0.9', 'iif', 'mgmt0'],
    before: /unreachable|No route/,
    after: / dev data0 /,
  },
  {
    what: 'rules of main for some packets only',
    code: 'rule-place',
    batch: ['rule add pref 500 from 10.255.0.2 lookup main', 'rule del pref 32766'],
    packet: [FAR, 'from', '10.255.0.2'],
    before: /unreachable|No route/,
    after: new RegExp(` via ${gateway} `),
  },
  {
    what: 'a number in front of own addresses',
    code: 'rule-place',
    more: { 'rule-priority-base': 701 },
    batch: ['rule add pref 32765 lookup local', 'rule del pref 0'],
    packet: [FAR],
    before: new RegExp(` via ${gateway} `),
    after: new RegExp(` via ${gateway} `),
  },
  {
    what: 'a number in front of a rule for a source',
    code: 'rule-overtaken',
    more: { 'rule-priority-base': 20_000 },
    batch: ['rule add pref 32765 from 10.255.0.2 lookup 100', `route add default via ${STANDARD.inet.peer} table 100`],
    packet: [FAR, 'from', '10.255.0.2'],
    before: new RegExp(` via ${gateway} `),
    after: new RegExp(` via ${STANDARD.inet.peer} `),
  },
  {
    what: 'a VPN with marked packets',
    code: 'rule-before-ours',
    batch: [
      'rule add pref 5210 fwmark 0x80000/0xff0000 lookup main',
      'rule add pref 5230 fwmark 0x80000/0xff0000 lookup default',
      'rule add pref 5250 fwmark 0x80000/0xff0000 unreachable',
      'rule add pref 5270 lookup 52',
      'route add 100.64.0.0/10 dev data0 table 52',
    ],
    packet: [FAR, 'mark', '0x80000'],
    before: /unreachable|No route/,
    after: new RegExp(` via ${gateway} `),
  },
];

/** Carries the remedy out as it stands: commands in the router's shell, lines of the configuration into the configuration. */
function carryOut(std: StandardLab, remedy: string): ConfigOptions['more'] {
  const lines = remedy.split('\n').filter((line) => !line.startsWith('#'));
  const keys: Record<string, string> = {};
  for (const line of lines) {
    const key = /^([a-z-]+): (\S+)$/.exec(line);
    if (key === null) std.router.run(['sh', '-c', line]);
    else keys[key[1]!] = key[2]!;
  }
  return keys;
}

for (const state of STATES) {
  t.test(`${state.code}: ${state.what}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    router.ipBatch(state.batch);
    const destinations = state.destinations === undefined ? {} : { destinations: state.destinations };
    let agent = agentIn(std, { ...destinations, ...(state.more === undefined ? {} : { more: state.more }) });
    await agent.waitForLog(/ ready /);
    const get = (): string => routeGet(router, state.packet[0]!, ...state.packet.slice(1));
    const waits = async (): Promise<readonly string[]> =>
      (await agent.status<Status>()).waiting
        .filter(({ subject }) => subject === 'inet rules')
        .map(({ reason }) => reason);
    const found = await examine(std, agent);
    const [finding] = found.of(state.code);
    t.match(finding, { remedy: String }, 'it is told, with a remedy');
    t.match(get(), state.before, 'before');
    if (state.code === 'rule-place') t.equal((await waits()).length, 1, 'status says so too');

    const keys = carryOut(std, finding?.remedy ?? '');
    if (keys !== undefined && Object.keys(keys).length > 0) {
      await agent.stop();
      const { placement, ...more } = keys as { placement?: 'main' };
      agent = restartAgent(std, agent, { ...destinations, ...(placement === undefined ? {} : { placement }), more });
      await agent.waitForLog(/ ready /);
    }
    await eventually(() => state.after.test(get()), {
      timeoutMs: 15_000,
      what: 'the packet goes where it should',
    }).catch(() => undefined);
    t.match(get(), state.after, 'after');
    for (const address of OWN_ADDRESSES) t.match(routeGet(router, address), /^local /, `${address} is the host's own`);
    t.same(await waits(), []);
    t.same((await examine(std, agent)).of(state.code), [], 'and nothing is told any more');
    if (state.code === 'rule-before-ours')
      t.match(routeGet(router, '100.64.0.9'), / table 52 /, 'the VPN has what is its own');
    await agent.stop();
  });
}
