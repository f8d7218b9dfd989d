/** Run by permission.test.ts without CAP_NET_ADMIN. Prints one line of JSON. */

import { openKernel } from '../../src/kernel/kernel.js';
import { defaultPrefix } from '../../src/model/prefix.js';
import type { Route, Rule } from '../../src/model/route.js';

const kernel = openKernel();
const route: Route = {
  family: 'inet',
  table: 25500,
  destination: defaultPrefix('inet'),
  metric: 1,
  tos: 0,
  protocol: 157,
  type: 'unicast',
  nexthops: [{ gateway: undefined, interfaceIndex: 1, dead: false }],
};
const rule: Rule = {
  family: 'inet6',
  priority: 31000,
  table: 25500,
  suppressPrefixLength: undefined,
  inputInterface: 'lo',
  protocol: 157,
  foreign: false,
};
const results = await kernel.apply([
  { kind: 'add-route', route },
  { kind: 'delete-route', route },
  { kind: 'add-rule', rule },
  { kind: 'delete-rule', rule },
]);
kernel.subscribe({ protocol: 157, maxLength: {} }, () => undefined);
const { links } = await kernel.observe({ protocol: 157, maxLength: { inet: 0 } });
kernel.close();
console.log(
  JSON.stringify({
    codes: results.map((result) => (result.ok ? 'ok' : result.code)),
    links: links.map((link) => link.name),
  }),
);
