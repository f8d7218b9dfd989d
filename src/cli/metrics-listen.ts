/**
 * `backup-router metrics --listen`: serves HTTP on a loopback address or a unix socket, and queries
 * the agent for each scrape. It is a separate process, so that HTTP clients cannot affect the
 * agent.
 */

import { unlinkSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect, isIPv4, isIPv6 } from 'node:net';
import { expositionOfNone } from '../metrics/exposition.js';
import { CommandError, EXIT } from '../model/exit.js';
import { MAX_SOCKET_PATH } from '../model/paths.js';
import { VERSION } from '../model/version.js';

type Place = { readonly path: string } | { readonly host: string; readonly port: number };

const FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
const REQUEST_MS = 10_000;
const MAX_CLIENTS = 32;

/** Serves until a signal. */
export async function listen(where: string, instance: string | undefined, ask: () => Promise<string>): Promise<number> {
  const place = placeOf(where);
  if ('path' in place) await removeStale(place.path);
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'GET only\n');
    if (path !== '/metrics') return end(response, 404, 'metrics are at /metrics\n');
    // If the agent does not answer, the scrape succeeds and its content says so.
    void ask().then(
      (text) => end(response, 200, text, FORMAT),
      () => end(response, 200, expositionOfNone(VERSION, instance), FORMAT),
    );
  });
  server.maxConnections = MAX_CLIENTS;
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CommandError(
          error.code === 'EACCES' ? EXIT.NO_PERMISSION : EXIT.UNAVAILABLE,
          `cannot listen on ${where}: ${error.message}`,
        ),
      ),
    );
    server.listen(place, () => process.stderr.write(`backup-router: metrics at ${where}, path /metrics\n`));
    const stop = (): void => {
      server.close(() => resolve(EXIT.OK));
      server.closeAllConnections();
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
  });
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

function placeOf(where: string): Place {
  if (where.startsWith('/')) {
    if (Buffer.byteLength(where) <= MAX_SOCKET_PATH) return { path: where };
    throw new CommandError(EXIT.USAGE, `${where} is longer than the ${MAX_SOCKET_PATH} bytes of a unix socket's path`);
  }
  const [, host = '', digits = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(where) ?? [];
  const port = Number(digits);
  const loopback = isIPv4(host) ? host.startsWith('127.') : isIPv6(host) && host === '::1';
  if (loopback && port > 0 && port < 65_536) return { host, port };
  throw new CommandError(
    EXIT.USAGE,
    `neither a unix socket nor a port on a loopback address: ${where}`,
    'backup-router metrics --listen 127.0.0.1:9787, or [::1]:9787, or /run/backup-router-metrics.sock',
  );
}

/** Removes a socket that no process listens on any more. */
async function removeStale(path: string): Promise<void> {
  const stale = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (stale) unlinkSync(path);
}
