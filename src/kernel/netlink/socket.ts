/**
 * One netlink socket, of rtnetlink unless `protocol` says otherwise: the raw socket of the
 * `netlink` package. Options that the package cannot set are set on its descriptor through libc.
 * The traffic is the concern of connection.ts and events.ts.
 *
 * Invariants (facts N1-N3). The package aborts the process when its socket has a pending error,
 * when a handler throws inside its callback, and on an `error` event without a listener. Therefore
 * NETLINK_NO_ENOBUFS is set (an overflow is then only counted), every handler is wrapped, and
 * there is always a listener. The package also crashes when a socket is closed inside its own
 * callback, so closing waits for the check phase of the event loop.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { type FilterInstruction, type Libc, loadLibc } from '../../native/libc.js';
import { message } from './codec.js';
import * as uapi from './uapi.js';

export interface SocketOptions {
  /** Netlink family; rtnetlink unless given. */
  readonly protocol?: number;
  /** Receive buffer in bytes, as SO_RCVBUF counts. */
  readonly receiveBuffer: number;
  /**
   * The largest datagram, in bytes. Each datagram occupies that much memory until it is garbage
   * collected. 0: ask the kernel for the size of each datagram first, which costs a second system
   * call.
   */
  readonly datagramBytes: number;
  /** Size of the datagrams of a dump, in bytes, after {@link NetlinkSocket.harden}. */
  readonly dumpBytes?: number;
  readonly onDatagram: (bytes: Buffer) => void;
  /** The socket is unusable from now on, or a datagram was lost. */
  readonly onError: (error: Error) => void;
}

export interface NetlinkSocket {
  /** nlmsg_pid of what this socket sends. */
  readonly port: number;
  /**
   * NETLINK_NO_ENOBUFS is set: an overflow loses messages but cannot end the process. False before
   * {@link harden}, and where koffi does not load.
   */
  readonly overflowSafe: boolean;
  send(bytes: Buffer, done: (error: (Error & { readonly code?: string }) | undefined) => void): void;
  join(group: number): void;
  /** Sets the options that the package cannot set. Loads koffi; done once. */
  harden(): void;
  /** SO_ATTACH_FILTER; false when it cannot be attached, or before {@link harden}. */
  attachFilter(program: readonly FilterInstruction[]): boolean;
  /** How many messages the kernel could not queue here since the socket was opened. */
  drops(): number;
  close(): void;
}

/**
 * Opens the socket without those options: until {@link NetlinkSocket.harden} it must not be sent
 * more than its buffer holds.
 */
export function openSocket(options: SocketOptions): NetlinkSocket {
  const raw = new RawNetlinkSocket(options.protocol ?? uapi.NETLINK_ROUTE, {
    messagePeeking: options.datagramBytes === 0,
    msgBufferSize: options.datagramBytes,
    recvBufferSize: options.receiveBuffer,
    sendBufferSize: 0,
  });
  let isOpen = true;
  const fail = (error: unknown): void => {
    if (!isOpen) return;
    guard(() => options.onError(error instanceof Error ? error : new Error(String(error))));
  };
  raw.on('error', fail);
  raw.on('truncatedMessage', (_bytes, info) =>
    fail(new Error(`netlink message of ${info.truncated} bytes was cut off`)),
  );
  raw.on('message', (bytes, info) => {
    // Only messages of the kernel (port 0) are accepted: any process may send to a netlink port
    // (CVE-2012-3520 and similar).
    if (isOpen && info.port === 0) guard(() => options.onDatagram(bytes));
  });
  const { port } = raw.address();
  let native: { readonly libc: Libc; readonly fd: number } | undefined;
  let overflowSafe = false;
  return {
    port,
    get overflowSafe() {
      return overflowSafe;
    },
    send(bytes, done) {
      try {
        raw.send(bytes, {}, (error) => guard(() => done(error)));
      } catch (error) {
        done(error as Error);
      }
    },
    join: (group) => raw.addMembership(group),
    harden() {
      const libc = native === undefined ? loadLibc() : undefined;
      const fd = libc === undefined ? undefined : findDescriptor(libc, port);
      if (libc === undefined || fd === undefined) return;
      native = { libc, fd };
      overflowSafe = setOptions(libc, fd, options.receiveBuffer);
      if (options.dumpBytes !== undefined) enlarge(libc, fd, options.dumpBytes);
    },
    attachFilter: (program) => native?.libc.attachFilter(native.fd, program) === 0,
    drops: () => (native === undefined ? dropsInProc(port) : dropsOf(native.libc, native.fd)),
    close() {
      if (!isOpen) return;
      isOpen = false;
      setImmediate(() => raw.close());
    },
  };
}

/**
 * Runs a handler so that an exception surfaces as an ordinary uncaught exception, never inside
 * native code.
 */
function guard(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}

function setOptions(libc: Libc, fd: number, receiveBuffer: number): boolean {
  // Needs CAP_NET_ADMIN; SO_RCVBUF was set before, up to net.core.rmem_max.
  libc.setInt(fd, uapi.SOL_SOCKET, uapi.SO_RCVBUFFORCE, receiveBuffer);
  // Newer kernels have these; answers are decoded with and without them.
  libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_EXT_ACK, 1);
  libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_CAP_ACK, 1);
  libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_GET_STRICT_CHK, 1);
  return libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_NO_ENOBUFS, 1) === 0;
}

/**
 * The kernel makes the datagrams of a dump as large as the largest buffer that the reader has used
 * so far (netlink_recvmsg, max_recvmsg_len). So one answer, which comes within the system call, is
 * peeked at with a buffer of that size and left in the queue.
 */
function enlarge(libc: Libc, fd: number, dumpBytes: number): void {
  const noop = message(uapi.NLMSG_NOOP, uapi.NLM_F_REQUEST | uapi.NLM_F_ACK, () => undefined);
  if (libc.send(fd, noop) === 0) libc.peek(fd, dumpBytes);
}

/**
 * The descriptor whose netlink address has this port: the package gives each socket of a process
 * another port, whatever its protocol.
 */
function findDescriptor(libc: Libc, port: number): number | undefined {
  for (const fd of descriptors()) {
    const name = libc.socketName(fd);
    if (
      name !== undefined &&
      name.length >= 8 &&
      name.readUInt16LE(0) === uapi.AF_NETLINK &&
      name.readUInt32LE(4) === port
    )
      return fd;
  }
  return undefined;
}

/** Newest first: the socket was opened a moment ago. */
function descriptors(): readonly number[] {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .sort((a, b) => b - a);
  } catch {
    return Array.from({ length: 1024 }, (_, fd) => fd); // without /proc: a descriptor that is not open answers EBADF
  }
}

function dropsOf(libc: Libc, fd: number): number {
  const bytes = Buffer.alloc(64);
  const length = libc.getBytes(fd, uapi.SOL_SOCKET, uapi.SO_MEMINFO, bytes) ?? 0;
  const at = 4 * uapi.SK_MEMINFO_DROPS;
  return length >= at + 4 ? bytes.readUInt32LE(at) : 0;
}

/** Column `Drops` of the line with our protocol and port. */
function dropsInProc(port: number): number {
  try {
    for (const line of readFileSync('/proc/self/net/netlink', 'utf8').split('\n')) {
      const [, protocol, pid, , , , , , drops] = line.trim().split(/\s+/);
      if (Number(protocol) === uapi.NETLINK_ROUTE && Number(pid) === port) return Number(drops);
    }
  } catch {
    // Without /proc there is no count.
  }
  return 0;
}
