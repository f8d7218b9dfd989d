/** What to do about a socket that only its group may use, as text for the reason of a verdict. */

import { inContainer } from '../host/container.js';

/** In a container groups are given as numbers, which the routing daemon's container knows. */
export function groupHint(group: string, container = inContainer()): string {
  const remedy = container
    ? `--group-add with the number that \`getent group ${group}\` prints in the routing daemon's container`
    : `usermod -aG ${group} USER, or SupplementaryGroups=${group}`;
  return `the agent must run with the group ${group} (${remedy})`;
}
