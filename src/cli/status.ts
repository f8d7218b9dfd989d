/** `backup-router status`: what is in, why, and what is awaited until when. */

import { request } from '../control/client.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { durationText, paintFor, table, type Colour, type Paint } from './table.js';

/** Destinations listed for people, at the most; `--json` has them all. */
const LISTED = 20;

export async function status(options: { readonly json?: boolean }): Promise<number> {
  const response = await request(pathsOf(process.env).controlSocket, { command: 'status' });
  if (!response.ok) throw new CommandError(EXIT.SOFTWARE, response.error.message, response.error.suggestion);
  if (!('status' in response)) throw new CommandError(EXIT.SOFTWARE, 'the daemon gave an answer to another question');
  process.stdout.write(options.json === true ? `${JSON.stringify(response.status, null, 2)}\n` : render(response.status, paintFor(process.stdout, process.env)));
  return inWishedState(response.status) ? EXIT.OK : EXIT.NOT_IN_STATE;
}

/** In, and installed; or out; or waiting for a verdict that is not overdue. */
export function inWishedState(s: Status): boolean {
  return s.faults.length === 0 && (s.routes.phase !== 'in' || s.backupRoutes.every((route) => route.state === 'installed'));
}

export function render(s: Status, paint: Paint): string {
  const colour: Colour = s.routes.phase === 'out' ? 'green' : s.routes.phase === 'in' && inWishedState(s) ? 'yellow' : 'red';
  const until = s.routes.untilMs === null ? '' : `, at most ${durationText(s.routes.untilMs)} more`;
  const lines = [
    `backup routes    ${paint(colour, s.routes.phase.toUpperCase())} for ${durationText(s.routes.forMs)}: ${s.routes.reason}${until}`,
    ...s.managementInterfaces.map((link) => `interface        ${interfaceText(link)}`),
    `placement        ${s.routes.placement}, role ${s.routes.role} (${s.routes.roleReason})${s.agent.dryRun ? paint('bold', ', DRY RUN: the kernel is not changed') : ''}`,
  ];
  if (s.configuration.source !== 'file') lines.push(paint('red', `configuration    ${s.configuration.file} has errors; running ${s.configuration.source}`));
  for (const error of s.configuration.errors) lines.push(`                 ${error}`);
  for (const route of s.adopted) lines.push(`adopted          ${route.text}: taken over, given back on stop`);
  for (const wait of s.waiting) lines.push(`waiting for      ${wait.subject}: ${wait.reason}`);
  for (const fault of s.faults) lines.push(paint('red', `fault            ${fault}`));
  if (s.interference !== null) lines.push(paint('red', `interference     ${s.interference.episodes} times: ${s.interference.last}`));
  if (s.damping.reason !== null) lines.push(`damping          hold-time is ${durationText(s.damping.holdMs)}: ${s.damping.reason}`);
  const daemons = table(['DAEMON', 'STATE', 'FOR', 'REASON'], s.daemons.map((d) => [d.id, d.state, durationText(d.forMs), d.reason]));
  return `${lines.join('\n')}\n\n${daemons}\n${routesTable(s)}`;
}

function interfaceText(link: Status['managementInterfaces'][number]): string {
  const name = link.name === null || link.name === link.selector ? link.selector : `${link.name} (${link.selector})`;
  const state = link.index === null ? 'not there' : !link.up ? 'down' : link.carrier ? 'up' : 'up, no carrier';
  return [`${name}: ${state}`, link.addresses.join(' ')].filter((part) => part !== '').join(', ');
}

function routesTable(s: Status): string {
  const rows = s.backupRoutes.slice(0, LISTED).map((r) => [r.destination, r.gateway, r.interface, String(r.table), r.preempting ? `${r.state}, preempting` : r.state]);
  const more = s.backupRoutes.length > LISTED ? `... and ${s.backupRoutes.length - LISTED} more (--json has all)\n` : '';
  return table(['DESTINATION', 'BACKUP ROUTER', 'INTERFACE', 'TABLE', 'STATE'], rows) + more;
}
