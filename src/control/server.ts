/**
 * The control socket: listens, and bounds the number of clients and the bytes that wait for them.
 * The budget of one client is in session.ts; the answers are the caller's.
 *
 * Invariant: no number of clients, whatever they send (garbage, endless lines, disconnects,
 * requests whose answers they do not read), stops the agent or delays it for more than a few
 * milliseconds.
 */

import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH } from '../model/paths.js';
import { ClientSession, type RequestHandler } from './session.js';
import { createTurns } from './turns.js';

export type { RequestHandler } from './session.js';

export interface ControlServer {
  /** Whether the path still leads to this socket. */
  present(): boolean;
  /** Listens again if the path no longer leads here; connected clients stay. */
  renew(): void;
  close(): void;
}

/**
 * All of them may end, or say something, at the same moment: then one turn of the event loop has
 * all of that to do.
 */
const MAX_CLIENTS = 64;
/** For all clients together. */
const MAX_UNREAD_BYTES = 16 << 20;
/** Backlog: connections that the kernel queues for us. */
const BACKLOG = 64;
const CHECK_MS = 5_000;
const OPTIONS = {
  // A client that has shut down its output still waits for the answer (`nc -N`).
  allowHalfOpen: true,
  // Reading begins in turn with the work for others.
  pauseOnConnect: true,
  // Node reads at most one long chunk ahead.
  highWaterMark: 1 << 14,
};

/**
 * Listens on the path and replaces a socket that a killed agent left behind. `onError` gets
 * errors; the agent can do without the socket.
 */
export function startControlServer(
  path: string,
  answer: RequestHandler,
  onError: (error: Error) => void,
): ControlServer {
  const sessions: ClientSession[] = [];
  const turns = createTurns();
  let checking: NodeJS.Timeout | undefined;
  let inode: bigint | undefined;

  const check = (): void => {
    const now = performance.now();
    for (const session of sessions) session.check(now);
    let unread = 0;
    for (const session of sessions) unread += session.unread();
    for (const session of [...sessions].sort((a, b) => b.unread() - a.unread())) {
      if (unread <= MAX_UNREAD_BYTES) break;
      unread -= session.unread();
      session.socket.destroy();
    }
  };
  const make = (): Server => {
    const server = createServer(OPTIONS, (socket) => {
      if (sessions.length >= MAX_CLIENTS) superfluous(sessions).socket.destroy();
      const session = new ClientSession(socket, answer, turns);
      sessions.push(session);
      checking ??= setInterval(check, CHECK_MS).unref();
      socket.once('close', () => {
        sessions.splice(sessions.indexOf(session), 1);
        if (sessions.length > 0) return;
        clearInterval(checking);
        checking = undefined;
      });
    });
    server.on('error', onError);
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      removeStale(path);
      // libuv would truncate a longer path and listen elsewhere.
      if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
        throw new Error(
          `${path} is longer than the ${MAX_SOCKET_PATH} bytes of a unix socket's path (unix(7)); set a shorter RUNTIME_DIRECTORY`,
        );
      listen(server, path, onError);
      inode = inodeOf(path);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
    return server.unref();
  };

  let server = make();
  return {
    present: () => inode !== undefined && inodeOf(path) === inode,
    renew() {
      // Closed first: closing unlinks the path, even if another process's socket is there by then.
      server.close();
      server = make();
    },
    close() {
      clearInterval(checking);
      server.close();
      // Answers under way are still sent; a client that stays connected does not delay the end.
      for (const { socket } of sessions) socket.unref().destroySoon();
    },
  };
}

/** Of the clients of the user with the most clients, the one whose last request is the oldest. */
function superfluous(sessions: readonly ClientSession[]): ClientSession {
  const counts = new Map<number | undefined, number>();
  for (const { uid } of sessions) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  const most = Math.max(...counts.values());
  let oldest: ClientSession | undefined;
  for (const one of sessions)
    if (counts.get(one.uid) === most && (oldest === undefined || one.activeAt < oldest.activeAt)) oldest = one;
  return oldest!;
}

function inodeOf(path: string): bigint | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function listen(server: Server, path: string, onError: (error: Error) => void): void {
  // The socket must never be accessible to all, not even between bind(2) and chmod(2).
  const umask = process.umask(0o117);
  try {
    server.listen({ path, backlog: BACKLOG }, () => {
      try {
        chmodSync(path, 0o660);
      } catch (error) {
        // The directory may have been removed meanwhile.
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    });
  } finally {
    process.umask(umask);
  }
}
