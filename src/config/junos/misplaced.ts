/**
 * Finds backup routers where Junos has none: in `routing-options`, at the top level, or outside
 * `system` because of an extra brace.
 */

import { FAMILIES } from '../../model/address.js';
import { STANZA } from '../gateways.js';
import type { Statement } from './tree.js';

export interface Misplaced {
  readonly statement: Statement;
  /** The enclosing statements, outermost first. Empty at the top level. */
  readonly path: readonly string[];
}

interface Step {
  readonly statement: Statement;
  readonly above: Step | undefined;
}

const NAMES: ReadonlySet<string> = new Set(FAMILIES.map((family) => STANZA[family]));
const MAX_FOUND = 10;

/**
 * The misplaced backup routers that are active and have an address or a destination, in no
 * particular order.
 */
export function misplacedRouters(root: Statement): readonly Misplaced[] {
  const found: Misplaced[] = [];
  const open: Step[] = [{ statement: root, above: undefined }];
  for (let step = open.pop(); step !== undefined && found.length < MAX_FOUND; step = open.pop()) {
    for (const statement of step.statement.children?.values() ?? []) {
      if (statement.inactive || statement.children === undefined) continue;
      if (NAMES.has(statement.word) && saysSomething(statement)) {
        const path = pathOf(step);
        if (!isHome(path)) found.push({ statement, path });
      } else open.push({ statement, above: step });
    }
  }
  return found;
}

function saysSomething({ children }: Statement): boolean {
  return [...(children?.values() ?? [])].some(({ word }) => word === 'destination' || /^[\d.]+$|:.*:/.test(word));
}

function pathOf(step: Step): readonly string[] {
  const path: string[] = [];
  for (let at: Step | undefined = step; at?.above !== undefined; at = at.above) path.push(at.statement.word);
  return path.reverse();
}

/**
 * Whether the path is `system` or `groups NAME system`, where the group may use a pattern for
 * `system`.
 */
function isHome(path: readonly string[]): boolean {
  const inner = path[0] === 'groups' ? path.slice(2) : path;
  return inner.length === 1 && (inner[0] === 'system' || (path[0] === 'groups' && inner[0]!.startsWith('<')));
}
