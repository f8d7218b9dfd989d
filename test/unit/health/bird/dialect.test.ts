/** BIRD's line protocol, and what is read from it; the samples are 2.0.12's own answers. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { ageOf, BIRD, MAX_ANSWER_BYTES } from '../../../../src/health/bird/dialect.js';
import { kernelProtocols, readShowRoute, showRouteCommand } from '../../../../src/health/bird/routes.js';
import type { Answer } from '../../../../src/health/session/dialect.js';
import { prefix } from '../../../../src/model/prefix.js';

const STATUS = `1000-BIRD 2.0.12
1011-Router ID is 10.9.0.1
 Hostname is vm
 Current server time is 2026-11-21 08:33:56.679
 Last reboot on 2026-11-21 08:33:54.930
 Last reconfiguration on 2026-11-21 08:33:54.930
0013 Daemon is up and running`;
const RECOVERING = STATUS.replace(
  '0013',
  '0024-Graceful restart recovery in progress\n   Waiting for 1 channels to recover\n   Wait timer is 3.115/4\n0013',
);
const ROUTE =
  '1007-Table master4:\n 10.50.0.0/16         unicast [s4 08:33:54.930] * (200)\n \tvia 10.9.0.2 on d0\n0000 ';
const PROTOCOLS = `2002-Name       Proto      Table      State  Since         Info
1002-kernel1    Kernel     master4    up     08:33:54.930  
 device1    Device     ---        up     08:33:54.930  
 a_long_kernel_name Kernel     master6    up     08:33:54.930  
 kernel3    Kernel     other      down   08:33:54.930  
 Kernel     BGP        ---        up     08:33:54.930  Established   
0000 `;

function read(text: string, pieces = 1): { answers: readonly Answer[]; fault: string | undefined } {
  const bytes = Buffer.from(text);
  const reader = BIRD.reader();
  const size = Math.ceil(bytes.length / pieces);
  const answers: Answer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const reading = reader.push(bytes.subarray(at, at + size));
    for (const whole of reading.answers) answers.push(whole);
    if (reading.fault !== undefined) return { answers, fault: reading.fault };
  }
  return { answers, fault: undefined };
}

const answer = (text: string): Answer => read(`${text}\n`).answers[0]!;

t.test('answers end where the code is followed by a blank', async (t) => {
  t.same(read('0001 BIRD 2.0.12 ready.\n0016 Access restricted\n'), {
    answers: [
      { text: '0001 BIRD 2.0.12 ready.', status: 1 },
      { text: '0016 Access restricted', status: 16 },
    ],
    fault: undefined,
  });
  t.equal(answer(STATUS).status, 13);
  t.equal(answer('8001 Network not found').status, 8001);
  t.same(read('1000-BIRD\n').answers, [], 'not whole yet');
  t.same(read('+<INFO> a log line\n0013 x\n').answers, [{ text: '0013 x', status: 13 }]);
  t.match(read('HTTP/1.1 400\n').fault, /HTTP/);
  t.match(read('\n').fault, /line/);
});

t.test('every split reads the same', async (t) => {
  const whole = `${[STATUS, ROUTE, RECOVERING, PROTOCOLS].join('\n')}\n`;
  const expected = read(whole);
  t.equal(expected.answers.length, 4);
  const property = fc.property(fc.integer({ min: 1, max: whole.length }), (pieces) =>
    assert.deepEqual(read(whole, pieces), expected),
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 200 }));
});

t.test('arbitrary bytes neither throw nor pile up', async (t) => {
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
    const reader = BIRD.reader();
    for (const chunk of chunks) if (reader.push(chunk).fault !== undefined) return;
  });
  t.doesNotThrow(() => fc.assert(property));
  t.match(read(`1000-${'x'.repeat(MAX_ANSWER_BYTES)}`).fault, /more than/, 'one endless line');
  t.match(read('1000-x\n'.repeat(MAX_ANSWER_BYTES / 6)).fault, /more than/, 'endless lines');
  t.equal(read('0013 x\n'.repeat(MAX_ANSWER_BYTES / 6)).fault, undefined, 'many answers are not one');
});

t.test('what a heartbeat says', async (t) => {
  t.ok(BIRD.proves(answer(STATUS)));
  t.notOk(BIRD.proves(answer('9001 syntax error')));
  t.same(BIRD.readiness?.(answer(STATUS)), { kind: 'ready' });
  t.same(BIRD.readiness?.(answer(RECOVERING)), {
    kind: 'starting',
    reason: 'BIRD says: Graceful restart recovery in progress',
  });
  t.same(BIRD.readiness?.(answer(STATUS.replace('Daemon is up and running', 'Reconfiguration in progress'))), {
    kind: 'ready',
  });
  t.match(BIRD.readiness?.(answer(STATUS.replace('Daemon is up and running', 'Shutdown in progress'))), {
    kind: 'stopping',
    reason: /Shutdown/,
  });
});

t.test('age', async (t) => {
  t.equal(ageOf(STATUS), 1749);
  t.equal(ageOf(STATUS.replaceAll(/\.\d{3}$/gm, '')), 2000, 'timeformat base iso long');
  t.equal(ageOf(STATUS.replaceAll(/2026-11-21 /g, '')), undefined, 'another timeformat');
  t.equal(ageOf(STATUS.replace('08:33:54.930', '09:33:54.930')), undefined, 'from the future');
  t.equal(ageOf(''), undefined);
});

t.test('routes', async (t) => {
  const p = prefix('10.50.0.0', 16);
  t.equal(showRouteCommand(p, 'my-kernel'), "show route 10.50.0.0/16 exported 'my-kernel'");
  t.ok(readShowRoute(p, answer(ROUTE)));
  t.ok(readShowRoute(p, answer(ROUTE.replace('Table master4:\n ', '10.50.0.0/16 unicast\n '))), 'in the first line');
  t.notOk(readShowRoute(prefix('10.0.0.0', 8), answer(ROUTE)), 'another prefix');
  t.notOk(readShowRoute(p, answer('0000 ')), 'not exported');
  t.notOk(readShowRoute(p, answer('8001 Network not found')));
  t.notOk(readShowRoute(p, answer('9001 No valid tables')), 'recovering, or of the other family');
  t.throws(() => readShowRoute(p, answer('8007 Access denied')), /refused/);
  t.ok(
    readShowRoute(
      prefix('2001:db8::', 32),
      answer('1007-Table master6:\n 2001:db8::/32        unicast [s6 1] * (200)\n0000 '),
    ),
  );
});

t.test('kernel protocols that are up, by their kind and not their name', async (t) => {
  t.same(kernelProtocols(answer(PROTOCOLS)), ['kernel1', 'a_long_kernel_name']);
  t.throws(() => kernelProtocols(answer('8007 Access denied')), /refused/);
});
