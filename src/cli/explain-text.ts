/**
 * The output of `explain` for people: the kernel's answer, a table of states, and notes. At most 80
 * columns wide, or as wide as the terminal.
 */

import { expectationOf } from '../core/expected.js';
import type { Explanation, Passage } from '../core/explain/explain.js';
import type { ExplainedPacket } from '../core/explain/walk.js';
import { linkOf, realmOf } from '../core/management.js';
import type { Address } from '../model/address.js';
import type { Vrf } from '../model/link.js';
import { ipWords, type NameOf, routeText, ruleText, tableText } from '../model/route-text.js';
import { durationText, type Paint, table, wrap } from '../model/text.js';
import type { KernelAnswer } from '../model/ways.js';
import type { Gathered } from './facts.js';
import { headline } from './status-text.js';

const LABEL = 9;

/** What the errno of a refused lookup means. */
const REFUSED: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route (network is unreachable)',
  EHOSTUNREACH: 'refused: unreachable',
  EINVAL: 'refused: blackhole',
  EACCES: 'refused: prohibited',
};

export function explanationText(
  explanation: Explanation,
  facts: Gathered,
  { vrf, from }: Pick<ExplainedPacket, 'vrf' | 'from'>,
  nameOf: NameOf,
  paint: Paint,
  columns = 80,
): string {
  const width = Math.min(Math.max(columns, 60), 120);
  const line = (label: string, text: string): string => labelled(label, text, width);
  const { answer } = explanation;
  const where = `${from === undefined ? '' : ` from ${from}`}${vrf === undefined ? '' : ` in VRF ${vrf.name}`}`;
  const head = [`${paint('bold', explanation.address)}  for packets that this router originates${where}\n`];
  head.push(line('kernel', answerText(answer, nameOf)));
  const { route, rule } = explanation.now;
  if (explanation.agrees && route !== undefined)
    head.push(line('route', `${routeText(route, nameOf)}${rule === undefined ? '' : `, by rule ${rule.priority}`}`));
  head.push(line('agent', agentText(facts)));
  const covers = coveredText(facts, explanation.address);
  if (covers !== undefined) head.push(line('covered', covers));
  if (!explanation.agrees)
    head.push(
      line(
        'differs',
        paint(
          'red',
          'the kernel uses another route than its rules and routes predict; the states below may be wrong, too',
        ),
      ),
    );
  const rows = [explanation.now, ...explanation.states].map((passage) => [
    passage.state.replace('-', ' '),
    carriedBy(passage, nameOf),
    ipWords(passage.why),
  ]);
  const tail = [
    ...explanation.mayDivert.map(({ rule, reason }) =>
      line('depends', `rule ${ruleText(rule, tableText)} may take other packets to this address: on ${reason}`),
    ),
    ...[...explanation.notes, ...hints(facts, vrf)].map((note) => line('note', note)),
  ];
  const states = table(['STATE', 'CARRIED BY', 'WHY'], rows, width, [10, 32]);
  return `${head.join('')}\n${states}${tail.length === 0 ? '' : '\n'}${tail.join('')}`;
}

function labelled(label: string, text: string, width: number): string {
  return wrap(ipWords(text), width - LABEL)
    .map((part, i) => `${(i === 0 ? label : '').padEnd(LABEL)}${part}\n`)
    .join('');
}

function answerText(answer: KernelAnswer, nameOf: NameOf): string {
  if (answer.kind === 'refused') return REFUSED[answer.code] ?? answer.code;
  const device = nameOf(answer.interfaceIndex) ?? `if${answer.interfaceIndex}`;
  const type = answer.type === 'unicast' ? '' : `${answer.type} `;
  const via = answer.gateway === undefined ? '' : `via ${answer.gateway} `;
  return `${type}${via}dev ${device}${answer.source === undefined ? '' : ` from ${answer.source}`}`;
}

function agentText({ agent, silence }: Gathered): string {
  if (agent === undefined) return `${silence ?? 'does not run'}; the states show what it would do`;
  const { forMs, reason } = agent.routes;
  return `backup routes ${headline(agent)} for ${durationText(forMs)}: ${reason}`;
}

/** Whether the destination of the address was covered before, and what follows from that. */
function coveredText({ config, coveredBefore }: Gathered, address: Address): string | undefined {
  const found = expectationOf(config, address, coveredBefore);
  const timeout = config.convergenceTimeoutMs;
  if (found === undefined || timeout === 0) return undefined;
  const { destination } = found;
  if (found.coveredBefore)
    return `${destination} has been covered here: uncovered, it brings the routes in until it is covered again`;
  const time =
    timeout === 'never' ? 'the routes are in until it is' : `a healthy daemon has ${durationText(timeout)} to do so`;
  return `${destination} has never been covered here: ${time}`;
}

/** `backup via 10.255.0.1 dev mgmt0`. */
function carriedBy({ carrier, route }: Passage, nameOf: NameOf): string {
  if (route === undefined) return carrier === 'none' ? 'nothing' : 'refused by rule';
  if (carrier === 'refused') return `refused (${route.type})`;
  const ways = route.nexthops.map(
    ({ gateway, interfaceIndex }) =>
      `${gateway === undefined ? '' : `via ${gateway} `}dev ${nameOf(interfaceIndex) ?? `if${interfaceIndex}`}`,
  );
  return `${carrier} ${ways.slice(0, 2).join(' or ')}${ways.length > 2 ? ` or ${ways.length - 2} more` : ''}`;
}

/** Notes on VRFs: a management interface in a VRF serves only sockets bound to that VRF. */
function hints({ snapshot, config }: Gathered, vrf: Vrf | undefined): readonly string[] {
  if (vrf !== undefined) return [];
  const masters = config.managementInterfaces.flatMap(({ selector }) => {
    const { vrf: name } = realmOf(linkOf(selector, snapshot), snapshot);
    return name === undefined ? [] : [name];
  });
  return [...new Set(masters)].map(
    (name) =>
      `The management interface is in VRF ${name}: its backup routes serve sockets bound there (--vrf ${name}).`,
  );
}
