/**
 * Steps as commands of ip(8) that can be pasted into a root shell and do what the agent would do.
 * `ip route add` sends CREATE|EXCL, as the agent does (fact K3). A deletion names every selector
 * that ip(8) lets it name (facts K5, K14). Pure.
 */

import { familyOf } from '../model/address.js';
import { metricsWords } from '../model/metrics-text.js';
import { destinationText, prefixText } from '../model/prefix.js';
import { type Nexthop, type Route, type Rule, TABLE_MAIN } from '../model/route.js';
import type { NameOf } from '../model/route-text.js';
import type { Step } from './ports.js';

/**
 * One command line. An interface whose name is not known is written `if7`, which ip(8)
 * understands.
 */
export function ipCommand(step: Step, nameOf: NameOf): string {
  switch (step.kind) {
    case 'add-route':
      return routeCommand('add', step.route, nameOf);
    case 'delete-route':
      return routeCommand('del', step.route, nameOf);
    case 'add-rule':
      return ruleCommand('add', step.rule);
    case 'delete-rule':
      return ruleCommand('del', step.rule);
    case 'adopt-route':
      return routeCommand('del', step.adopted.route, (index) => nameOf(index) ?? step.adopted.interfaceName);
    case 'restore-route':
      return routeCommand('add', step.adopted.route, (index) => nameOf(index) ?? step.adopted.interfaceName);
    default:
      return step satisfies never;
  }
}

/**
 * All steps as command lines. ip(8) sends NLM_F_EXCL and so cannot add a rule a second time. A
 * rule that moves behind others of its priority is therefore deleted first and added again last.
 */
export function ipCommands(steps: readonly Step[], nameOf: NameOf): readonly string[] {
  const moved = (step: Step): boolean => step.kind === 'add-rule' && step.again === true;
  return [...steps.filter((step) => !moved(step)), ...steps.filter(moved)].map((step) => ipCommand(step, nameOf));
}

function routeCommand(verb: 'add' | 'del', route: Route, nameOf: NameOf): string {
  const words = [`${ip(route)} route ${verb}`];
  if (route.type !== 'unicast') words.push(route.type);
  words.push(destinationText(route.destination));
  if (route.tos !== 0) words.push(`tos ${route.tos}`);
  const [first] = route.nexthops;
  if (route.nexthops.length === 1 && first !== undefined) words.push(nexthopWords(route, first, nameOf));
  if (route.table !== TABLE_MAIN) words.push(`table ${route.table}`);
  words.push(`proto ${route.protocol}`);
  if (route.source !== undefined) words.push(`src ${route.source}`);
  if (route.metric !== 0) words.push(`metric ${route.metric}`);
  if (route.nexthops.length === 1 && first?.onlink === true) words.push('onlink');
  words.push(...metricsWords(route.metrics));
  if (route.nexthops.length > 1)
    words.push(...route.nexthops.map((nexthop) => `nexthop ${nexthopWords(route, nexthop, nameOf)}`));
  return words.join(' ');
}

function nexthopWords({ family }: Route, { gateway, interfaceIndex }: Nexthop, nameOf: NameOf): string {
  const device = `dev ${quoted(nameOf(interfaceIndex) ?? `if${interfaceIndex}`)}`;
  if (gateway === undefined) return device;
  return `via ${familyOf(gateway) === family ? '' : `${familyOf(gateway)} `}${gateway} ${device}`;
}

function ruleCommand(verb: 'add' | 'del', rule: Rule): string {
  const words = [`${ip(rule)} rule ${verb} pref ${rule.priority}`];
  const from = rule.detail?.from;
  if (from !== undefined) words.push(`from ${prefixText(from)}`);
  if (rule.inputInterface !== undefined) words.push(`iif ${quoted(rule.inputInterface)}`);
  words.push(`lookup ${rule.table === TABLE_MAIN ? 'main' : rule.table}`);
  if (rule.suppressPrefixLength !== undefined) words.push(`suppress_prefixlength ${rule.suppressPrefixLength}`);
  if (rule.protocol !== 0) words.push(`protocol ${rule.protocol}`);
  return words.join(' ');
}

function ip({ family }: { readonly family: Route['family'] }): string {
  return family === 'inet' ? 'ip' : 'ip -6';
}

/**
 * The kernel lets an interface have almost any name (dev_valid_name). The shell needs quotes for
 * some of them.
 */
function quoted(name: string): string {
  return /^[A-Za-z0-9_.@:+-]+$/.test(name) ? name : `'${name.replace(/'/g, `'\\''`)}'`;
}
