/**
 * What can happen in a scenario: one command, one change of the world.
 *
 *   link NAME up [ADDRESS/LENGTH...] | down | carrier | no-carrier | delete | rename NEW
 *   link NAME add [altname A] [mac M] [master NAME] [kind K] [vrf-table N] | master NAME | no-master
 *   address NAME add|remove ADDRESS/LENGTH [noprefixroute] [tentative] [peer ADDRESS] [brd ADDRESS] | settled ADDRESS/LENGTH
 *   neighbour ADDRESS dev NAME failed|known|absent|incomplete|permanent
 *   [no] route [blackhole|unreachable|prohibit|throw] PREFIX [via A] [dev D] [proto N] [metric N] [table N] [tos N]
 *   append route PREFIX via A dev D [proto N]       (another next hop; to ours: a foreigner's `ip -6 route append`, fact K7)
 *   rule PRIORITY lookup TABLE [iif NAME | from PREFIX [iif NAME | fwmark N]]      no rule PRIORITY [inet6]: the oldest of others
 *   flush table N | flush rules [all]: main's, too | overflow
 *   frr|DAEMON responsive [aged TIME|unknown] | eof | stopped | hang | appeared | down
 *   rib holds [vrf NAME] PREFIX... | rib lost [vrf NAME] PREFIX... | rib mute | rib speaks
 *   kernel denies|drops PREFIX | kernel admits PREFIX      (whatever its routes and rules say: by routes of others, or at all)
 *   kernel delay TIME | kernel fails CODE | kernel works
 *   config KEY VALUE... | reload | agent start | agent stop | agent kill | mark
 *   hold TIME|never|off | role primary|standby|auto             what an operator orders; kept over the agent's death
 *   role says WORDS | role fails | role silent                  the configured role file or command; silent: the next agent waits for it
 *   wall-clock +TIME|-TIME                                      somebody sets the host's clock
 *   keep reachable ADDRESS [vrf NAME]                           from here on no step of the agent may make it unreachable
 */

import { questionKey } from '../../src/core/coverage.js';
import { familyBits } from '../../src/model/address.js';
import type { Verdict } from '../../src/model/daemon.js';
import { defaultPrefix, type Prefix, parsePrefix, prefixText } from '../../src/model/prefix.js';
import type { RouteType, Rule } from '../../src/model/route.js';
import type { FakeKernel, ForeignRoute } from '../fake/kernel.js';
import { parseTime } from './parse.js';
import type { World } from './world.js';

export function act(world: World, command: string): void {
  const words = command.split(/\s+/);
  const [verb = '', what = ''] = words;
  const fake = world.kernel.fake;
  switch (verb) {
    case 'link':
      return link(world, what, words.slice(2));
    case 'address':
      if (words[2] === 'settled') return fake.addressSettled(what, words[3]!);
      return words[2] === 'add'
        ? fake.addressAdd(what, words[3]!, addressOptions(words.slice(4)))
        : fake.addressRemove(what, words[3]!);
    case 'neighbour':
      return fake.neighbourSet(words[3]!, what, words[4] as Parameters<typeof fake.neighbourSet>[2]);
    case 'route':
      return must(command, fake.foreignRouteAdd(foreignRoute(words.slice(1))));
    case 'no':
      if (what === 'rule')
        return must(command, fake.foreignRuleDelete(words[3] === 'inet6' ? 'inet6' : 'inet', Number(words[2])));
      return must(command, fake.foreignRouteDelete(foreignRoute(words.slice(2))));
    case 'append':
      return append(world, foreignRoute(words.slice(2)));
    case 'rule':
      return must(command, fake.foreignRuleAdd(foreignRule(words)));
    case 'flush':
      if (what === 'table') return fake.flushTable(Number(words[2]));
      return words[2] === 'all' ? fake.flushAllRules() : fake.flushRules();
    case 'overflow':
      return fake.loseEvents();
    case 'rib':
      return rib(world, what, words.slice(2));
    case 'kernel':
      return kernel(world, what, words[2] ?? '');
    case 'config':
      return void world.configLines.push(words.slice(1).join(' '));
    case 'reload':
      return world.reload();
    case 'agent':
      return agent(world, what);
    case 'mark':
      return world.setMark();
    case 'hold':
      return world.orderHold(what === 'off' || what === 'never' ? what : parseTime(what));
    case 'role':
      return role(world, what, words.slice(2).join(' '));
    case 'wall-clock':
      return void (world.wallOffset += (what.startsWith('-') ? -1 : 1) * parseTime(what.slice(1)));
    case 'keep':
      return world.kernel.keepReachable(words[2] ?? '', words[4]);
    default:
      return world.health.say(verb, verdict(command, what, words[3]));
  }
}

function addressOptions(words: readonly string[]): Parameters<FakeKernel['addressAdd']>[2] {
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  const [peer, broadcast] = [after('peer'), after('brd')];
  return {
    tentative: words.includes('tentative'),
    ...(words.includes('noprefixroute') ? { prefixRoute: false } : {}),
    ...(peer === undefined ? {} : { peer }),
    ...(broadcast === undefined ? {} : { broadcast }),
  };
}

/** Of IPv4, unless it is for an IPv6 source. */
function foreignRule(words: readonly string[]): Rule {
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  const from = after('from') === undefined ? undefined : parsePrefix(after('from')!)!;
  const mark = after('fwmark') === undefined ? {} : { mark: { value: Number(after('fwmark')), mask: 0xffffffff } };
  return {
    family: from?.family ?? 'inet',
    priority: Number(words[1]),
    table: Number(words[3]),
    suppressPrefixLength: undefined,
    inputInterface: after('iif'),
    protocol: 3,
    foreign: from !== undefined && (from.length < familyBits(from.family) || 'mark' in mark),
    ...(from === undefined ? {} : { detail: { action: 'table', from, ...mark } }),
  };
}

function link(world: World, name: string, [change = '', ...rest]: readonly string[]): void {
  const fake = world.kernel.fake;
  switch (change) {
    case 'up': {
      const known = [...fake.links.values()].some((candidate) => candidate.name === name);
      if (!known) fake.linkAdd(name);
      fake.linkUp(name);
      const index = fake.link(name).index;
      for (const text of rest)
        if (!fake.addresses.some((a) => a.interfaceIndex === index && `${a.address}/${a.length}` === text))
          fake.addressAdd(name, text);
      return;
    }
    case 'add':
      return addLink(world, name, rest);
    case 'down':
      return fake.linkDown(name);
    case 'carrier':
      return fake.linkCarrier(name, true);
    case 'no-carrier':
      return fake.linkCarrier(name, false);
    case 'delete':
      return fake.linkDelete(name);
    case 'master':
      return fake.linkMaster(name, rest[0]!);
    case 'no-master':
      return fake.linkMaster(name, undefined);
    case 'rename':
      return fake.linkRename(name, rest[0]!);
    default:
      throw new SyntaxError(`link ${name}: unknown change ${change}`);
  }
}

function addLink(world: World, name: string, words: readonly string[]): void {
  const value = (key: string): string | undefined => (words.includes(key) ? words[words.indexOf(key) + 1] : undefined);
  const [altName, mac, master, table] = [value('altname'), value('mac'), value('master'), value('vrf-table')];
  const kind = value('kind');
  world.kernel.fake.linkAdd(name, {
    ...(mac === undefined ? {} : { mac }),
    ...(altName === undefined ? {} : { altNames: [altName] }),
    ...(master === undefined ? {} : { master: world.kernel.fake.link(master).index }),
    ...(kind === undefined ? {} : { kind }),
    ...(table === undefined ? {} : { vrfTable: Number(table), kind: 'vrf' }),
  });
}

function foreignRoute(words: readonly string[]): ForeignRoute {
  const typed = ['blackhole', 'unreachable', 'prohibit', 'throw'].includes(words[0] ?? '');
  const route: { -readonly [K in keyof ForeignRoute]: ForeignRoute[K] } = {
    destination: prefixOf(words[typed ? 1 : 0] ?? ''),
  };
  if (typed) route.type = words[0] as RouteType;
  for (let i = typed ? 2 : 1; i < words.length; i += 2) {
    const [key, value = ''] = [words[i], words[i + 1]];
    if (key === 'via') route.via = value;
    else if (key === 'dev') route.dev = value;
    else if (key === 'proto') route.protocol = Number(value);
    else if (key === 'metric') route.metric = Number(value);
    else if (key === 'table') route.table = Number(value);
    else if (key === 'tos') route.tos = Number(value);
    else throw new SyntaxError(`route: unknown word ${key}`);
  }
  // `default` is of the family of its gateway.
  return route.via?.includes(':') === true && words.includes('default')
    ? { ...route, destination: defaultPrefix('inet6') }
    : route;
}

function prefixOf(text: string): Prefix {
  const parsed = text === 'default' ? defaultPrefix('inet') : parsePrefix(text);
  if (parsed === undefined) throw new SyntaxError(`not a prefix: ${text}`);
  return parsed;
}

function append(world: World, { destination, via, dev, protocol }: ForeignRoute): void {
  const ours = world.kernel.fake.fib.routes.find(
    (route) =>
      (protocol === undefined ? world.kernel.protocols.has(route.protocol) : route.protocol === protocol) &&
      prefixText(route.destination) === prefixText(destination),
  );
  if (ours === undefined) throw new Error(`no route to append to: ${prefixText(destination)}`);
  world.kernel.fake.foreignNexthopAppend(
    ours,
    { gateway: via, interfaceIndex: world.kernel.fake.link(dev ?? '').index, dead: false },
    4,
  );
}

function rib(world: World, what: string, words: readonly string[]): void {
  const vrf = words[0] === 'vrf' ? words[1] : undefined;
  const texts = (vrf === undefined ? words : words.slice(2)).map((text) =>
    questionKey({ prefix: prefixOf(text), vrf }),
  );
  if (what === 'holds') texts.forEach((text) => world.rib.held.add(text));
  else if (what === 'lost') texts.forEach((text) => world.rib.held.delete(text));
  else if (what === 'mute' || what === 'speaks') world.rib.mute = what === 'mute';
  else throw new SyntaxError(`rib: unknown word ${what}`);
}

function role(world: World, what: string, text: string): void {
  if (what === 'primary' || what === 'standby' || what === 'auto') world.orderRole(what);
  else if (what === 'says') world.roleSays(text);
  else if (what === 'silent') world.roleIsSilent();
  else if (what === 'fails') world.roleSays(undefined);
  else throw new SyntaxError(`role: unknown word ${what}`);
}

function kernel(world: World, what: string, value: string): void {
  if (what === 'delay') world.kernel.delayMs = parseTime(value);
  else if (what === 'silent') world.roleIsSilent();
  else if (what === 'fails') world.kernel.fake.failure = { code: value, message: 'made to fail' };
  else if (what === 'works') world.kernel.fake.failure = undefined;
  else if (what === 'denies') world.kernel.fake.denied.set(value, 'foreign');
  else if (what === 'drops') world.kernel.fake.denied.set(value, 'all');
  else if (what === 'admits') world.kernel.fake.denied.delete(value);
  else throw new SyntaxError(`kernel: unknown word ${what}`);
}

function agent(world: World, what: string): void {
  if (what === 'start') world.startAgent();
  else if (what === 'stop') world.stopAgent();
  else if (what === 'kill') world.killAgent();
  else throw new SyntaxError(`agent: unknown word ${what}`);
}

function verdict(command: string, what: string, age: string | undefined): Verdict {
  switch (what) {
    case 'responsive':
      return { kind: 'responsive', reason: 'answers', ageMs: ageOf(age) };
    case 'stopped':
      return { kind: 'down', reason: 'process 7 (zebra) has ended with status 0', orderly: true };
    case 'eof':
      return { kind: 'down', reason: 'end of file' };
    case 'down':
      return { kind: 'down', reason: 'no socket' };
    case 'hang':
      return { kind: 'unresponsive', reason: 'no answer' };
    case 'appeared':
      return { kind: 'appeared', reason: 'socket appeared' };
    default:
      throw new SyntaxError(`unknown command: ${command}`);
  }
}

function ageOf(age: string | undefined): number | undefined {
  if (age === undefined) return 0;
  return age === 'unknown' ? undefined : parseTime(age);
}

function must(command: string, result: { readonly ok: boolean; readonly message?: string }): void {
  if (!result.ok) throw new Error(`${command}: the fake kernel says: ${result.message ?? ''}`);
}
