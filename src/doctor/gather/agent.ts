/**
 * Gathers the running agent: its status from the control socket, its identity from /proc, and
 * other agents beside it.
 */

import { inquire } from '../../control/client.js';
import { elsewhere } from '../../control/network-namespace.js';
import { messageOf } from '../../model/error.js';
import { CommandError, EXIT } from '../../model/exit.js';
import type { Status } from '../../model/status.js';
import type { AgentEvidence } from '../host.js';
import { type Seen, seen, unseen } from '../seen.js';
import { agentProcess, gatherOthers, identityOf } from './processes.js';

export async function gatherAgent(socket: string): Promise<AgentEvidence> {
  const answer = await askStatus(socket);
  const away = answer.kind === 'seen' && answer.value !== undefined ? elsewhere(answer.value) : undefined;
  const status: typeof answer = away === undefined ? answer : seen(undefined);
  const told = status.kind === 'seen' ? status.value?.agent.pid : undefined;
  // An agent in a container reports its pid in the container's pid namespace.
  const pid = told === undefined ? undefined : agentProcess(told);
  return {
    socket,
    status,
    ...(away === undefined ? {} : { elsewhere: away }),
    identity: pid === undefined ? undefined : identityOf(pid, `the running agent (pid ${pid})`),
    others: gatherOthers(pid),
  };
}

async function askStatus(socket: string): Promise<Seen<Status | undefined>> {
  try {
    return seen((await inquire(socket, { command: 'status' }, 'status')).status);
  } catch (error) {
    if (!(error instanceof CommandError)) return unseen(messageOf(error));
    if (error.exitStatus === EXIT.UNAVAILABLE && error.message.includes('does not run')) return seen(undefined);
    return unseen(error.message);
  }
}
