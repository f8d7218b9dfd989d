/**
 * The few libc calls that Node has no binding for: socket options on a descriptor, AF_UNIX
 * datagrams, locks, limits and the like. Only this file loads koffi, when it is first needed (fact
 * N3) and once.
 *
 * Invariant: nothing here throws because koffi is missing. `loadLibc()` is undefined then, and
 * every caller has a defined, safe way to continue. Calls return errno as a number; 0 is success.
 */

import { createRequire } from 'node:module';
import { messageOf } from '../model/error.js';
import { MAX_SOCKET_PATH } from '../model/paths.js';
import { errnoName } from './errno.js';

/** SO_PEERCRED: the process at the other end of a unix socket, as of its connect() or listen(). */
interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
}

/** One classic BPF instruction (struct sock_filter, linux/filter.h). */
export interface FilterInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export interface Libc {
  /** setsockopt with an int value; errno or 0. */
  setInt(fd: number, level: number, option: number, value: number): number;
  /** getsockopt(2) of a value of any type into that buffer: how many bytes; undefined: refused. */
  getBytes(fd: number, level: number, option: number, value: Buffer): number | undefined;
  /** SO_ATTACH_FILTER; errno or 0. */
  attachFilter(fd: number, program: readonly FilterInstruction[]): number;
  /**
   * The wait status (wait(2)) of a process that has ended, by its pidfd; undefined when it has not
   * ended, or the kernel does not keep the status (before Linux 6.15).
   */
  exitStatus(pidfd: number): number | undefined;
  /** send(2) without waiting; errno or 0. */
  send(fd: number, bytes: Uint8Array): number;
  /**
   * recv(2) into a buffer of this size, without waiting and without removing what is there
   * (MSG_PEEK); errno or 0.
   */
  peek(fd: number, size: number): number;
  /** getsockname as raw bytes of struct sockaddr; undefined when the descriptor is no socket. */
  socketName(fd: number): Buffer | undefined;
  /**
   * setns(2): moves the calling thread into the network namespace of an open /proc/PID/ns/net;
   * errno or 0.
   */
  setNetworkNamespace(fd: number): number;
  /**
   * Calls the function while the calling thread's ambient set is empty (capabilities(7)), so that
   * a process it starts inherits none of our capabilities. Afterwards CAP_NET_ADMIN is in the set
   * again if it was before.
   */
  withoutAmbient<T>(run: () => T): T;
  /**
   * prlimit(2): sets the soft and the hard limit of another process, which its later children
   * inherit; errno or 0.
   */
  limit(pid: number, resource: number, value: number): number;
  /**
   * poll(2): POLLHUP, both directions of the socket are shut. A peer that has only ended its own
   * output does not cause it.
   */
  hungUp(fd: number): boolean;
  /** poll(2): POLLOUT, a write of a few bytes would not block. */
  writable(fd: number): boolean;
  /** flock(2), exclusive and non-blocking; errno or 0. */
  lock(fd: number): number;
  /** Sends one datagram to a unix address from a new socket; errno or 0. */
  sendUnixDatagram(address: Buffer, bytes: Uint8Array): number;
}

/** Time limit of flock(1), which itself does not wait. */
const LOCK_TIMEOUT_MS = 3_000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_ATTACH_FILTER = 26;
const SO_PEERPIDFD = 77;
/**
 * linux/pidfd.h: struct pidfd_info, its first version: its size, an offset, and the mask of the
 * field that is requested.
 */
const PIDFD_INFO = { bytes: 64, exitCode: 60, exit: 8n } as const;
const PIDFD_GET_INFO = 0xc040ff0b;
const POLLOUT = 0x4;
const POLLHUP = 0x10;
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const CLONE_NEWNET = 0x40000000;
const LOCK_EX_NB = 2 | 4;
const EWOULDBLOCK = 11;
const PR_CAP_AMBIENT = 47;
const [PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL] = [1, 2, 4] as const;
const CAP_NET_ADMIN = 12;
const MSG_PEEK = 0x2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

let loaded: { readonly libc: Libc | undefined; readonly fault: string } | undefined;

/** The calls; undefined where no koffi binary loads. The answer is cached. */
export function loadLibc(): Libc | undefined {
  if (loaded === undefined) {
    try {
      loaded = { libc: bind(), fault: '' };
    } catch (error) {
      loaded = { libc: undefined, fault: messageOf(error) };
    }
  }
  return loaded.libc;
}

/** The calls if koffi is loaded already: loading takes milliseconds. */
export function libcIfLoaded(): Libc | undefined {
  return loaded?.libc;
}

/** Why {@link loadLibc} returns undefined, for the log; empty when it does not. */
export function libcFault(): string {
  loadLibc();
  return loaded?.fault ?? '';
}

/** For tests: makes koffi absent until the returned function is called. */
export function disableLibc(): () => void {
  const before = loaded;
  loaded = { libc: undefined, fault: 'disabled' };
  return () => {
    loaded = before;
  };
}

/**
 * Loads koffi's binary for this processor and glibc, where there is one: koffi's own search takes
 * 8 ms, and its package's 3.
 */
function loadKoffi(): typeof import('koffi') {
  const require = createRequire(import.meta.filename);
  try {
    return require(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`) as typeof import('koffi');
  } catch {
    return require('koffi') as typeof import('koffi');
  }
}

function bind(): Libc {
  const koffi = loadKoffi();
  // null is the process itself: Node links libc, whatever its file is called on this system.
  const library = koffi.load(null);
  const setInt = library.func('int setsockopt(int fd, int level, int option, const int *value, uint32_t length)');
  const program = koffi.struct({ len: 'uint16_t', filter: 'const void *' });
  const setProgram = library.func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(program), 'uint32_t']);
  const getOption = library.func(
    'int getsockopt(int fd, int level, int option, _Out_ void *value, _Inout_ uint32_t *length)',
  );
  const getName = library.func('int getsockname(int fd, _Out_ void *name, _Inout_ uint32_t *length)');
  const openSocket = library.func('int socket(int family, int type, int protocol)');
  const sendTo = library.func(
    'long sendto(int fd, const void *bytes, size_t size, int flags, const void *name, uint32_t length)',
  );
  const poll = library.func('int poll(_Inout_ void *entries, unsigned long count, int timeout)');
  const closeDescriptor = library.func('int close(int fd)');
  let ioctl: ((fd: number, request: number, value: Buffer) => number) | undefined;
  let prctl: ((...numbers: number[]) => number) | undefined;
  let prlimit: ((pid: number, resource: number, limit: Buffer, former: null) => number) | undefined;
  const errno = (): number => koffi.errno() || 5;
  return {
    setInt: (fd, level, option, value) => (setInt(fd, level, option, [value], 4) === 0 ? 0 : errno()),
    getBytes(fd, level, option, value) {
      const length = [value.length];
      return getOption(fd, level, option, value, length) === 0 ? length[0] : undefined;
    },
    attachFilter(fd, instructions) {
      const filter = encodeProgram(instructions);
      const value = { len: instructions.length, filter };
      return setProgram(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(program)) === 0 ? 0 : errno();
    },
    exitStatus(pidfd) {
      // Bound here: needed only where process ends are not announced.
      ioctl ??= library.func('int ioctl(int fd, unsigned long request, _Inout_ void *value)');
      const info = Buffer.alloc(PIDFD_INFO.bytes);
      info.writeBigUInt64LE(PIDFD_INFO.exit, 0);
      if (ioctl(pidfd, PIDFD_GET_INFO, info) !== 0 || (info.readBigUInt64LE(0) & PIDFD_INFO.exit) === 0n)
        return undefined;
      return info.readUInt32LE(PIDFD_INFO.exitCode);
    },
    send: (fd, bytes) => (Number(sendTo(fd, bytes, bytes.length, MSG_DONTWAIT, null, 0)) < 0 ? errno() : 0),
    peek(fd, size) {
      // Bound here: called once for each socket.
      const receive = library.func('long recv(int fd, _Out_ void *bytes, size_t size, int flags)');
      return Number(receive(fd, Buffer.alloc(size), size, MSG_PEEK | MSG_DONTWAIT)) < 0 ? errno() : 0;
    },
    socketName(fd) {
      const name = Buffer.alloc(128);
      const length = [name.length];
      return getName(fd, name, length) === 0 ? name.subarray(0, length[0]) : undefined;
    },
    hungUp(fd) {
      const entry = Buffer.alloc(8);
      entry.writeInt32LE(fd, 0);
      return poll(entry, 1, 0) > 0 && (entry.readUInt16LE(6) & POLLHUP) !== 0;
    },
    writable(fd) {
      const entry = Buffer.alloc(8);
      entry.writeInt32LE(fd, 0);
      entry.writeInt16LE(POLLOUT, 4);
      return poll(entry, 1, 0) > 0 && (entry.readUInt16LE(6) & POLLOUT) !== 0;
    },
    setNetworkNamespace(fd) {
      // Bound here: only laboratories need it.
      const setns = library.func('int setns(int fd, int type)');
      return setns(fd, CLONE_NEWNET) === 0 ? 0 : errno();
    },
    withoutAmbient(run) {
      // Bound here: most configurations name no command.
      prctl ??= library.func(
        'int prctl(int option, unsigned long what, unsigned long capability, unsigned long zero, unsigned long none)',
      );
      const ambient = (what: number, capability: number): number => prctl!(PR_CAP_AMBIENT, what, capability, 0, 0);
      const had = ambient(PR_CAP_AMBIENT_IS_SET, CAP_NET_ADMIN) === 1;
      ambient(PR_CAP_AMBIENT_CLEAR_ALL, 0);
      try {
        return run();
      } finally {
        if (had) ambient(PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN);
      }
    },
    limit(pid, resource, value) {
      // Bound here: most configurations name no command.
      prlimit ??= library.func('int prlimit(int pid, int resource, const void *limit, void *former)');
      const both = Buffer.alloc(16);
      both.writeBigUInt64LE(BigInt(value), 0);
      both.writeBigUInt64LE(BigInt(value), 8);
      return prlimit(pid, resource, both, null) === 0 ? 0 : errno();
    },
    lock(fd) {
      // Bound here: called once.
      const flock = library.func('int flock(int fd, int operation)');
      return flock(fd, LOCK_EX_NB) === 0 ? 0 : errno();
    },
    sendUnixDatagram(address, bytes) {
      const fd = openSocket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0) as number;
      if (fd < 0) return errno();
      const sent = Number(sendTo(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length));
      const result = sent < 0 ? errno() : 0;
      closeDescriptor(fd);
      return result;
    },
  };
}

function encodeProgram(instructions: readonly FilterInstruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(({ code, jt, jf, k }, i) => {
    bytes.writeUInt16LE(code, 8 * i);
    bytes.writeUInt8(jt, 8 * i + 2);
    bytes.writeUInt8(jf, 8 * i + 3);
    bytes.writeUInt32LE(k, 8 * i + 4);
  });
  return bytes;
}

/** struct ucred. One for all calls: a storm of clients would make a buffer for each. */
const credentials = Buffer.alloc(12);

/**
 * Credentials of the peer of a connected unix socket; undefined without koffi or for another kind
 * of descriptor.
 */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  const bytes = credentials;
  if (loadLibc()?.getBytes(fd, SOL_SOCKET, SO_PEERCRED, bytes) !== bytes.length) return undefined;
  return { pid: bytes.readInt32LE(0), uid: bytes.readUInt32LE(4) };
}

/**
 * A pidfd of the process at the other end of a unix socket, as of its listen(2); the caller closes
 * it. undefined before Linux 6.5 and for a process of another pid namespace.
 */
export function peerPidfd(fd: number): number | undefined {
  const bytes = Buffer.alloc(4);
  return loadLibc()?.getBytes(fd, SOL_SOCKET, SO_PEERPIDFD, bytes) === 4 ? bytes.readInt32LE(0) : undefined;
}

/**
 * Takes an exclusive lock on the open file, which lasts as long as the descriptor is open: `held`,
 * `taken` by another process, or why that cannot be determined. Without koffi, flock(1) takes the
 * lock: it belongs to the open file description, which a child shares with its parent.
 */
export function lockFile(fd: number): 'held' | 'taken' | string {
  const libc = loadLibc();
  if (libc !== undefined) {
    const errno = libc.lock(fd);
    return errno === 0 ? 'held' : errno === EWOULDBLOCK ? 'taken' : errnoName(errno);
  }
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, error } = spawnSync('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    timeout: LOCK_TIMEOUT_MS,
    env: { PATH: '/usr/bin:/bin' },
  });
  return status === 0 ? 'held' : status === 1 ? 'taken' : (error?.message ?? `flock(1) ends with ${status}`);
}

type DatagramResult = { readonly ok: true } | { readonly ok: false; readonly code: string };

/**
 * Sends one datagram to a unix socket from this process itself, as sd_notify(3) requires. `@name`
 * is the abstract address of that name (unix(7)). Never blocks. The code is ENOSYS when koffi does
 * not load.
 */
export function sendDatagram(path: string, bytes: Uint8Array): DatagramResult {
  const libc = loadLibc();
  if (libc === undefined) return { ok: false, code: 'ENOSYS' };
  const name = Buffer.from(path);
  if (name.length > MAX_SOCKET_PATH) return { ok: false, code: 'ENAMETOOLONG' };
  const abstract = path.startsWith('@');
  if (abstract) name[0] = 0;
  const address = Buffer.alloc(2 + name.length + (abstract ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  const errno = libc.sendUnixDatagram(address, bytes);
  return errno === 0 ? { ok: true } : { ok: false, code: errnoName(errno) };
}
