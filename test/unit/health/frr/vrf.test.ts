/**
 * What zebra holds in a VRF. The answers are those of 8.4.4 to these very commands, of a VRF made
 * by `zebra -n` (one network namespace a VRF), shortened by the next hops.
 */

import { join } from 'node:path';
import t from 'tap';
import { openFrr } from '../../../../src/health/frr/adapter.js';
import { readShowRoute, showRouteCommand } from '../../../../src/health/frr/routes.js';
import { prefix } from '../../../../src/model/prefix.js';
import { directory, FakeVty, obedient, until } from '../fake-vty.js';

const P = prefix('10.50.0.0', 16);
const P6 = prefix('2001:db8:50::', 48);

const held = (shown: string, vrfName: string): string =>
  `{\n  "${shown}":[\n    {\n      "prefix":"${shown}",\n      "prefixLen":16,\n      "protocol":"static",\n      "vrfId":1,\n      "vrfName":"${vrfName}",\n      "selected":true,\n      "destSelected":true,\n      "distance":1,\n      "metric":0,\n      "installed":true,\n      "table":254,\n      "internalStatus":16,\n      "internalFlags":73\n    }\n  ]\n}\n`;
const answer = (text: string, status = 0) => ({ text, status });

t.test('commands', async (t) => {
  t.equal(showRouteCommand(P, 'blue'), 'show ip route vrf blue 10.50.0.0/16 json');
  t.equal(showRouteCommand(P6, 'blue'), 'show ipv6 route vrf blue 2001:db8:50::/48 json');
});

t.test('held or not', async (t) => {
  t.ok(readShowRoute(P, answer(held('10.50.0.0/16', 'blue')), 'blue'));
  t.ok(readShowRoute(P6, answer(held('2001:db8:50::/48', 'blue')), 'blue'));
  t.notOk(readShowRoute(P, answer('{}\n', 1), 'blue'), 'the VRF is there, the prefix is not');
  t.notOk(readShowRoute(P, answer('% VRF nosuch not found\n', 1), 'nosuch'), 'a VRF that zebra does not know');
  t.notOk(
    readShowRoute(P, answer(held('10.50.0.0/16', 'blue')), 'al'),
    "'vrf al' is 'vrf all' to zebra, and answered for every VRF",
  );
  t.ok(readShowRoute(P, answer(held('10.50.0.0/16', 'all')), 'all'), 'a VRF may have that name all the same');
});

t.test('no answer to the question', async (t) => {
  t.throws(
    () => readShowRoute(P, answer('% VRF red not found\n', 1), 'blue'),
    /'show ip route vrf blue 10\.50\.0\.0\/16 json' with no JSON/,
  );
  t.throws(() => readShowRoute(P, answer('% VRF blue not found\n', 1)), /no JSON/, 'none was asked for');
  t.throws(() => readShowRoute(P, answer("% Unknown action '10.50.0.0/16'\n", 1), '|'), /no JSON/);
});

t.test('the adapter asks in the VRF, and without one in the default instance', async (t) => {
  const home = directory();
  const zebra = new FakeVty((command, socket) => {
    if (command === 'show ip route vrf blue 10.50.0.0/16 json') socket.write(`${held('10.50.0.0/16', 'blue')}\0\0\0\0`);
    else if (
      command === 'show ipv6 route vrf blue 2001:db8:50::/48 json' ||
      command === 'show ip route 10.50.0.0/16 json'
    )
      socket.write('{}\n\0\0\0\u0001');
    else obedient(command, socket);
  });
  await zebra.listen(join(home.path, 'zebra.vty'));
  const health = openFrr(
    { kind: 'frr', daemons: ['zebra'], socketDirectory: home.path },
    { probeIntervalMs: 50, probeTimeoutMs: 500 },
  );
  t.teardown(() => {
    health.close();
    zebra.die();
    home.remove();
  });
  let responsive = false;
  health.start((_, verdict) => {
    responsive = verdict.kind === 'responsive';
  });
  t.ok(await until(() => responsive));
  t.strictSame(await health.holds([P, P6], 'blue'), [true, false]);
  t.strictSame(await health.holds([P]), [false]);
});
