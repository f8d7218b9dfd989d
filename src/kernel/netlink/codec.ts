/**
 * Netlink's framing: reads and writes message headers and attributes (netlink(7),
 * linux/netlink.h). What a message means is in messages/.
 *
 * Integers are in host order; every platform that the netlink package has a binary for is
 * little-endian. Invariant: walking never reads past the end of the given bytes, whatever lengths
 * they claim.
 */

import { NLA_TYPE_MASK, NLMSG_HDRLEN, RTNEXTHOP_LEN } from './uapi.js';

/**
 * Messages being written, one after the other. `bytes` grows; `length` is the part in use, and the
 * rest is zero.
 */
export interface Writer {
  bytes: Buffer;
  length: number;
}

/** Rounds up to NLMSG_ALIGNTO and NLA_ALIGNTO, which are both 4. */
export function align(length: number): number {
  return ((length + 3) & ~3) >>> 0;
}

/** What `write` writes, in a buffer of its own. */
export function alone(write: (writer: Writer) => void): Buffer {
  // Of Node's pool: thousands of small buffers of their own keep the garbage collector busy.
  const writer: Writer = { bytes: Buffer.allocUnsafe(256).fill(0), length: 0 };
  write(writer);
  return writer.bytes.subarray(0, writer.length);
}

/**
 * Begins a message with its nlmsghdr; pass the result to {@link endMessage}. Sequence number and
 * port are zero; the sender fills in the sequence number.
 */
export function beginMessage(writer: Writer, type: number, flags: number): number {
  const start = reserve(writer, NLMSG_HDRLEN);
  writer.bytes.writeUInt16LE(type, start + 4);
  writer.bytes.writeUInt16LE(flags, start + 6);
  return start;
}

/** Fills in the length of the message that begins at `start`. */
export function endMessage(writer: Writer, start: number): void {
  writer.bytes.writeUInt32LE(writer.length - start, start);
}

/** One message in a buffer of its own: nlmsghdr, and what `body` writes. */
export function message(type: number, flags: number, body: (writer: Writer) => void): Buffer {
  return alone((writer) => {
    const start = beginMessage(writer, type, flags);
    body(writer);
    endMessage(writer, start);
  });
}

/** Reserves `size` bytes, zeroed and aligned; returns their offset. */
export function reserve(writer: Writer, size: number): number {
  const offset = writer.length;
  writer.length += align(size);
  if (writer.length > writer.bytes.length) {
    const larger = Buffer.alloc(Math.max(writer.length, 2 * writer.bytes.length));
    writer.bytes.copy(larger);
    writer.bytes = larger;
  }
  return offset;
}

function beginAttribute(writer: Writer, type: number, size: number): number {
  const offset = reserve(writer, 4 + size);
  writer.bytes.writeUInt16LE(4 + size, offset);
  writer.bytes.writeUInt16LE(type, offset + 2);
  return offset + 4;
}

export function putBytes(writer: Writer, type: number, value: Uint8Array): void {
  const offset = beginAttribute(writer, type, value.length);
  writer.bytes.set(value, offset);
}

export function putU8(writer: Writer, type: number, value: number): void {
  const offset = beginAttribute(writer, type, 1);
  writer.bytes.writeUInt8(value, offset);
}

export function putU32(writer: Writer, type: number, value: number): void {
  const offset = beginAttribute(writer, type, 4);
  writer.bytes.writeUInt32LE(value, offset);
}

/** Writes 32-bit words in network order, such as an address. */
export function putWords(writer: Writer, type: number, words: readonly number[]): void {
  const offset = beginAttribute(writer, type, 4 * words.length);
  words.forEach((word, i) => writer.bytes.writeUInt32BE(word, offset + 4 * i));
}

/** NLA_NUL_STRING. */
export function putText(writer: Writer, type: number, value: string): void {
  putBytes(writer, type, Buffer.from(`${value}\0`));
}

/** Opens an attribute that holds others; pass the result to {@link endNest}. */
export function beginNest(writer: Writer, type: number): number {
  return beginAttribute(writer, type, 0) - 4;
}

export function endNest(writer: Writer, nest: number): void {
  writer.bytes.writeUInt16LE(writer.length - nest, nest);
}

/** One message of a received datagram: `bytes[start..end)`, header included. */
type MessageVisitor = (type: number, bytes: Buffer, start: number, end: number) => void;

/** Visits every whole message of a datagram. Returns false when the rest of it is malformed. */
export function walkMessages(bytes: Buffer, visit: MessageVisitor): boolean {
  let start = 0;
  while (start + NLMSG_HDRLEN <= bytes.length) {
    const length = bytes.readUInt32LE(start);
    if (length < NLMSG_HDRLEN || start + length > bytes.length) return false;
    visit(bytes.readUInt16LE(start + 4), bytes, start, start + length);
    start += align(length);
  }
  return start >= bytes.length;
}

/** nlmsg_flags of the message at `start`. */
export function messageFlags(bytes: Buffer, start: number): number {
  return bytes.readUInt16LE(start + 6);
}

export function messageSequence(bytes: Buffer, start: number): number {
  return bytes.readUInt32LE(start + 8);
}

export function messagePort(bytes: Buffer, start: number): number {
  return bytes.readUInt32LE(start + 12);
}

/** One attribute: its type without flag bits, and the range of its value. */
type AttributeVisitor = (type: number, start: number, end: number) => void;

/** Visits the attributes in `bytes[start..end)`; stops silently at the first malformed one. */
export function walkAttributes(bytes: Buffer, start: number, end: number, visit: AttributeVisitor): void {
  let at = start;
  while (at + 4 <= end) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > end) return;
    visit(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, at + 4, at + length);
    at += align(length);
  }
}

/**
 * Visits each struct rtnexthop of RTA_MULTIPATH in `bytes[start..end)` with its start, end and
 * position; stops silently at the first malformed one.
 */
export function walkNexthops(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (at: number, stop: number, index: number) => void,
): void {
  let at = start;
  for (let index = 0; at + RTNEXTHOP_LEN <= end; index++) {
    const length = bytes.readUInt16LE(at);
    if (length < RTNEXTHOP_LEN || at + length > end) return;
    visit(at, at + length, index);
    at += align(length);
  }
}

/** The value of a u8 attribute; 0 when it is empty. */
export function readU8(bytes: Buffer, start: number, end: number): number {
  return end > start ? bytes[start]! : 0;
}

/** The value of a u32 attribute; 0 when it is too short. */
export function readU32(bytes: Buffer, start: number, end: number): number {
  return end - start >= 4 ? bytes.readUInt32LE(start) : 0;
}

/** The value of a string attribute, up to its NUL. */
export function readText(bytes: Buffer, start: number, end: number): string {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return bytes.toString('utf8', start, stop);
}
