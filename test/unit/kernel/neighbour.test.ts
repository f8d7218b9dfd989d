import t from 'tap';
import { decodeEntry } from '../../../src/kernel/messages/neighbour.js';
import { message, putBytes, reserve } from '../../../src/kernel/netlink/codec.js';
import * as uapi from '../../../src/kernel/netlink/uapi.js';
import { addressBytes } from '../../../src/model/address.js';

function entry(state: number, flags = 0, extended?: number): string {
  const bytes = message(uapi.RTM_NEWNEIGH, 0, (writer) => {
    const header = reserve(writer, uapi.NDMSG_LEN);
    writer.bytes.writeUInt16LE(state, header + 8);
    writer.bytes[header + 10] = flags;
    putBytes(writer, uapi.NDA_DST, addressBytes('192.0.2.1'));
    if (extended === undefined) return;
    const word = Buffer.alloc(4);
    word.writeUInt32LE(extended);
    putBytes(writer, uapi.NDA_FLAGS_EXT, word);
  });
  return decodeEntry(bytes, 0, bytes.length);
}

t.test('what a probe finds, and what it leaves alone', async (t) => {
  for (const state of [uapi.NUD_NONE, uapi.NUD_INCOMPLETE, uapi.NUD_FAILED]) t.equal(entry(state), 'unresolved');
  for (const state of [uapi.NUD_REACHABLE, uapi.NUD_STALE, uapi.NUD_DELAY, uapi.NUD_PROBE])
    t.equal(entry(state), 'known');
  for (const state of [uapi.NUD_PERMANENT, uapi.NUD_NOARP]) t.equal(entry(state), 'fixed');
  t.equal(entry(uapi.NUD_REACHABLE, uapi.NTF_EXT_LEARNED), 'fixed', 'of another program');
  t.equal(entry(uapi.NUD_NONE, uapi.NTF_PROXY), 'fixed');
  t.equal(entry(uapi.NUD_FAILED, 0, uapi.NTF_EXT_MANAGED), 'fixed', 'the kernel keeps it resolved');
  t.equal(entry(uapi.NUD_STALE, 0x80, 0x02), 'known', 'a router, and a flag that is not of interest');
});
