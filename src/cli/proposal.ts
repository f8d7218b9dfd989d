/**
 * Proposes a configuration for a host that has none, from what its kernel and its routing daemons
 * show, with the reason for each line; and lists what this host does not show. Pure.
 */

import { FRR_ROUTING_DAEMONS } from '../config/daemons/frr.js';
import { realmOf } from '../core/management.js';
import type { Family } from '../model/address.js';
import { FRR_STATIC, isDaemonProtocol } from '../model/daemon-protocols.js';
import type { Link } from '../model/link.js';
import type { Nexthop, Route } from '../model/route.js';
import { protocolText } from '../model/route-text.js';
import type { Snapshot } from '../model/snapshot.js';

export interface InitEvidence {
  /** Includes the default routes of main and of every VRF. */
  readonly snapshot: Snapshot;
  /** FRR daemons: those with a vty socket, and those that /etc/frr/daemons enables. */
  readonly frr: {
    readonly directory: string;
    readonly sockets: readonly string[];
    readonly enabled: readonly string[];
  };
  /** BIRD's control socket, if there is one. */
  readonly bird: string | undefined;
}

/** A port that may be the management interface. */
interface PortCandidate {
  readonly name: string;
  readonly reasons: readonly string[];
}

export interface Proposal {
  /** YAML with comments. What is missing is in a comment. */
  readonly text: string;
  readonly candidates: readonly PortCandidate[];
  /**
   * What a configuration needs and this host does not show. Empty: the text is a valid
   * configuration.
   */
  readonly missing: readonly string[];
}

/** rtm_protocol of router advertisements and of DHCP clients (linux/rtnetlink.h). */
const LEASED: ReadonlySet<number> = new Set([9, 16]);
/** Routes that routing daemons learn do not indicate a management network. */
const isDaemons = (protocol: number): boolean => isDaemonProtocol(protocol) && protocol !== FRR_STATIC;
const NAMED_SO = /^(?:mgmt|management|oob|ma-|ma\d|fxp\d|me\d|em0)/i;
/** The FRR daemons that bring routes of their own, or are asked on behalf of all (zebra). */
const WATCHED: ReadonlySet<string> = new Set([...FRR_ROUTING_DAEMONS, 'nhrpd']);

interface Way {
  readonly route: Route;
  readonly nexthop: Nexthop;
}

export function propose(evidence: InitEvidence): Proposal {
  const { snapshot } = evidence;
  const ranked = rank(snapshot);
  const [first, second] = ranked;
  const chosen = first !== undefined && first.weight > (second?.weight ?? 0) ? first : undefined;
  const missing: string[] = [];
  const lines = [
    '# Proposed by `backup-router init` from what this host shows. Read it, then save it as',
    '# /etc/backup-router/config.yaml and ask: backup-router check; sudo backup-router doctor',
    '',
  ];
  if (chosen === undefined) {
    missing.push(
      ranked.length === 0
        ? 'which port is the management interface: none has an address or a default route'
        : `which port is the management interface: ${ranked.map(({ link }) => link.name).join(' or ')}`,
    );
    for (const { link, reasons } of ranked) lines.push(`# ${link.name}: ${reasons.join('; ')}`);
    lines.push('# management-interface: NAME');
  } else lines.push(...chosen.reasons.map((why) => `# ${why}`), `management-interface: ${quoted(chosen.link.name)}`);
  const stanzas =
    chosen === undefined ? [] : (['inet', 'inet6'] as const).flatMap((family) => stanza(chosen.link, family, snapshot));
  if (stanzas.length === 0) {
    const where = chosen === undefined ? '' : ` on ${chosen.link.name}${subnets(chosen.link, snapshot)}`;
    missing.push(`which gateway${where} leads to the management network: no route names one`);
    lines.push('', `# No route names a gateway${where}.`, '# backup-router:', '#   address: ADDRESS');
  }
  lines.push(...stanzas, ...daemons(evidence, missing));
  return {
    text: `${lines.join('\n')}\n`,
    candidates: ranked.map(({ link, reasons }) => ({ name: link.name, reasons })),
    missing,
  };
}

interface Ranked {
  readonly link: Link;
  readonly reasons: readonly string[];
  readonly weight: number;
}

/** The ports that have a reason to be chosen, the best first. */
function rank(snapshot: Snapshot): readonly Ranked[] {
  const ports = snapshot.links.filter(
    ({ name, vrfTable, index }) =>
      name !== 'lo' &&
      vrfTable === undefined &&
      snapshot.addresses.some(({ interfaceIndex }) => interfaceIndex === index),
  );
  return ports
    .map((link): Ranked => {
      const votes: (readonly [weight: number, reason: string])[] = [];
      const vrf = realmOf(link, snapshot).vrf;
      if (NAMED_SO.test(link.name)) votes.push([4, `${link.name} has the usual name of a management port`]);
      if (vrf !== undefined && NAMED_SO.test(vrf)) votes.push([4, `${link.name} is a member of VRF ${vrf}`]);
      for (const { route } of ways(link, undefined, snapshot)) {
        const weight = isDaemons(route.protocol) ? -3 : LEASED.has(route.protocol) ? 3 : 2;
        votes.push([weight, `${link.name} has ${defaultText(route.family)} of ${ownerText(route.protocol)}`]);
      }
      if (ports.length === 1) votes.push([1, `${link.name} is the only port with an address`]);
      return {
        link,
        reasons: [...new Set(votes.filter(([weight]) => weight > 0).map(([, reason]) => reason))],
        weight: votes.reduce((sum, [weight]) => sum + weight, 0),
      };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.link.name < b.link.name ? -1 : 1));
}

/** The source of routes with this protocol, in words. */
function ownerText(protocol: number): string {
  const known: Readonly<Record<number, string>> = {
    2: 'the kernel itself',
    3: 'an operator (proto boot)',
    4: 'a configuration of the host (proto static)',
    9: 'router advertisements',
    16: 'DHCP',
    196: 'FRR (a static route)',
  };
  return known[protocol] ?? `proto ${protocolText(protocol)}`;
}

function defaultText(family: Family): string {
  return family === 'inet' ? 'the default route' : 'the IPv6 default route';
}

/** Default routes through the link, in its realm. */
function ways(link: Link, family: Family | undefined, snapshot: Snapshot): readonly Way[] {
  const { table } = realmOf(link, snapshot);
  return snapshot.foreignRoutes
    .filter((route) => (family === undefined || route.family === family) && route.destination.length === 0)
    .filter((route) => route.table === table && route.type === 'unicast')
    .flatMap((route) =>
      route.nexthops
        .filter(({ interfaceIndex }) => interfaceIndex === link.index)
        .map((nexthop) => ({ route, nexthop })),
    );
}

function stanza(link: Link, family: Family, snapshot: Snapshot): readonly string[] {
  const found = ways(link, family, snapshot)
    .filter(({ route }) => !isDaemons(route.protocol))
    .sort((a, b) => a.route.metric - b.route.metric);
  const way = found[0];
  if (way === undefined) return [];
  const { gateway } = way.nexthop;
  const name = family === 'inet' ? 'backup-router' : 'inet6-backup-router';
  const of = ownerText(way.route.protocol);
  if (gateway === undefined)
    return [
      '',
      `# The default route of ${of} on ${link.name} names no gateway.`,
      ...(link.withoutNeighbours === true
        ? [`${name}:`, '  address: none']
        : ['# The port has neighbours: name the one that routes.', `# ${name}:`, '#   address: ADDRESS']),
    ];
  const seen = `# ${of} put \`default via ${gateway}\` on ${link.name}`;
  if (LEASED.has(way.route.protocol))
    return [
      '',
      `${seen}: auto follows it.`,
      '# It outranks a default route of the routing daemon. If that one is to be used: adopt: true',
      `${name}:`,
      '  address: auto',
    ];
  const owner =
    way.route.protocol === FRR_STATIC
      ? ['# It is a static route of FRR: take it out there, or it covers every destination.']
      : [];
  return ['', `${seen}.`, ...owner, `${name}:`, `  address: ${quoted(gateway)}`];
}

function subnets(link: Link, { addresses }: Snapshot): string {
  const own = addresses.filter(
    ({ interfaceIndex, address }) => interfaceIndex === link.index && !address.startsWith('fe80'),
  );
  return own.length === 0 ? '' : ` (${own.map(({ address, length }) => `${address}/${length}`).join(', ')})`;
}

function daemons({ frr, bird }: InitEvidence, missing: string[]): readonly string[] {
  const running = frr.sockets.filter((name) => WATCHED.has(name));
  const names = [...new Set([...running, ...frr.enabled.filter((name) => WATCHED.has(name))])];
  const entries: string[] = [];
  if (names.length > 0) {
    const idle = names.filter((name) => !running.includes(name));
    if (running.length > 0) entries.push(`  # ${running.join(', ')}: sockets in ${frr.directory}.`);
    if (idle.length > 0) entries.push(`  # ${idle.join(', ')}: started by /etc/frr/daemons, and not running now.`);
    const ordered = [...WATCHED].filter((name) => name === 'zebra' || names.includes(name));
    const where = frr.directory === '/run/frr' ? '' : `, socket-directory: ${quoted(frr.directory)}`;
    entries.push(`  - frr: {daemons: [${ordered.join(', ')}]${where}}`);
  }
  if (bird !== undefined) entries.push(`  # BIRD's control socket.`, `  - bird: {socket: ${quoted(bird)}}`);
  if (entries.length > 0) return ['', 'routing-daemon:', ...entries];
  missing.push('which routing daemon to watch: neither FRR nor BIRD is here; without one the backup routes stay in');
  return [
    '',
    '# Neither FRR nor BIRD is here. Without this key the agent watches zebra of FRR.',
    '# routing-daemon:',
    '#   - unit: NAME.service',
  ];
}

/** As a YAML scalar. */
function quoted(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) || /^\d+\.\d+\.\d+\.\d+$/.test(text) || /^\/[\w./-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;
}
