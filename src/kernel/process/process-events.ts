/**
 * Reports the end of processes from the kernel's process events connector, before the dying
 * process has freed its memory: a zebra with 400k routes closes its sockets tens of milliseconds
 * after SIGKILL, and the end of its first thread is announced at once (fact F17).
 *
 * Where there are no process events (another network, pid or user namespace than the first, no
 * CAP_NET_ADMIN, a kernel without CONFIG_PROC_EVENTS, no koffi), `live` stays false and nothing is
 * reported; the end of file on the daemon's socket remains. The socket is opened by the first
 * `watch`, because the first routes do not need it. `live` is never true by mistake: the kernel
 * has to answer.
 */

import { closeSync, openSync } from 'node:fs';
import type { EndingListener, ProcessEvents } from '../../core/ports.js';
import { messageOf } from '../../model/error.js';
import { loadLibc, peerCredentials, peerPidfd } from '../../native/libc.js';
import { type NetlinkSocket, openSocket } from '../netlink/socket.js';
import { NETLINK_CONNECTOR } from '../netlink/uapi.js';
import {
  CN_IDX_PROC,
  decodeProcessMessage,
  encodeListening,
  howEnded,
  PROC_CN_MCAST_IGNORE,
  PROC_CN_MCAST_LISTEN,
  PROC_EVENT_COREDUMP,
  PROC_EVENT_EXIT,
} from './messages.js';
import { processFilter } from './process-filter.js';

interface ProcessEventOptions {
  /**
   * For laboratories: the network namespace in which the socket is opened, `/proc/PID/ns/net`.
   * Needs CAP_SYS_ADMIN.
   */
  readonly networkNamespace?: string | undefined;
  /** Called once with the reason why there are no process events. */
  readonly onAbsent?: (reason: string) => void;
}

const RECEIVE_BUFFER = 1 << 16;
const DATAGRAM_BYTES = 256;
/** The kernel answers within send(2) or never. */
const ANSWER_MS = 1000;

export function openProcessEvents(options: ProcessEventOptions = {}): ProcessEvents {
  const watchers = new Map<number, Set<EndingListener>>();
  /**
   * Identifies the answer to our request among the answers to other listeners, which arrive here
   * too.
   */
  const token = Math.floor(Math.random() * 0xffffffff);
  let socket: NetlinkSocket | undefined;
  let state: 'unopened' | 'asked' | 'live' | 'over' = 'unopened';
  let patience: NodeJS.Timeout | undefined;

  const end = (reason?: string): void => {
    if (state === 'over') return;
    const ending = socket;
    // Before Linux 6.6 the kernel does not notice that a listener is gone, and keeps making
    // events.
    if (state === 'live') ending?.send(encodeListening(PROC_CN_MCAST_IGNORE, token), () => ending.close());
    else ending?.close();
    state = 'over';
    clearTimeout(patience);
    watchers.clear();
    if (reason !== undefined) options.onAbsent?.(reason);
  };
  const refilter = (): boolean => socket?.attachFilter(processFilter(token, [...watchers.keys()])) ?? false;
  const send = (bytes: Buffer): void =>
    socket?.send(bytes, (error) =>
      error === undefined ? undefined : end(`${error.code ?? error.message}: none in this network namespace`),
    );

  const onDatagram = (bytes: Buffer): void => {
    const message = decodeProcessMessage(bytes);
    if (message === undefined) return;
    switch (message.kind) {
      case 'ending':
        for (const listener of [...(watchers.get(message.pid) ?? [])]) listener(message.how, message.certain);
        return;
      case 'answer':
        if (message.token !== token || state !== 'asked') return;
        if (message.errno !== 0) return end(`errno ${message.errno}: no permission (CAP_NET_ADMIN)`);
        state = 'live';
        clearTimeout(patience);
        // Since Linux 6.6 the kernel then sends only these events to us.
        send(encodeListening(PROC_CN_MCAST_LISTEN, token, (PROC_EVENT_EXIT | PROC_EVENT_COREDUMP) >>> 0));
        return;
      default:
        message satisfies never;
    }
  };

  const open = (): void => {
    state = 'asked';
    try {
      socket = within(options.networkNamespace, () =>
        openSocket({
          protocol: NETLINK_CONNECTOR,
          receiveBuffer: RECEIVE_BUFFER,
          datagramBytes: DATAGRAM_BYTES,
          onDatagram,
          onError: () => undefined,
        }),
      );
      socket.harden();
      // Without both, the events of a busy host would flood the agent or end it (fact N2).
      if (!socket.overflowSafe || !refilter()) return end('no filter: koffi does not load');
      socket.join(CN_IDX_PROC);
    } catch (error) {
      return end(messageOf(error));
    }
    patience = setTimeout(
      () => end('no answer: not the first pid and user namespace, or a kernel without CONFIG_PROC_EVENTS'),
      ANSWER_MS,
    );
    patience.unref();
    send(encodeListening(PROC_CN_MCAST_LISTEN, token));
  };

  return {
    get live() {
      return state === 'live';
    },
    peer: (fd) => peerCredentials(fd)?.pid,
    ending(fd) {
      const pidfd = state === 'live' ? undefined : peerPidfd(fd);
      if (pidfd === undefined) return undefined;
      return {
        read() {
          const status = loadLibc()?.exitStatus(pidfd);
          return status === undefined ? undefined : howEnded(status);
        },
        close: () => closeSync(pidfd),
      };
    },
    watch(pid, listener) {
      if (state === 'over') return () => undefined;
      const listeners = watchers.get(pid) ?? new Set<EndingListener>();
      watchers.set(pid, listeners.add(listener));
      if (state === 'unopened') open();
      else refilter();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || watchers.get(pid) !== listeners) return;
        watchers.delete(pid);
        refilter();
      };
    },
    close: () => end(),
  };
}

/**
 * Runs `make` in another network namespace (setns(2)) and returns to our own before anything else
 * runs.
 */
function within<T>(path: string | undefined, make: () => T): T {
  const libc = loadLibc();
  if (path === undefined || libc === undefined) return make();
  const own = openSync('/proc/thread-self/ns/net', 'r');
  try {
    const other = openSync(path, 'r');
    const errno = libc.setNetworkNamespace(other);
    closeSync(other);
    if (errno !== 0) throw new Error(`errno ${errno}: cannot enter the network namespace ${path}`);
    try {
      return make();
    } finally {
      // Otherwise everything after this would use the wrong network namespace.
      if (libc.setNetworkNamespace(own) !== 0) process.abort();
    }
  } finally {
    closeSync(own);
  }
}
