/**
 * One netlink socket, of rtnetlink unless told otherwise: the raw socket of the `netlink` package
 * with the options that it cannot set itself, put on its descriptor through libc. What travels over
 * it is the business of connection.ts and events.ts.
 *
 * Invariants (facts N1-N3). The package aborts the process when its socket has a pending error,
 * when a handler throws inside its callback and on an `error` event without a listener. So:
 * NETLINK_NO_ENOBUFS (an overflow then only counts), every handler wrapped, a listener always
 * there. It also falls over a socket closed inside its own callback, so closing waits for the check
 * phase of the event loop.
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
   * Largest datagram, and memory of each until it is collected as garbage, however little comes; 0:
   * ask the kernel for the size of each first, which costs a second system call.
   */
  readonly datagramBytes: number;
  /** Dumps come in datagrams of this size, once {@link NetlinkSocket.harden} has been called. */
  readonly dumpBytes?: number;
  readonly onDatagram: (bytes: Buffer) => void;
  /** The socket is unusable from now on, or one datagram was lost. */
  readonly onError: (error: Error) => void;
}

export interface NetlinkSocket {
  /** nlmsg_pid of what this socket sends. */
  readonly port: number;
  /**
   * NETLINK_NO_ENOBUFS is on: an overflow loses messages, but cannot end the process. False until
   * {@link harden}, and where koffi does not load.
   */
  readonly overflowSafe: boolean;
  send(bytes: Buffer, done: (error: (Error & { readonly code?: string }) | undefined) => void): void;
  join(group: number): void;
  /** Sets the options that the package cannot set. Loads koffi; done once. */
  harden(): void;
  /** SO_ATTACH_FILTER; false when it could not be attached, as before {@link harden}. */
  attachFilter(program: readonly FilterInstruction[]): boolean;
  /** Messages that the kernel could not queue here, ever. */
  drops(): number;
  close(): void;
}

/**
 * Opens it without those options: until {@link NetlinkSocket.harden} no more may be on its way to
 * it than its buffer holds.
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
    // Only the kernel (port 0) is believed: any process may send to a netlink port (CVE-2012-3520
    // and its kin).
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
 * Runs a handler so that what it throws surfaces as an ordinary uncaught exception, never inside
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
  // Refused without CAP_NET_ADMIN; SO_RCVBUF has been set already, up to net.core.rmem_max.
  libc.setInt(fd, uapi.SOL_SOCKET, uapi.SO_RCVBUFFORCE, receiveBuffer);
  // Each of these is a convenience of newer kernels; replies are decoded with and without them.
  libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_EXT_ACK, 1);
  libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_CAP_ACK, 1);
  libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_GET_STRICT_CHK, 1);
  return libc.setInt(fd, uapi.SOL_NETLINK, uapi.NETLINK_NO_ENOBUFS, 1) === 0;
}

/**
 * The kernel makes the datagrams of a dump as large as the largest buffer that the reader ever had
 * (netlink_recvmsg, max_recvmsg_len), and answers within the system call: so one answer is looked at
 * with such a buffer, and left to who reads it.
 */
function enlarge(libc: Libc, fd: number, dumpBytes: number): void {
  const noop = message(uapi.NLMSG_NOOP, uapi.NLM_F_REQUEST | uapi.NLM_F_ACK, () => undefined);
  if (libc.send(fd, noop) === 0) libc.peek(fd, dumpBytes);
}

/**
 * The descriptor whose netlink address has this port: the package gives no two sockets of a process
 * the same one, whatever their protocol.
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
    return Array.from({ length: 1024 }, (_, fd) => fd); // no /proc: a descriptor that is not open just answers EBADF
  }
}

function dropsOf(libc: Libc, fd: number): number {
  const bytes = libc.getBytes(fd, uapi.SOL_SOCKET, uapi.SO_MEMINFO, 64);
  const at = 4 * uapi.SK_MEMINFO_DROPS;
  return bytes !== undefined && bytes.length >= at + 4 ? bytes.readUInt32LE(at) : 0;
}

/** Column `Drops` of the line whose protocol and port are ours. */
function dropsInProc(port: number): number {
  try {
    for (const line of readFileSync('/proc/self/net/netlink', 'utf8').split('\n')) {
      const [, protocol, pid, , , , , , drops] = line.trim().split(/\s+/);
      if (Number(protocol) === uapi.NETLINK_ROUTE && Number(pid) === port) return Number(drops);
    }
  } catch {
    // No /proc, no count.
  }
  return 0;
}
