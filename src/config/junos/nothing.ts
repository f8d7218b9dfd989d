/** Diagnostics for a backup router that is missing, inactive or misplaced. */

import { FAMILIES } from '../../model/address.js';
import { STANZA } from '../gateways.js';
import type { Report } from '../report.js';
import { activeChildren } from './groups.js';
import type { Misplaced } from './misplaced.js';
import type { Statement } from './tree.js';

/** Warns of misplaced backup routers if another one is read. */
export function reportMisplaced(misplaced: readonly Misplaced[], report: Report): void {
  for (const one of misplaced)
    report.warning(one.statement.span, {
      code: 'unknown-key',
      message: `'${one.statement.word}' stands ${whereIs(one)}, and is not read`,
      suggestion: `put it into 'system { ... }', or remove it`,
    });
}

function whereIs({ path }: Misplaced): string {
  return path.length === 0 ? "outside of 'system'" : `in '${path.join(' ').slice(0, 80)}', not in 'system'`;
}

/**
 * Reports why there is no backup router, as far as the text shows. `end`: the end of a text with
 * syntax faults.
 */
export function reportNothing(
  root: Statement,
  misplaced: readonly Misplaced[],
  end: number | undefined,
  report: Report,
): void {
  // Positioned after the syntax faults, which may be the reason.
  const place = end === undefined ? { start: 0, end: 1 } : { start: Math.max(0, end), end: Math.max(0, end) + 1 };
  const inactive = deactivated(root);
  if (inactive !== undefined) {
    report.warning(inactive.span, {
      code: 'inactive',
      message: `'${inactive.word}' is inactive, so nothing in it counts`,
      suggestion: "activate it: remove 'inactive:', or the 'deactivate' line",
    });
  }
  const holder = [...(root.children?.get('groups')?.children?.values() ?? [])].find((group) =>
    FAMILIES.some((family) => activeChildren(group, 'system').some(({ word }) => word === STANZA[family])),
  );
  const message = "there is neither 'system backup-router' nor 'system inet6-backup-router'";
  const [first] = misplaced;
  if (first !== undefined)
    report.error(first.statement.span, {
      code: 'missing-key',
      message: `${message}; '${first.statement.word}' stands ${whereIs(first)}`,
      suggestion: `put it into 'system { ... }', or write 'set system ${first.statement.word} ...'`,
    });
  else if (holder !== undefined && inactive === undefined)
    report.error(holder.span, {
      code: 'missing-key',
      message: `${message}; the group '${holder.word.slice(0, 40)}' has one and is not applied`,
      suggestion: `add 'apply-groups ${holder.word.slice(0, 40)};', or give --member if it is the group of a member`,
    });
  else
    report.error(place, {
      code: 'missing-key',
      message: `${message}${inactive === undefined ? '' : ' that is active'}`,
      suggestion: "add 'set system backup-router ADDRESS', or 'system { backup-router ADDRESS; }'",
    });
}

/** The outermost inactive statement on the path to a backup router, locally or in a group. */
function deactivated(root: Statement): Statement | undefined {
  const groups = root.children?.get('groups');
  if (groups?.inactive === true) return groups;
  for (const top of [root, ...(groups?.children?.values() ?? [])]) {
    if (top.inactive) return top;
    const system = top.children?.get('system');
    for (const family of FAMILIES) {
      const stanza = system?.children?.get(STANZA[family]);
      if (stanza === undefined) continue;
      if (system!.inactive) return system;
      if (stanza.inactive) return stanza;
      const address = [...(stanza.children?.values() ?? [])].find((child) => child.inactive);
      if (address !== undefined) return address;
    }
  }
  const applied = root.children?.get('apply-groups');
  return applied?.inactive === true ? applied : undefined;
}
