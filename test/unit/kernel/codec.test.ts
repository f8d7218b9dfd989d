/** Properties of the codec: what is encoded decodes to the same value, and no bytes at all make it throw. */

import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { describe } from '../../../src/kernel/describe.js';
import { decodeAddress } from '../../../src/kernel/messages/address.js';
import { decodeLink } from '../../../src/kernel/messages/link.js';
import { decodeNeighbour } from '../../../src/kernel/messages/neighbour.js';
import { decodeRoute, writeAddRoute, writeDeleteRoute } from '../../../src/kernel/messages/route.js';
import { decodeRule, writeAddRule, writeDeleteRule } from '../../../src/kernel/messages/rule.js';
import { decodeDone, decodeError } from '../../../src/kernel/netlink/answer.js';
import { alone, walkAttributes, walkMessages } from '../../../src/kernel/netlink/codec.js';
import { addressFromBytes, type Family, familyBits } from '../../../src/model/address.js';
import { prefix } from '../../../src/model/prefix.js';
import type { Nexthop, Route, Rule } from '../../../src/model/route.js';

const PLAIN = { noNullPrototype: true };
const families = fc.constantFrom<Family>('inet', 'inet6');
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const byte = fc.integer({ min: 0, max: 255 });
const addresses = (family: Family): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: familyBits(family) / 8, maxLength: familyBits(family) / 8 }).map(addressFromBytes);

const nexthops = (family: Family): fc.Arbitrary<Nexthop> =>
  fc.record(
    {
      gateway: fc.oneof(fc.constant(undefined), addresses(family), addresses('inet6')),
      interfaceIndex: fc.integer({ min: 1, max: 0x7fffffff }),
      dead: fc.constant(false),
    },
    PLAIN,
  );

const routes: fc.Arbitrary<Route> = families.chain((family) =>
  fc.record(
    {
      family: fc.constant(family),
      table: fc.integer({ min: 1, max: 0xffffffff }),
      destination: fc
        .tuple(addresses(family), fc.integer({ min: 0, max: familyBits(family) }))
        .map(([address, length]) => prefix(address, length)),
      metric: u32,
      tos: byte,
      protocol: byte,
      type: fc.constant('unicast' as const),
      nexthops: fc.array(nexthops(family), { minLength: 1, maxLength: 20 }),
    },
    PLAIN,
  ),
);

const rules: fc.Arbitrary<Rule> = fc.record(
  {
    family: families,
    priority: u32,
    table: fc.integer({ min: 1, max: 0xffffffff }),
    suppressPrefixLength: fc.option(fc.integer({ min: 0, max: 128 }), { nil: undefined }),
    inputInterface: fc.option(fc.stringMatching(/^[a-z0-9.@-]{1,15}$/), { nil: undefined }),
    protocol: byte,
    foreign: fc.constant(false),
  },
  PLAIN,
);

t.test('routes decode to what was encoded', async () => {
  fc.assert(
    fc.property(routes, (route) => {
      for (const write of [writeAddRoute, writeDeleteRoute]) {
        const bytes = alone((writer) => write(writer, route));
        deepStrictEqual(decodeRoute(bytes, 0, bytes.length), route);
      }
    }),
    { numRuns: 200 },
  );
});

t.test('rules decode to what was encoded', async () => {
  fc.assert(
    fc.property(rules, (rule) => {
      for (const write of [writeAddRule, writeDeleteRule]) {
        const bytes = alone((writer) => write(writer, rule));
        deepStrictEqual(decodeRule(bytes, 0, bytes.length), rule);
      }
    }),
    { numRuns: 200 },
  );
});

t.test('a rule with an unknown selector is foreign', async (t) => {
  const rule: Rule = {
    family: 'inet',
    priority: 5,
    table: 254,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 157,
    foreign: false,
  };
  const bytes = alone((writer) => writeAddRule(writer, rule));
  const withMark = Buffer.concat([bytes, Buffer.from('08000a0001000000', 'hex')]);
  t.equal(decodeRule(withMark, 0, withMark.length)?.foreign, true, 'FRA_FWMARK');
  const inverted = Buffer.from(bytes);
  inverted.writeUInt32LE(2, 24);
  t.equal(decodeRule(inverted, 0, inverted.length)?.foreign, true, 'FIB_RULE_INVERT');
  const unreachable = Buffer.from(bytes);
  unreachable[23] = 7;
  t.equal(decodeRule(unreachable, 0, unreachable.length)?.foreign, true, 'FR_ACT_UNREACHABLE');
});

t.test('cache entries are no routes', async (t) => {
  const route: Route = {
    family: 'inet6',
    table: 254,
    destination: prefix('2001:db8::', 32),
    metric: 1,
    tos: 0,
    protocol: 2,
    type: 'unicast',
    nexthops: [{ gateway: undefined, interfaceIndex: 2, dead: false }],
  };
  const bytes = alone((writer) => writeAddRoute(writer, route));
  t.strictSame(decodeRoute(bytes, 0, bytes.length), route);
  bytes.writeUInt32LE(0x200, 24);
  t.equal(decodeRoute(bytes, 0, bytes.length), undefined, 'RTM_F_CLONED');
  bytes.writeUInt32LE(16, 24);
  t.equal(decodeRoute(bytes, 0, bytes.length)?.nexthops[0]?.dead, true, 'RTNH_F_LINKDOWN');
});

t.test('no bytes make a decoder throw or read behind them', async (t) => {
  const decoders = [decodeRoute, decodeRule, decodeLink, decodeAddress, decodeNeighbour, decodeError, decodeDone];
  const message = fc
    .tuple(fc.constantFrom(2, 3, 16, 17, 20, 24, 25, 28, 32, 104), byte, fc.uint8Array({ maxLength: 120 }))
    .map(([type, family, body]) => {
      const bytes = Buffer.concat([Buffer.alloc(16), Buffer.from([family % 12]), body]);
      bytes.writeUInt32LE(bytes.length, 0);
      bytes.writeUInt16LE(type, 4);
      return bytes;
    });
  let visited = 0;
  fc.assert(
    fc.property(message, (bytes) => {
      walkMessages(bytes, (type, all, start, end) => {
        visited++;
        if (end > all.length) throw new RangeError('behind the end');
        for (const decode of decoders) decode(all, start, end);
        describe(type, all, start, end, () => undefined);
      });
    }),
    { numRuns: 3000 },
  );
  t.ok(visited >= 3000);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      walkMessages(buffer, (_type, _all, start, end) => {
        if (start < 0 || end > buffer.length) throw new RangeError('outside');
      });
      walkAttributes(buffer, 0, buffer.length, (_type, start, end) => {
        if (start < 0 || end > buffer.length || start > end) throw new RangeError('outside');
      });
    }),
    { numRuns: 3000 },
  );
});
