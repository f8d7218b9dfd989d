/**
 * The IO of a session: owns the socket, the one timer, the watch of the path and the news of the
 * process behind the socket (peer.ts). It turns them into events for the machine (machine.ts) and
 * carries out the effects. It decides nothing and does not know which daemon it watches: the
 * protocol is a {@link Dialect}.
 *
 * Invariants. The listener hears of a death inside the event that brought it, before any cleanup.
 * There is exactly one connection, because a hung daemon's listen backlog is 5 (fact F6). A socket
 * file alone is no sign of life (fact F9).
 */

import { statSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ProcessEvents } from '../../core/ports.js';
import type { Clock, Timer } from '../../host/clock.js';
import { PathWatch } from '../../host/path-watch.js';
import type { Verdict } from '../../model/daemon.js';
import type { ProbeTiming } from '../timing.js';
import type { Answer, Dialect } from './dialect.js';
import { calledItself, type Endpoint, endpointText } from './endpoint.js';
import { Exchange } from './exchange.js';
import { transition } from './machine.js';
import { type Farewell, Peer } from './peer.js';
import {
  NEW_SESSION,
  nextDeadline,
  type SessionEffect,
  type SessionEvent,
  type SessionTraits,
  type SessionVerdict,
} from './state.js';

interface SessionOptions extends ProbeTiming {
  /** Where the daemon listens. A unix socket need not exist, nor its directory. */
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly clock: Clock;
  /** Absent: only the end of file reports a death. */
  readonly processes?: ProcessEvents | undefined;
  /** What to do about EACCES, as text for the reason. */
  readonly permissionHint: string;
  /**
   * Whether the process that listens serves the connections itself. Then its state in /proc
   * distinguishes a stop from a death.
   */
  readonly servesItself?: boolean;
  /**
   * How long the process behind the socket has existed, in milliseconds; undefined when not known.
   * Called once for each `responsive`, with the answer to the heartbeat if the protocol has one.
   */
  readonly ageMs: (heartbeat: Answer | undefined) => number | undefined;
}

interface Connection {
  readonly socket: Socket;
  readonly exchange: Exchange;
  /** Whether connect(2) has succeeded. */
  accepted: boolean;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #traits: SessionTraits;
  /** `/run/x.sock` or `127.0.0.1:179`, for messages. */
  readonly #where: string;
  readonly #peer: Peer;
  #listener: (verdict: Verdict) => void = () => undefined;
  #state = NEW_SESSION;
  #connection: Connection | undefined;
  #watch: PathWatch | undefined;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(options: SessionOptions) {
    const { endpoint, dialect, processes } = options;
    this.#options = options;
    this.#traits = { ...options, heartbeat: dialect.probe !== undefined };
    this.#where = endpointText(endpoint);
    this.#peer = new Peer(endpoint.kind === 'unix' ? processes : undefined, this.#where, {
      ending: (reason) => this.#dispatch({ kind: 'ended', reason }),
      farewell: (farewell) => this.#dispatch({ kind: 'farewell', ...farewell }),
    });
  }

  /**
   * Connects, and reconnects until close(). The listener gets the first verdict and then each
   * change.
   */
  start(listener: (verdict: Verdict) => void): void {
    this.#listener = listener;
    const { endpoint } = this.#options;
    if (endpoint.kind === 'unix') this.#watch = new PathWatch(endpoint.path, () => this.#dispatch({ kind: 'hint' }));
    this.#dispatch({ kind: 'start' });
  }

  /**
   * Sends a command on the same connection, in turn with the heartbeat, and resolves with its
   * answer. Rejects when there is no connection, when it ends, or when no answer comes within
   * probeTimeoutMs.
   */
  ask(command: string): Promise<Answer> {
    if (this.#connection === undefined) return Promise.reject(new Error(`not connected to ${this.#where}`));
    const answer = this.#connection.exchange.ask(command, this.#options.probeTimeoutMs);
    this.#dispatch({ kind: 'asked' });
    return answer;
  }

  close(): void {
    this.#watch?.close();
    this.#dispatch({ kind: 'close' });
    this.#peer.close();
  }

  #dispatch(event: SessionEvent): void {
    const { state, effects } = transition(this.#state, event, this.#options.clock.now(), this.#traits);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#setTimer();
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'tell':
        return this.#tell(effect.report);
      case 'connect':
        return this.#connect();
      case 'disconnect':
        return this.#disconnect(effect.reason);
      case 'probe':
        return this.#connection?.exchange.probe();
      case 'rearm':
        this.#watch?.rearm();
        return;
      default:
        effect satisfies never;
    }
  }

  #tell({ kind, reason, orderly }: SessionVerdict): void {
    if (kind === 'down' && orderly === true) return this.#listener({ kind, reason, orderly });
    if (kind !== 'responsive') return this.#listener({ kind, reason });
    this.#peer.answered();
    this.#listener({ kind, reason, ageMs: this.#options.ageMs(this.#connection?.exchange.heartbeat) });
    setImmediate(() => this.#rehearse());
  }

  /** Asks the machine what a death would do, so that V8 has compiled it before the first one. */
  #rehearse(): void {
    transition(this.#state, { kind: 'ended', reason: '' }, this.#options.clock.now(), this.#traits);
  }

  #connect(): void {
    const { endpoint, dialect, clock } = this.#options;
    if (isAbsent(endpoint)) return queueMicrotask(() => this.#dispatch({ kind: 'refused', code: 'ENOENT' }));
    // Loaded here: at boot there is no daemon yet, and loading what only a connection needs would
    // delay the first routes.
    const { createConnection } = process.getBuiltinModule('node:net');
    const socket = createConnection(
      endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port },
    );
    const exchange = new Exchange(dialect, clock, (bytes) => socket.write(bytes, 'latin1'));
    const connection: Connection = { socket, exchange, accepted: false };
    this.#connection = connection;
    exchange.probe();
    socket.on('connect', () => this.#onConnect(connection));
    socket.on('data', (chunk: Buffer) => this.#onData(connection, chunk));
    socket.on('end', () => this.#dispatch({ kind: 'ended', ...this.#farewell('end of file') }));
    socket.on('close', () => this.#dispatch({ kind: 'ended', reason: `closed on ${this.#where}` }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      this.#dispatch(connection.accepted ? { kind: 'ended', ...this.#farewell(code) } : { kind: 'refused', code });
    });
  }

  #farewell(how: string): Farewell {
    const { endpoint, servesItself } = this.#options;
    const reason = `${how} on ${this.#where}`;
    const left = this.#peer.left();
    if (left !== undefined || this.#peer.isKnown) return left ?? { reason };
    // No event reports how the process ended.
    const look = servesItself === true ? this.#peer.look() : undefined;
    if (look !== undefined) return { ...look, reason: `${reason}, ${look.reason}` };
    // A killed daemon leaves its socket behind (fact F9).
    return endpoint.kind === 'unix' && isAbsent(endpoint)
      ? { reason: `${reason}, which it had removed`, orderly: true }
      : { reason };
  }

  #onConnect(connection: Connection): void {
    if (calledItself(connection.socket)) return this.#dispatch({ kind: 'refused', code: 'ECONNREFUSED' });
    connection.accepted = true;
    // The question is sent first; the peer is identified while the answer is on its way.
    connection.exchange.open();
    this.#dispatch({ kind: 'accepted', dying: this.#peer.meet(connection.socket) });
  }

  #onData({ exchange }: Connection, chunk: Buffer): void {
    const received = exchange.receive(chunk);
    switch (received.kind) {
      case 'incomplete':
        return;
      case 'fault':
        return this.#dispatch(received);
      case 'answered': {
        this.#peer.answered();
        const { heartbeat, outstanding } = exchange;
        const readiness = (heartbeat && this.#options.dialect.readiness?.(heartbeat)) ?? { kind: 'ready' };
        return this.#dispatch({ kind: 'answer', readiness, outstanding });
      }
      default:
        received satisfies never;
    }
  }

  /** After this, no event of the connection is handled. */
  #disconnect(reason: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#peer.part();
    if (connection === undefined) return;
    connection.socket.removeAllListeners();
    connection.socket.on('error', () => undefined);
    connection.socket.destroy();
    connection.exchange.close(reason);
  }

  #setTimer(): void {
    const at = nextDeadline(this.#state, this.#traits);
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Infinity) return;
    const timer = this.#options.clock.at(at, () => {
      // If this process itself was stopped, the answer may be waiting in the socket: one turn of
      // the loop reads it first.
      setImmediate(() => {
        if (this.#timer !== timer) return;
        this.#timer = undefined;
        this.#timerAt = Infinity;
        this.#dispatch({ kind: 'tick' });
      });
    });
    this.#timer = timer;
  }
}

/** Whether the unix socket does not exist. */
function isAbsent(endpoint: Endpoint): boolean {
  if (endpoint.kind !== 'unix') return false;
  try {
    return statSync(endpoint.path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // It cannot be examined; connect(2) reports why.
    return false;
  }
}
