/**
 * The control socket: answers requests, knows who asks (SO_PEERCRED), decides nothing itself.
 *
 * Invariant: nothing that a client does (garbage, endless lines, disconnecting, following without
 * reading) stops the agent.
 */

import { chmodSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH } from '../model/paths.js';
import { descriptorOf } from '../native/descriptor.js';
import { peerCredentials } from '../native/libc.js';
import { CHANGING, type Following, MAX_REQUEST_BYTES, parseRequest, type Request, type Response } from './protocol.js';

export interface ControlServer {
  close(): void;
}

export type RequestHandler = (request: Request) => Promise<Response | Following>;

/**
 * Bytes that a follower may leave unread before it is dropped. It can come back and ask for what it
 * missed.
 */
const MAX_UNREAD_BYTES = 1 << 20;

/**
 * Listens on the path, replacing a socket that a killed agent left behind. `onError` hears what
 * goes wrong; the agent can do without.
 */
export function startControlServer(
  path: string,
  answer: RequestHandler,
  onError: (error: Error) => void,
): ControlServer {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
    serve(socket, answer);
  });
  server.on('error', onError);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    removeStale(path);
    // libuv would cut a longer path and listen elsewhere.
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
      throw new Error(
        `${path} is longer than the ${MAX_SOCKET_PATH} bytes of a unix socket's path (unix(7)); set a shorter RUNTIME_DIRECTORY`,
      );
    listen(server, path, onError);
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
  }
  server.unref();
  return {
    close() {
      server.close();
      // Answers under way are still sent; a client that stays connected does not delay the end.
      for (const socket of clients) socket.unref().destroySoon();
    },
  };
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function listen(server: Server, path: string, onError: (error: Error) => void): void {
  // The socket must never be open to all, not even between bind and chmod.
  const umask = process.umask(0o117);
  try {
    server.listen(path, () => {
      try {
        chmodSync(path, 0o660);
      } catch (error) {
        // Its directory may have been removed meanwhile.
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    });
  } finally {
    process.umask(umask);
  }
}

function serve(socket: Socket, answer: RequestHandler): void {
  let buffered = '';
  let unfollow: () => void = () => undefined;
  const follow = ({ follow: begin }: Following): void => {
    unfollow();
    unfollow = begin((response) => {
      send(socket, response);
      if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
    });
    if (socket.destroyed) unfollow();
  };
  socket.once('close', () => unfollow());
  let turn = Promise.resolve();
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    buffered += chunk;
    const lines = buffered.split('\n');
    buffered = lines.pop() ?? '';
    for (const line of lines) turn = turn.then(() => reply(socket, line, answer, follow));
    if (buffered.length > MAX_REQUEST_BYTES) {
      send(socket, refuse('too-long', `a request has at most ${MAX_REQUEST_BYTES} bytes`));
      socket.destroy();
    }
  });
}

async function reply(
  socket: Socket,
  line: string,
  answer: RequestHandler,
  follow: (following: Following) => void,
): Promise<void> {
  const request = parseRequest(line);
  if (request === undefined)
    return send(socket, refuse('bad-request', 'not a request: one JSON object a line, such as {"command":"status"}'));
  if (CHANGING.has(request.command) && !mayChange(socket)) {
    return send(socket, refuse('permission', `${request.command} needs root`, `sudo backup-router ${request.command}`));
  }
  try {
    const answered = await answer(request);
    if ('follow' in answered) follow(answered);
    else send(socket, answered);
  } catch (error) {
    send(socket, refuse('internal', error instanceof Error ? error.message : String(error)));
  }
}

/** A peer whose user is unknown (no koffi) may only read. */
function mayChange(socket: Socket): boolean {
  const fd = descriptorOf(socket);
  const peer = fd === undefined ? undefined : peerCredentials(fd);
  return peer !== undefined && (peer.uid === 0 || peer.uid === process.getuid?.());
}

function refuse(code: string, message: string, suggestion?: string): Response {
  return { ok: false, error: suggestion === undefined ? { code, message } : { code, message, suggestion } };
}

function send(socket: Socket, response: Response): void {
  if (socket.writable) socket.write(`${JSON.stringify(response)}\n`);
}
