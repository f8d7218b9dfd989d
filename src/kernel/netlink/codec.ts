/**
 * Netlink's framing: message headers and attributes, written and walked by hand (netlink(7), linux/netlink.h).
 * What a message means is in messages/.
 *
 * Integers are host order; every platform that the netlink package has a binary for is little-endian.
 * Invariant: walking never reads behind the bytes it was given, whatever lengths they claim.
 */

import { NLA_TYPE_MASK, NLMSG_HDRLEN } from './uapi.js';

/** Messages being written, one behind the other. `bytes` grows; `length` is how much of it is used. */
export interface Writer {
  bytes: Buffer;
  length: number;
}

/** Rounds up to NLMSG_ALIGNTO and NLA_ALIGNTO, which are both 4. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** An empty one. */
export function createWriter(): Writer {
  return { bytes: Buffer.alloc(4096), length: 0 };
}

/** Where messages are written that go alone. */
const desk = createWriter();

/** What is written, in bytes of its own. */
export function alone(write: (writer: Writer) => void): Buffer {
  desk.length = 0;
  write(desk);
  return written(desk);
}

/** A copy of everything that was written. */
export function written(writer: Writer): Buffer {
  return Buffer.from(writer.bytes.subarray(0, writer.length));
}

/** Begins a message with its nlmsghdr; pass the result to {@link endMessage}. Sequence number and port are zero, whoever sends it fills in the former. */
export function beginMessage(writer: Writer, type: number, flags: number): number {
  const start = reserve(writer, NLMSG_HDRLEN);
  store16(writer.bytes, start + 4, type);
  store16(writer.bytes, start + 6, flags);
  return start;
}

/** Fills in the length of the message that begins there. */
export function endMessage(writer: Writer, start: number): void {
  store32(writer.bytes, start, writer.length - start);
}

/** One message in bytes of its own: nlmsghdr, and what `body` writes. */
export function message(type: number, flags: number, body: (writer: Writer) => void): Buffer {
  return alone((writer) => {
    const start = beginMessage(writer, type, flags);
    body(writer);
    endMessage(writer, start);
  });
}

/** Room for `size` bytes, zeroed and aligned; its offset. */
export function reserve(writer: Writer, size: number): number {
  const offset = extend(writer, align(size));
  const { bytes, length } = writer;
  // For a few bytes a loop takes a fraction of what Buffer's fill does, which looks at its arguments first.
  for (let at = offset; at < length; at++) bytes[at] = 0;
  return offset;
}

/** Room for as many bytes, with anything in them. */
function extend(writer: Writer, size: number): number {
  const offset = writer.length;
  const end = offset + size;
  if (end > writer.bytes.length) {
    const larger = Buffer.alloc(Math.max(end, 2 * writer.bytes.length));
    writer.bytes.copy(larger, 0, 0, offset);
    writer.bytes = larger;
  }
  writer.length = end;
  return offset;
}

/** Byte by byte: Buffer's own methods look at their arguments first, which takes longer than the storing. */
function store16(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

function store32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function beginAttribute(writer: Writer, type: number, size: number): number {
  const offset = reserve(writer, 4 + size);
  store16(writer.bytes, offset, 4 + size);
  store16(writer.bytes, offset + 2, type);
  return offset + 4;
}

export function putBytes(writer: Writer, type: number, value: Uint8Array): void {
  const offset = beginAttribute(writer, type, value.length);
  writer.bytes.set(value, offset);
}

export function putU8(writer: Writer, type: number, value: number): void {
  const offset = beginAttribute(writer, type, 1);
  writer.bytes[offset] = value;
}

export function putU32(writer: Writer, type: number, value: number): void {
  const offset = extend(writer, 8);
  const { bytes } = writer;
  store16(bytes, offset, 8);
  store16(bytes, offset + 2, type);
  store32(bytes, offset + 4, value);
}

/** Words of 32 bits in network order: what an address is. */
export function putWords(writer: Writer, type: number, words: readonly number[]): void {
  const offset = beginAttribute(writer, type, 4 * words.length);
  const { bytes } = writer;
  words.forEach((word, i) => {
    const at = offset + 4 * i;
    bytes[at] = word >>> 24;
    bytes[at + 1] = word >>> 16;
    bytes[at + 2] = word >>> 8;
    bytes[at + 3] = word;
  });
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
  store16(writer.bytes, nest, writer.length - nest);
}

/** One message inside a received datagram: `bytes[start..end)`, header included. */
export type MessageVisitor = (type: number, bytes: Buffer, start: number, end: number) => void;

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

/** nlmsghdr fields of the message that starts there. */
export function messageFlags(bytes: Buffer, start: number): number {
  return bytes.readUInt16LE(start + 6);
}

export function messageSequence(bytes: Buffer, start: number): number {
  return bytes.readUInt32LE(start + 8);
}

export function messagePort(bytes: Buffer, start: number): number {
  return bytes.readUInt32LE(start + 12);
}

/** One attribute: its type without flag bits, and where its value lies. */
export type AttributeVisitor = (type: number, start: number, end: number) => void;

/** Visits the attributes in `bytes[start..end)`; stops quietly at the first malformed one. */
export function walkAttributes(bytes: Buffer, start: number, end: number, visit: AttributeVisitor): void {
  let at = start;
  while (at + 4 <= end) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > end) return;
    visit(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, at + 4, at + length);
    at += align(length);
  }
}

/** A u32 attribute's value; 0 when it is too short to be one. */
export function readU32(bytes: Buffer, start: number, end: number): number {
  return end - start >= 4 ? bytes.readUInt32LE(start) : 0;
}

/** A string attribute's value, up to its NUL. */
export function readText(bytes: Buffer, start: number, end: number): string {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return bytes.toString('utf8', start, stop);
}
