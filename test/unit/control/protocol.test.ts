/** parseRequest: what is a request, what is none, and that nothing a client sends can make it throw or say more than it read. */

import fc from 'fast-check';
import t from 'tap';
import { CHANGING, MAX_HOLD_MS, parseRequest } from '../../../src/control/protocol.js';

t.test('requests', async (t) => {
  const good: readonly (readonly [string, object])[] = [
    ['{"command":"status"}', { command: 'status' }],
    ['{"command":"status","follow":true}', { command: 'status', follow: true }],
    ['{"command":"status","follow":1}', { command: 'status' }],
    ['{"command":"events"}', { command: 'events' }],
    ['{"command":"events","after":7,"follow":true}', { command: 'events', after: 7, follow: true }],
    [' {"command":"reload","more":1} ', { command: 'reload' }],
    ['{"command":"reload","confirmMs":300000}', { command: 'reload', confirmMs: 300_000 }],
    ['{"command":"confirm"}', { command: 'confirm' }],
    ['{"command":"hold","durationMs":1800000}', { command: 'hold', durationMs: 1_800_000 }],
    [`{"command":"hold","durationMs":${MAX_HOLD_MS}}`, { command: 'hold', durationMs: MAX_HOLD_MS }],
    ['{"command":"hold","durationMs":"never"}', { command: 'hold', durationMs: 'never' }],
    ['{"command":"hold","durationMs":"off","role":"primary"}', { command: 'hold', durationMs: 'off' }],
    ['{"command":"role","role":"primary"}', { command: 'role', role: 'primary' }],
    ['{"command":"role","role":"standby"}', { command: 'role', role: 'standby' }],
    ['{"command":"role","role":"auto"}', { command: 'role', role: 'auto' }],
  ];
  for (const [line, wanted] of good) t.strictSame(parseRequest(line), wanted, line);
});

t.test('no requests', async (t) => {
  const bad = [
    '',
    ' ',
    '{',
    'status',
    '"status"',
    '[]',
    '["status"]',
    'null',
    '7',
    '{}',
    '{"command":null}',
    '{"command":"Status"}',
    '{"command":["status"]}',
    '{"command":"__proto__"}',
    '{"command":"constructor"}',
    '{"command":"events","after":-1}',
    '{"command":"events","after":"1"}',
    '{"command":"events","after":1.5}',
    '{"command":"reload","confirmMs":999}',
    '{"command":"reload","confirmMs":86400001}',
    '{"command":"reload","confirmMs":"5m"}',
    '{"command":"hold"}',
    '{"command":"hold","durationMs":0}',
    '{"command":"hold","durationMs":-1}',
    '{"command":"hold","durationMs":"5m"}',
    '{"command":"hold","durationMs":null}',
    '{"command":"hold","durationMs":1e999}',
    `{"command":"hold","durationMs":${MAX_HOLD_MS + 1}}`,
    '{"command":"hold","durationMs":true}',
    '{"command":"hold","durationMs":[5]}',
    '{"command":"role"}',
    '{"command":"role","role":"master"}',
    '{"command":"role","role":null}',
    '{"command":"role","role":["auto"]}',
    '{"__proto__":{"command":"status"}}',
  ];
  for (const line of bad) t.equal(parseRequest(line), undefined, line);
});

t.test('all that changes something needs permission', async (t) => {
  t.strictSame([...CHANGING].sort(), ['confirm', 'hold', 'reload', 'role']);
});

t.test('anything', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .record({
            command: fc.constantFrom('status', 'events', 'reload', 'confirm', 'hold', 'role'),
            durationMs: fc.anything(),
            role: fc.anything(),
          })
          .map(
            (value) =>
              JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '',
          ),
      ),
      (line) => {
        const request = parseRequest(line);
        if (request?.command === 'hold' && typeof request.durationMs === 'number')
          return request.durationMs > 0 && request.durationMs <= MAX_HOLD_MS;
        return request === undefined || Object.keys(request).length <= 3;
      },
    ),
  );
  t.pass();
});
