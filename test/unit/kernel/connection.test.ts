/** Requests and answers over a socket that the test feeds with bytes. */

import t from 'tap';
import { prepare } from '../../../src/kernel/apply.js';
import { beginMessage, endMessage, reserve, type Writer } from '../../../src/kernel/netlink/codec.js';
import { Connection, DUMP_ATTEMPTS, WINDOWS_AT_ONCE } from '../../../src/kernel/netlink/connection.js';
import type { SocketOptions } from '../../../src/kernel/netlink/socket.js';
import { WINDOW, windowsOf } from '../../../src/kernel/netlink/window.js';
import { defaultPrefix } from '../../../src/model/prefix.js';

/** A message with this header and payload. */
function message(type: number, sequence: number, payload: Buffer, flags = 0): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, payload]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

const [ERROR, DONE, ITEM] = [2, 3, 24];
const [DUMP_INTR, CAPPED, ACK_TLVS] = [0x10, 0x100, 0x200];

/** NLMSGERR_ATTR_MSG with this text. */
function words(text: string): Buffer {
  const value = Buffer.from(`${text}\0`);
  const padded = Buffer.alloc((4 + value.length + 3) & ~3);
  padded.writeUInt16LE(4 + value.length, 0);
  padded.writeUInt16LE(1, 2);
  value.copy(padded, 4);
  return padded;
}

function connect(overflowSafe = true) {
  const sent: Buffer[] = [];
  let options: SocketOptions | undefined;
  let closed = 0;
  let sendError: (Error & { code?: string }) | undefined;
  const connection = new Connection({ receiveBuffer: 1, datagramBytes: 1 }, (given) => {
    options = given;
    return {
      port: 7,
      overflowSafe,
      send(bytes, done) {
        sent.push(Buffer.from(bytes));
        if (sendError !== undefined) done(sendError);
      },
      join: () => undefined,
      attachFilter: () => true,
      harden: () => undefined,
      drops: () => 0,
      close: () => void closed++,
    };
  });
  return {
    connection,
    sent,
    change: (count: number) => connection.change(windowsOf(count, writeRequest, (some) => connection.reserve(some))),
    sequences: (bytes: Buffer): number[] => {
      const found: number[] = [];
      for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) found.push(bytes.readUInt32LE(at + 8));
      return found;
    },
    flags: (bytes: Buffer): number[] => {
      const found: number[] = [];
      for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) found.push(bytes.readUInt16LE(at + 6));
      return found;
    },
    feed: (...messages: readonly Buffer[]): void => options!.onDatagram(Buffer.concat(messages)),
    fail: (error: Error): void => options!.onError(error),
    refuseSends: (error: Error & { code?: string }): void => void (sendError = error),
    closed: () => closed,
  };
}

const request = (): Buffer => message(26, 0, Buffer.alloc(12), 0x305);
const writeRequest = (_index: number, writer: Writer): void => {
  const start = beginMessage(writer, 26, 0x305);
  reserve(writer, 12);
  endMessage(writer, start);
};
const lastSequence = (sent: readonly Buffer[]): number => sent.at(-1)!.readUInt32LE(8);
const decodeText = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start + 16, end);

t.test('a dump over several datagrams', async (t) => {
  const c = connect();
  const dump = c.connection.dump(request(), decodeText);
  const sequence = lastSequence(c.sent);
  c.feed(message(ITEM, sequence, Buffer.from('aaaa')), message(ITEM, sequence, Buffer.from('bbbb')));
  c.feed(
    message(ITEM, sequence + 99, Buffer.from('xxxx')),
    message(ITEM, sequence, Buffer.from('cccc')),
    message(DONE, sequence, int(0)),
  );
  t.same(await dump, ['aaaa', 'bbbb', 'cccc'], 'a stranger’s answer is not in it');
  c.connection.close();
});

t.test('a torn dump is asked again, and nothing of it is handed out', async (t) => {
  const c = connect();
  const dump = c.connection.dump(request(), decodeText);
  const first = lastSequence(c.sent);
  c.feed(
    message(ITEM, first, Buffer.from('old1')),
    message(ITEM, first, Buffer.from('old2'), DUMP_INTR),
    message(DONE, first, int(0)),
  );
  t.equal(c.sent.length, 2);
  const second = lastSequence(c.sent);
  t.not(second, first);
  c.feed(message(ITEM, first, Buffer.from('late')));
  c.feed(message(ITEM, second, Buffer.from('old3')), message(DONE, second, int(0), DUMP_INTR));
  t.equal(c.sent.length, 3, 'the flag may come with the end only');
  const third = lastSequence(c.sent);
  c.feed(message(ITEM, third, Buffer.from('new1')), message(DONE, third, int(0)));
  t.same(await dump, ['new1']);
  c.connection.close();
});

t.test('a dump torn for ever is given up, and the next one goes on', async (t) => {
  const c = connect();
  const dump = t.rejects(c.connection.dump(request(), decodeText), { code: 'EAGAIN' });
  const next = c.connection.dump(request(), decodeText);
  for (let i = 0; i < DUMP_ATTEMPTS; i++) c.feed(message(DONE, lastSequence(c.sent), int(0), DUMP_INTR));
  await dump;
  t.equal(c.sent.length, DUMP_ATTEMPTS + 1);
  c.feed(message(ITEM, lastSequence(c.sent), Buffer.from('next')), message(DONE, lastSequence(c.sent), int(0)));
  t.same(await next, ['next']);
  c.connection.close();
});

t.test('a refused dump rejects, with the kernel’s words', async (t) => {
  const c = connect();
  const first = t.rejects(c.connection.dump(request(), decodeText), {
    code: 'EINVAL',
    message: /Invalid header/,
  });
  c.feed(
    message(
      ERROR,
      lastSequence(c.sent),
      Buffer.concat([int(-22), Buffer.alloc(16), words('Invalid header')]),
      CAPPED | ACK_TLVS,
    ),
  );
  await first;
  const second = t.rejects(c.connection.dump(request(), decodeText), { code: 'ENOENT' });
  c.feed(message(DONE, lastSequence(c.sent), int(-2)));
  await second;
  c.connection.close();
});

t.test('answers to changes come in order, with errno and extended acknowledgement', async (t) => {
  const c = connect();
  const change = c.change(3);
  t.equal(c.sent.length, 1, 'sent within the call, in one piece');
  t.same(c.flags(c.sent[0]!), [0x301, 0x301, 0x305], 'only the last one asks for an acknowledgement');
  const [a, b, d] = c.sequences(c.sent[0]!) as [number, number, number];
  t.same([b - a, d - b], [1, 1]);
  c.feed(message(ERROR, b, Buffer.concat([int(-22), request(), words('Nexthop has invalid gateway')]), ACK_TLVS));
  c.feed(message(ERROR, d, Buffer.concat([int(-1), Buffer.alloc(16)]), CAPPED));
  t.same(await change, [
    { ok: true },
    { ok: false, code: 'EINVAL', message: 'Nexthop has invalid gateway' },
    { ok: false, code: 'EPERM', message: 'operation not permitted' },
  ]);
  c.feed(message(ERROR, a, Buffer.concat([int(-1), Buffer.alloc(16)]), CAPPED));
  c.connection.close();
});

for (const [safe, limit] of [
  [true, WINDOWS_AT_ONCE],
  [false, 1],
] as const) {
  t.test(`no more than ${limit} windows of a batch are under way`, async (t) => {
    const c = connect(safe);
    const change = c.change(WINDOW * (limit + 1) + 1);
    t.equal(c.sent.length, limit);
    const windows = c.sent.map((bytes) => c.sequences(bytes));
    t.ok(windows.every((sequences) => sequences.length === WINDOW));
    c.feed(message(ERROR, windows[0]![5]!, Buffer.concat([int(-17), Buffer.alloc(16)])));
    t.equal(c.sent.length, limit, 'a refusal ends no window');
    c.feed(message(ERROR, windows[0]!.at(-1)!, Buffer.concat([int(0), Buffer.alloc(16)])));
    t.equal(c.sent.length, limit + 1);
    for (let i = 1; i < limit + 2; i++)
      c.feed(message(ERROR, c.sequences(c.sent[i]!).at(-1)!, Buffer.concat([int(0), Buffer.alloc(16)])));
    const results = await change;
    t.equal(results.length, WINDOW * (limit + 1) + 1);
    t.same(
      results.flatMap((result, i) => (result.ok ? [] : [[i, result.code]])),
      [[5, 'EEXIST']],
    );
    c.connection.close();
  });
}

t.test('windows that were written early are sent as they are, beside whatever is under way', async (t) => {
  const c = connect();
  const written = [...windowsOf(2, writeRequest, (count) => c.connection.reserve(count))];
  const other = c.change(1);
  const change = c.connection.change(written);
  t.equal(c.sent.length, 2);
  t.equal(c.sent[1]!.equals(written[0]!.bytes), true);
  c.feed(message(ERROR, written[0]!.first + 1, Buffer.concat([int(0), Buffer.alloc(16)])));
  t.same(await change, [{ ok: true }, { ok: true }]);
  c.feed(message(ERROR, lastSequence([c.sent[0]!]), Buffer.concat([int(0), Buffer.alloc(16)])));
  t.same(await other, [{ ok: true }]);
  c.connection.close();
});

t.test('nothing to change', async (t) => {
  const c = connect();
  t.same(await c.change(0), []);
  t.equal(c.sent.length, 0);
  c.connection.close();
});

t.test('a send that fails, a socket that fails and a close answer everything', async (t) => {
  const c = connect();
  c.refuseSends(Object.assign(new Error('no memory'), { code: 'ENOBUFS' }));
  t.same(await c.change(1), [{ ok: false, code: 'ENOBUFS', message: 'no memory' }]);
  const d = connect();
  const change = d.change(1);
  d.fail(new Error('broken'));
  t.same(await change, [{ ok: false, code: 'EIO', message: 'broken' }]);
  const e = connect();
  const changes = e.change(WINDOW + 1);
  e.connection.close();
  t.ok((await changes).every((result) => !result.ok && result.code === 'ECANCELED'));
  await t.rejects(e.connection.dump(request(), decodeText), { code: 'ECANCELED' });
  t.equal(e.closed(), 1);
});

t.test('a prepared batch is sent when it is asked for, once', async (t) => {
  const c = connect();
  const batch = prepare(c.connection, [
    {
      kind: 'add-route',
      route: {
        family: 'inet',
        table: 254,
        destination: defaultPrefix('inet'),
        metric: 1,
        tos: 0,
        protocol: 157,
        type: 'unicast',
        nexthops: [{ gateway: '198.51.100.1', interfaceIndex: 7, dead: false }],
      },
    },
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(c.sent.length, 0, 'preparing sends nothing');
  const results = batch.send();
  t.equal(c.sent.length, 1);
  c.feed(message(ERROR, lastSequence(c.sent), Buffer.concat([int(0), c.sent[0]!])));
  t.same(await results, [{ ok: true }]);
  c.connection.close();
});
