/** Finding a link by what an operator calls it. */

import type { Link } from '../model/link.js';

/** The link of that name or alternative name (ip-link(8), altname); a name proper goes first. */
export function resolveLink(links: readonly Link[], name: string): Link | undefined {
  return links.find((link) => link.name === name) ?? links.find((link) => link.altNames.includes(name));
}
