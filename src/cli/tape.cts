/**
 * A kernel that plays back: stands in for the binary of the `netlink` package while compile.cts rehearses a start. A router with one
 * interface, eth0, with an IPv4 and an IPv6 address, and Linux' own rules; changes succeed. It shows what a real kernel's answers look
 * like to a decoder, and nothing of this host is looked at or changed.
 *
 * Layouts: linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/fib_rules.h.
 */

type Receive = (
  bytes: Buffer,
  info: { readonly port: number; readonly groups: number; readonly truncated: number },
) => void;

const DUMP = 0x300;
const MULTI = 2;

function message(type: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  return Buffer.concat([header, body]);
}

function attribute(type: number, value: Buffer | string | number): Buffer {
  const bytes = typeof value === 'number' ? u32(value) : typeof value === 'string' ? Buffer.from(`${value}\0`) : value;
  const padded = Buffer.alloc(4 + ((bytes.length + 3) & ~3));
  padded.writeUInt16LE(4 + bytes.length, 0);
  padded.writeUInt16LE(type, 2);
  bytes.copy(padded, 4);
  return padded;
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const link = (index: number, type: number, flags: number, name: string): Buffer =>
  message(
    16,
    MULTI,
    Buffer.from([0, 0, type, type >> 8]),
    u32(index, flags, 0),
    attribute(3, name),
    attribute(4, 1500),
    attribute(1, hex('020000000001')),
    attribute(52, Buffer.concat([attribute(53, 'enp1s0')])),
  );
const address = (family: number, length: number, index: number, bytes: Buffer): Buffer =>
  message(
    20,
    MULTI,
    Buffer.from([family, length, 0x80, 0]),
    u32(index),
    attribute(1, bytes),
    ...(family === 2 ? [attribute(2, bytes), attribute(3, 'eth0')] : []),
    attribute(8, 0x80),
  );
const rule = (family: number, priority: number, table: number): Buffer =>
  message(
    32,
    MULTI,
    Buffer.from([family, 0, 0, 0, table, 0, 0, 1]),
    u32(0),
    attribute(15, table),
    attribute(14, 0xffffffff),
    ...(priority > 0 ? [attribute(6, priority)] : []),
    attribute(21, Buffer.from([2])),
  );
const route = (family: number, length: number, table: number, kind: number, prefix: Buffer): Buffer =>
  message(
    24,
    MULTI,
    Buffer.from([family, length, 0, 0, table, 2, kind === 2 ? 254 : 253, kind]),
    u32(0),
    attribute(15, table),
    attribute(1, prefix),
    ...(family === 10 ? [attribute(6, 256)] : [attribute(7, hex('c6336402'))]),
    attribute(4, 2),
  );

const IPV4 = hex('c6336402');
const IPV6 = hex('20010db8000000000000000000000002');
/** What each kind of dump yields: RTM_GETLINK, GETADDR, GETROUTE, GETRULE. */
const DUMPS: Readonly<Record<number, readonly Buffer[]>> = {
  18: [link(1, 772, 0x10049, 'lo'), link(2, 1, 0x11043, 'eth0')],
  22: [address(2, 8, 1, hex('7f000001')), address(2, 24, 2, IPV4), address(10, 64, 2, IPV6)],
  26: [
    route(2, 24, 254, 1, hex('c6336400')),
    route(2, 32, 255, 2, IPV4),
    route(10, 64, 254, 1, hex('20010db8000000000000000000000000')),
    route(10, 128, 255, 2, IPV6),
  ],
  34: [rule(2, 0, 255), rule(2, 32766, 254), rule(2, 32767, 253), rule(10, 0, 255), rule(10, 32766, 254)],
};

/** Classes in the shape of the binary's. `onChange` hears of every batch of changes. */
function tapeNetlink(onChange: () => void): { readonly NativeNetlink: unknown } {
  return {
    NativeNetlink: class {
      readonly #receive: Receive;
      #port = 0;
      #open = true;
      constructor(_protocol: number, _buffer: number, receive: Receive) {
        this.#receive = receive;
      }
      bind(port: number): void {
        this.#port = port;
      }
      address(): { readonly port: number } {
        return { port: this.#port };
      }
      send(_port: number, _groups: number, bytes: Buffer, done: () => void): void {
        const type = bytes.readUInt16LE(4);
        const dump = (bytes.readUInt16LE(6) & DUMP) === DUMP;
        setImmediate(() => {
          done();
          for (const datagram of dump ? [DUMPS[type] ?? [], [message(3, MULTI, u32(0))]] : [[acknowledgement(bytes)]]) {
            const answer = Buffer.concat(datagram);
            const sequence = dump ? bytes.readUInt32LE(8) : answer.readUInt32LE(8);
            for (let at = 0; at < answer.length; at += (answer.readUInt32LE(at) + 3) & ~3)
              answer.writeUInt32LE(sequence, at + 8);
            if (this.#open && answer.length > 0) this.#receive(answer, { port: 0, groups: 0, truncated: 0 });
          }
          if (!dump) onChange();
        });
      }
      close(): void {
        this.#open = false;
      }
      addMembership(): void {}
      dropMembership(): void {}
      setRecvBufferSize(): void {}
      setSendBufferSize(): void {}
    },
  };
}

/** NLMSG_ERROR 0 for the last request of a window, the only one that asks for it. */
function acknowledgement(window: Buffer): Buffer {
  let last = 0;
  for (let at = 0; at < window.length; at += (window.readUInt32LE(at) + 3) & ~3) last = at;
  const answer = message(2, 0, u32(0), window.subarray(last, last + 16));
  answer.writeUInt32LE(window.readUInt32LE(last + 8), 8);
  return answer;
}

export = { tapeNetlink };
