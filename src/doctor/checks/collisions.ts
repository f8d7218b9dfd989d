/**
 * Conflicts with other programs over the protocol number, the tables, and the names of both. Rules
 * are checked in rules.ts.
 */

import { ROUTE_PROTOCOLS } from '../../config/route-protocols.js';
import { desiredOf, wanted } from '../../core/desired.js';
import { phaseIn } from '../../core/explain/scenes.js';
import { viewWith } from '../../core/hidden.js';
import { routeSlot } from '../../core/keys.js';
import { realmOf } from '../../core/management.js';
import { formerly, ownership, owns, ownTables } from '../../core/ownership.js';
import type { SeenWorld } from '../../core/state.js';
import { lookup } from '../../fib/lookup.js';
import { ordinary, type Packet } from '../../fib/packet.js';
import { allBackupRouters, type Config } from '../../model/config.js';
import type { Route, Rule } from '../../model/route.js';
import { LAST_TABLE } from '../../model/tables.js';
import { type FoundFile, filesIn, textOf, unreadableOf } from '../files.js';
import { type Check, found, look, unknown } from '../finding.js';
import type { Host, KernelEvidence } from '../host.js';
import { allDead, managed, shown } from '../management.js';

/** Protocol numbers in use that the kernel's header does not list (fact F4). */
const IN_USE: Readonly<Record<number, string>> = {
  66: 'another agent',
  85: 'another agent',
  111: 'another agent',
};

export const protocolReserved: Check = {
  code: 'protocol-reserved',
  title: 'no other program uses the protocol number',
  facts: 'F4',
  run: ({ config, configuration }) => {
    const number = config.routeProtocol;
    const name =
      Object.entries(ROUTE_PROTOCOLS).find(([, value]) => value === number)?.[0] ??
      IN_USE[number] ??
      (number <= 18 ? "the kernel's header" : undefined);
    if (name === undefined) return [];
    return found(
      number === 11 || number === 42 || number >= 186 ? 'error' : 'warning',
      `route-protocol ${number} belongs to ${name}: one of the two would take the other's
        routes for its own.`,
      [`route-protocol: ${number}`],
      `# in ${configuration.file}:\nroute-protocol: 157`,
    );
  },
};

export const protocolForeignRoutes: Check = {
  code: 'protocol-foreign-routes',
  title: 'no route of somebody else carries the protocol number',
  facts: 'K7, F4',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const own = ownership(host.config, formerly(undefined, former(host)));
      const foreign = kernel.snapshot.ownRoutes.filter(
        (route) => route.nexthops.length === 0 || !route.nexthops.some((hop) => owns(own, route, hop)),
      );
      // With `auto` the gateways are not in the file. If the agent may not be asked, they are
      // unknown.
      const { status } = host.agent;
      if (
        foreign.length > 0 &&
        status.kind === 'unseen' &&
        allBackupRouters(host.config).some(({ auto }) => auto !== undefined)
      )
        return unknown(
          `with address: auto only the agent knows the gateways: ${status.why}`,
          'sudo backup-router doctor',
        );
      return found(
        'warning',
        `${foreign.length} route${foreign.length === 1 ? '' : 's'} with protocol
          ${host.config.routeProtocol} ${foreign.length === 1 ? 'is' : 'are'} none of the agent's:
          left by another configuration, or somebody else uses the number.`,
        foreign.slice(0, 10).map((route) => shown(kernel, route)),
        [
          `ip route show table all proto ${host.config.routeProtocol}`,
          `# a leftover: ip route del ...; somebody else's number: another route-protocol in ${host.configuration.file}`,
        ],
      );
    }),
};

/** The gateways that the running agent uses. With `auto` they are not in the file. */
function former(host: Host): readonly string[] {
  const status = host.agent.status.kind === 'seen' ? host.agent.status.value : undefined;
  return (status?.backupRoutes ?? []).map(({ gateway }) => gateway).filter((gateway) => gateway !== '');
}

export const tableInUse: Check = {
  code: 'table-in-use',
  title: 'the tables of the backup routes hold nothing else',
  facts: 'K4',
  run: (host) =>
    ownTables(host.config).length === 0
      ? 'not-applicable'
      : look(host.kernel, (kernel) => {
          const foreign = kernel.ownTables.filter((route) => route.protocol !== host.config.routeProtocol);
          const { carrying, holding, idle } = meetings(host, kernel, foreign);
          const vrf = managed(host, kernel)
            .map(({ link }) => realmOf(link, kernel.snapshot))
            .filter(({ vrf: name, table }) => name !== undefined && inRange(host.config, table));
          const remedy = [
            `# in ${host.configuration.file}, a free range of ${LAST_TABLE + 1} tables:`,
            `table-base: ${host.config.tableBase === 25_500 ? 26_500 : 25_500}`,
          ];
          const evidence = (routes: readonly Route[]): readonly string[] =>
            routes.slice(0, 10).map((route) => shown(kernel, route));
          return [
            ...found(
              'warning',
              `Tables that the agent uses hold routes of others, which carry this router's own packets
                while the backup routes are in.`,
              [...evidence(carrying), ...vrf.map(({ vrf: name, table }) => `vrf ${name} table ${table}`)],
              remedy,
            ),
            ...found(
              'error',
              'Foreign routes take the places of backup routes, which cannot go in beside them.',
              evidence(holding),
              remedy,
            ),
            ...found(
              'note',
              'Tables that the agent uses hold routes of others, which no packet of this router meets.',
              evidence(idle),
              remedy,
            ),
          ];
        }),
};

interface Meetings {
  readonly carrying: readonly Route[];
  /** Foreign routes with the slot (table, prefix, metric) of a backup route. */
  readonly holding: readonly Route[];
  readonly idle: readonly Route[];
}

/**
 * Asks the judge which foreign routes in our tables packets would follow if every routing daemon
 * were dead: once with the routes that the daemons have left, once without.
 */
function meetings(host: Host, kernel: KernelEvidence, foreign: readonly Route[]): Meetings {
  const { snapshot } = kernel;
  const daemons = new Set(host.watched.flatMap(({ protocols }) => protocols));
  const foreignRoutes = snapshot.foreignRoutes.filter(({ protocol }) => !daemons.has(protocol));
  const worlds = [kernel, { ...kernel, snapshot: { ...snapshot, foreignRoutes } }].map((one) => {
    const world = allDead(host, one);
    return { world, ours: wantedIn(world) };
  });
  const slots = new Set(worlds.flatMap(({ ours }) => ours.routes.map(routeSlot)));
  const held = foreign.filter((route) => slots.has(routeSlot(route)));
  const rest = foreign.filter((route) => !held.includes(route));
  const beside = new Map(held.map((route) => [route, placeBesideOurs(host, kernel, route)]));
  const met = new Set(worlds.flatMap(({ world, ours }) => metIn(world, ours, rest)));
  return {
    carrying: foreign.filter((route) => met.has(route) || beside.get(route) === 'before'),
    holding: held.filter((route) => beside.get(route) === undefined),
    idle: foreign.filter((route) => beside.get(route) === 'behind' || (rest.includes(route) && !met.has(route))),
  };
}

/**
 * Where the route stands if ours is in its slot all the same (`ip route prepend`, `append`): the
 * first of them is met.
 */
function placeBesideOurs(
  { config }: Host,
  { ownTables: routes }: KernelEvidence,
  route: Route,
): 'before' | 'behind' | undefined {
  const slot = routeSlot(route);
  const ours = routes.findIndex((one) => one.protocol === config.routeProtocol && routeSlot(one) === slot);
  if (ours < 0) return undefined;
  return routes.indexOf(route) < ours ? 'before' : 'behind';
}

interface Ours {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

function wantedIn(world: SeenWorld): Ours {
  const want = wanted(world, phaseIn('down'), 0);
  return want === undefined ? { routes: [], rules: [] } : desiredOf(want);
}

/** The foreign routes that some packet of this host follows. */
function metIn(world: SeenWorld, ours: Ours, foreign: readonly Route[]): readonly Route[] {
  const tables = new Set(ownTables(world.config));
  const view = viewWith(world, ours);
  const elsewhere = view.routes.map((list) =>
    list === ours.routes ? list : list.filter(({ table }) => !tables.has(table)),
  );
  const there = { ...view, routes: [...elsewhere, foreign] };
  return foreign.filter((route) =>
    packetsTo(route, ours.rules).some((packet) => {
      const answer = lookup(there, packet);
      return answer.kind !== 'none' && answer.route === route;
    }),
  );
}

/**
 * Ordinary packets to the prefix of the route, and packets with the sources whose rule of ours
 * leads to its table.
 */
function packetsTo({ destination, table }: Route, rules: readonly Rule[]): readonly Packet[] {
  const sources = rules.flatMap((rule) =>
    rule.table === table && rule.detail?.from ? [rule.detail.from.address] : [],
  );
  return [ordinary(destination), ...sources.map((source) => ({ destination, source }))];
}

function inRange(config: Config, table: number): boolean {
  return table >= config.tableBase && table <= config.tableBase + LAST_TABLE;
}

const NAME_PLACES = ['/etc/iproute2', '/usr/share/iproute2', '/usr/lib/iproute2'];

/** The `NUMBER NAME` lines of rt_tables or rt_protos and of their `.d` directories. */
function names(
  host: Host,
  kind: 'rt_tables' | 'rt_protos',
): readonly { readonly number: number; readonly name: string; readonly where: string }[] {
  const files: FoundFile[] = NAME_PLACES.flatMap((place) => {
    const text = textOf(host.files, `${place}/${kind}`);
    return [
      ...(text.kind === 'seen' && text.value !== undefined ? [{ path: `${place}/${kind}`, text: text.value }] : []),
      ...filesIn(host.files, `${place}/${kind}.d`, '.conf'),
    ];
  });
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => {
      const match = /^\s*(0x[0-9a-f]+|\d+)\s+([^#\s]+)/i.exec(line);
      return match === null
        ? []
        : [{ number: Number(match[1]), name: match[2]!, where: `${path}:${i + 1}: ${line.trim()}` }];
    }),
  );
}

export const numberNamedOtherwise: Check = {
  code: 'number-named-otherwise',
  title: 'no other program has a name for the protocol number or the tables',
  facts: 'F4',
  run: (host) => {
    const used = new Set(ownTables(host.config));
    const protocols = names(host, 'rt_protos').filter(
      ({ number, name }) => number === host.config.routeProtocol && name !== 'backup-router',
    );
    const tables = names(host, 'rt_tables').filter(
      ({ number, name }) => used.has(number) && !name.startsWith('backup-router'),
    );
    const all = [...protocols, ...tables];
    const why = unreadableOf(host.files, NAME_PLACES);
    if (all.length === 0) return why === undefined ? [] : unknown(why);
    return found(
      'warning',
      `iproute2 has names of another program for numbers of the agent: that program seems to use
        them, too.`,
      all.map(({ where }) => where),
      [
        `# in ${host.configuration.file}, free numbers:`,
        `${protocols.length > 0 ? 'route-protocol: 158' : 'table-base: 26500'}`,
      ],
    );
  },
};

export const namesNotInstalled: Check = {
  code: 'names-not-installed',
  title: "iproute2 knows the agent's protocol and tables by name",
  run: (host) => {
    if (host.config.routeProtocol !== 157) return 'not-applicable';
    const protocol = names(host, 'rt_protos').some(({ number, name }) => number === 157 && name === 'backup-router');
    const table =
      host.config.placement !== 'local' ||
      host.config.tableBase !== 25_500 ||
      names(host, 'rt_tables').some(({ name }) => name === 'backup-router-0');
    if (protocol && table) return [];
    const why = unreadableOf(host.files, NAME_PLACES);
    if (why !== undefined) return unknown(why);
    return found(
      'note',
      `\`ip route\` and \`ip rule\` show numbers only: the names of protocol and tables are not
        installed.`,
      [...(protocol ? [] : ['rt_protos: no 157']), ...(table ? [] : ['rt_tables: no backup-router-0'])],
      [
        ...(protocol
          ? []
          : [
              'mkdir -p /etc/iproute2/rt_protos.d',
              'echo 157 backup-router > /etc/iproute2/rt_protos.d/backup-router.conf',
            ]),
        ...(table
          ? []
          : [
              'mkdir -p /etc/iproute2/rt_tables.d',
              'for n in $(seq 0 128); do echo $((25500 + n)) backup-router-$n; done > /etc/iproute2/rt_tables.d/backup-router.conf',
            ]),
        '# or reinstall the package; from a checkout: scripts/install',
      ],
    );
  },
};
