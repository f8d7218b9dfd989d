/** The event filter: the BPF program and the JavaScript predicate agree on every message, and on what matters. */

import fc from 'fast-check';
import t from 'tap';
import { type EventInterest, eventFilter, eventPasses } from '../../../src/kernel/events-filter.js';
import type { FilterInstruction } from '../../../src/native/libc.js';

/** Classic BPF as far as the filter uses it (Documentation/networking/filter.rst). */
function run(program: readonly FilterInstruction[], packet: Buffer): boolean {
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at]!;
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
}

function packet({ type, port = 0, family = 2, length = 0, table = 254, protocol = 4, state }: Message): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32LE(28, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt32LE(port, 12);
  bytes.set([family, length, 0, 0, table, protocol], 16);
  if (state !== undefined) bytes.writeUInt16LE(state, 24);
  return bytes;
}

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
  });
  const messages = fc.record({
    type: fc.oneof(fc.constantFrom(24, 25, 28, 29, 30, 16), fc.integer({ min: 0, max: 65535 })),
    port: fc.constantFrom(0, OWN_PORT, 77, 0x34120008),
    family: near(2, 10),
    length: byte,
    table: near(254, 10, 252),
    protocol: near(157),
    state: fc.constantFrom(undefined, 0x20, 0x2000, 0x02),
  });
  let passed = 0;
  fc.assert(
    fc.property(interests, messages, (interest, { state, ...rest }) => {
      const message = state === undefined ? rest : { ...rest, state };
      const bytes = packet(message);
      const verdict = run(eventFilter(interest), bytes);
      if (verdict) passed++;
      return verdict === eventPasses(interest, message.type, bytes, 0);
    }),
    { numRuns: 5000 },
  );
  t.ok(passed > 500 && passed < 4500, `${passed} of 5000 passed: both sides were tried`);
});
