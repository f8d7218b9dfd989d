/**
 * Backup routes that carry nothing, or would carry nothing, although they are in: what the judge
 * finds in their way (core/hidden.ts), and IPv6 routes that share a nexthop object (fact K19).
 */

import { wanted } from '../../core/desired.js';
import { phaseIn } from '../../core/explain/scenes.js';
import { type Hidden, partsTaken, withoutDaemons } from '../../core/hidden.js';
import { partText } from '../../core/hidden-text.js';
import { realmOf } from '../../core/management.js';
import { samplesOf } from '../../core/sample.js';
import type { SeenWorld } from '../../core/state.js';
import { type Family, familyOf } from '../../model/address.js';
import { FRR_STATIC } from '../../model/daemon-protocols.js';
import { destinationText, prefixText } from '../../model/prefix.js';
import { type Route, TABLE_MAIN } from '../../model/route.js';
import { ruleText, tableText } from '../../model/route-text.js';
import { firstOf } from '../../model/text.js';
import { type Check, type Finding, finding, found, look } from '../finding.js';
import { frrInstances, vtysh } from '../frr-config.js';
import type { Host, KernelEvidence } from '../host.js';
import { allDead, ip, managed, nameOf, shown } from '../management.js';
import { isForeign, shownRule } from './rules.js';

/** The number of destinations that a message names. */
const NAMED = 4;
/** The number of routes or rules that evidence and remedy name. */
const LINES = 8;

export const refusalHides: Check = {
  code: 'refusal-hides',
  title: 'nothing hides a backup route',
  facts: 'K18',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const world = allDead(host, kernel);
      const hiddenIn = (then: SeenWorld, forMs: number): readonly Hidden[] => [
        ...(wanted(then, phaseIn('down'), forMs)?.hidden.values() ?? []),
      ];
      const dead = (forMs: number): readonly Hidden[] => hiddenIn(world, forMs);
      const { preemptAfterMs } = host.config;
      const now = dead(0);
      const known = new Set(now.map((one) => tieKey(one.destination.family, destinationText(one.destination))));
      const taken = tiesTaken(host);
      // A route that a daemon would leave behind if it died is a hazard only once it has.
      const left = ({ why, destination }: Hidden): boolean =>
        why !== 'stale' || taken.has(tieKey(destination.family, destinationText(destination)));
      const later = preemptAfterMs === 'never' ? [] : dead(preemptAfterMs).filter(left);
      const stillLater = new Set(later.map((one) => tieKey(one.destination.family, destinationText(one.destination))));
      // With placement main, the backup route wins the tie with a daemon's refusal by metric once
      // the refusal is stale.
      const passes = ({ destination, route, why }: Hidden): boolean =>
        host.config.placement === 'main' &&
        preemptAfterMs !== 'never' &&
        why === 'refused' &&
        route?.destination.length === destination.length &&
        !stillLater.has(tieKey(destination.family, destinationText(destination)));
      const bare = withoutDaemons(world);
      const stopped = bare === world ? [] : hiddenIn(bare, 0);
      const all = [
        ...now.filter((one) => !passes(one)),
        ...[...later, ...stopped].filter(
          ({ destination }) => !known.has(tieKey(destination.family, destinationText(destination))),
        ),
      ];
      // A refusal of the same prefix wins the tie, and may be intended.
      const maybe = all.filter(
        ({ destination, route, why }) =>
          why === 'refused' &&
          route?.table === TABLE_MAIN &&
          route.destination.length === destination.length &&
          !taken.has(tieKey(destination.family, destinationText(destination))),
      );
      const hidden = all.filter((one) => !maybe.includes(one));
      const parts = hidden.filter(({ part }) => part === true);
      const inMain = hidden.filter(
        ({ route, jump, part }) => route?.table === TABLE_MAIN && jump === undefined && part !== true,
      );
      const partly = (forMs: number): readonly Hidden[] => {
        const want = wanted(world, phaseIn('down'), forMs);
        return want === undefined ? [] : partsTaken(world, want, forMs);
      };
      const waits = host.agent.status.kind === 'seen' ? (host.agent.status.value?.waiting ?? []) : [];
      const leftParts = preemptAfterMs === 'never' ? [] : partly(preemptAfterMs).filter(({ why }) => why === 'stale');
      const taking = [
        ...partly(0),
        ...leftParts.filter((one) => waits.some(({ subject }) => subject === partText(one))),
      ];
      const found = new Set(all.map(({ destination }) => tieKey(destination.family, destinationText(destination))));
      const byAgent = [...taken].filter(([key, by]) => by.includes('leads nowhere') && !found.has(key));
      return [
        ...(byAgent.length === 0 ? [] : [saidByAgent(byAgent)]),
        ...told(
          host,
          kernel,
          'error',
          inMain.filter(({ why }) => why === 'refused'),
          'cannot be reached: a refusal of the main table ends the lookup first, even where its prefix is shorter.',
          'which has no such limit',
        ),
        ...told(
          host,
          kernel,
          'error',
          inMain.filter(({ why }) => why !== 'refused'),
          'cannot be reached: a route of somebody else in the main table has a lower metric and leads nowhere.',
          'where the backup route takes the tie from a route that leads nowhere',
        ),
        ...told(
          host,
          kernel,
          'error',
          parts,
          'cannot be reached: longer prefixes of others together take all of it. They are never beaten, and some of them refuse, lead nowhere or were left by a dead routing daemon.',
        ),
        ...told(
          host,
          kernel,
          'warning',
          taking.filter(({ why }) => why !== 'refused'),
          'cannot carry all of it: longer prefixes of others take parts of it. They are never beaten, and they lead nowhere or were left by a dead routing daemon.',
        ),
        ...told(
          host,
          kernel,
          'note',
          taking.filter(({ why }) => why === 'refused'),
          'cannot carry all of it: longer prefixes of others refuse parts of it, and are never beaten.',
        ),
        ...told(
          host,
          kernel,
          'error',
          hidden.filter((one) => !inMain.includes(one) && !parts.includes(one)),
          'cannot be reached: a rule, or the table that it leads to, comes before the backup routes, which never go in front of it.',
        ),
        ...told(
          host,
          kernel,
          'warning',
          maybe,
          'cannot be reached while the main table refuses the very same prefix, even when that route is stale: no rule suppresses it.',
          'which takes the tie once that route is stale',
        ),
      ];
    }),
};

/**
 * The destinations that the running agent reports as hidden, by tie key. There the backup route
 * should win the tie by now and cannot.
 */
function tiesTaken({ agent }: Host): ReadonlyMap<string, string> {
  const routes = agent.status.kind === 'seen' ? (agent.status.value?.backupRoutes ?? []) : [];
  return new Map(
    routes.flatMap(({ gateway, destination, hiddenBy }) =>
      hiddenBy === undefined ? [] : [[tieKey(familyOf(gateway), destination), hiddenBy] as const],
    ),
  );
}

/** The agent has seen more than one look finds: a next hop that fails again and again. */
function saidByAgent(routes: readonly (readonly [key: string, by: string])[]): Finding {
  return finding(
    'error',
    'The running agent finds that no packet follows these backup routes.',
    routes.slice(0, NAMED).map(([key, by]) => `${key}: hidden by ${by}`),
    ['backup-router status', 'backup-router explain ADDRESS'],
  );
}

/** The family is part of the key, because both families have a `default`. */
function tieKey(family: Family, destination: string): string {
  return `${family} ${destination}`;
}

/** `why`: the reason for the other placement, if it helps. */
function told(
  host: Host,
  kernel: KernelEvidence,
  severity: 'error' | 'warning' | 'note',
  hidden: readonly Hidden[],
  what: string,
  why?: string,
): readonly Finding[] {
  if (hidden.length === 0) return [];
  const names = [...new Set(hidden.map(({ destination }) => destinationText(destination)))];
  const every = hidden.flatMap((one) => [one, ...(one.beside ?? [])]);
  const routes = [...new Set(every.flatMap(({ route }) => route ?? []))];
  const rules = [
    ...new Set(every.flatMap(({ rule, route, jump }) => jump ?? (route === undefined ? (rule ?? []) : []))),
  ];
  const subject = `The backup route${names.length === 1 ? '' : 's'} for ${firstOf(names, NAMED)}`;
  const evidence = bounded(
    [...routes.map((route) => shown(kernel, route)), ...rules.map((rule) => ruleText(rule, tableText))],
    '...',
  );
  const removals = bounded(
    routes.map((route) => removal(host, kernel, route)),
    '#',
  );
  const other = host.config.placement === 'main' ? 'local' : 'main';
  return [
    finding(
      severity,
      `${subject} ${what}`,
      evidence.length > 0 ? evidence : ['the rules lead past the backup routes'],
      removals.length > 0 && hidden.every(({ part }) => part === true)
        ? removals
        : why === undefined
          ? [
              `backup-router explain ${samplesOf(hidden[0]!.destination, kernel.snapshot.rules)[0] ?? 'ADDRESS'}`,
              '# the rule may leave the destination out, or its table may have a route to it',
            ]
          : // A refusal ends the lookup with placement local, too.
            other === 'local' && hidden.every((one) => one.why === 'refused')
            ? removals
            : [
                ...(other === 'local' ? [] : removals),
                `# ${other === 'local' ? '' : 'or, '}${why}, in ${host.configuration.file}:`,
                `placement: ${other}`,
              ],
    ),
  ];
}

/** The first lines, and the number of the others. */
function bounded(lines: readonly string[], mark: '#' | '...'): readonly string[] {
  const more = lines.length - LINES;
  return more <= 0 ? lines : [...lines.slice(0, LINES), `${mark} and ${more} more`];
}

function removal(host: Host, kernel: KernelEvidence, route: Route): string {
  if (route.protocol === FRR_STATIC) {
    const ways =
      route.type === 'unicast'
        ? route.nexthops.map(({ gateway, interfaceIndex }) => gateway ?? nameOf(kernel)(interfaceIndex) ?? '')
        : [route.type === 'blackhole' ? 'blackhole' : 'reject'];
    const statement = `${route.family === 'inet6' ? 'ipv6' : 'ip'} route ${prefixText(route.destination)}`;
    const command = vtysh(frrInstances(host)[0]!.sockets, [
      'configure terminal',
      ...ways.map((way) => `no ${statement} ${way}`),
    ]);
    const note = route.type === 'unicast' ? '' : 'Null0 as well, at any distance; ';
    return `${command}      # ${note}write memory makes it last`;
  }
  const metric = route.metric === 0 ? '' : ` metric ${route.metric}`;
  const command = `${ip(route.family)} route del ${route.type} ${destinationText(route.destination)}${metric}`;
  return `${command}      # and in what put it there, protocol ${route.protocol}`;
}

export const nexthopObjectsInet6: Check = {
  code: 'nexthop-objects-inet6',
  title: 'no IPv6 route of the main table uses a nexthop object',
  facts: 'K19',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const ours = inet6Local(host, kernel);
      const suppressing = kernel.snapshot.rules.filter(
        (rule) => rule.family === 'inet6' && rule.suppressPrefixLength !== undefined && isForeign(host, rule),
      );
      if (!ours && suppressing.length === 0) return 'not-applicable';
      const { total, first } = kernel.nexthopObjects;
      if (total === 0) return [];
      const evidence = [
        ...first.map(({ route, id }) => `${shown(kernel, route)} nhid ${id}`),
        ...(total > first.length ? [`... and ${total - first.length} more`] : []),
        ...suppressing.map(shownRule),
      ];
      const harm = [
        ...(ours
          ? ['while backup routes are in, one may lose to a shorter route of main, or win over a longer one']
          : []),
        ...(suppressing.length > 0
          ? [
              'what such a rule leaves to the next one is not certain, nor what covers a destination; in doubt the backup routes stay in',
            ]
          : []),
      ];
      return found(
        'warning',
        `IPv6 routes of the main table use nexthop objects. Where several prefixes share one,
          the kernel takes one prefix length for another in rules with suppress_prefixlength: ${harm.join('; ')}.`,
        evidence,
        [
          `# in FRR's configuration (/etc/frr/frr.conf), then restart it:`,
          'no zebra nexthop kernel enable',
          ...(suppressing.length > 0 ? [] : [`# or, in ${host.configuration.file}:`, 'placement: main']),
        ],
      );
    }),
};

/**
 * Whether IPv6 backup routes use rules that compare prefix lengths. All destinations longer than
 * the default route do; the default route does if it may have to win a tie.
 */
function inet6Local(host: Host, kernel: KernelEvidence): boolean {
  if (host.config.placement !== 'local') return false;
  const here = managed(host, kernel).filter(({ link }) => realmOf(link, kernel.snapshot).vrf === undefined);
  const lengths = here.flatMap(({ management }) =>
    management.backupRouters
      .filter(({ family }) => family === 'inet6')
      .flatMap(({ destinations }) => destinations.map(({ length }) => length)),
  );
  // Even with `never`, a backup route takes the tie from a stale route whose next hop is known
  // bad. That requires that the owners of routes are known.
  const preempts = host.config.routingDaemons.some(
    (daemon) => daemon.kind === 'frr' || daemon.kind === 'bird' || daemon.routeProtocols.length > 0,
  );
  return lengths.some((length) => length > 0 || preempts);
}
