/** Steps in the spelling of ip(8). That a shell takes them, and the kernel as meant, is in netns/plan.test.ts. */

import t from 'tap';
import { ipCommand } from '../../../src/core/ip-command.js';
import type { Step } from '../../../src/core/ports.js';
import { prefix } from '../../../src/model/prefix.js';
import type { Route, Rule } from '../../../src/model/route.js';

const route: Route = {
  family: 'inet',
  table: 25_508,
  destination: prefix('10.0.0.0', 8),
  metric: 0,
  tos: 0,
  protocol: 157,
  type: 'unicast',
  nexthops: [{ gateway: '10.255.0.1', interfaceIndex: 7, dead: false }],
};
const rule: Rule = {
  family: 'inet',
  priority: 31_048,
  table: 254,
  suppressPrefixLength: 7,
  inputInterface: 'lo',
  protocol: 157,
  foreign: false,
};
const nameOf = (index: number): string | undefined => (index === 7 ? 'mgmt0' : undefined);
const of = (step: Step, name = nameOf): string => ipCommand(step, name);

t.test('routes', async (t) => {
  t.equal(of({ kind: 'add-route', route }), 'ip route add 10.0.0.0/8 via 10.255.0.1 dev mgmt0 table 25508 proto 157');
  t.equal(
    of({ kind: 'delete-route', route: { ...route, table: 254, metric: 1 } }),
    'ip route del 10.0.0.0/8 via 10.255.0.1 dev mgmt0 proto 157 metric 1',
  );
  const six: Route = {
    ...route,
    family: 'inet6',
    table: 25_500,
    destination: prefix('::', 0),
    metric: 1024,
    nexthops: [{ gateway: 'fe80::1', interfaceIndex: 7, dead: false }],
  };
  t.equal(
    of({ kind: 'add-route', route: six }),
    'ip -6 route add default via fe80::1 dev mgmt0 table 25500 proto 157 metric 1024',
  );
  t.equal(
    of({ kind: 'add-route', route: { ...route, nexthops: six.nexthops } }),
    'ip route add 10.0.0.0/8 via inet6 fe80::1 dev mgmt0 table 25508 proto 157',
  );
  const two = [...route.nexthops, { gateway: undefined, interfaceIndex: 9, dead: false }];
  t.equal(
    of({ kind: 'add-route', route: { ...route, nexthops: two } }),
    'ip route add 10.0.0.0/8 table 25508 proto 157 nexthop via 10.255.0.1 dev mgmt0 nexthop dev if9',
  );
  t.equal(
    of(
      {
        kind: 'adopt-route',
        adopted: { route: { ...route, protocol: 16, table: 254 }, message: '', interfaceName: 'eth0' },
      },
      () => undefined,
    ),
    'ip route del 10.0.0.0/8 via 10.255.0.1 dev eth0 proto 16',
  );
});

t.test('rules', async (t) => {
  t.equal(
    of({ kind: 'add-rule', rule }),
    'ip rule add pref 31048 iif lo lookup main suppress_prefixlength 7 protocol 157',
  );
  t.equal(
    of({
      kind: 'delete-rule',
      rule: { ...rule, family: 'inet6', table: 25_508, suppressPrefixLength: undefined },
    }),
    'ip -6 rule del pref 31048 iif lo lookup 25508 protocol 157',
  );
});

t.test('an interface may have almost any name', async (t) => {
  t.match(
    of({ kind: 'add-route', route }, () => '$(reboot)'),
    / dev '\$\(reboot\)' /,
  );
  t.match(
    of({ kind: 'add-route', route }, () => "a';reboot"),
    / dev 'a'\\'';reboot' /,
  );
  t.match(
    of({ kind: 'add-route', route }, () => 'eth0.100@x'),
    / dev eth0\.100@x /,
  );
});
