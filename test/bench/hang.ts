/**
 * Section 5, first half: a daemon that hangs, a daemon that only seems to, and a daemon that returns. The second half, a
 * whole cycle seen by a ping, is in cycle.ts.
 */

import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { readHistory } from '../../src/runtime/history-file.js';
import { floodIn } from './burden.js';
import { type AgentSettings, agentArgv, agentConfig, agentHistory } from './contestants.js';
import { cycles } from './cycle.js';
import { groupOf, summaryOf } from './groups.js';
import { Lane } from './lane.js';
import type { Plan } from './plan.js';
import { toLastMs } from './referee.js';
import { atMost, type Section } from './results.js';
import { tool } from './tools.js';

const LOCAL = { routes: 1, rules: 2 };
const NOTHING = { routes: 0, rules: 0 };
const [INTERVAL_MS, HANG_TIMEOUT_MS, HOLD_MS] = [200, 1000, 500];
const TIMEOUT_MS = 20_000;

type Values = (number | undefined)[];

export async function hangAndReturn(plan: Plan): Promise<Section> {
  const rounds = Math.ceil(plan.rounds / 2);
  const lab = createLab();
  try {
    const far = lab.namespace('far');
    plan.say(`hang: ${rounds} rounds`);
    const hung = await hangs(lab, far, rounds);
    plan.say('hang: false alarms');
    const alarms = await falseAlarms(lab, far, plan);
    plan.say(`return: ${2 * plan.rounds} rounds`);
    const noticed = await returns(lab, far, plan.rounds, 0);
    const held = await returns(lab, far, plan.rounds, HOLD_MS);
    plan.say('kill and return, seen by a ping');
    const pings = await cycles(Math.max(1, Math.round(plan.rounds / 10)));
    const row = (id: string, title: string, values: Values) => ({ id, title, values });
    const groups = [
      groupOf(
        {
          id: 'hang',
          title: `SIGSTOP of zebra to routes, probe-timeout ${HANG_TIMEOUT_MS} ms, probe-interval ${INTERVAL_MS} ms`,
          unit: 'ms',
        },
        [row('hang', 'agent, local', hung)],
      ),
      groupOf({ id: 'alarms', title: 'False alarms: routes put in while a daemon was only slow', unit: 'routes' }, [
        row('flood', `${plan.stallMs / 1000} s inside a flood`, [alarms.flood]),
        row('stall', `a vty stalled for ${plan.stallMs / 1000} s, probe-timeout 10 s`, [alarms.stall]),
      ]),
      groupOf(
        {
          id: 'return',
          title: 'Return of zebra, from the first answer that another process got',
          unit: 'ms',
        },
        [
          row(
            'noticed',
            'noticed: withdrawal begins, hold-time 0',
            noticed.map((one) => one?.first),
          ),
          row(
            'withdrawn',
            'withdrawal complete, hold-time 0',
            noticed.map((one) => one?.last),
          ),
          row(
            'held',
            `withdrawal complete, less the hold-time of ${HOLD_MS} ms`,
            held.map((one) => one?.last),
          ),
          row(
            'allowed',
            `the same, from the agent's own first answer (its history, in whole ms)`,
            held.map((one) => one?.allowed),
          ),
        ],
      ),
      groupOf(
        {
          id: 'pings',
          title: 'Kill of zebra and bgpd, return, convergence, withdrawal: a ping each 10 ms',
          unit: 'packets',
        },
        [row('lost', 'lost', pings.lost), row('sent', 'sent', pings.sent)],
      ),
    ] as const;
    const [hangGroup, alarmGroup, returnGroup, pingGroup] = groups;
    return {
      id: 'hang',
      title: 'Hang and return',
      method:
        'Of the agent alone: no alternative here notices a hang. A return counts from the moment when a C program, asking each 200 us, has had its first echo from the new zebra; a negative number means that the agent was answered first. Each agent has met one death and one return before it counts.',
      groups,
      targets: [
        atMost('SIGSTOP to routes, longest', summaryOf(hangGroup, 'hang').maximum, HANG_TIMEOUT_MS + INTERVAL_MS, 'ms'),
        atMost('hangs missed', summaryOf(hangGroup, 'hang').missed, 0),
        atMost('false alarms', summaryOf(alarmGroup, 'flood').maximum + summaryOf(alarmGroup, 'stall').maximum, 0),
        atMost('return noticed, median', summaryOf(returnGroup, 'noticed').median, 5, 'ms'),
        atMost('return noticed, p99', summaryOf(returnGroup, 'noticed').p99, 5, 'ms'),
        atMost('withdrawn after the hold-time, median', summaryOf(returnGroup, 'held').median, 5, 'ms'),
        atMost('withdrawn after the agent may, p99', summaryOf(returnGroup, 'allowed').p99, 5, 'ms'),
        atMost('withdrawn too early, most', -summaryOf(returnGroup, 'held').minimum, 1, 'ms'),
        atMost('pings lost', summaryOf(pingGroup, 'lost').maximum, 0),
      ],
      notes: [
        '`withdrawn too early` allows for the millisecond by which the agent may have had its answer before the other program.',
      ],
    };
  } finally {
    await lab.close();
  }
}

/** An agent that watches zebra alone, with its routes in: no daemon runs yet. */
async function agentIn(
  lab: Lab,
  far: Namespace,
  settings: AgentSettings,
): Promise<{ readonly lane: Lane; readonly pid: number }> {
  const lane = new Lane(lab, far, 'hang');
  return { lane, pid: await startAgent(lane, settings) };
}

async function startAgent(lane: Lane, settings: AgentSettings): Promise<number> {
  const { pid, done } = await lane.referee.start(
    agentArgv(lane, 'agent', agentConfig(lane, { daemons: ['zebra'], ...settings })),
    LOCAL,
    10_000,
  );
  if (!done) throw new Error('the agent installed nothing');
  return pid;
}

async function hangs(lab: Lab, far: Namespace, rounds: number): Promise<Values> {
  const { lane, pid } = await agentIn(lab, far, {
    probeInterval: `${INTERVAL_MS}ms`,
    probeTimeout: `${HANG_TIMEOUT_MS}ms`,
  });
  const values: Values = [];
  for (let round = 0; round < rounds; round++) {
    await lane.ready(TIMEOUT_MS);
    // At any point of the heartbeat.
    await sleep(300 + Math.random() * INTERVAL_MS);
    values.push(toLastMs(await lane.referee.kill(lane.pid('zebra'), 'SIGSTOP', LOCAL, 5000)));
    process.kill(lane.pid('zebra'), 'SIGCONT');
  }
  await lane.referee.end(pid, 'SIGKILL');
  await lane.stopDaemons();
  return values;
}

async function falseAlarms(
  lab: Lab,
  far: Namespace,
  plan: Plan,
): Promise<{ readonly flood: number; readonly stall: number }> {
  const { lane, pid } = await agentIn(lab, far, {});
  await lane.ready(TIMEOUT_MS);
  const stopFlood = floodIn(lane, 'cycle', plan.floodRoutes);
  const flood = await lane.referee.watch({ routes: 1, rules: 0, deletions: 0 }, plan.stallMs);
  await stopFlood();
  // It has read all of the flood.
  await lane.answering('zebra', TIMEOUT_MS);
  const zebra = lane.pid('zebra');
  process.kill(zebra, 'SIGSTOP');
  setTimeout(() => process.kill(zebra, 'SIGCONT'), plan.stallMs);
  const stall = await lane.referee.watch({ routes: 1, rules: 0, deletions: 0 }, plan.stallMs + 1000);
  await lane.referee.end(pid, 'SIGKILL');
  await lane.stopDaemons();
  return { flood: flood.routes, stall: stall.routes };
}

interface Return {
  /** Milliseconds from zebra's first answer to anybody to the first and the last deletion, less the hold-time. */
  readonly first: number;
  readonly last: number;
  /** The last, from its first answer to the agent. */
  readonly allowed: number;
}

/**
 * As with a death, an agent has met one return before it counts.
 * With a hold-time each round has a new agent: from the second death on damping would lengthen it.
 */
async function returns(
  lab: Lab,
  far: Namespace,
  rounds: number,
  holdMs: number,
): Promise<readonly (Return | undefined)[]> {
  const found: (Return | undefined)[] = [];
  const settings: AgentSettings = { holdTime: `${holdMs}ms` };
  const { lane, pid: firstPid } = await agentIn(lab, far, settings);
  const meetOne = async (): Promise<void> => {
    await lane.ready(TIMEOUT_MS);
    await lane.death('zebra', LOCAL, TIMEOUT_MS);
    await lane.stopDaemons();
  };
  let pid = firstPid;
  await meetOne();
  for (let round = 0; round < rounds; round++) {
    // Any time between two attempts to connect.
    await sleep(500 + Math.random() * 500);
    const prober = lane.namespace.runAsync([
      'chrt',
      '-f',
      '40',
      tool('prober'),
      lane.socket('zebra'),
      String(TIMEOUT_MS),
    ]);
    await sleep(20);
    const watching = lane.referee.watch({ ...NOTHING, deletions: 3 }, TIMEOUT_MS);
    lane.spawn('zebra');
    const answeredNs = Number((await prober).stdout);
    const { done, firstDelNs, lastDelNs } = await watching;
    const afterHold = (deletionNs: number, fromNs: number): number => (deletionNs - fromNs) / 1e6 - holdMs;
    // The agent writes its history down 200 ms late.
    await sleep(400);
    const heardNs = lastAnswerNs(agentHistory(lane, 'agent'));
    found.push(
      done && answeredNs > 0 && heardNs !== undefined
        ? {
            first: afterHold(firstDelNs, answeredNs),
            last: afterHold(lastDelNs, answeredNs),
            allowed: afterHold(lastDelNs, heardNs),
          }
        : undefined,
    );
    if (holdMs > 0) await lane.referee.end(pid, 'SIGKILL');
    await lane.stopDaemons();
    if (holdMs > 0) {
      pid = await startAgent(lane, settings);
      await meetOne();
    }
    await sleep(200);
  }
  await lane.referee.end(pid, 'SIGKILL');
  lane.clear();
  return found;
}

/** When the agent last found the daemon responsive: ns of CLOCK_MONOTONIC, of the millisecond in which that was. */
function lastAnswerNs(history: string): number | undefined {
  const event = readHistory(history).findLast((one) => one.kind === 'daemon' && one.state === 'responsive');
  return event === undefined ? undefined : Date.parse(event.at) * 1e6 + monotonicOffsetNs();
}

/** CLOCK_MONOTONIC less the time of day, read where a millisecond begins. */
function monotonicOffsetNs(): number {
  const before = Date.now();
  while (Date.now() === before);
  return Number(process.hrtime.bigint()) - Date.now() * 1e6;
}
