/**
 * The process events connector: golden bytes as kernel 6.18 sent and took them, the rule of what is the end of a process, and the filter,
 * which lets through what that rule needs and nothing else.
 */

import fc from 'fast-check';
import t from 'tap';
import {
  decodeProcessMessage,
  encodeListening,
  OFFSET,
  PROC_CN_MCAST_LISTEN,
  PROC_EVENT_COREDUMP,
  PROC_EVENT_EXIT,
  PROC_EVENT_NONE,
} from '../../../src/kernel/process/messages.js';
import { openProcessEvents } from '../../../src/kernel/process/process-events.js';
import { MOST_COMPARED, processFilter } from '../../../src/kernel/process/process-filter.js';
import { disableLibc, type FilterInstruction } from '../../../src/native/libc.js';

const TOKEN = 0x01020304;
const GOLDEN = {
  listen: '28000000030000000000000000000000010000000100000000000000040302010400000001000000',
  masked: '2c000000030000000000000000000000010000000100000000000000040302010800000001000000000000c0',
  answer:
    '4c0000000300000025d2050000000000010000000100000025d20500050302012800000000000000010000007b1f68a4a40f0000000000000000000000000000000000000000000000000000',
  killed:
    '4c00000003000000b2ee0500000000000100000001000000b2ee05000000000028000000000000800000000066aa9ca4a40f0000565c0000565c000009000000110000002c5c00002c5c0000',
  status3:
    '4c000000030000002ad205000000000001000000010000002ad20500000000002800000000000080010000004dc4d1a4a40f0000575c0000575c000000030000110000002c5c00002c5c0000',
  core: '4c000000030000002dd205000000000001000000010000002dd2050000000000280000000000004001000000726fe7a4a40f0000585c0000585c00002c5c00002c5c00000000000000000000',
  segv: '4c000000030000002ed205000000000001000000010000002ed205000000000028000000000000800100000054f1e7a4a40f0000585c0000585c00000b000000110000002c5c00002c5c0000',
} as const;

function bytes(name: keyof typeof GOLDEN): Buffer {
  return Buffer.from(GOLDEN[name], 'hex');
}

/** An event as the kernel would send it of another thread or with another code. */
function event(
  what: number,
  fields: { readonly pid?: number; readonly tgid?: number; readonly code?: number; readonly ack?: number },
): Buffer {
  const made = bytes('killed');
  made.writeUInt32LE(what, OFFSET.what);
  made.writeUInt32LE(fields.ack ?? 0, OFFSET.ack);
  made.writeUInt32LE(fields.pid ?? 0, OFFSET.pid);
  made.writeUInt32LE(fields.tgid ?? 0, OFFSET.tgid);
  made.writeUInt32LE(fields.code ?? 0, OFFSET.exitCode);
  return made;
}

/** Classic BPF as far as the filter uses it (Documentation/networking/filter.rst). */
function run(program: readonly FilterInstruction[], packet: Buffer): boolean {
  let accumulator = 0;
  let index = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at]!;
    if (jt < 0 || jt > 255 || jf < 0 || jf > 255) throw new Error('a jump out of reach');
    switch (code) {
      case 0x20:
        accumulator = packet.readUInt32BE(k);
        break;
      case 0x07:
        index = accumulator;
        break;
      case 0x15:
        at += accumulator === k ? jt : jf;
        break;
      case 0x1d:
        at += accumulator === index ? jt : jf;
        break;
      case 0x45:
        at += (accumulator & k) !== 0 ? jt : jf;
        break;
      case 0x06:
        return k !== 0;
      default:
        throw new Error(`unknown instruction ${code}`);
    }
  }
}

t.test('golden bytes', async (t) => {
  t.equal(encodeListening(PROC_CN_MCAST_LISTEN, TOKEN).toString('hex'), GOLDEN.listen);
  t.equal(encodeListening(PROC_CN_MCAST_LISTEN, TOKEN, 0xc0000000).toString('hex'), GOLDEN.masked);
  t.same(decodeProcessMessage(bytes('answer')), { kind: 'answer', token: TOKEN, errno: 0 });
  t.same(decodeProcessMessage(bytes('killed')), {
    kind: 'ending',
    pid: 23638,
    how: 'was ended by signal 9',
    certain: true,
  });
  t.same(decodeProcessMessage(bytes('status3')), {
    kind: 'ending',
    pid: 23639,
    how: 'has ended with status 3',
    certain: true,
  });
  t.same(decodeProcessMessage(bytes('core')), { kind: 'ending', pid: 23640, how: 'crashed', certain: true });
  t.same(decodeProcessMessage(bytes('segv')), {
    kind: 'ending',
    pid: 23640,
    how: 'was ended by signal 11',
    certain: true,
  });
  for (let length = 0; length < OFFSET.exitCode + 4; length++)
    t.doesNotThrow(() => decodeProcessMessage(bytes('killed').subarray(0, length)));
});

t.test('which ends are certain', async (t) => {
  const certain = (code: number, tid = 100): unknown => {
    const message = decodeProcessMessage(event(PROC_EVENT_EXIT, { pid: tid, tgid: 100, code }));
    return message?.kind === 'ending' ? message.certain : undefined;
  };
  t.equal(certain(0), false, 'main() may have called pthread_exit, a parent may have forked');
  t.equal(certain(0x100), true);
  t.equal(certain(9), true);
  t.equal(certain(9, 101), true);
  t.equal(certain(0, 101), undefined);
});

t.test('what is the end of a process, and what passes', async (t) => {
  const program = processFilter(TOKEN, [100, 200]);
  const cases: readonly (readonly [string, Buffer, ending: boolean, passes: boolean])[] = [
    ['first thread, status 0', event(PROC_EVENT_EXIT, { pid: 100, tgid: 100 }), true, true],
    ['another thread by a signal', event(PROC_EVENT_EXIT, { pid: 101, tgid: 100, code: 9 }), true, true],
    [
      'another thread by a signal with a core',
      event(PROC_EVENT_EXIT, { pid: 201, tgid: 200, code: 0x80 | 11 }),
      true,
      true,
    ],
    ['a thread that returned', event(PROC_EVENT_EXIT, { pid: 101, tgid: 100 }), false, false],
    ['a thread with a status', event(PROC_EVENT_EXIT, { pid: 101, tgid: 100, code: 0x100 }), false, false],
    ['a core, told by another thread', event(PROC_EVENT_COREDUMP, { pid: 201, tgid: 200, code: 0 }), true, true],
    ['a stranger killed', event(PROC_EVENT_EXIT, { pid: 300, tgid: 300, code: 9 }), true, false],
    ['a stranger of a watched number as thread', event(PROC_EVENT_EXIT, { pid: 100, tgid: 300, code: 9 }), true, false],
    ['a stranger crashed', event(PROC_EVENT_COREDUMP, { pid: 300, tgid: 300 }), true, false],
    ['fork', event(1, { pid: 100, tgid: 100 }), false, false],
    ['exec', event(2, { pid: 100, tgid: 100 }), false, false],
    ['comm', event(0x200, { pid: 100, tgid: 100 }), false, false],
    ['our answer', event(PROC_EVENT_NONE, { ack: TOKEN + 1 }), false, true],
    ["another listener's answer", event(PROC_EVENT_NONE, { ack: 7 }), false, false],
  ];
  for (const [name, packet, ending, passes] of cases) {
    t.equal(decodeProcessMessage(packet)?.kind === 'ending', ending, `${name}: meaning`);
    t.equal(run(program, packet), passes, `${name}: filter`);
  }
  t.notOk(run(processFilter(TOKEN, []), event(PROC_EVENT_EXIT, { pid: 100, tgid: 100 })), 'nobody is watched');
  t.ok(run(processFilter(0xffffffff, []), event(PROC_EVENT_NONE, { ack: 0 })), 'the largest token');
});

t.test('the filter and the rule agree', async () => {
  const pid = fc.integer({ min: 1, max: 0x3fffff });
  fc.assert(
    fc.property(
      fc.uniqueArray(pid, { maxLength: MOST_COMPARED + 10 }),
      fc.nat(),
      pid,
      fc.boolean(),
      fc.constantFrom(0, 9, 0x8b, 0x100, 0xff00),
      fc.constantFrom(PROC_EVENT_EXIT, PROC_EVENT_COREDUMP),
      (pids, pick, other, first, code, what) => {
        const tgid = pids.length > 0 && pick % 2 === 0 ? pids[pick % pids.length]! : other;
        const packet = event(what, { pid: first ? tgid : tgid + 1, tgid, code });
        const wanted =
          decodeProcessMessage(packet)?.kind === 'ending' && (pids.length > MOST_COMPARED || pids.includes(tgid));
        return run(processFilter(TOKEN, pids), packet) === wanted;
      },
    ),
  );
});

// The last: it cannot be undone.
t.test('without koffi there are none, and nothing breaks', async (t) => {
  t.teardown(disableLibc());
  const reasons: string[] = [];
  const processes = openProcessEvents({ onAbsent: (reason) => reasons.push(reason) });
  const stop = processes.watch(1, () => t.fail());
  t.notOk(processes.live);
  t.match(reasons, [/koffi/]);
  stop();
  t.equal(processes.peer(0), undefined);
  processes.watch(2, () => t.fail())();
  processes.close();
  processes.close();
});
