/** Compares the agent's status with what the kernel and the storm know. */

import type { Status } from '../../src/model/status.js';
import type { Problem } from './judge.js';
import type { Storm } from './storm.js';

export function statusProblems(status: Status | undefined, own: readonly string[], storm: Storm): readonly Problem[] {
  if (status === undefined) {
    // Without a free descriptor the agent cannot accept a client. If it started with a disk that
    // cannot be written, it has no socket.
    return storm.descriptorsLow || !storm.diskWorks ? [] : [{ text: 'the control socket does not answer' }];
  }
  const problems: Problem[] = [];
  const routes = own.filter((line) => !line.includes(' rule '));
  const { phase } = status.routes;
  if (phase === 'starting') problems.push({ text: 'status: starting' });
  if (phase === 'out' && own.length > 0) problems.push({ text: `status: out, and there are ${own.join('; ')}` });
  const told = status.backupRoutes
    .filter(({ state }) => state === 'installed')
    .map(({ destination, gateway, interface: dev, table, metric }) => {
      const family = destination.includes(':') || gateway.includes(':') ? 'inet6' : 'inet';
      return `${family} ${destination} via ${gateway} dev ${dev} table ${table} metric ${metric}`;
    })
    .sort();
  if (told.join() !== routes.join())
    problems.push({
      text: `status says installed: ${told.join('; ') || 'nothing'}; there is: ${routes.join('; ') || 'nothing'}`,
    });
  if (!storm.descriptorsLow && Date.now() - storm.daemonsAt > 500) {
    const responsive = status.daemons.every(({ state }) => state === 'responsive');
    if (responsive !== storm.daemons.well())
      problems.push({
        text: `status: ${status.daemons.map(({ id, state, reason }) => `${id} ${state} (${reason})`).join(', ')}; ${storm.daemons.running()} of ${storm.daemons.count} run, and ${storm.daemons.well() ? 'all are well' : 'not all are well'}`,
      });
  }
  return problems;
}
