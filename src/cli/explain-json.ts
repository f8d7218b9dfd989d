/**
 * The JSON output of `explain`, a stable schema (docs/output.schema.json). While `version` is 1, fields are
 * added, never renamed or removed.
 */

import { expectationOf } from '../core/expected.js';
import type { Explanation, Passage } from '../core/explain/explain.js';
import type { ExplainedPacket } from '../core/explain/walk.js';
import { familyOf } from '../model/address.js';
import { destinationText } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import { type NameOf, routeText, ruleText, tableText } from '../model/route-text.js';
import type { KernelAnswer } from '../model/ways.js';
import type { Gathered } from './facts.js';
import type { ExplainedAnswer, ExplainedRoute, ExplainedRule, ExplainedState, ExplainOutput } from './output.js';

export function explanationJson(
  explanation: Explanation,
  { source, agent, silence, config, coveredBefore }: Gathered,
  { vrf, from }: Pick<ExplainedPacket, 'vrf' | 'from'>,
  nameOf: NameOf,
): ExplainOutput {
  return {
    version: 1,
    address: explanation.address,
    family: familyOf(explanation.address),
    vrf: vrf?.name ?? null,
    from: from ?? null,
    configuration: source,
    agent:
      agent === undefined
        ? null
        : { phase: agent.routes.phase, reason: agent.routes.reason, forMs: agent.routes.forMs },
    agentSilence: silence ?? null,
    destination: expectationOf(config, explanation.address, coveredBefore) ?? null,
    kernel: answerJson(explanation.answer, nameOf),
    agrees: explanation.agrees,
    now: passageJson(explanation.now, nameOf),
    states: explanation.states.map((passage) => passageJson(passage, nameOf)),
    mayDivert: explanation.mayDivert.map(({ rule, reason }) => ({ ...ruleJson(rule), dependsOn: reason })),
    notes: explanation.notes,
  };
}

function passageJson({ state, carrier, route, rule, why }: Passage, nameOf: NameOf): ExplainedState {
  return {
    state,
    carrier,
    route: route === undefined ? null : routeJson(route, nameOf),
    rule: rule === undefined ? null : ruleJson(rule),
    why,
  };
}

function routeJson(route: Route, nameOf: NameOf): ExplainedRoute {
  return {
    destination: destinationText(route.destination),
    table: route.table,
    type: route.type,
    protocol: route.protocol,
    metric: route.metric,
    nexthops: route.nexthops.map(({ gateway, interfaceIndex, dead }) => ({
      gateway: gateway ?? null,
      interface: nameOf(interfaceIndex) ?? null,
      dead,
    })),
    text: routeText(route, nameOf),
  };
}

function ruleJson(rule: Rule): ExplainedRule {
  return { priority: rule.priority, text: ruleText(rule, tableText) };
}

function answerJson(answer: KernelAnswer, nameOf: NameOf): ExplainedAnswer {
  if (answer.kind === 'refused') return { kind: 'refused', code: answer.code };
  return {
    kind: 'route',
    type: answer.type,
    gateway: answer.gateway ?? null,
    interface: nameOf(answer.interfaceIndex) ?? null,
    source: answer.source ?? null,
    table: answer.table,
    matched: answer.matched === undefined ? null : routeJson(answer.matched, nameOf),
  };
}
