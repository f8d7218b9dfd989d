/**
 * Run by explain-walk.test.ts inside its namespace. For each argument `ADDRESS` or
 * `ADDRESS@SOURCE` it prints one line of JSON: where the walk ends.
 */

import { walk } from '../../src/core/explain/walk.js';
import { inspect } from '../../src/kernel/inspect.js';
import { destinationText } from '../../src/model/prefix.js';
import { refuses } from '../../src/model/route.js';

for (const asked of process.argv.slice(2)) {
  const [address = '', from] = asked.split('@');
  const { rules, routes, answer } = await inspect((kernel) => kernel.ways(address, undefined, from));
  const { route } = walk(rules, routes, { address, vrf: undefined, from });
  const end =
    route === undefined || refuses(route)
      ? 'refused'
      : `${destinationText(route.destination)} table ${route.table} metric ${route.metric} via ${route.nexthops[0]?.gateway ?? '-'}`;
  const matched =
    answer.kind === 'refused' || answer.matched === undefined || refuses(answer.matched)
      ? 'refused'
      : `${destinationText(answer.matched.destination)} table ${answer.matched.table} metric ${answer.matched.metric} via ${answer.matched.nexthops[0]?.gateway ?? '-'}`;
  process.stdout.write(`${JSON.stringify({ address: asked, end, matched })}\n`);
}
