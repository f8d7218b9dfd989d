/**
 * `socket`: a stream socket of this host, given as a path or as a loopback address and a port.
 *
 * Invariant: an address that is not loopback is refused. The health of another host is not the
 * health of this router, and the path to that host may be the very route in question.
 */

import { posix } from 'node:path';
import { type Address, familyOf, parseAddress } from '../../model/address.js';
import type { SocketDaemon } from '../../model/config.js';
import { MAX_SOCKET_PATH } from '../../model/paths.js';
import { containsAddress, parsePrefix } from '../../model/prefix.js';
import { mappedInet } from '../address-text.js';
import { type Fault, quote } from '../diagnostic.js';
import { readPath } from '../path-text.js';
import { SOCKET_PATH } from '../schema.js';
import { type DaemonKind, eitherForm, type Found, genericKeys, readGeneric, writeProtocols } from './kind.js';

type Tcp = Extract<SocketDaemon['endpoint'], { readonly kind: 'tcp' }>;

const EXAMPLE = '/run/x.sock';
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

const KEYS = genericKeys(
  {
    key: 'path',
    words: 'A unix stream socket.',
    more: 'A unix stream socket, from `/`.',
    schema: SOCKET_PATH,
    ambiguous: true,
  },
  {
    key: 'address',
    words: "A loopback address and a port: 127.0.0.1:179, '[::1]:179'.",
    more: "Or a loopback address and a port, `127.0.0.1:179` or `'[::1]:179'` (in quotes).",
    schema: { type: 'string' },
  },
);

export const SOCKET: DaemonKind<SocketDaemon> = {
  key: {
    key: 'socket',
    words: 'The socket accepts a connection and keeps it open.',
    more: 'the socket accepts a connection and keeps it open.',
    schema: eitherForm({ type: 'string', minLength: 1 }, KEYS, {
      oneOf: [{ required: ['path'] }, { required: ['address'] }],
    }),
  },
  keys: KEYS,
  example: `socket: ${EXAMPLE}`,
  longKey: (text) => (text.startsWith('/') ? 'path' : 'address'),
  guess: (text) => (/^\/.*\.(sock|socket)$/.test(text) ? `socket: ${text}` : undefined),
  read(entry, ownProtocol, report) {
    const list =
      entry.value.kind === 'map'
        ? entry.value.entries.find(({ key, value }) => key === 'address' && value.kind === 'list')?.value
        : entry.value;
    if (list?.kind === 'list') {
      // Without quotes, YAML reads the brackets of `[::1]:179` as a list.
      report.error(list.span, {
        code: 'wrong-type',
        message: 'one socket is expected here, not a list',
        suggestion: `put an IPv6 address with a port in quotes: ${spell('::1', 179)}; two sockets are two entries of routing-daemon`,
      });
      return undefined;
    }
    const parts = readGeneric(entry, 'socket', KEYS, EXAMPLE, ownProtocol, report);
    if (parts === undefined) return undefined;
    const { key, scalar, routeProtocols } = parts;
    const found = (endpoint: SocketDaemon['endpoint']): Found<SocketDaemon> => ({
      daemon: { kind: 'socket', endpoint, routeProtocols },
      spans: [scalar.span],
    });
    const tcp = endpointOf(scalar.text);
    if (key === 'path' && isTcp(tcp)) {
      report.error(scalar.span, {
        code: 'socket-address',
        message: `${quote(scalar.text)} is not a path`,
        suggestion: `write address: ${spell(tcp.host, tcp.port)}`,
      });
      return undefined;
    }
    if (key === 'address' && scalar.text.startsWith('/')) {
      report.error(scalar.span, {
        code: 'socket-address',
        message: `${quote(scalar.text)} is a path`,
        suggestion: `write path: ${scalar.text}`,
      });
      return undefined;
    }
    if (key === 'path' || scalar.text.startsWith('/')) {
      const path = readPath(scalar, EXAMPLE, report, MAX_SOCKET_PATH);
      return path === undefined ? undefined : found({ kind: 'unix', path });
    }
    if (isTcp(tcp)) return found(tcp);
    report.error(scalar.span, tcp);
    return undefined;
  },
  write: (daemon) => ({ ...writeEndpoint(daemon.endpoint), ...writeProtocols(daemon) }),
  watches: ({ endpoint }) => [
    endpoint.kind === 'unix'
      ? { identity: unixIdentity(endpoint.path), name: endpoint.path }
      : { identity: `tcp ${endpoint.host} ${endpoint.port}`, name: `${endpoint.host} port ${endpoint.port}` },
  ],
};

/** The identity of a unix socket, for every kind that watches one. */
export function unixIdentity(path: string): string {
  return `unix ${posix.normalize(path)}`;
}

function writeEndpoint(endpoint: SocketDaemon['endpoint']): object {
  if (endpoint.kind === 'unix') return { path: endpoint.path };
  const { host, port } = endpoint;
  return { address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}` };
}

function isTcp(result: Tcp | Fault): result is Tcp {
  return 'kind' in result;
}

/** `127.0.0.1:179` or `[::1]:179`, quoted as YAML requires. */
function spell(host: Address, port: number | string): string {
  return host.includes(':') ? `'[${host}]:${port}'` : `${host}:${port}`;
}

function endpointOf(text: string): Tcp | Fault {
  const fault = (message: string, suggestion: string, code: Fault['code'] = 'socket-address'): Fault => ({
    code,
    message,
    suggestion,
  });
  const scheme = /^(unix|tcp|tcp4|tcp6|http):(?:\/\/)?(.+)$/i.exec(text);
  if (scheme !== null)
    return fault(`${quote(text)} begins with ${quote(scheme[1]!)}, which has no meaning here`, `write ${scheme[2]!}`);
  if (text.startsWith('@'))
    return fault(
      `${quote(text)} is an abstract socket, which has no path`,
      'watch the daemon by unit, pidfile or process',
    );
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text);
  if (match === null) return withoutPort(text);
  const hostText = match[1] ?? match[2]!;
  const portText = match[3]!;
  if (match[1] === undefined && /[/\s]/.test(hostText))
    return fault(`${quote(text)} is neither a path nor an address with a port`, `write ${EXAMPLE} or 127.0.0.1:179`);
  if (!/^\d+$/.test(portText))
    return fault(`${quote(portText)} is not a port`, `write its number, such as ${spell('127.0.0.1', 179)}`);
  const port = Number(portText);
  if (port < 1 || port > 65_535)
    return fault(`there is no port ${quote(portText)}`, 'write a number from 1 to 65535', 'out-of-range');
  const host = parseAddress(hostText);
  if (host === undefined || (match[1] === undefined) !== (familyOf(host) === 'inet')) return hostFault(hostText, port);
  const mapped = mappedInet(host);
  if (mapped !== undefined)
    return fault(`${hostText} is an IPv4 address in IPv6 notation`, `write ${spell(mapped, port)}`, 'ipv4-mapped');
  if (!LOOPBACK.some((range) => containsAddress(parsePrefix(range)!, host)))
    return notLoopback(hostText, port, host.includes(':'));
  if (portText !== String(port))
    return fault(`the port ${portText} has leading zeros`, `write ${spell(host, port)}`, 'leading-zeros');
  return { kind: 'tcp', host, port };
}

function withoutPort(text: string): Fault {
  const fault = (message: string, suggestion: string): Fault => ({
    code: 'socket-address',
    message,
    suggestion,
  });
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  const host = parseAddress(bare);
  // `::1:179` is ambiguous: an address, or an address with a port.
  const glued = /^(.*):(\d{1,5})$/.exec(text);
  const inner = glued === null ? undefined : parseAddress(glued[1]!);
  if (glued !== null && inner === '::1')
    return fault(`${quote(text)} does not say where the address ends`, `write ${spell(inner, Number(glued[2]))}`);
  if (host !== undefined)
    return fault(
      `${quote(text)} has no port`,
      `write ${spell(host, 'PORT')}, with the port on which the daemon listens`,
    );
  if (/^\d+$/.test(text)) return fault(`${quote(text)} has no address`, `write ${spell('127.0.0.1', text)}`);
  if (/^[\w.-]+\/./.test(text))
    return {
      code: 'relative-path',
      message: `${quote(text)} does not start with '/'`,
      suggestion: `write the whole path, such as /${text}`,
    };
  return fault(`${quote(text)} is neither a path nor an address with a port`, `write ${EXAMPLE} or 127.0.0.1:179`);
}

function hostFault(hostText: string, port: number): Fault {
  if (hostText === 'localhost')
    return {
      code: 'socket-address',
      message: 'localhost is a name, and names are not resolved',
      suggestion: `write ${spell('127.0.0.1', port)} or ${spell('::1', port)}`,
    };
  if (hostText === '' || hostText === '*')
    return {
      code: 'not-loopback',
      message: 'there is no loopback address in front of the port',
      suggestion: `write ${spell('127.0.0.1', port)}`,
    };
  if (hostText.includes('%')) return notLoopback(hostText, port, true);
  const address = parseAddress(hostText);
  if (address !== undefined)
    return {
      code: 'socket-address',
      message: `brackets are for IPv6 addresses, and only for these`,
      suggestion: `write ${spell(address, port)}`,
    };
  return {
    code: 'socket-address',
    message: `${quote(hostText)} is not an IP address`,
    suggestion: `write ${spell('127.0.0.1', port)}; names are not resolved`,
  };
}

function notLoopback(hostText: string, port: number, inet6: boolean): Fault {
  return {
    code: 'not-loopback',
    message: `${quote(hostText)} is not a loopback address; a daemon on another host tells nothing about this one`,
    suggestion: `let the daemon listen on ${spell(inet6 ? '::1' : '127.0.0.1', port)} and write that, or watch it by unit, pidfile or process`,
  };
}
