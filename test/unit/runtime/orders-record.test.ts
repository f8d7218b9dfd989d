/** OrdersRecord of an operator: written, read back, damaged, and what is left of a pin after the clock was set. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import {
  NO_ORDERS,
  type OrdersRecord,
  overrideOf,
  pinOf,
  readOrders,
  writeOrders,
} from '../../../src/runtime/orders-record.js';

const made = mkdtempSync(join(tmpdir(), 'br-orders-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const path = join(made, 'deeper', 'orders.json');
const WALL = Date.parse('2026-05-01T12:00:00Z');
const MINUTE = 60_000;
const held = (durationMs: number | 'never', setAt = WALL): OrdersRecord => ({
  ...NO_ORDERS,
  pin: { setAt, durationMs },
});

t.test('written and read back', async (t) => {
  t.strictSame(readOrders(path), NO_ORDERS, 'no file, no orders');
  for (const orders of [
    { pin: { setAt: WALL, durationMs: 1_800_000 }, role: 'standby' },
    { pin: { setAt: WALL, durationMs: 'never' }, role: undefined },
    { pin: undefined, role: 'primary' },
    NO_ORDERS,
  ] as const) {
    t.equal(writeOrders(path, orders), undefined);
    t.strictSame(readOrders(path), orders);
  }
});

t.test('a damaged file is no reason not to start', async (t) => {
  const texts = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '7',
    'true',
    '{"pin":null,"role":null}',
    '{"pin":7,"role":"chief"}',
    '{"pin":{"setAt":"now","durationMs":5}}',
    '{"pin":{"setAt":5}}',
    '{"pin":{"setAt":5,"durationMs":"ever"}}',
    '{"pin":{"setAt":1e300,"durationMs":"never"}}',
    '{"pin":{"setAt":1e999,"durationMs":1000}}',
    '{"pin":{"setAt":0,"durationMs":1e300}}',
    '{"pin":{"setAt":0,"durationMs":-5}}',
    '{"pin":{"setAt":-1e300,"durationMs":5}}',
    '{"__proto__":{"role":"standby"}}',
    '\u0000'.repeat(4096),
    '{"pin":{"setAt":8.65e15,"durationMs":1000},"role":"standby"}',
  ];
  for (const text of texts) {
    writeFileSync(path, text);
    t.doesNotThrow(
      () => {
        const orders = readOrders(path);
        const pin = pinOf(orders, 1_000, WALL);
        overrideOf(orders);
        if (typeof pin?.until === 'number' && !(pin.until > 1_000 && pin.until <= 1_000 + 365 * 86_400_000))
          throw new Error(`pinned until ${pin.until}`);
      },
      text.slice(0, 60),
    );
  }
  t.strictSame(readOrders(made), NO_ORDERS, 'a directory');
});

t.test('any text at all', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc
          .record({
            pin: fc.record({ setAt: fc.double(), durationMs: fc.oneof(fc.double(), fc.constant('never')) }),
          })
          .map((value) => JSON.stringify(value)),
      ),
      (text) => {
        writeFileSync(path, text);
        const pin = pinOf(readOrders(path), 0, WALL);
        return pin === undefined || pin.until === 'never' || pin.until > 0;
      },
    ),
    { numRuns: 300 },
  );
  t.pass('300 texts');
});

t.test('what is left of a pin', async (t) => {
  const left = (orders: OrdersRecord, wallNow: number): number | 'never' | undefined =>
    pinOf(orders, 0, wallNow)?.until;
  t.equal(left(NO_ORDERS, WALL), undefined);
  t.equal(left(held(30 * MINUTE), WALL), 30 * MINUTE);
  t.equal(left(held(30 * MINUTE), WALL + 10 * MINUTE), 20 * MINUTE);
  t.equal(left(held(30 * MINUTE), WALL + 30 * MINUTE), undefined, 'over to the millisecond');
  t.equal(left(held(30 * MINUTE), WALL - 86_400_000), 30 * MINUTE, 'the clock was set back: never longer than ordered');
  t.equal(left(held(30 * MINUTE), 0), 30 * MINUTE, 'a host without a clock of its own, at boot');
  t.equal(left(held(30 * MINUTE), WALL + 86_400_000), undefined, 'the clock was set forward');
  t.equal(left(held('never'), 0), 'never');
  t.match(pinOf(held(30 * MINUTE), 5_000, WALL), {
    until: 5_000 + 30 * MINUTE,
    reason: 'held by an operator until 2026-05-01T12:30:00.000Z',
  });
  t.match(pinOf(held('never'), 5_000, WALL), { until: 'never', reason: /since 2026-05-01T12:00:00\.000Z/ });
});

t.test('the role', async (t) => {
  t.equal(overrideOf(NO_ORDERS), undefined);
  t.strictSame(overrideOf({ ...NO_ORDERS, role: 'standby' }), {
    role: 'standby',
    reason: 'set by an operator',
  });
});

t.test('what cannot be kept is said', async (t) => {
  writeFileSync(join(made, 'file'), '');
  t.match(writeOrders(join(made, 'file', 'orders.json'), NO_ORDERS), /ENOTDIR|EEXIST/);
  t.equal(readFileSync(join(made, 'file'), 'utf8'), '');
});
