/**
 * What a scenario can expect. Each returns undefined when it holds, else what was found instead.
 *
 *   withdrawn                               nothing of ours in the kernel
 *   [no] ROUTE WORDS                        default via A dev D table N proto N metric N (those named must agree)
 *   [no] rule PRIORITY [iif I] [lookup N] [suppress_prefixlength N]
 *   phase starting | in CAUSE | out         reason TEXT
 *   waiting SUBJECT [TEXT] | no waiting     backup PREFIX [via A] [dev D] STATE [preempting|yielding|hidden|seen] | no backup PREFIX [dev D] [table N]
 *   no kernel change                        since the agent's start, or the last `mark`
 *   lookup ADDRESS originated|transit [from SOURCE] -> via A dev D | dev D | blackhole | nothing      lookup ADDRESS vrf NAME -> ...
 *   replies FAMILY INTERFACE STATE [TEXT | as wanted]     symmetric replies, as the status has them; TEXT: in the reason
 *   preemption N [TIME]: destinations whose tie is taken, and in what time the next turns; no preemption
 *   lines TIME N: of the log since then at info or above, at the most N
 *   looks N: at the kernel, since the last mark
 *   gateway ADDRESS STATE [chosen]          headline WORDS: the first words of `status`, and then its exit status
 *   probed ADDRESS [TIMES] | no probe [ADDRESS]          since the last mark
 *   role primary|standby [TEXT]             interface SELECTOR NAME | interface SELECTOR missing
 *   unchanged: routes and rules are those of the last mark (a change that the kernel refused is none)
 *   sound: what holds whenever nothing has happened for a while (random/sound.ts)
 *   life DAEMON LIFE | hold TIME | interference N TEXT | no interference | fault TEXT | no fault | exited | log TEXT
 */

import { headline, inWishedState } from '../../src/cli/status-text.js';
import type { Status } from '../../src/model/status.js';
import { parseTime } from './parse.js';
import { unsound } from './random/sound.js';
import type { World } from './world.js';

export function check(world: World, expectation: string): string | undefined {
  const words = expectation.split(/\s+/);
  const [verb = '', what = ''] = words;
  const rest = words.slice(1).join(' ');
  const verdict = (holds: boolean, found: string): string | undefined => (holds ? undefined : found);
  switch (verb) {
    case 'sound':
      return unsound(world);
    case 'unchanged': {
      const [before, now] = [world.marked, world.kernel.lines()];
      const gone = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
      const come = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
      return verdict(gone.length + come.length === 0, `the kernel has changed: ${[...gone, ...come].join(' | ')}`);
    }
    case 'withdrawn':
      return verdict(world.kernel.ownLines().length === 0, 'the kernel has routes or rules of ours');
    case 'phase': {
      const { phase, cause } = world.status().routes;
      const found = cause === null ? phase : `${phase} ${cause}`;
      return verdict(found === rest || (phase === rest && words.length === 2), `phase ${found}`);
    }
    case 'reason':
      return contains(world.status().routes.reason, rest);
    case 'waiting': {
      const wait = world.status().waiting.find(({ subject }) => `${rest} `.startsWith(`${subject} `));
      return wait === undefined ? 'nothing waits for that' : contains(wait.reason, rest.slice(wait.subject.length + 1));
    }
    case 'backup':
      return backup(world.status(), what, words.slice(2));
    case 'gateway': {
      const found = world.status().gateways.find(({ address }) => address === what);
      if (found === undefined) return 'no such gateway';
      if (found.state !== words[2]) return `it is ${found.state}`;
      return verdict(words[3] === undefined || found.chosen, 'it is not chosen');
    }
    case 'replies': {
      const found = world.status().symmetricReplies.find((one) => one.family === what && one.interface === words[2]);
      if (found?.state !== words[3]) return `they are ${found?.state ?? 'not asked for'}`;
      const reason = words.slice(4).join(' ');
      if (reason === 'as wanted') return verdict(found?.reason === null, `they are ${words[3]}: ${found?.reason}`);
      return contains(found?.reason ?? '', reason);
    }
    case 'preemption': {
      const found = world.status().preemption;
      const text = `${found?.destinations ?? 0} ${found?.nextInMs ?? 'never'}`;
      return verdict(text === `${what} ${words[2] === undefined ? 'never' : parseTime(words[2])}`, `it is ${text}`);
    }
    case 'lines': {
      const since = parseTime(what);
      const told = world.log.filter((line) => parseTime(line.split(' ')[0]!) >= since && !line.includes(' debug '));
      return verdict(told.length <= Number(words[2]), `${told.length} lines: ${told.join(' | ')}`);
    }
    case 'looks':
      return verdict(world.looks() === Number(what), `${world.looks()} looks`);
    case 'headline': {
      const status = world.status();
      const found = `${headline(status)} ${inWishedState(status) ? 0 : 1}`;
      return verdict(found === rest, `it is ${found}`);
    }
    case 'lookup':
      return lookup(world, words);
    case 'probed': {
      const count = world.probes(what);
      return verdict(words[2] === undefined ? count > 0 : count === Number(words[2]), `it was probed ${count} times`);
    }
    case 'role': {
      const { role, roleReason } = world.status().routes;
      return role === what ? contains(roleReason, words.slice(2).join(' ')) : `role ${role}: ${roleReason}`;
    }
    case 'interface': {
      const found = world.status().managementInterfaces.find(({ selector }) => selector === what);
      return verdict(
        found !== undefined && (found.name ?? 'missing') === words[2],
        `it is ${found?.name ?? 'missing'}`,
      );
    }
    case 'life': {
      const life = world.status().daemons.find(({ id }) => id === `frr/${what}`)?.state;
      return verdict(life === words[2], `it is ${life ?? 'not watched'}`);
    }
    case 'hold':
      return verdict(
        world.status().damping.holdMs === parseTime(what),
        `hold-time ${world.status().damping.holdMs} ms`,
      );
    case 'interference': {
      const found = world.status().interference;
      return found === null
        ? 'nobody interferes'
        : found.episodes !== Number(what)
          ? `${found.episodes} episodes`
          : contains(found.last, words.slice(2).join(' '));
    }
    case 'fault':
      return contains(world.status().faults.join(' | '), rest);
    case 'exited':
      return verdict(world.exited, 'the agent still runs');
    case 'log':
      return verdict(
        world.log.some((line) => line.includes(rest)),
        'no such line in the log',
      );
    case 'rule':
      return verdict(
        rules(world).some((line) => agrees(line, rest)),
        'no such rule',
      );
    case 'no':
      return none(world, words.slice(1));
    default:
      return verdict(
        world.kernel.fake.routeLines().some((line) => agrees(line, expectation)),
        'no such route',
      );
  }
}

function none(world: World, words: readonly string[]): string | undefined {
  const rest = words.slice(1).join(' ');
  const status = (): Status => world.status();
  switch (words[0]) {
    case 'kernel': {
      const changes = world.kernel.steps.length - world.mark;
      return changes === 0 ? undefined : `${changes} changes: ${world.kernel.stepLines(changes).join(' | ')}`;
    }
    case 'probe': {
      const count = world.probes(words[1]);
      return count === 0 ? undefined : `${count} probes`;
    }
    case 'backup': {
      const found = status().backupRoutes.find((route) =>
        agrees(`${route.destination} dev ${route.interface} table ${route.table}`, rest),
      );
      return found === undefined ? undefined : `it is ${found.state}`;
    }
    case 'waiting':
      return status().waiting.length === 0
        ? undefined
        : `waiting ${status()
            .waiting.map((wait) => `${wait.subject}: ${wait.reason}`)
            .join(', ')}`;
    case 'interference':
      return status().interference === null ? undefined : 'somebody interferes';
    case 'preemption':
      return status().preemption === null ? undefined : 'there is preemption';
    case 'fault':
      return status().faults.length === 0 ? undefined : `faults: ${status().faults.join(', ')}`;
    case 'log':
      return world.log.find((line) => line.includes(rest));
    case 'rule':
      return rules(world).find((line) => agrees(line, rest));
    default:
      return world.kernel.fake.routeLines().find((line) => agrees(line, words.join(' ')));
  }
}

function rules(world: World): readonly string[] {
  return [...world.kernel.fake.ruleLines('inet'), ...world.kernel.fake.ruleLines('inet6')].map((line) =>
    line.replace(':', ''),
  );
}

function backup(status: Status, destination: string, words: readonly string[]): string | undefined {
  const left = [...words];
  const named = (key: string): string | undefined =>
    left.includes(key) ? left.splice(left.indexOf(key), 2)[1] : undefined;
  const [via, dev] = [named('via'), named('dev')];
  const [state, tie] = left;
  const found = status.backupRoutes.find(
    (route) => route.destination === destination && (dev === undefined || route.interface === dev),
  );
  if (found === undefined) return `no backup route ${destination}`;
  if (via !== undefined && found.gateway !== via) return `it is via ${found.gateway}`;
  if (found.state !== state) return `it is ${found.state}`;
  if (tie === 'hidden' || tie === 'seen')
    return (tie === 'hidden') === (found.hiddenBy !== undefined)
      ? undefined
      : `it is hidden by ${found.hiddenBy ?? 'nothing'}`;
  if (tie === undefined || (tie === 'preempting') === found.preempting) return undefined;
  return found.preempting ? 'it is preempting' : 'it is not preempting';
}

function lookup(world: World, [, address = '', origin, ...rest]: readonly string[]): string | undefined {
  const wanted = rest.slice(rest.indexOf('->') + 1);
  const found =
    origin === 'vrf'
      ? world.kernel.lookupIn(address, rest[0]!)
      : world.kernel.fake.lookup(address, {
          originated: origin === 'originated',
          ...(rest[0] === 'from' ? { source: rest[1]! } : {}),
        })?.route;
  const hop = found?.nexthops[0];
  const device = hop === undefined ? '' : `dev ${world.kernel.fake.links.get(hop.interfaceIndex)?.name}`;
  const text =
    found === undefined
      ? 'nothing'
      : hop === undefined
        ? found.type
        : hop.gateway === undefined
          ? device
          : `via ${hop.gateway} ${device}`;
  return text === wanted.join(' ') ? undefined : `it goes ${text}`;
}

const KEYS = new Set([
  'via',
  'dev',
  'table',
  'proto',
  'metric',
  'iif',
  'lookup',
  'suppress_prefixlength',
  'from',
  'tos',
]);

/** Whether a line of the fake's output agrees with every word expected. `table 254` and `metric 0` are left out of the output. */
function agrees(line: string, expectation: string): boolean {
  const is = split(line);
  const wanted = split(expectation);
  const silent = new Set(['table 254', 'metric 0']);
  return (
    is.head === wanted.head &&
    wanted.pairs.every(
      (pair) =>
        is.pairs.includes(pair) ||
        (silent.has(pair) && !is.pairs.some((other) => other.split(' ')[0] === pair.split(' ')[0])),
    )
  );
}

function split(text: string): { readonly head: string; readonly pairs: readonly string[] } {
  const words = text.split(/\s+/).filter((word) => word !== 'nexthop');
  const first = words.findIndex((word) => KEYS.has(word));
  const end = first < 0 ? words.length : first;
  const pairs: string[] = [];
  for (let i = end; i < words.length; i += 2) pairs.push(`${words[i]} ${words[i + 1]}`);
  return { head: words.slice(0, end).join(' '), pairs };
}

function contains(text: string, wanted: string): string | undefined {
  return text.includes(wanted) ? undefined : `found "${text}"`;
}
