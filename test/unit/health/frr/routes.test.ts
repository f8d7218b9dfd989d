/** Reading zebra's `show ip route PREFIX json`; the samples are 8.4.4's own answers, shortened. */

import t from 'tap';
import { protocolsOf } from '../../../../src/health/frr/protocols.js';
import { readShowRoute, showRouteCommand } from '../../../../src/health/frr/routes.js';
import { prefix } from '../../../../src/model/prefix.js';

const P = prefix('10.50.0.0', 16);
const HELD = {
  prefix: '10.50.0.0/16',
  protocol: 'static',
  selected: true,
  installed: true,
  table: 254,
  internalFlags: 73,
};

function read(...entries: readonly object[]): boolean {
  return readShowRoute(P, { text: JSON.stringify({ '10.50.0.0/16': entries }), status: 0 });
}

t.test('commands', async (t) => {
  t.equal(showRouteCommand(P), 'show ip route 10.50.0.0/16 json');
  t.equal(showRouteCommand(prefix('::', 0)), 'show ipv6 route ::/0 json');
});

t.test('held or not', async (t) => {
  t.ok(read(HELD));
  t.ok(read({ ...HELD, selected: undefined, installed: undefined }, HELD), 'one of several entries');
  t.notOk(read({ ...HELD, internalFlags: 10 }), 'a leftover that zebra read from the kernel: ZEBRA_FLAG_SELFROUTE');
  t.notOk(read({ ...HELD, internalFlags: undefined }), 'unknown origin');
  t.notOk(read({ ...HELD, selected: undefined }));
  t.notOk(read({ ...HELD, installed: undefined, queued: true }));
  t.notOk(read({ ...HELD, protocol: 'kernel' }));
  t.notOk(read({ ...HELD, prefix: '10.0.0.0/8' }), 'another prefix');
  t.notOk(read());
  t.notOk(readShowRoute(P, { text: '{}\n', status: 1 }), 'absent, as 8.4.4 says it');
  t.notOk(readShowRoute(P, { text: '\n', status: 0 }));
});

t.test('IPv6 is compared as addresses, not as text', async (t) => {
  const p = prefix('64:ff9b::102:0', 112);
  t.ok(
    readShowRoute(p, {
      text: JSON.stringify({ x: [{ ...HELD, prefix: '64:ff9b::1.2.0.0/112' }] }),
      status: 0,
    }),
  );
});

t.test('no answer to the question', async (t) => {
  t.throws(() => readShowRoute(P, { text: '% Unknown command', status: 2 }), /refused/);
  t.throws(() => readShowRoute(P, { text: '{"10.5', status: 0 }), /no JSON/);
  t.throws(() => readShowRoute(P, { text: '[]', status: 0 }), /no object/);
  t.notOk(readShowRoute(P, { text: '{"a":null,"b":[null,1]}', status: 0 }));
});

t.test('protocols', async (t) => {
  t.same(protocolsOf('bgpd'), [186]);
  t.same(protocolsOf('bfdd'), []);
  t.same(protocolsOf('toString'), []);
  for (const daemon of ['bgpd', 'isisd', 'ospfd', 'ospf6d', 'staticd', 'babeld', 'fabricd']) {
    t.ok(
      protocolsOf(daemon).every((protocol) => protocolsOf('zebra').includes(protocol)),
      daemon,
    );
  }
});
