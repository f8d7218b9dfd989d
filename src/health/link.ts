/**
 * Holds exactly one stream connection and says what it learns of the process behind it:
 * end of file is death and is told at once, and so is the kernel's news that the process is ending (peer.ts); a command unanswered for probeTimeoutMs is a hang; only a whole answer is
 * life (fact F7). Nothing here knows which daemon it is: the protocol is a {@link Dialect}.
 *
 * Invariants. The listener hears of a death inside the event that brought it, before anything is cleaned up. A hung
 * connection is kept: closing it would lose the sign of life that comes with SIGCONT. One connection, because a hung
 * daemon's listen backlog is 5 (fact F6). A socket file alone is no sign of life (fact F9), an accepted connection is.
 */

import { createConnection, type Socket } from 'node:net';
import type { ProcessEvents } from '../core/ports.js';
import type { Verdict } from '../model/daemon.js';
import { type Clock, type ProbeTiming, type Timer, untilBeat } from './clock.js';
import type { Answer, Dialect, Readiness } from './dialect.js';
import { calledItself, type Endpoint, endpointText, refusal } from './endpoint.js';
import { Exchange } from './exchange.js';
import { PathWatch } from './path-watch.js';
import { Peer } from './peer.js';

export interface LinkOptions extends ProbeTiming {
  /** Where it listens. A unix socket need not exist, nor its directory. */
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly clock: Clock;
  /** Absent: the end of file is all that tells of a death. */
  readonly processes?: ProcessEvents | undefined;
  /** What to do about EACCES, for people. */
  readonly permissionHint: string;
  /**
   * How long the process behind the socket has existed, milliseconds, 0 when unknown. Called once for each `responsive`, with
   * the answer to the heartbeat, if the protocol has one.
   */
  readonly ageMs: (heartbeat: Answer | undefined) => number;
}

const FIRST_RETRY_MS = 1;
/** Also the poll that stands in for lost inotify events. */
const LAST_RETRY_MS = 1000;
/**
 * A dying process may lose our connection before its listening socket, which then still accepts (seen with bgpd under
 * SIGKILL). So soon after a death an accepted connection is a sign of life only if it lasts.
 */
const DEATH_THROES_MS = 100;
/** Where nothing can be asked, a connection that has lasted this long is life: whoever turns callers away does it sooner. */
const SETTLED_MS = 100;

interface Timers {
  retry?: Timer | undefined;
  probe?: Timer | undefined;
  /** Runs while an accepted connection is not yet believed. */
  appear?: Timer | undefined;
  /** Runs while a connection without heartbeat is young. */
  settle?: Timer | undefined;
  /** Runs, or has run out, while nothing is heard. */
  hang?: Timer | undefined;
}

export class Link {
  readonly #options: LinkOptions;
  /** `/run/x.sock` or `127.0.0.1:179`, for people. */
  readonly #where: string;
  #listener: ((verdict: Verdict) => void) | undefined;
  #last: Verdict['kind'] | undefined;
  #lastReason = '';
  /** Whether the last `down` told of missing permission. */
  #toldDenied = false;
  #watch: PathWatch | undefined;
  #socket: Socket | undefined;
  #exchange: Exchange | undefined;
  readonly #peer: Peer;
  #connected = false;
  #retryMs = FIRST_RETRY_MS;
  readonly #timers: Timers = {};
  #diedMs = -Infinity;
  #silentSinceMs = 0;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#where = endpointText(options.endpoint);
    this.#peer = new Peer(options.endpoint.kind === 'unix' ? options.processes : undefined, this.#where, (reason) => {
      if (this.#socket !== undefined) this.#onEnd(this.#socket, reason);
    });
  }

  /** Connects, now and for ever; the listener hears the first verdict and then each change. */
  start(listener: (verdict: Verdict) => void): void {
    this.#listener = listener;
    const { endpoint } = this.#options;
    if (endpoint.kind === 'unix') this.#watch = new PathWatch(endpoint.path, () => this.#onPathChange());
    this.#attempt();
  }

  /**
   * Sends a command in turn with the heartbeat, on the same connection, and resolves with its answer.
   * Rejects when there is no connection, it ends, or no answer comes within probeTimeoutMs.
   */
  ask(command: string): Promise<Answer> {
    if (this.#exchange === undefined) return Promise.reject(new Error(`not connected to ${this.#where}`));
    const answer = this.#exchange.ask(command, this.#options.probeTimeoutMs);
    this.#watchSilence();
    return answer;
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
    this.#drop('closed');
    this.#stopTimer('retry');
    this.#stopTimer('hang');
  }

  #attempt(): void {
    if (this.#closed || this.#socket !== undefined) return;
    this.#stopTimer('retry');
    const { endpoint } = this.#options;
    const socket = createConnection(
      endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port },
    );
    this.#socket = socket;
    const exchange = new Exchange(this.#options.dialect, this.#options.clock, (bytes) => socket.write(bytes, 'latin1'));
    this.#exchange = exchange;
    exchange.probe();
    socket.on('connect', () => {
      if (calledItself(socket)) this.#onRefused(socket, 'ECONNREFUSED');
      else this.#onConnect(socket, exchange);
    });
    socket.on('data', (chunk: Buffer) => this.#onData(exchange, chunk));
    socket.on('end', () => this.#onEnd(socket, `end of file on ${this.#where}`));
    socket.on('close', () => this.#onEnd(socket, `closed on ${this.#where}`));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      if (this.#connected) this.#onEnd(socket, `${code} on ${this.#where}`);
      else this.#onRefused(socket, code);
    });
    // TCP drops what a full backlog cannot take: then there is neither connection nor refusal, only silence.
    if (endpoint.kind === 'tcp') this.#beginSilence();
  }

  #onConnect(socket: Socket, exchange: Exchange): void {
    if (exchange !== this.#exchange) return;
    this.#connected = true;
    // The question first: while it is on its way there is time to find out whom it was put to.
    exchange.open();
    const dying = this.#peer.meet(socket);
    this.#watchSilence();
    // Without a heartbeat nobody would take back the sign of life of one who accepts and hangs up.
    if (this.#options.dialect.probe === undefined) this.#settle(dying ? this.#options.probeTimeoutMs : SETTLED_MS);
    else if (!dying) this.#onAccepted(`${this.#where} accepts`);
  }

  /** A dying process may accept for as long as its core is written; but whoever accepts for ever lives. */
  #settle(afterMs: number): void {
    this.#stopTimer('hang');
    this.#timers.settle = this.#options.clock.setTimeout(() => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#peer.answered();
      this.#tell({
        kind: 'responsive',
        reason: `${this.#where} accepts and stays open (no heartbeat: a hang would not be noticed)`,
        ageMs: this.#options.ageMs(undefined),
      });
    }, afterMs);
  }

  #onAccepted(reason: string): void {
    if (this.#last !== 'down') return;
    const { clock } = this.#options;
    const waitMs = this.#diedMs + DEATH_THROES_MS - clock.now();
    if (waitMs <= 0) return this.#tell({ kind: 'appeared', reason });
    this.#stopTimer('appear');
    this.#timers.appear = clock.setTimeout(() => {
      if (this.#last === 'down' && this.#connected) this.#tell({ kind: 'appeared', reason });
    }, waitMs);
  }

  #onData(exchange: Exchange, chunk: Buffer): void {
    if (exchange !== this.#exchange) return;
    const received = exchange.receive(chunk);
    switch (received.kind) {
      case 'incomplete':
        return;
      case 'fault':
        // Not a death: somebody is there. The silence goes on until an answer makes sense.
        this.#drop(`${received.reason} on ${this.#where}`);
        this.#beginSilence();
        this.#retryLater();
        return;
      case 'answered':
        this.#onAnswer(exchange.heartbeat);
        return;
      default:
        received satisfies never;
    }
  }

  #onAnswer(heartbeat: Answer | undefined): void {
    const { clock, probeIntervalMs } = this.#options;
    this.#retryMs = FIRST_RETRY_MS;
    this.#peer.answered();
    this.#stopTimer('hang');
    this.#watchSilence();
    this.#stopTimer('probe');
    this.#timers.probe = clock.setTimeout(() => this.#onProbeDue(), untilBeat(clock, probeIntervalMs));
    this.#tellReadiness(heartbeat);
  }

  #tellReadiness(heartbeat: Answer | undefined): void {
    const { dialect, ageMs } = this.#options;
    const readiness: Readiness = (heartbeat && dialect.readiness?.(heartbeat)) ?? { kind: 'ready' };
    switch (readiness.kind) {
      case 'ready':
        if (this.#last !== 'responsive')
          this.#tell({ kind: 'responsive', reason: `${this.#where} answers`, ageMs: ageMs(heartbeat) });
        return;
      case 'starting':
        if (this.#lastReason !== readiness.reason) this.#tell({ kind: 'appeared', reason: readiness.reason });
        return;
      case 'stopping':
        if (this.#last !== 'down') this.#tell({ kind: 'down', reason: readiness.reason });
        return;
      default:
        readiness satisfies never;
    }
  }

  #onProbeDue(): void {
    this.#timers.probe = undefined;
    this.#exchange?.probe();
    this.#watchSilence();
  }

  /** End of file, reset or close of a standing connection, or news of the process: it is dead. The most urgent path of the product. */
  #onEnd(socket: Socket, reason: string): void {
    if (socket !== this.#socket) return;
    if (this.#last !== 'down') this.#tell({ kind: 'down', reason });
    this.#toldDenied = false;
    this.#diedMs = this.#options.clock.now();
    this.#drop(reason);
    this.#stopTimer('hang');
    this.#retryLater();
  }

  #onRefused(socket: Socket, code: string): void {
    if (socket !== this.#socket) return;
    const where = this.#where;
    if (code === 'EAGAIN') {
      // unix(7): the backlog is full. Somebody listens and does not accept; that is a hang in the making.
      this.#drop(`${where} accepts no connection`);
      this.#beginSilence();
      this.#onAccepted(`${where} listens, its backlog is full`);
    } else {
      const denied = code === 'EACCES' || code === 'EPERM';
      // An operator must hear of missing permission even if all was down before; but a starting daemon makes its socket
      // first and gives it to its group then (vty_serv_un in lib/vty.c), so only a denial that lasts is news.
      if (this.#last !== 'down' || (denied !== this.#toldDenied && this.#retryMs >= LAST_RETRY_MS)) {
        this.#toldDenied = denied;
        this.#tell({
          kind: 'down',
          reason: refusal(code, this.#options.endpoint, this.#options.permissionHint),
        });
      }
      this.#drop(`${code} on ${where}`);
      this.#stopTimer('hang');
    }
    this.#retryLater();
  }

  #tell(verdict: Verdict): void {
    this.#last = verdict.kind;
    this.#lastReason = verdict.reason;
    this.#listener?.(verdict);
  }

  /** Starts the silence clock when a command is outstanding. */
  #watchSilence(): void {
    if (this.#connected && this.#exchange?.outstanding === true) this.#beginSilence();
  }

  #beginSilence(): void {
    if (this.#timers.hang !== undefined || this.#closed) return;
    const { clock, probeTimeoutMs } = this.#options;
    this.#silentSinceMs = clock.now();
    const timer = clock.setTimeout(() => {
      // If this process itself was stopped, the answer lies in the socket: one turn of the loop reads it first.
      setImmediate(() => {
        if (this.#timers.hang === timer) this.#onSilence();
      });
    }, probeTimeoutMs);
    this.#timers.hang = timer;
  }

  /** The expired timer stays in its field: one silence is told once. */
  #onSilence(): void {
    if (this.#last === 'unresponsive') return;
    const silentMs = Math.round(this.#options.clock.now() - this.#silentSinceMs);
    this.#tell({ kind: 'unresponsive', reason: `no answer on ${this.#where} for ${silentMs} ms` });
  }

  #onPathChange(): void {
    if (this.#connected) return;
    // Also when an attempt is under way: it may have been refused just before the event.
    this.#retryMs = FIRST_RETRY_MS;
    this.#attempt();
  }

  #retryLater(): void {
    if (this.#closed || this.#timers.retry !== undefined) return;
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(2 * delayMs, LAST_RETRY_MS);
    const { clock } = this.#options;
    this.#timers.retry = clock.setTimeout(
      () => {
        this.#timers.retry = undefined;
        if (delayMs >= LAST_RETRY_MS) this.#watch?.rearm();
        this.#attempt();
      },
      delayMs < LAST_RETRY_MS ? delayMs : untilBeat(clock, LAST_RETRY_MS),
    );
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    const exchange = this.#exchange;
    this.#socket = undefined;
    this.#exchange = undefined;
    this.#connected = false;
    this.#peer.leave();
    this.#stopTimer('probe');
    this.#stopTimer('appear');
    this.#stopTimer('settle');
    if (socket !== undefined) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    }
    exchange?.close(reason);
  }

  #stopTimer(which: keyof Timers): void {
    const timer = this.#timers[which];
    if (timer !== undefined) this.#options.clock.clearTimeout(timer);
    this.#timers[which] = undefined;
  }
}
