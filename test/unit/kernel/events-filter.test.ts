/** The event filter: the BPF program and the JavaScript predicate agree on every message, and on what matters. */

import fc from 'fast-check';
import t from 'tap';
import { type EventInterest, eventFilter, eventPasses } from '../../../src/kernel/events-filter.js';
import { addressBytes } from '../../../src/model/address.js';
import { parsePrefix } from '../../../src/model/prefix.js';
import type { FilterInstruction } from '../../../src/native/libc.js';

/** Bytes that a load takes. */
const LOADS: Readonly<Partial<Record<number, number>>> = { 32: 4, 40: 2, 48: 1 };

/** Classic BPF as far as the filter uses it (Documentation/networking/filter.rst). */
function run(program: readonly FilterInstruction[], packet: Buffer): boolean {
  let accumulator = 0;
  let index = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at]!;
    // A load from behind the end ends the program with 0.
    if (LOADS[code] !== undefined && k + LOADS[code] > packet.length) return false;
    switch (code) {
      case 0x20:
        accumulator = packet.readUInt32BE(k);
        break;
      case 0x28:
        accumulator = packet.readUInt16BE(k);
        break;
      case 0x30:
        accumulator = packet.readUInt8(k);
        break;
      case 0x15:
        at += accumulator === k ? jt : jf;
        break;
      case 0x25:
        at += accumulator > k ? jt : jf;
        break;
      case 0x04:
        accumulator = (accumulator + k) >>> 0;
        break;
      case 0xa4:
        accumulator = (accumulator ^ k) >>> 0;
        break;
      case 0x84:
        accumulator = -accumulator >>> 0;
        break;
      case 0x07:
        index = accumulator;
        break;
      case 0x7c:
        if (index > 31) throw new RangeError(`a shift by ${index}, which the kernel does not define`);
        accumulator >>>= index;
        break;
      case 0x06:
        return k !== 0;
      default:
        throw new Error(`unknown instruction ${code}`);
    }
  }
}

interface Message {
  readonly type: number;
  readonly port?: number;
  readonly family?: number;
  readonly length?: number;
  readonly table?: number;
  readonly protocol?: number;
  readonly state?: number;
  /** RTA_DST, behind RTA_TABLE as the kernel writes them. */
  readonly destination?: readonly number[];
}

function packet(message: Message): Buffer {
  const { type, port = 0, family = 2, length = 0, table = 254, protocol = 4, state, destination } = message;
  const bytes = Buffer.alloc(destination === undefined ? 36 : 40 + destination.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(8, 28);
  bytes.writeUInt16LE(15, 30);
  if (destination !== undefined) {
    bytes.writeUInt16LE(4 + destination.length, 36);
    bytes.writeUInt16LE(1, 38);
    bytes.set(destination, 40);
  }
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt32LE(port, 12);
  bytes.set([family, length, 0, 0, table, protocol], 16);
  if (state !== undefined) bytes.writeUInt16LE(state, 24);
  return bytes;
}

const INET6 = ['2001:db8:99::1', '2001:db8:99::2', 'fd00:1:2:3:4:5:6:7'] as const;
const MANY = Array.from({ length: 7 }, (_, i) => `172.16.${i}.1`);
const OWN_PORT = 0x08001234;

function passes(interest: EventInterest, message: Message): boolean {
  const bytes = packet(message);
  return run(eventFilter(interest), bytes) && eventPasses(interest, message.type, bytes, 0);
}

t.test('what passes', async (t) => {
  const interest: EventInterest = { protocol: 157, maxLength: { inet: 8 }, ownPort: OWN_PORT };
  const cases: readonly (readonly [string, Message, boolean])[] = [
    ['link', { type: 16 }, true],
    ['address', { type: 21 }, true],
    ['rule', { type: 33 }, true],
    ['nexthop', { type: 105 }, true],
    ['own route in a table of ours', { type: 25, table: 252, length: 24, protocol: 157 }, true],
    ['what we did ourselves', { type: 25, table: 252, length: 24, protocol: 157, port: OWN_PORT }, false],
    ['default route in main', { type: 24 }, true],
    ['as long as asked', { type: 24, length: 8 }, true],
    ['longer than asked', { type: 24, length: 9 }, false],
    ['other table', { type: 24, table: 100 }, false],
    ['a table above 255, where a foreign route may hold our slot', { type: 24, table: 252 }, true],
    ['family not asked for', { type: 24, family: 10 }, false],
    ['failed neighbour', { type: 28, state: 0x20 }, true],
    ['other neighbour', { type: 28, state: 0x02 }, false],
    ['resolution request', { type: 30, state: 0x20 }, false],
  ];
  for (const [name, message, expected] of cases) t.equal(passes(interest, message), expected, name);
  t.equal(passes({ ...interest, maxLength: {} }, { type: 24 }), false, 'no family asked for');
  const inVrfs = { ...interest, vrfTables: [10, 2000] };
  const vrfCases: readonly (readonly [string, Message, boolean])[] = [
    ['main as ever', { type: 24 }, true],
    ['a VRF of a small number', { type: 25, table: 10, length: 8 }, true],
    ['too long there', { type: 24, table: 10, length: 9 }, false],
    ['of the other family there', { type: 24, table: 10, family: 10 }, false],
    ['a VRF of a large number: RT_TABLE_COMPAT', { type: 24, table: 252, length: 0 }, true],
    ['too long there too', { type: 24, table: 252, length: 9 }, false],
    ['yet another table', { type: 24, table: 11 }, false],
    ['our own request', { type: 24, table: 10, port: OWN_PORT }, false],
  ];
  for (const [name, message, expected] of vrfCases) t.equal(passes(inVrfs, message), expected, name);
});

t.test('routes that contain a gateway, whatever their length', async (t) => {
  const gateways = ['10.99.0.1', '10.98.7.1', '2001:db8:99::1', 'fe80::1'];
  const interest: EventInterest = { protocol: 157, maxLength: { inet: 0, inet6: 0 }, gateways, ownPort: OWN_PORT };
  const to = (text: string, table = 254): Message => {
    const { family, bits, length } = parsePrefix(text)!;
    const destination = bits.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
    return { type: 24, family: family === 'inet' ? 2 : 10, length, table, destination };
  };
  for (const text of ['10.0.0.0/8', '10.99.0.0/24', '10.99.0.1/32', '10.98.7.0/31', '10.98.0.0/15', '2000::/3'])
    t.equal(passes(interest, to(text)), true, text);
  for (const text of [
    '2001:db8::/32',
    '2001:db8:99::/48',
    '2001:db8:99::/64',
    '2001:db8:99::1/128',
    '2001:db8:99::/127',
  ])
    t.equal(passes(interest, to(text)), true, text);
  t.equal(passes(interest, to('10.99.0.1/32', 100)), true, 'in any table: a rule may lead there');
  for (const text of ['10.99.0.2/32', '10.99.1.0/24', '11.0.0.0/8', '10.99.0.2/31', '2001:db8:98::/48', 'fe80::/64'])
    t.equal(passes(interest, to(text)), false, text);
  for (const text of ['2001:db8:99:1::/64', '2001:db8:99::2/127', '2001:db8:99::2/128'])
    t.equal(passes(interest, to(text)), false, text);
  t.equal(passes({ ...interest, maxLength: {} }, to('10.99.0.0/24')), true, 'before any table is asked for');
  const many = Array.from({ length: 9 }, (_, i) => `10.0.${i}.1`);
  t.equal(
    passes({ ...interest, gateways: many }, to('192.0.2.0/24')),
    true,
    'too many gateways: every route of the family',
  );
  t.equal(passes({ ...interest, gateways: many }, to('2001:db8::/32')), false, 'and none of the other');
});

t.test('program and predicate agree', async (t) => {
  const byte = fc.integer({ min: 0, max: 255 });
  const near = (...values: readonly number[]): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(...values), byte);
  const interests = fc.record({
    protocol: near(157),
    ownPort: fc.constantFrom(OWN_PORT, 77),
    vrfTables: fc.uniqueArray(fc.constantFrom(10, 253, 255, 256, 2000, 70_000), { maxLength: 4 }),
    maxLength: fc.record(
      { inet: fc.integer({ min: 0, max: 32 }), inet6: fc.integer({ min: 0, max: 128 }) },
      { requiredKeys: [] },
    ),
    gateways: fc.uniqueArray(fc.constantFrom('10.99.0.1', '10.99.0.2', '192.0.2.1', ...INET6, ...MANY), {
      maxLength: 12,
    }),
  });
  // Destinations near a gateway: its own bytes, of which one may differ.
  const destinations = fc
    .tuple(fc.constantFrom('10.99.0.1', '192.0.2.1', ...INET6), fc.nat(15), fc.oneof(fc.constant(0), byte))
    .map(([address, at, change]) => {
      const bytes = [...addressBytes(address)];
      bytes[at % bytes.length]! ^= change;
      return bytes;
    });
  const messages = fc.record({
    type: fc.oneof(fc.constantFrom(24, 25, 28, 29, 30, 16), fc.integer({ min: 0, max: 65535 })),
    port: fc.constantFrom(0, OWN_PORT, 77, 0x34120008),
    family: near(2, 10),
    length: fc.oneof(fc.constantFrom(0, 1, 24, 31, 32, 33, 48, 64, 65, 96, 97, 127, 128, 129), byte),
    destination: fc.option(destinations, { nil: undefined }),
    table: near(254, 10, 252),
    protocol: near(157),
    state: fc.constantFrom(undefined, 0x20, 0x2000, 0x02),
  });
  let passed = 0;
  fc.assert(
    fc.property(interests, messages, (interest, { state, destination, ...rest }) => {
      const message = {
        ...rest,
        ...(state === undefined ? {} : { state }),
        ...(destination === undefined ? {} : { destination }),
      };
      const bytes = packet(message);
      const verdict = run(eventFilter(interest), bytes);
      if (verdict) passed++;
      return verdict === eventPasses(interest, message.type, bytes, 0);
    }),
    { numRuns: 5000 },
  );
  t.ok(passed > 500 && passed < 4500, `${passed} of 5000 passed: both sides were tried`);
});
