/**
 * A life of the machine beside one watched daemon, `z`, with neither driver nor fake kernel: a test gives the inputs, and answers what the
 * machine asks for itself or has it answered to the end.
 */

import { parseConfig } from '../../../src/config/parse.js';
import type { Input, Output } from '../../../src/core/inputs.js';
import { transition } from '../../../src/core/machine.js';
import type { KernelHint } from '../../../src/core/ports.js';
import { initialState, type State } from '../../../src/core/state.js';
import type { Link } from '../../../src/model/link.js';
import type { Route, Rule } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { addRule, deleteRule } from '../../fake/fib.js';
import { FIRST_RULES, linkOf, PRIMARY_STATE } from './fixture.js';

/** The management interface, and another one. */
export const LINK: Link = linkOf(2, 'm');
export const DATA: Link = linkOf(3, 'd');

export const DOWN: Input = { kind: 'verdict', id: 'z', verdict: { kind: 'down', reason: 'eof' } };
export const RESPONSIVE: Input = {
  kind: 'verdict',
  id: 'z',
  verdict: { kind: 'responsive', reason: 'answers', ageMs: 0 },
};

export function hint(kind: KernelHint['kind'], ownDeleted = false): Input {
  return { kind: 'hint', hint: { kind, text: '', ownDeleted, sender: 7 } };
}

type Observe = Output & { readonly kind: 'observe' };

export class Life {
  state: State;
  now = 0;
  links: readonly Link[] = [LINK];
  /** What the kernel has of others, and of ours. */
  foreign: readonly Route[] = [];
  routes: Route[] = [];
  rules: Rule[] = [...FIRST_RULES];

  /** `more`: lines of the configuration; `protocols`: of the daemon's routes. */
  constructor(more = '', protocols: readonly number[] = []) {
    const { config } = parseConfig(`management-interface: m\nbackup-router: {address: 10.0.0.1}\n${more}`, 'c');
    this.state = initialState(
      {
        config: config!,
        watched: [{ id: 'z', protocols }],
        former: undefined,
        resyncMs: 30_000,
        role: PRIMARY_STATE,
        roleOverride: undefined,
        pin: undefined,
      },
      0,
    );
  }

  /** One input, so long after the one before; what follows is not carried out. */
  give(input: Input, afterMs = 20): readonly Output[] {
    const result = transition(this.state, input, (this.now += afterMs));
    this.state = result.state;
    return result.outputs;
  }

  /** Carries out what follows, to the end, but answers no question. Returns the looks that were asked for. */
  run(outputs: readonly Output[]): readonly Observe[] {
    const looks: Observe[] = [];
    for (let queue = [...outputs]; queue.length > 0; ) {
      const output = queue.shift()!;
      if (output.kind === 'apply') queue.push(...this.give(this.applied(output)));
      if (output.kind !== 'observe') continue;
      looks.push(output);
      queue.push(...this.give(this.observed(output.id)));
    }
    return looks;
  }

  observed(id: number): Input {
    return {
      kind: 'observed',
      id,
      snapshot: {
        ...EMPTY_SNAPSHOT,
        links: this.links,
        ownRoutes: [...this.routes],
        rules: [...this.rules],
        foreignRoutes: this.foreign,
      },
    };
  }

  applied({ steps }: Output & { readonly kind: 'apply' }): Input {
    for (const step of steps) {
      if (step.kind === 'add-route') this.routes.push(step.route);
      if (step.kind === 'add-rule') addRule({ routes: [], rules: this.rules }, step.rule);
      if (step.kind === 'delete-route') this.routes = [];
      if (step.kind === 'delete-rule') deleteRule({ routes: [], rules: this.rules }, step.rule);
    }
    return { kind: 'applied', steps, results: steps.map(() => ({ ok: true })) };
  }
}
