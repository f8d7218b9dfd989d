/**
 * The status for people: terse, aligned, wrapped at the width of a terminal and not wrapped in any
 * other output.
 */

import { FAMILIES } from '../model/address.js';
import type { HooksStatus } from '../model/hooks.js';
import { ipWords, rulesOf, tableText } from '../model/route-text.js';
import {
  type BackupRouteStatus,
  type GatewayStatus,
  type RepliesStatus,
  STILL_OWED,
  type Status,
} from '../model/status.js';
import {
  type Colour,
  counted,
  durationText,
  localTimes,
  oneLine,
  type Paint,
  shortTime,
  table,
  wrap,
} from '../model/text.js';

/** The maximum number of destinations listed; `--json` has all of them. */
const LISTED = 20;
/** Column at which the text after a label begins. */
const MARGIN = 17;

/** The file has errors, so what runs is not what was asked for. */
const BROKEN: ReadonlySet<Status['configuration']['source']> = new Set(['last-known-good', 'partial']);

/**
 * Whether the state is the wished one: the whole file is in use, there are no faults, no
 * destination is uncovered, the kernel agrees, no symmetric reply is missing, rules stand in their
 * place, and no interface has lost its name. In phase `in`, also every backup route carries packets
 * and a gateway answers.
 */
export function inWishedState(s: Status): boolean {
  return (
    !BROKEN.has(s.configuration.source) &&
    s.faults.length === 0 &&
    s.routes.uncovered.length === 0 &&
    s.disagreements.length === 0 &&
    !repliesMissing(s) &&
    !rulesMisplaced(s) &&
    !interfaceRenamed(s) &&
    s.waiting.every(({ reason }) => reason !== STILL_OWED) &&
    (s.routes.phase !== 'in' || (needed(s.backupRoutes).every(carries) && !unanswered(s)))
  );
}

/** Without those that leave the tie to an active route of the same prefix. */
function needed(routes: Status['backupRoutes']): Status['backupRoutes'] {
  return routes.filter(({ state }) => state !== 'withdrawn');
}

function carries(route: BackupRouteStatus): boolean {
  return route.state === 'installed' && route.hiddenBy === undefined && route.carriesNothing === undefined;
}

/** Whether no backup router of one family, or of one destination, answers. */
function unanswered({ gateways, backupRoutes }: Status): boolean {
  const silent = (named: readonly GatewayStatus[]): boolean =>
    named.length > 0 && named.every(({ state }) => state !== 'alive' && state !== 'unknown');
  if (gateways.every(({ state }) => state === 'alive' || state === 'unknown')) return false;
  const groups = new Map<string, Set<string>>();
  for (const { destination, gateway, interface: name, table } of backupRoutes) {
    // In a VRF it has a table of its own.
    const key = `${gateway.includes(':') ? 'inet6' : 'inet'} ${destination} ${table}`;
    groups.set(key, (groups.get(key) ?? new Set()).add(gateway === '' ? '' : name));
  }
  return (
    (['inet', 'inet6'] as const).some((family) => silent(gateways.filter((gateway) => gateway.family === family))) ||
    [...groups].some(
      ([key, links]) =>
        !links.has('') &&
        silent(gateways.filter((one) => key.startsWith(`${one.family} `) && links.has(one.interface))),
    )
  );
}

/** Whether symmetric replies are configured and some are not installed. */
function repliesMissing({ routes, symmetricReplies }: Status): boolean {
  return routes.phase !== 'starting' && symmetricReplies.some(({ state }) => state === 'absent');
}

function interfaceRenamed({ managementInterfaces }: Status): boolean {
  return managementInterfaces.some(({ renamed }) => renamed === true);
}

/** The rules of a family do not stand directly before the rule that looks up main. */
function rulesMisplaced({ waiting }: Status): boolean {
  return waiting.some(({ subject }) => FAMILIES.some((family) => subject === rulesOf(family)));
}

/** The first words: the actual state, not the wished one. */
export function headline(s: Status): string {
  const { phase } = s.routes;
  const words = [phase === 'in' ? inWords(s.backupRoutes) : phase.toUpperCase()];
  if (s.routes.uncovered.length > 0) words.push('UNCOVERED');
  if (s.disagreements.length > 0) words.push('THE KERNEL DISAGREES');
  if (unanswered(s)) words.push('BACKUP ROUTER DEAD');
  if (repliesMissing(s)) words.push('REPLIES NOT IN');
  if (rulesMisplaced(s)) words.push('RULES NOT IN PLACE');
  if (interfaceRenamed(s)) words.push('INTERFACE RENAMED');
  return words.join(', ');
}

function inWords(routes: Status['backupRoutes']): string {
  const wanted = needed(routes);
  const carrying = wanted.filter(carries).length;
  if (carrying === wanted.length) return 'IN';
  return carrying === 0 ? 'WANTED, NOT IN' : `IN ${carrying} of ${wanted.length}`;
}

export function renderStatus(s: Status, paint: Paint, width: number, hooks?: HooksStatus): string {
  const nowMs = Date.now();
  const line = (label: string, text: string, colour?: Colour): string => {
    const lines = wrap(`${label.padEnd(MARGIN)}${oneLine(ipWords(text))}`, width, ' '.repeat(MARGIN)).join('\n');
    return colour === undefined ? lines : paint(colour, lines);
  };
  const colour: Colour =
    !inWishedState(s) || s.routes.phase === 'starting' || unanswered(s)
      ? 'red'
      : s.routes.phase === 'out'
        ? 'green'
        : 'yellow';
  const phase = headline(s);
  const reason = localTimes(s.routes.reason);
  // A reason may contain the deadline: `held by an operator until ...`.
  const until =
    s.routes.untilMs === null
      ? ''
      : `, at most ${durationText(s.routes.untilMs)} more${reason.includes(' until ') ? '' : ` (until ${clockTime(nowMs + s.routes.untilMs, nowMs)})`}`;
  const lines = [
    line('backup routes', `${phase} for ${durationText(s.routes.forMs)}: ${reason}${until}`).replace(phase, () =>
      paint(colour, phase),
    ),
    ...s.managementInterfaces.map((link) => line('interface', interfaceText(link))),
    ...s.gateways.map((gateway) =>
      line('gateway', gatewayText(gateway, s.gateways, nowMs), TROUBLED.has(gateway.state) ? 'red' : undefined),
    ),
    line('placement', `${s.routes.placement}, role ${s.routes.role} (${s.routes.roleReason})`),
  ];
  if (s.agent.dryRun) lines.push(line('dry run', 'the kernel is not changed', 'bold'));
  lines.push(...configuration(s, nowMs, line));
  if (s.lastOutage !== null) lines.push(line('last outage', outageText(s.lastOutage, nowMs)));
  for (const replies of s.symmetricReplies)
    lines.push(line('replies', repliesText(replies), replies.state === 'absent' ? 'red' : undefined));
  if (hooks !== undefined) lines.push(...hooksLines(hooks, nowMs, line));
  for (const route of s.adopted) lines.push(line('adopted', `${route.text}: taken over, given back on stop`));
  for (const wait of s.waiting) lines.push(line('waiting for', `${wait.subject}: ${wait.reason}`));
  for (const fault of s.faults) lines.push(line('fault', fault, 'red'));
  if (s.interference !== null)
    lines.push(
      line(
        'interference',
        `${s.interference.episodes} times, last ${shortTime(s.interference.lastAt, nowMs)}: ${s.interference.last}`,
        'red',
      ),
    );
  if (s.preemption !== null) lines.push(line('preemption', preemptionText(s.preemption, nowMs)));
  if (s.damping.reason !== null)
    lines.push(line('damping', `hold-time is ${durationText(s.damping.holdMs)}: ${s.damping.reason}`));
  const daemons = s.daemons.map((d) => [
    d.id,
    d.state,
    durationText(d.forMs),
    shortTime(d.since, nowMs),
    oneLine(localTimes(d.reason)),
  ]);
  const daemonTable = table(['DAEMON', 'STATE', 'FOR', 'SINCE', 'REASON'], daemons, width);
  return `${lines.join('\n')}\n\n${daemonTable}\n${routesTable(s, width)}`;
}

/** The number of hooks and of waiting events, and the hooks whose last run failed. */
function hooksLines(
  { hooks, waiting, leftOut }: HooksStatus,
  nowMs: number,
  line: (label: string, text: string, colour?: Colour) => string,
): readonly string[] {
  const more = [
    ...(waiting === 0 ? [] : [`${counted(waiting, 'event')} waiting`]),
    ...(leftOut === 0 ? [] : [`${counted(leftOut, 'event')} left out`]),
  ];
  const failing = hooks.flatMap(({ name, runs, failures, last }) =>
    last === null || last.fault === null
      ? []
      : [
          line(
            'hook',
            `${name} failed ${failures} of ${runs} times, ${shortTime(last.at, nowMs)}: ${last.fault}`,
            'red',
          ),
        ],
  );
  return [line('hooks', [counted(hooks.length, 'hook'), ...more].join(', ')), ...failing];
}

function configuration(
  { configuration: c }: Status,
  nowMs: number,
  line: (label: string, text: string, colour?: Colour) => string,
): readonly string[] {
  const lines: string[] = [];
  if (c.source === 'rolled-back') {
    const at = c.rolledBackAt === null ? '' : ` at ${shortTime(c.rolledBackAt, nowMs)}`;
    lines.push(
      line(
        'configuration',
        `${c.file} was not confirmed and rolled back${at}; ` +
          'running what ran before it, until the file changes or: backup-router reload',
        'red',
      ),
    );
  } else if (c.source !== 'file') lines.push(line('configuration', `${c.file} has errors; running ${c.source}`, 'red'));
  if (c.changed)
    lines.push(
      line('configuration', `${c.file} has changed since it was read; to use it: backup-router reload`, 'yellow'),
    );
  for (const error of c.errors) lines.push(line('', error));
  if (c.unconfirmed !== null) {
    const { leftMs, deadline } = c.unconfirmed;
    lines.push(
      line(
        'unconfirmed',
        `rolled back in ${durationText(leftMs)} (at ${shortTime(deadline, nowMs)}) unless: backup-router confirm`,
        'yellow',
      ),
    );
  }
  return lines;
}

function clockTime(ms: number, nowMs: number): string {
  return shortTime(new Date(ms).toISOString(), nowMs);
}

function outageText(o: NonNullable<Status['lastOutage']>, nowMs: number): string {
  const bridged = o.bridgedAfterMs === null ? '' : `, backup routes in after ${durationText(o.bridgedAfterMs)}`;
  const length =
    o.ended === null
      ? `going on for ${durationText(o.lengthMs)}`
      : `${durationText(o.lengthMs)}, ended ${shortTime(o.ended, nowMs)}`;
  return `${length} (${o.cause})${bridged}${carrierText(o)}: ${o.reason}`;
}

/** What carried the traffic during the outage, unless it was the backup routes alone. */
function carrierText({ carriedBy, preemptedAfterMs }: NonNullable<Status['lastOutage']>): string {
  if (carriedBy === null || carriedBy === 'backup-routes') return '';
  const stale = ", carried by the daemon's stale routes";
  return preemptedAfterMs === null ? stale : `${stale} for ${durationText(preemptedAfterMs)}`;
}

function interfaceText(link: Status['managementInterfaces'][number]): string {
  const name = link.name === null || link.name === link.selector ? link.selector : `${link.name} (${link.selector})`;
  const state = link.index === null ? 'not there' : !link.up ? 'down' : link.carrier ? 'up' : 'up, no carrier';
  return [`${name}: ${state}`, link.addresses.join(' ')].filter((part) => part !== '').join(', ');
}

function preemptionText({ destinations, nextAt, nextInMs }: NonNullable<Status['preemption']>, nowMs: number): string {
  const now = destinations === 0 ? [] : [`backup routes win the tie of ${counted(destinations, 'destination')}`];
  const next =
    nextAt === null || nextInMs === null
      ? []
      : [`stale routes keep carrying until ${shortTime(nextAt, nowMs)} (${durationText(nextInMs)} more)`];
  return [...now, ...next].join('; ');
}

const TROUBLED: ReadonlySet<GatewayStatus['state']> = new Set(['dead', 'own-address', 'broadcast', 'off-link']);

function gatewayText(gateway: GatewayStatus, all: readonly GatewayStatus[], nowMs: number): string {
  const { address, family, interface: device, state, reason, since, forMs } = gateway;
  const when = since === null || forMs === null ? '' : ` since ${shortTime(since, nowMs)} (${durationText(forMs)})`;
  const odd = reason === null ? '' : `; ${reason}`;
  const words: Readonly<Record<GatewayStatus['state'], string>> = {
    alive: `answers${when}${odd}`,
    dead: `does not answer${when}${odd}`,
    unknown: `not known to answer: ${reason}`,
    'own-address': 'is an address of this host',
    broadcast: 'is a broadcast address',
    'off-link': reason === null ? 'is not a neighbour on this link' : `cannot be used: ${reason}`,
  };
  const choice = gateway.chosen && all.filter((one) => one.family === family).length > 1 ? ', is used' : '';
  return `${address} on ${device} ${words[state]}${choice}`;
}

function repliesText({ family, interface: device, sources, gateway, table, state, reason }: RepliesStatus): string {
  const by = gateway === '' ? device : `${gateway} on ${device}`;
  const why = reason === null ? '' : `: ${reason}`;
  return state === 'installed'
    ? `from ${sources.join(', ')} by ${by}, table ${table}${why}`
    : `${family} on ${device} ${state === 'absent' ? 'not in' : 'not needed'}${why}`;
}

function stateText({ state, preempting, hiddenBy, carriesNothing }: BackupRouteStatus): string {
  const words: string[] = [state];
  if (preempting) words.push('preempting');
  if (hiddenBy !== undefined) words.push('hidden');
  if (carriesNothing !== undefined) words.push(`carries nothing: ${ipWords(carriesNothing)}`);
  return words.join(', ');
}

function routesTable(s: Status, width: number): string {
  const rows = s.backupRoutes
    .slice(0, LISTED)
    .map((r) => [r.destination, r.gateway === '' ? '-' : r.gateway, r.interface, tableText(r.table), stateText(r)]);
  const more =
    s.backupRoutes.length > LISTED ? `... and ${s.backupRoutes.length - LISTED} more (--json has all)\n` : '';
  return table(['DESTINATION', 'BACKUP ROUTER', 'INTERFACE', 'TABLE', 'STATE'], rows, width) + more;
}
