/**
 * A small, strict kernel for tests: the Kernel port, and methods to act as the outside world on
 * it. It follows facts K1-K10. fib.ts has the routes and rules, connected.ts the routes of
 * addresses; this file has links, neighbours and notifications.
 *
 * It is synchronous inside and asynchronous at the port: results and hints arrive as microtasks,
 * as the real kernel's arrive from its sockets. One contract suite runs against this and the real
 * kernel (test/contract/).
 */

import type {
  Kernel,
  KernelHint,
  KernelWord,
  ObserveRequest,
  Step,
  StepResult,
  VerifyQuestion,
} from '../../src/core/ports.js';
import { stepFault } from '../../src/kernel/apply.js';
import { type Address, FAMILIES, type Family, familyBits, familyOf, isLinkLocal } from '../../src/model/address.js';
import {
  type InterfaceAddress,
  type Link,
  type Neighbour,
  type NeighbourId,
  neighbourKey,
} from '../../src/model/link.js';
import { nextHopsOf } from '../../src/model/next-hops.js';
import { containsAddress, containsPrefix, PART_BITS, type Prefix, prefix, prefixText } from '../../src/model/prefix.js';
import { type Nexthop, type Route, type Rule, refuses, TABLE_LOCAL, TABLE_MAIN } from '../../src/model/route.js';
import { routeText, ruleText } from '../../src/model/route-text.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../src/model/snapshot.js';
import { connectedRoutes, PROTO_KERNEL, routeKey, splitPrefix } from './connected.js';
import {
  addRoute,
  addRule,
  appendNexthop,
  connectRoute,
  deleteRoute,
  deleteRule,
  type FakePacket,
  type Fib,
  type Lookup,
  lookup,
  lookupTable,
  refuse,
} from './fib.js';

const PROTO_STATIC = 4;
/**
 * The kernel adds one rule for all VRFs with the first of them (drivers/net/vrf.c,
 * vrf_add_fib_rules).
 */
const L3MDEV_RULE: Omit<Rule, 'family'> = {
  priority: 1000,
  table: 0,
  suppressPrefixLength: undefined,
  inputInterface: undefined,
  protocol: PROTO_KERNEL,
  foreign: true,
  detail: { action: 'table', l3mdev: true },
};

export interface LinkOptions {
  readonly up?: boolean;
  readonly mac?: string;
  readonly altNames?: readonly string[];
  readonly kind?: string;
  readonly master?: number;
  readonly vrfTable?: number;
}

/**
 * A foreign route in short form. The rest is what `ip route add` would fill in; the protocol is
 * static.
 */
export interface ForeignRoute {
  readonly destination: Prefix;
  readonly via?: Address;
  /** Interface name. */
  readonly dev?: string;
  readonly table?: number;
  readonly metric?: number;
  readonly protocol?: number;
  readonly type?: Route['type'];
  readonly tos?: number;
  readonly source?: Address;
}

export class FakeKernel implements Kernel {
  readonly links = new Map<number, Link>();
  addresses: InterfaceAddress[] = [];
  neighbours: Neighbour[] = [];
  readonly fib: Fib = { routes: [], rules: [] };
  /** The applied steps, with their results. */
  readonly applied: { readonly step: Step; readonly result: StepResult }[] = [];
  observations = 0;
  /**
   * If set, every apply() returns this failure, and observe() rejects with it unless it is EPERM.
   */
  failure: { readonly code: string; readonly message: string } | undefined;
  /** Addresses with IFA_F_NOPREFIXROUTE, which have only their own route in table local. */
  readonly #withoutPrefixRoute = new WeakSet<InterfaceAddress>();
  #nextIndex = 1;
  #subscription: { readonly request: ObserveRequest; readonly listener: (hint: KernelHint) => void } | undefined;

  constructor() {
    for (const [family, priority, table] of [
      ['inet', 0, TABLE_LOCAL],
      ['inet', 32766, TABLE_MAIN],
      ['inet', 32767, 253],
      ['inet6', 0, TABLE_LOCAL],
      ['inet6', 32766, TABLE_MAIN],
    ] as const) {
      addRule(this.fib, {
        family,
        priority,
        table,
        suppressPrefixLength: undefined,
        inputInterface: undefined,
        protocol: PROTO_KERNEL,
        foreign: false,
      });
    }
    this.linkAdd('lo', { up: true });
  }

  // The port.

  async observe(request: ObserveRequest): Promise<Snapshot> {
    await Promise.resolve();
    this.observations++;
    if (this.failure !== undefined && this.failure.code !== 'EPERM')
      throw Object.assign(new Error(this.failure.message), { code: this.failure.code });
    if (request.only === 'neighbours') return { ...EMPTY_SNAPSHOT, neighbours: this.#named(request.neighbours ?? []) };
    const ours = [request.protocol, ...(request.formerProtocols ?? [])];
    const routes = this.fib.routes.map((route) => this.#withDead(route));
    const foreignRoutes = routes.filter((route) => this.#isAskedFor(request, route) && !ours.includes(route.protocol));
    const further = this.#further(request, routes);
    return {
      links: [...this.links.values()],
      addresses: [...this.addresses],
      ownRoutes: routes.filter((route) => ours.includes(route.protocol)),
      foreignRoutes,
      ...further,
      rules: [...this.fib.rules],
      neighbours:
        request.neighbours === undefined
          ? []
          : this.#named([...request.neighbours, ...nextHopsOf([...foreignRoutes, ...(further.furtherRoutes ?? [])])]),
    };
  }

  #named(wanted: readonly NeighbourId[]): readonly Neighbour[] {
    const keys = new Set(wanted.map(neighbourKey));
    return this.neighbours.filter((neighbour) => keys.has(neighbourKey(neighbour)));
  }

  /**
   * Destinations, as text, that the kernel does not carry whatever its routes and rules are.
   * `foreign`: no foreign route carries them; `all`: no route does.
   */
  readonly denied = new Map<string, 'foreign' | 'all'>();

  async verify(questions: readonly VerifyQuestion[]): Promise<readonly KernelWord[]> {
    await Promise.resolve();
    return questions.map(({ destination, addresses, vrf }): KernelWord => {
      const denied = this.denied.get(prefixText(destination));
      if (denied === 'all') return { kind: 'refused', code: 'ENETUNREACH' };
      const protocol = this.#subscription?.request.protocol;
      let word: KernelWord = { kind: 'unknown' };
      for (const address of addresses) {
        const found =
          vrf === undefined
            ? this.lookup(address, { originated: true })?.route
            : lookupTable(this.fib.routes, vrf.table, prefix(address, familyBits(familyOf(address))));
        if (found === undefined || refuses(found) || (denied !== undefined && found.protocol !== protocol))
          word = { kind: 'refused', code: 'ENETUNREACH' };
        else if (found.destination.length <= destination.length) return { kind: 'route', route: this.#withDead(found) };
      }
      return word;
    });
  }

  #further(request: ObserveRequest, routes: readonly Route[]): Pick<Snapshot, 'furtherRoutes'> {
    const { furtherTables } = request;
    if (furtherTables === undefined) return {};
    const tables = typeof furtherTables === 'function' ? furtherTables([...this.fib.rules]) : furtherTables;
    const ours = [request.protocol, ...(request.formerProtocols ?? [])];
    const further = tables.filter((table) => table !== TABLE_MAIN && request.vrfTables?.includes(table) !== true);
    return {
      furtherRoutes: routes.filter(
        (route) =>
          further.includes(route.table) &&
          !ours.includes(route.protocol) &&
          this.#isAskedFor({ ...request, vrfTables: further }, route),
      ),
    };
  }

  async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    const results = steps.map((step) => {
      const result = this.#applyStep(step);
      this.applied.push({ step, result });
      return result;
    });
    await Promise.resolve();
    return results;
  }

  /** The neighbours that were probed: none with a permanent entry. neighbourSet() sets the results. */
  readonly probed: NeighbourId[] = [];

  probe(targets: readonly NeighbourId[]): void {
    const fixed = new Set(this.neighbours.filter(({ permanent }) => permanent).map(neighbourKey));
    this.probed.push(...targets.filter((target) => !fixed.has(neighbourKey(target))));
  }

  subscribe(request: ObserveRequest, listener: (hint: KernelHint) => void): void {
    this.#subscription = { request, listener };
  }

  close(): void {
    this.#subscription = undefined;
  }

  #applyStep(step: Step): StepResult {
    const fault = stepFault(step);
    if (fault !== undefined) return refuse('EINVAL', fault);
    if (this.failure !== undefined) return refuse(this.failure.code, this.failure.message);
    switch (step.kind) {
      case 'add-route':
        return addRoute(this.fib, this, step.route);
      case 'delete-route':
        return deleteRoute(this.fib, step.route).result;
      case 'add-rule':
        return addRule(this.fib, step.rule, step.again === true);
      case 'delete-rule':
        return deleteRule(this.fib, step.rule);
      case 'adopt-route':
        return deleteRoute(this.fib, step.adopted.route).result;
      case 'restore-route':
        return addRoute(this.fib, this, step.adopted.route);
      default:
        throw new TypeError(JSON.stringify(step satisfies never));
    }
  }

  // The outside world: links.

  /** Adds a link and returns its index, which is never used twice (fact K9). */
  linkAdd(name: string, options: LinkOptions = {}): number {
    const index = this.#nextIndex++;
    const { up = false, mac, altNames = [], kind, master, vrfTable } = options;
    this.links.set(index, { index, name, altNames, mac, up, carrier: up, master, kind, vrfTable });
    if (vrfTable !== undefined) for (const family of FAMILIES) addRule(this.fib, { ...L3MDEV_RULE, family });
    this.#hint('link', `link ${name} ${up ? 'up' : 'down'}`);
    return index;
  }

  link(name: string): Link {
    const link = [...this.links.values()].find((candidate) => candidate.name === name);
    if (link === undefined) throw new Error(`fake kernel has no link ${name}`);
    return link;
  }

  linkRename(name: string, newName: string): void {
    this.#change(this.link(name), { name: newName });
  }

  /** Restores only the connected subnets of the addresses that still exist (fact K1). */
  linkUp(name: string): void {
    const link = this.#change(this.link(name), { up: true, carrier: true });
    for (const address of this.addresses) if (address.interfaceIndex === link.index) this.#connect(address);
  }

  /**
   * Sets the master, or none. On a change into or out of a VRF the kernel sets the link down and
   * up again (drivers/net/vrf.c, cycle_netdev), with the effects of K1. The connected subnets then
   * are in the other table.
   */
  linkMaster(name: string, master: string | undefined): void {
    const link = this.link(name);
    if (link.up) this.linkDown(name);
    this.#change(this.link(name), { master: master === undefined ? undefined : this.link(master).index });
    if (link.up) this.linkUp(name);
  }

  /**
   * K1: IPv4 routes are deleted without a notification. IPv6 routes are announced, and the link's
   * IPv6 addresses are deleted, too.
   */
  linkDown(name: string): void {
    const link = this.#change(this.link(name), { up: false, carrier: false });
    this.#dropThrough(link.index, 'inet', false);
    this.#dropThrough(link.index, 'inet6', true);
    for (const address of this.addresses.filter((a) => a.interfaceIndex === link.index && a.family === 'inet6'))
      this.#forget(address);
    this.neighbours = this.neighbours.filter((neighbour) => neighbour.interfaceIndex !== link.index);
  }

  /** K8: without carrier the routes stay; their next hops are dead. */
  linkCarrier(name: string, carrier: boolean): void {
    this.#change(this.link(name), { carrier });
  }

  linkDelete(name: string): void {
    const link = this.link(name);
    if (link.up) this.linkDown(name);
    for (const address of this.addresses.filter((a) => a.interfaceIndex === link.index)) this.#forget(address);
    for (const member of [...this.links.values()].filter((other) => other.master === link.index))
      this.linkMaster(member.name, undefined);
    this.links.delete(link.index);
    this.#hint('link', `deleted link ${name}`);
  }

  /** `addressAdd('eth0', '10.0.0.2/24')`. */
  addressAdd(
    name: string,
    text: string,
    options: {
      readonly tentative?: boolean;
      readonly peer?: Address;
      readonly broadcast?: Address;
      readonly prefixRoute?: boolean;
    } = {},
  ): void {
    const link = this.link(name);
    const { address, length } = splitPrefix(text);
    const added: InterfaceAddress = {
      interfaceIndex: link.index,
      family: familyOf(address),
      address,
      peer: options.peer,
      length,
      ...(options.broadcast === undefined ? {} : { broadcast: options.broadcast }),
      tentative: options.tentative ?? false,
    };
    this.addresses.push(added);
    if (options.prefixRoute === false) this.#withoutPrefixRoute.add(added);
    this.#hint('address', `address ${text} dev ${name}`);
    if (link.up) this.#connect(added);
  }

  /** Duplicate address detection has ended without a conflict. */
  addressSettled(name: string, text: string): void {
    const { index } = this.link(name);
    const { address } = splitPrefix(text);
    this.addresses = this.addresses.map((own) =>
      own.interfaceIndex === index && own.address === address ? { ...own, tentative: false } : own,
    );
    this.#hint('address', `address ${text} dev ${name}`);
  }

  /**
   * K2: with the last IPv4 address of a link, every IPv4 route through it is deleted without a
   * notification.
   */
  addressRemove(name: string, text: string): void {
    const link = this.link(name);
    const { address } = splitPrefix(text);
    const found = this.addresses.find((a) => a.interfaceIndex === link.index && a.address === address);
    if (found === undefined) throw new Error(`fake kernel has no address ${text} on ${name}`);
    this.#forget(found);
    const gone = new Set(connectedRoutes(found, this.#vrfTable(link)).map(routeKey));
    this.fib.routes = this.fib.routes.filter(
      (route) => !(route.protocol === PROTO_KERNEL && gone.has(routeKey(route))),
    );
    if (!this.addresses.some((a) => a.address === address)) this.#dropSource(found);
    if (found.family === 'inet' && !this.addresses.some((a) => a.interfaceIndex === link.index && a.family === 'inet'))
      this.#dropThrough(link.index, 'inet', false);
  }

  /**
   * Without a notification: an IPv4 route goes with its preferred source (fib_sync_down_addr), an
   * IPv6 route goes on without one (rt6_remove_prefsrc).
   */
  #dropSource({ family, address }: InterfaceAddress): void {
    this.fib.routes = this.fib.routes.flatMap((route) => {
      if (route.source !== address) return [route];
      const { source: _source, ...sourceless } = route;
      return family === 'inet' ? [] : [sourceless];
    });
  }

  /** `permanent`: an operator's entry. `incomplete`: being resolved. */
  neighbourSet(
    name: string,
    address: Address,
    state: 'failed' | 'known' | 'absent' | 'incomplete' | 'permanent',
  ): void {
    const interfaceIndex = this.link(name).index;
    this.neighbours = this.neighbours.filter((n) => n.address !== address || n.interfaceIndex !== interfaceIndex);
    const entry = {
      interfaceIndex,
      address,
      failed: state === 'failed',
      known: state === 'known' || state === 'permanent',
      permanent: state === 'permanent',
    };
    if (state !== 'absent') this.neighbours.push(entry);
    if (state !== 'failed') return;
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    const text = `neighbour ${address} dev ${name} failed`;
    queueMicrotask(() =>
      subscription.listener({
        kind: 'neighbour',
        text,
        ownDeleted: false,
        sender: 0,
        neighbour: { interfaceIndex, address },
      }),
    );
  }

  // The outside world: routes and rules.

  foreignRouteAdd(route: ForeignRoute, sender = 4242): StepResult {
    const added = this.#foreign(route);
    const result = addRoute(this.fib, this, added);
    if (result.ok) this.#routeHint(added, false, sender);
    return result;
  }

  /** Deletes any route, including ours, as an operator would. */
  foreignRouteDelete(route: Route | ForeignRoute, sender = 4242): StepResult {
    const { result, deleted } = deleteRoute(this.fib, 'nexthops' in route ? route : this.#foreign(route));
    if (deleted !== undefined) this.#routeHint(deleted, true, sender);
    return result;
  }

  /**
   * K7: `ip -6 route append` merges the next hop into the route of the same identity, under that
   * route's protocol.
   */
  foreignNexthopAppend(route: Route, nexthop: Nexthop, protocol = PROTO_STATIC, sender = 4242): void {
    const found = this.fib.routes.find((other) => other === route || routeKey(other) === routeKey(route));
    if (found === undefined) throw new Error(`fake kernel has no route ${routeText(route)}`);
    appendNexthop(this.fib, found, nexthop, protocol);
    this.#routeHint(route, false, sender);
  }

  /** `ip route flush table N`, of both families unless one is given. */
  flushTable(table: number, family?: Family, sender = 4242): void {
    const flushed = this.fib.routes.filter(
      (route) => route.table === table && (family === undefined || route.family === family),
    );
    this.fib.routes = this.fib.routes.filter((route) => !flushed.includes(route));
    for (const route of flushed) this.#routeHint(route, true, sender);
  }

  foreignRuleAdd(rule: Rule, sender = 4242): StepResult {
    const result = addRule(this.fib, rule);
    if (result.ok) this.#hint('rule', `rule ${ruleText(rule)}`, false, sender);
    return result;
  }

  /** `ip rule del pref N`: the first foreign rule of that priority. */
  foreignRuleDelete(family: Family, priority: number): StepResult {
    const protocol = this.#subscription?.request.protocol;
    const at = this.fib.rules.findIndex(
      (rule) => rule.family === family && rule.priority === priority && rule.protocol !== protocol,
    );
    if (at < 0) return refuse('ENOENT', 'no such file or directory');
    this.#flushRules([this.fib.rules[at]!], 4242);
    return { ok: true };
  }

  /** `ip rule flush`, except for the kernel's own rules. */
  flushRules(family?: Family, sender = 4242): void {
    this.#flushRules(
      this.fib.rules.filter(
        (rule) => rule.protocol !== PROTO_KERNEL && (family === undefined || rule.family === family),
      ),
      sender,
    );
  }

  /** `ip rule flush` of both families: only rules with priority 0 stay. */
  flushAllRules(): void {
    this.#flushRules(
      this.fib.rules.filter((rule) => rule.priority > 0),
      4242,
    );
  }

  #flushRules(flushed: readonly Rule[], sender: number): void {
    this.fib.rules = this.fib.rules.filter((rule) => !flushed.includes(rule));
    for (const rule of flushed)
      this.#hint(
        'rule',
        `deleted rule ${ruleText(rule)}`,
        rule.protocol === this.#subscription?.request.protocol,
        sender,
        { kind: 'rule', rule },
      );
  }

  /** The event socket overflowed. */
  loseEvents(): void {
    this.#hint('overflow', '1 kernel events lost');
  }

  // Looking.

  /** The rule and route that the packet takes; undefined if there is no route. */
  lookup(address: Address, packet: FakePacket): Lookup | undefined {
    return lookup(this.fib, address, packet);
  }

  /** The lines of `ip route show table all` (without table local), or of one table; sorted. */
  routeLines(table?: number): readonly string[] {
    return this.fib.routes
      .filter((route) => (table === undefined ? route.table !== TABLE_LOCAL : route.table === table))
      .map((route) => routeText(route, (index) => this.links.get(index)?.name))
      .sort();
  }

  /** The lines of `ip rule` for one family. */
  ruleLines(family: Family): readonly string[] {
    return this.fib.rules.filter((rule) => rule.family === family).map((rule) => ruleText(rule));
  }

  #foreign({ destination, via, dev, table, metric, protocol, type, tos = 0, source }: ForeignRoute): Route {
    const interfaceIndex = dev === undefined ? this.#behind(via) : this.link(dev).index;
    const nexthops = (type ?? 'unicast') === 'unicast' ? [{ gateway: via, interfaceIndex, dead: false }] : [];
    const defaultMetric = destination.family === 'inet6' ? 1024 : 0;
    return {
      family: destination.family,
      table: table ?? TABLE_MAIN,
      destination,
      metric: metric ?? defaultMetric,
      tos,
      protocol: protocol ?? PROTO_STATIC,
      type: type ?? 'unicast',
      nexthops,
      ...(source === undefined ? {} : { source }),
    };
  }

  #behind(gateway: Address | undefined): number {
    const found = gateway === undefined ? undefined : this.lookup(gateway, { originated: true });
    return found?.route.nexthops[0]?.interfaceIndex ?? 0;
  }

  #withDead(route: Route): Route {
    if (!route.nexthops.some((nexthop) => this.links.get(nexthop.interfaceIndex)?.carrier !== true)) return route;
    return {
      ...route,
      nexthops: route.nexthops.map((nexthop) => ({
        ...nexthop,
        ...(this.links.get(nexthop.interfaceIndex)?.carrier === true ? {} : { dead: true, linkDown: true as const }),
      })),
    };
  }

  #change(link: Link, change: Partial<Link>): Link {
    const changed = { ...link, ...change };
    this.links.set(link.index, changed);
    this.#hint(
      'link',
      `link ${changed.name} ${changed.up ? 'up' : 'down'}, ${changed.carrier ? 'carrier' : 'no carrier'}`,
    );
    return changed;
  }

  #vrfTable(link: Link): number | undefined {
    return link.master === undefined ? undefined : this.links.get(link.master)?.vrfTable;
  }

  #connect(address: InterfaceAddress): void {
    for (const route of connectedRoutes(address, this.#vrfTable(this.links.get(address.interfaceIndex)!))) {
      if (this.#withoutPrefixRoute.has(address) && route.type !== 'local') continue;
      if (connectRoute(this.fib, route)) this.#routeHint(route, false, 0);
    }
  }

  #forget(address: InterfaceAddress): void {
    this.addresses = this.addresses.filter((other) => other !== address);
    this.#hint(
      'address',
      `deleted address ${address.address}/${address.length} dev ${this.links.get(address.interfaceIndex)?.name ?? ''}`,
    );
  }

  #dropThrough(interfaceIndex: number, family: Family, announced: boolean): void {
    const dropped = this.fib.routes.filter(
      (route) => route.family === family && route.nexthops.some((nexthop) => nexthop.interfaceIndex === interfaceIndex),
    );
    this.fib.routes = this.fib.routes.filter((route) => !dropped.includes(route));
    if (announced) for (const route of dropped) this.#routeHint(route, true, 0);
  }

  /** Whether the route has a table, family and length that the observation asks for. */
  #isAskedFor(
    { vrfTables = [], maxLength, parts = [], gateways }: ObserveRequest,
    route: Route,
    further: readonly number[] = [],
  ): boolean {
    return (
      (route.table === TABLE_MAIN || vrfTables.includes(route.table) || further.includes(route.table)) &&
      (route.destination.length <= (maxLength[route.family] ?? -1) ||
        (maxLength[route.family] !== undefined &&
          (containsOne(route, gateways) || parts.some((part) => isPartOf(route.destination, part)))))
    );
  }

  /**
   * Announces the routes that the event filter passes: ours, and those of the observed tables that
   * are short enough.
   */
  #routeHint(route: Route, deleted: boolean, sender: number): void {
    const request = this.#subscription?.request;
    if (request === undefined) return;
    const own = route.protocol === request.protocol;
    // A table above 255 may be one of ours, in which a foreign route occupies a slot.
    const high = route.table > 255 && route.destination.length <= (request.maxLength[route.family] ?? -1);
    const further = Array.isArray(request.furtherTables) ? (request.furtherTables as readonly number[]) : [];
    if (own || high || this.#isAskedFor(request, route, further) || containsOne(route, request.gateways))
      this.#hint('route', `${deleted ? 'deleted route' : 'route'} ${routeText(route)}`, own && deleted, sender, {
        kind: 'route',
        route,
      });
  }

  #hint(kind: KernelHint['kind'], text: string, ownDeleted = false, sender = 0, subject?: KernelHint['lost']): void {
    const subscription = this.#subscription;
    if (subscription !== undefined)
      queueMicrotask(() =>
        subscription.listener({
          kind,
          text,
          ownDeleted,
          sender,
          ...(subject?.kind === 'route' ? { route: subject.route } : {}),
          ...(ownDeleted && subject !== undefined ? { lost: subject } : {}),
        }),
      );
  }
}

function isPartOf(one: Prefix, whole: Prefix): boolean {
  return one.length > whole.length && one.length - whole.length <= PART_BITS && containsPrefix(whole, one);
}

function containsOne({ destination }: Route, gateways: readonly Address[] = []): boolean {
  return gateways.some(
    (gateway) =>
      familyOf(gateway) === destination.family && containsAddress(destination, gateway) && !isLinkLocal(gateway),
  );
}
