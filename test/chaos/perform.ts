/**
 * Performs one action of a plan. Faults are recorded in `ways`, so that cuts that the storm itself
 * has caused can be told from others.
 */

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { command } from '../../src/drill/lab/command.js';
import { performLease } from './lease.js';
import { performAgent } from './perform-agent.js';
import { performNetwork } from './perform-network.js';
import type { Storm } from './storm.js';

/** Resolves when the action is done. Throws on an unknown verb. */
export async function perform(storm: Storm, verb: string, words: readonly string[]): Promise<void> {
  switch (verb) {
    case 'link':
    case 'carrier':
    case 'rename':
    case 'recreate':
    case 'address':
    case 'gateway':
    case 'flush':
    case 'route':
    case 'rule':
    case 'nexthop':
    case 'overflow':
      return performNetwork(storm, verb, words);
    case 'lease':
      return performLease(storm, words[0] ?? '');
    case 'daemon':
      return performDaemon(storm, words);
    case 'config':
      return performConfig(storm, words[0]);
    case 'heal':
      return heal(storm);
    case 'sabotage':
      return sabotage(storm, words[0]);
    default:
      return performAgent(storm, verb, words);
  }
}

async function performDaemon(storm: Storm, [what = '', which = 'all']: readonly string[]): Promise<void> {
  const { daemons } = storm;
  storm.touchedDaemons();
  switch (what) {
    case 'kill':
      storm.deaths++;
      return daemons.kill(which);
    case 'start':
      return daemons.start();
    case 'stop':
      return daemons.stop();
    case 'restart':
      await daemons.stop();
      return daemons.start();
    case 'pause':
      return daemons.pause(which);
    case 'resume':
      return daemons.resume();
    case 'loop':
      for (let i = 0; i < 3; i++) {
        daemons.start();
        await storm.wait(40);
        storm.deaths++;
        await daemons.kill('all');
      }
      return daemons.start();
    default:
      throw new Error(`daemon ${what}?`);
  }
}

/** Writes the configuration file. The agent reads it at a reload or a start. */
function performConfig(storm: Storm, what = ''): void {
  const { configFile } = storm.agent;
  rmSync(configFile, { recursive: true, force: true });
  switch (what) {
    case 'bad':
      writeFileSync(configFile, 'management-interface: mgmt0\nbackup-router: {address: [1}\n');
      break;
    case 'gone':
      break;
    case 'fifo':
      command(['mkfifo', configFile]);
      break;
    default:
      writeFileSync(configFile, storm.textOf(what));
  }
  storm.fileHas = ['bad', 'gone', 'fifo'].includes(what) ? undefined : what;
  if (storm.fileHas === undefined) return;
  storm.seen.add(what);
  // An agent that is starting reads this file, now or in a moment.
  if (!storm.agent.ready) storm.candidates.add(what);
}

/** Undoes every fault, in an order that leaves nothing missing. */
async function heal(storm: Storm): Promise<void> {
  const lines = [
    'agent resume',
    'descriptors high',
    'caps give',
    'disk rw',
    'disk free',
    'clock 0',
    'recreate mgmt0',
    'recreate data0',
    'gateway back',
    ...(storm.lease ? ['lease add'] : []),
    'route flush',
    'daemon resume',
    'role auto',
    'hold off',
    'config default',
  ];
  for (const line of lines) await perform(storm, line.split(' ')[0]!, line.split(' ').slice(1));
  // A restart of the agent ends the damping of a daemon that has died often, and what remains of
  // earlier orders.
  await perform(storm, 'agent', ['stop']);
  await storm.agentReady();
  for (let i = 0; i < 5 && (i === 0 || storm.role === 'unknown' || storm.pinned === 'unknown'); i++)
    for (const line of ['role auto', 'hold off']) await perform(storm, line.split(' ')[0]!, line.split(' ').slice(1));
  await perform(storm, 'reload', []);
  await perform(storm, 'daemon', ['restart']);
  if (!existsSync(storm.agent.configFile)) throw new Error('a configuration is missing');
}

/**
 * Faults that nobody else causes and that the judge must find. They are for the tests of the
 * judge; no plan contains them.
 */
async function sabotage({ world }: Storm, what = ''): Promise<void> {
  const { router } = world;
  switch (what) {
    case 'foreign':
      return void router.ip('route add 203.0.113.64/26 dev aux0 proto 4');
    case 'duplicate':
      return void router.tryRun('ip rule add pref 32765 iif lo lookup 25500 proto 157 realms 7'.split(' '));
    case 'leak':
      return void router.ip('route add 198.18.7.0/24 dev aux0 table 25999 proto 157');
    default:
      throw new Error(`sabotage ${what}?`);
  }
}
